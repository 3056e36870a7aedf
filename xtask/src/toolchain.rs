//! The Rust toolchain for the threaded module.
//!
//! WebAssembly threads need a standard library that was itself built with atomics, and none is
//! shipped: it is rebuilt from its sources (`-Zbuild-std`). That takes a compiler which allows it
//! and the sources beside it: a nightly of rustup with `rust-src`, or the packages by which Debian
//! builds its browsers, whose compiler allows it when `RUSTC_BOOTSTRAP` is set. Whatever is here is
//! used before anything is fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::process;
use crate::project::{Project, minor_version};
use crate::step::{Steps, minutes};

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];

/// What Debian's compiler calls the runtime of ThreadSanitizer.
const SANITIZER_RUNTIME: &str = "librustc-stable_rt.tsan.a";

/// A toolchain that can build threaded WebAssembly.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Which one it is.
    pub sentence: String,
    /// The folder of its cargo and rustc.
    programs: PathBuf,
    /// The name of its linker, if it does not bring its own.
    linker: Option<String>,
    /// Whether it has to be told that unstable features are wanted.
    bootstrap: bool,
}

impl Toolchain {
    /// A command whose cargo and rustc are those of this toolchain.
    pub fn use_in(&self, command: &mut Command) {
        process::prepend_path(command, &[&self.programs]);
        // These would choose another compiler, or replace the flags of the target by others.
        for name in [
            "RUSTUP_TOOLCHAIN",
            "CARGO",
            "RUSTC",
            "RUSTDOC",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
        ] {
            command.env_remove(name);
        }
        // `test` is what cargo adds for tests only. Named for all, it keeps the module's
        // dependencies and those of its tests the same, so that each is built once.
        command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort,test");
        if self.bootstrap {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }

    /// What its compiler says of itself: `host: …`, `LLVM version: …` and the like.
    pub fn verbose_version(&self) -> Result<String, String> {
        let rustc = self.programs.join("rustc");
        process::answer(process::command(&rustc).arg("-vV"))
            .ok_or_else(|| format!("{} does not run.", rustc.display()))
    }

    /// Debian's compiler comes without the runtimes of its sanitizers, which are those of clang.
    /// This gets that of ThreadSanitizer and puts it where the compiler looks for it.
    pub fn prepare_thread_sanitizer(&self, steps: &mut Steps) -> Result<(), String> {
        if !self.bootstrap {
            return Ok(());
        }
        let text = self.verbose_version()?;
        let llvm =
            llvm_major(&text).ok_or("the system's rustc does not tell its LLVM's version")?;
        let folder = process::answer(
            process::command(self.programs.join("rustc")).args(["--print", "target-libdir"]),
        );
        let expected = PathBuf::from(folder.unwrap_or_default()).join(SANITIZER_RUNTIME);
        if expected.exists() {
            return Ok(());
        }
        let runtime = PathBuf::from(format!(
            "/usr/lib/llvm-{llvm}/lib/clang/{llvm}/lib/linux/libclang_rt.tsan-x86_64.a"
        ));
        let package = format!("libclang-rt-{llvm}-dev");
        if !runtime.is_file() {
            apt::install(steps, &[&package]).map_err(|reason| {
                let line = apt::install_line(&[&package]);
                format!("The runtime of ThreadSanitizer is missing: {reason}. `{line}` brings it.")
            })?;
        }
        std::os::unix::fs::symlink(&runtime, &expected).map_err(|error| {
            let (runtime, expected) = (runtime.display(), expected.display());
            format!(
                "The runtime of ThreadSanitizer cannot be put where rustc looks for it: {error}. \
                 `sudo ln -s {runtime} {expected}` does it."
            )
        })
    }
}

/// Finds a toolchain for threaded WebAssembly, or gets one.
pub fn find_or_get(project: &Project, steps: &mut Steps) -> Result<Toolchain, String> {
    let oldest = project.oldest_rust()?;
    let mut reasons = Vec::new();
    for look in [nightly_of_rustup, debians] {
        match look(oldest) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => reasons.push(reason),
        }
    }
    for reason in &reasons {
        steps.note(&format!("No toolchain for threaded WebAssembly yet: {reason}."));
    }
    for (get, look) in [
        (get_nightly as fn(&mut Steps) -> Result<(), String>, nightly_of_rustup as Look),
        (get_debians, debians),
    ] {
        match get(steps).and_then(|()| look(oldest)) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => {
                let reason = one_line(&reason);
                if !reasons.contains(&reason) {
                    steps.note(&format!("It could not be got that way: {reason}."));
                    reasons.push(reason);
                }
            }
        }
    }
    Err(format!(
        "The threaded module needs a Rust toolchain that can rebuild the standard library, of \
         version 1.{oldest} or newer. None is here, and none could be got:\n{}\
         One of these commands brings it:\n    {}\n    {}",
        reasons.iter().map(|reason| format!("  - {reason}\n")).collect::<String>(),
        "rustup toolchain install nightly --profile minimal --component rust-src",
        apt::install_line(&[&DEBIAN_PACKAGES[..], &["lld-22"]].concat()),
    ))
}

