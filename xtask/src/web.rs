//! The ledger as a WebAssembly module whose memory web workers share.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use xshell::cmd;

use crate::browser;
use crate::context::Context;
use crate::process;
use crate::step::{first_error, minutes};
use crate::tools;

/// The memory limit of the module: all that 32 bits can address. Browsers only reserve it.
const MEMORY_BYTES_MAX: u64 = 4 << 30;

/// What wasm-bindgen needs in the module to give each worker a stack and thread-locals.
const THREAD_EXPORTS: [&str; 5] =
    ["__heap_base", "__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"];

/// The name by which the page imports the module.
pub const NAME: &str = "ledgerlab";
/// Where wasm-bindgen writes the module and its JavaScript.
pub const GENERATED: &str = "www/generated";
const TARGET: &str = "target/web";
/// How cargo builds the module, and its tests with the same dependencies.
const BUILD: &str =
    "--release --target wasm32-unknown-unknown --no-default-features --features reader";

/// Builds the module and its JavaScript. Returns the compiler's warnings.
pub fn build(cx: &mut Context) -> Result<Vec<String>> {
    let (toolchain, tools) = (cx.toolchain()?, tools::wasm_bindgen(cx)?);
    let mut cargo = toolchain_cargo(cx, &format!("build --lib {BUILD}"));
    toolchain.configure(&mut cargo);
    configure(&mut cargo, cx);
    let output = cx.steps.run("Build the threaded module", cargo, minutes(30))?;

    let module = cx.root.join(format!("{TARGET}/wasm32-unknown-unknown/release/{NAME}.wasm"));
    let program = tools.join("wasm-bindgen");
    let bindgen =
        cmd!(cx.sh, "{program} --target web --out-name {NAME} --out-dir {GENERATED} {module}");
    cx.steps.run("Generate its JavaScript (wasm-bindgen)", bindgen, minutes(5))?;
    Ok(warnings(&output))
}

/// A command of the toolchain's cargo, which [`crate::toolchain::Toolchain::configure`] puts on
/// the PATH.
pub fn toolchain_cargo(cx: &Context, words: &str) -> Command {
    cx.sh.cmd("cargo").args(words.split_whitespace()).into()
}

/// A command that builds the tests of one file in tests/ and runs them in a browser's worker.
///
/// wasm-pack would do the same, but it builds all files in tests/ and the unit tests for it.
pub fn test_command(cx: &mut Context, test: &str) -> Result<Command> {
    let (toolchain, bindgen) = (cx.toolchain()?, tools::wasm_bindgen(cx)?);
    let mut command = toolchain_cargo(cx, &format!("test --test {test} {BUILD}"));
    toolchain.configure(&mut command);
    command
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", bindgen.join("wasm-bindgen-test-runner"))
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1");
    configure(&mut command, cx);
    browser::configure(cx, &mut command)?;
    Ok(command)
}

/// `wasm-pack test --headless --chrome` as a user types it, with its tools on the PATH.
///
/// It needs the target's standard library. Where rustup cannot get it, the toolchain for threads
/// builds it.
pub fn typed_test_command(cx: &mut Context) -> Result<Command> {
    let (bindgen, pack) = (tools::wasm_bindgen(cx)?, tools::wasm_pack(cx)?);
    let driver = browser::chromedriver(cx)?;
    let mut command: Command = cmd!(cx.sh, "wasm-pack test --headless --chrome").into();
    for folder in [Some(bindgen.as_path()), pack.parent(), driver.parent()].into_iter().flatten() {
        process::prepend_path(&mut command, folder);
    }
    if let Err(error) = install_target(cx) {
        let toolchain = cx.toolchain()?;
        cx.steps
            .note(&format!("{}. The standard library is built.", first_error(&error.to_string())));
        toolchain.configure(&mut command);
        // Without this, wasm-pack would ask rustup for the target, too.
        command.args(["--mode", "no-install"]);
    }
    Ok(command)
}

/// Installs the target of WebAssembly without threads for the compiler that runs this.
fn install_target(cx: &mut Context) -> Result<()> {
    let libraries = cmd!(cx.sh, "rustc --print target-libdir --target wasm32-unknown-unknown");
    if process::output(libraries).is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    let install = cmd!(cx.sh, "rustup target add wasm32-unknown-unknown");
    cx.steps.run("rustup target add wasm32-unknown-unknown", install, minutes(5)).map(drop)
}

/// Sets where and with which flags cargo builds for the browser. The module and its tests must
/// agree, or the standard library is built for each.
fn configure(command: &mut Command, cx: &Context) {
    command
        .env("CARGO_TARGET_DIR", cx.root.join(TARGET))
        // Cargo does not optimize across crates for a cdylib that is a Rust library as well, as
        // this one is. Without it for the tests too, they run what the page runs and link sooner.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags());
}

/// The flags that make a module's memory shared.
pub fn flags() -> String {
    let link = [
        "--shared-memory".to_owned(),
        "--import-memory".to_owned(),
        format!("--max-memory={MEMORY_BYTES_MAX}"),
    ];
    let exports = THREAD_EXPORTS.map(|name| format!("--export={name}"));
    let link = link.iter().chain(&exports).map(|argument| format!(" -Clink-arg={argument}"));
    format!("-Ctarget-feature=+atomics{}", link.collect::<String>())
}

/// The warnings in cargo's output that ask for a change. Left out are their sums, that threads are
/// unstable, and what a nightly deprecates: it cannot be followed while older Rust is supported.
pub fn warnings(output: &str) -> Vec<String> {
    let is_expected = |line: &str| {
        line.contains("unstable feature specified for `-Ctarget-feature`")
            || line.starts_with("warning: use of deprecated ")
            || (line.starts_with("warning: `") && line.contains(" generated "))
    };
    let lines = output.lines().filter(|line| line.starts_with("warning: ") && !is_expected(line));
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_those_that_ask_for_a_change() {
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
    fn flags_request_one_memory_with_a_limit() {
        let flags = flags();
        assert!(flags.contains(" -Clink-arg=--shared-memory"));
        assert!(flags.contains(" -Clink-arg=--max-memory=4294967296"));
        assert!(flags.contains(" -Clink-arg=--export=__tls_base"));
    }
}
