//! Building the ledger as a WebAssembly module whose memory web workers can share.

use std::path::Path;
use std::process::Command;

use crate::browser::{Browser, Driver};
use crate::process;
use crate::step::minutes;
use crate::tools;
use crate::workshop::Workshop;

/// The most memory that the module may ever ask for: all that 32 bits can address. Browsers only
/// reserve it; they provide what is used.
const MEMORY_BYTES_MAX: u64 = 4 << 30;

/// What wasm-bindgen has to find in the module to give each worker a stack and thread-locals.
const THREAD_EXPORTS: [&str; 5] =
    ["__heap_base", "__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"];

/// The name by which the page imports the module.
pub const NAME: &str = "ledgerlab";

/// Builds the module and its glue into www/generated. Returns the compiler's warnings.
pub fn build(workshop: &mut Workshop) -> Result<Vec<String>, String> {
    let toolchain = workshop.toolchain()?;
    let tools = tools::wasm_bindgen(&workshop.project, &mut workshop.steps)?;

    let mut cargo = process::command("cargo");
    cargo.args(["build", "--lib", "--release", "--target", "wasm32-unknown-unknown"]);
    toolchain.use_in(&mut cargo);
    set_up(&mut cargo, workshop);
    let output = workshop.steps.run("Build the threaded module", &mut cargo, minutes(30))?;

    let module = format!("wasm32-unknown-unknown/release/{NAME}.wasm");
    let mut bindgen = process::command(tools.join("wasm-bindgen"));
    bindgen.args(["--target", "web", "--out-name", NAME, "--out-dir"]);
    bindgen.arg(workshop.project.generated()).arg(workshop.project.web_target().join(module));
    workshop.steps.run("Generate its glue (wasm-bindgen)", &mut bindgen, minutes(5))?;
    Ok(warnings(&output))
}

/// A command that builds the tests of one file of tests/ and runs them in a browser, in a worker.
pub fn test_command(workshop: &mut Workshop, test: &str) -> Result<Command, String> {
    let toolchain = workshop.toolchain()?;
    let bindgen = tools::wasm_bindgen(&workshop.project, &mut workshop.steps)?;
    let pack = tools::wasm_pack(&mut workshop.steps)?;
    let browser = Browser::find_or_get(&mut workshop.steps)?;
    let driver = Driver::find_or_get(&mut workshop.steps)?;
    let mut command = process::command(pack.join("wasm-pack"));
    command.args(["test", "--headless", "--chrome", "--mode", "no-install", "--release"]);
    command.arg("--chromedriver").arg(&driver.chromedriver);
    // The folder, and then what cargo is to test; a `--` in between would hand it to the tests.
    command.args([".", "--test", test]);
    // wasm-pack takes the command line of wasm-bindgen from PATH, if its version is right.
    process::prepend_path(&mut command, &[&bindgen]);
    toolchain.use_in(&mut command);
    set_up(&mut command, workshop);
    driver.use_in(&mut command, &browser, &workshop.project)?;
    Ok(command)
}

/// Where and with which flags a command of cargo builds for the browser. Module and tests must
/// not differ here, or the standard library would be built for each.
pub fn set_up(command: &mut Command, workshop: &Workshop) {
    command
        .current_dir(&workshop.project.root)
        .env("CARGO_TARGET_DIR", workshop.project.web_target())
        // Cargo does not optimize across crates for a library that is a Rust library as well, as
        // this one is. Without it for the tests too, they run what the page runs, and are linked
        // sooner.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags());
}

/// The flags by which a module's memory is shared.
pub fn flags() -> String {
    let mut flags = "-Ctarget-feature=+atomics".to_owned();
    let mut link = |argument: &str| flags.push_str(&format!(" -Clink-arg={argument}"));
    link("--shared-memory");
    link("--import-memory");
    link(&format!("--max-memory={MEMORY_BYTES_MAX}"));
    for name in THREAD_EXPORTS {
        link(&format!("--export={name}"));
    }
    flags
}

/// Whether the glue is there, as the page's type check needs it.
pub fn is_generated(folder: &Path) -> bool {
    folder.join(format!("{NAME}.d.ts")).is_file()
}

/// The warnings in cargo's output that ask for a change: neither their sums, nor that threads are
/// an unstable feature, nor what a nightly from after the project's oldest Rust deprecates, which
/// cannot be followed before that Rust is given up.
pub fn warnings(output: &str) -> Vec<String> {
    let expected = |line: &str| {
        line.contains("unstable feature specified for `-Ctarget-feature`")
            || line.starts_with("warning: use of deprecated ")
            || (line.starts_with("warning: `") && line.contains(" generated "))
    };
    let lines = output.lines().filter(|line| line.starts_with("warning: ") && !expected(line));
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_warnings_that_ask_for_a_change_are_found() {
        let output = "\
warning: unstable feature specified for `-Ctarget-feature`: `atomics`
  |
warning: unused variable: `coins`
warning: use of deprecated method `fetch_update`: renamed to `try_update` for consistency
warning: `ledgerlab` (lib) generated 2 warnings
    Finished `release` profile [optimized] target(s) in 0.08s
";
        assert_eq!(warnings(output), ["warning: unused variable: `coins`"]);
    }

    #[test]
    fn the_flags_ask_for_one_memory_of_a_known_limit() {
        let flags = flags();
        assert!(flags.contains("-Clink-arg=--shared-memory"));
        assert!(flags.contains("-Clink-arg=--max-memory=4294967296"));
        assert!(flags.contains("-Clink-arg=--export=__tls_base"));
    }
}