/// Looks for a toolchain not older than this; says in a clause why there is none.
type Look = fn(oldest: u32) -> Result<Toolchain, String>;

fn nightly_of_rustup(oldest: u32) -> Result<Toolchain, String> {
    let Some(names) = rustup_toolchains() else {
        return Err("rustup is not on PATH".to_owned());
    };
    let mut reason = "rustup has no nightly".to_owned();
    for name in names.iter().filter(|name| name.starts_with("nightly")) {
        let mut ask = process::command("rustup");
        ask.args(["run", name, "rustc", "--print", "sysroot"]).env("RUSTUP_AUTO_INSTALL", "0");
        let Some(sysroot) = process::answer(&mut ask).map(PathBuf::from) else {
            reason = format!("rustup's {name} does not run");
            continue;
        };
        if !has_sources(&sysroot) {
            reason = format!("rustup's {name} has no rust-src");
            continue;
        }
        let programs = sysroot.join("bin");
        match version(&programs, oldest) {
            Ok(version) => {
                let sentence = format!("Threaded WebAssembly by rustup's {name} ({version}).");
                return Ok(Toolchain { sentence, programs, linker: None, bootstrap: false });
            }
            Err(clause) => reason = format!("rustup's {name} {clause}; `rustup update` it"),
        }
    }
    Err(reason)
}

fn debians(oldest: u32) -> Result<Toolchain, String> {
    let programs = PathBuf::from("/usr/bin");
    let rustc = programs.join("rustc");
    if !rustc.is_file() || !programs.join("cargo").is_file() {
        return Err("the system has no rustc and cargo of its own".to_owned());
    }
    let sysroot = process::answer(process::command(&rustc).args(["--print", "sysroot"]))
        .ok_or("the system's rustc does not run")?;
    if !has_sources(Path::new(&sysroot)) {
        return Err("the system's rustc has no sources of the standard library".to_owned());
    }
    let version =
        version(&programs, oldest).map_err(|clause| format!("the system's rustc {clause}"))?;
    let linker = linker_name(&rustc)?;
    if process::find_program(&linker).is_none() {
        return Err(format!("the system's rustc lacks its linker {linker}"));
    }
    let sentence = format!("Threaded WebAssembly by the system's {version}.");
    Ok(Toolchain { sentence, programs, linker: Some(linker), bootstrap: true })
}

/// Asks rustup for a nightly with sources. One that is here already is only given its sources:
/// updating it is the owner's business.
fn get_nightly(steps: &mut Steps) -> Result<(), String> {
    let names = rustup_toolchains().ok_or("rustup is not on PATH")?;
    let mut command = process::command("rustup");
    if names.iter().any(|name| is_plain_nightly(name)) {
        command.args(["component", "add", "rust-src", "--toolchain", "nightly"]);
        steps.run("rustup component add rust-src", &mut command, minutes(5)).map(drop)
    } else {
        command.args(["toolchain", "install", "nightly", "--no-self-update"]);
        command.args(["--profile", "minimal", "--component", "rust-src"]);
        steps.run("rustup toolchain install nightly", &mut command, minutes(5)).map(drop)
    }
}

/// Installs Debian's packages, and the linker of the LLVM that its compiler was built with.
fn get_debians(steps: &mut Steps) -> Result<(), String> {
    let rustc = Path::new("/usr/bin/rustc");
    let sysroot = process::answer(process::command(rustc).args(["--print", "sysroot"]));
    if !sysroot.is_some_and(|sysroot| has_sources(Path::new(&sysroot))) {
        apt::install(steps, &DEBIAN_PACKAGES)?;
    }
    let linker = linker_name(rustc)?;
    if process::find_program(&linker).is_some() {
        return Ok(());
    }
    apt::install(steps, &[&linker.replace("wasm-ld", "lld")])
}

fn rustup_toolchains() -> Option<Vec<String>> {
    let list = process::answer(process::command("rustup").args(["toolchain", "list", "--quiet"]))?;
    Some(list.lines().map(str::to_owned).collect())
}

/// Whether this is the nightly that moves on, and not one of a certain day.
fn is_plain_nightly(name: &str) -> bool {
    name.strip_prefix("nightly").is_some_and(|rest| {
        let next = rest.strip_prefix('-').and_then(|rest| rest.chars().next());
        next.is_none_or(|character| !character.is_ascii_digit())
    })
}

fn has_sources(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
}

/// The compiler's name and version, if it is young enough.
fn version(programs: &Path, oldest: u32) -> Result<String, String> {
    let line = process::answer(process::command(programs.join("rustc")).arg("--version"))
        .ok_or("does not run")?;
    let words: Vec<&str> = line.split(' ').take(2).collect();
    match minor_version(&line) {
        Some(minor) if minor >= oldest => Ok(words.join(" ")),
        _ => Err(format!("is {}, older than 1.{oldest}", words.join(" "))),
    }
}

/// The linker that understands what this compiler emits: that of the same LLVM.
fn linker_name(rustc: &Path) -> Result<String, String> {
    let text = process::answer(process::command(rustc).arg("-vV")).unwrap_or_default();
    let major = llvm_major(&text).ok_or("the system's rustc does not tell its LLVM's version")?;
    Ok(format!("wasm-ld-{major}"))
}

/// The number before the first point of `LLVM version: 22.1.8` in what a compiler says of itself.
pub fn llvm_major(text: &str) -> Option<u32> {
    let version = text.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

/// The telling line of a longer text: its first error if it names one, else its first line.
fn one_line(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("error: "));
    let line = line.or_else(|| text.lines().next()).unwrap_or_default();
    line.trim_end_matches([':', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llvms_version_gives_the_linker() {
        assert_eq!(llvm_major("rustc 1.96.0\nrelease: 1.96.0\nLLVM version: 22.1.8\n"), Some(22));
        assert_eq!(llvm_major("rustc 1.96.0"), None);
    }

    #[test]
    fn a_failed_step_becomes_one_line() {
        let text = "rustup: ended.\n    info: syncing\n    error: no such host\n";
        assert_eq!(one_line(text), "no such host");
        assert_eq!(one_line("apt knows no package rustc-web"), "apt knows no package rustc-web");
    }

    #[test]
    fn a_nightly_of_a_certain_day_is_not_the_nightly() {
        assert!(is_plain_nightly("nightly"));
        assert!(is_plain_nightly("nightly-x86_64-unknown-linux-gnu"));
        assert!(!is_plain_nightly("nightly-2026-05-20-x86_64-unknown-linux-gnu"));
        assert!(!is_plain_nightly("stable-x86_64-unknown-linux-gnu"));
    }
}
