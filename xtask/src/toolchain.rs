//! The Rust toolchain for threaded WebAssembly.
//!
//! WebAssembly threads need a standard library that was built with atomics. None is shipped, so it
//! is rebuilt from source (`-Zbuild-std`). That takes a compiler that allows it and the sources: a
//! rustup nightly with `rust-src`, or the packages with which Debian builds its browsers, whose
//! compiler allows it under `RUSTC_BOOTSTRAP`. What is installed is used before anything is fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use xshell::{Shell, cmd};

use crate::apt;
use crate::process::{find_program, output, prepend_path};
use crate::step::{Steps, first_error, minutes};

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// The file name of ThreadSanitizer's runtime in Debian's compiler.
const SANITIZER_RUNTIME: &str = "librustc-stable_rt.tsan.a";

/// Variables that would choose another compiler, or replace the flags of the target.
const CARGO_VARIABLES: [&str; 8] = [
    "RUSTUP_TOOLCHAIN",
    "CARGO",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
];

/// A toolchain that can build threaded WebAssembly.
#[derive(Clone, Debug)]
pub struct Toolchain {
    pub description: String,
    /// The folder of its cargo and rustc.
    programs: PathBuf,
    /// Its linker, if it has none of its own.
    linker: Option<String>,
    /// Whether `RUSTC_BOOTSTRAP` must allow unstable features.
    bootstrap: bool,
}

impl Toolchain {
    /// Makes a command use this toolchain's cargo and rustc.
    pub fn configure(&self, command: &mut Command) {
        prepend_path(command, &self.programs);
        for name in CARGO_VARIABLES {
            command.env_remove(name);
        }
        // Cargo adds `test` for tests only. With it everywhere, the module and its tests share
        // their dependencies.
        command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort,test");
        if self.bootstrap {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }

    /// The target that its compiler builds for by default.
    pub fn host(&self, sh: &Shell) -> Result<String> {
        let text = verbose_version(sh, &self.programs.join("rustc"))?;
        let host = text.lines().find_map(|line| line.strip_prefix("host: "));
        host.map(str::to_owned).context("rustc does not name its host.")
    }

    /// Debian's compiler comes without the runtimes of its sanitizers, which are those of clang.
    /// Installs the runtime of ThreadSanitizer and links it to where the compiler looks for it.
    pub fn prepare_thread_sanitizer(&self, sh: &Shell, steps: &mut Steps) -> Result<()> {
        if !self.bootstrap {
            return Ok(());
        }
        let rustc = self.programs.join("rustc");
        let llvm = llvm_major(&verbose_version(sh, &rustc)?)?;
        let libraries = output(cmd!(sh, "{rustc} --print target-libdir")).unwrap_or_default();
        let expected = Path::new(&libraries).join(SANITIZER_RUNTIME);
        if expected.exists() {
            return Ok(());
        }
        let runtime = format!("/usr/lib/llvm-{llvm}/lib/clang/{llvm}/lib/linux");
        let runtime = Path::new(&runtime).join("libclang_rt.tsan-x86_64.a");
        let package = format!("libclang-rt-{llvm}-dev");
        if !runtime.is_file() {
            apt::install(sh, steps, &[&package]).with_context(|| {
                let line = apt::install_line(&[&package]);
                format!("The runtime of ThreadSanitizer is missing; `{line}` installs it")
            })?;
        }
        fs_err::os::unix::fs::symlink(&runtime, &expected).with_context(|| {
            let (runtime, expected) = (runtime.display(), expected.display());
            format!("rustc needs ThreadSanitizer's runtime: `sudo ln -s {runtime} {expected}`")
        })
    }
}

type Find = fn(&Shell, u32) -> Result<Toolchain>;
type Install = fn(&Shell, &mut Steps) -> Result<()>;

/// Finds a toolchain for threaded WebAssembly not older than 1.`oldest`, or installs one.
pub fn find_or_install(oldest: u32, sh: &Shell, steps: &mut Steps) -> Result<Toolchain> {
    let sources: [(Find, Install); 2] =
        [(find_nightly, install_nightly), (find_debian, install_debian)];
    let mut reasons = Vec::new();
    for (find, _) in sources {
        match find(sh, oldest) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => reasons.push(reason.to_string()),
        }
    }
    for reason in &reasons {
        steps.note(&format!("No toolchain for threaded WebAssembly yet: {reason}."));
    }
    for (find, install) in sources {
        match install(sh, steps).and_then(|()| find(sh, oldest)) {
            Ok(toolchain) => return Ok(toolchain),
            Err(error) => {
                let reason = first_error(&error.to_string());
                steps.note(&format!("It could not be installed that way: {reason}."));
                reasons.push(reason);
            }
        }
    }
    reasons.dedup();
    bail!(
        "The threaded module needs a Rust toolchain of version 1.{oldest} or newer that can \
         rebuild the standard library. None is installed, and none could be installed:\n  - {}\n\
         One of these commands installs it:\n    {}\n    {}",
        reasons.join("\n  - "),
        "rustup toolchain install nightly --profile minimal --component rust-src",
        apt::install_line(&[&DEBIAN_PACKAGES[..], &["lld-22"]].concat()),
    )
}

fn find_nightly(sh: &Shell, oldest: u32) -> Result<Toolchain> {
    let names = rustup_toolchains(sh)?;
    let mut reason = anyhow!("rustup has no nightly");
    for name in names.lines().filter(|name| name.starts_with("nightly")) {
        let find = || {
            let sysroot = cmd!(sh, "rustup run {name} rustc --print sysroot");
            let sysroot = output(sysroot.env("RUSTUP_AUTO_INSTALL", "0"));
            let sysroot = sysroot.context("does not run").map(PathBuf::from)?;
            ensure!(has_sources(&sysroot), "has no rust-src");
            let programs = sysroot.join("bin");
            let version = version(sh, &programs, oldest)?;
            let description = format!("Threaded WebAssembly with rustup's {name} ({version}).");
            Ok(Toolchain { description, programs, linker: None, bootstrap: false })
        };
        match find() {
            Ok(toolchain) => return Ok(toolchain),
            Err(clause) => reason = anyhow!("rustup's {name} {clause}"),
        }
    }
    Err(reason)
}

fn find_debian(sh: &Shell, oldest: u32) -> Result<Toolchain> {
    let programs = PathBuf::from("/usr/bin");
    let is_there = |program: &str| programs.join(program).is_file();
    ensure!(is_there("rustc") && is_there("cargo"), "the system has no rustc and cargo");
    let sources = debian_sysroot(sh).is_some_and(|sysroot| has_sources(&sysroot));
    ensure!(sources, "the system's rustc has no sources of the standard library");
    let version = version(sh, &programs, oldest);
    let version = version.map_err(|clause| anyhow!("the system's rustc {clause}"))?;
    let linker = debian_linker(sh)?;
    ensure!(find_program(&linker).is_some(), "the system's rustc lacks its linker {linker}");
    let description = format!("Threaded WebAssembly with the system's {version}.");
    Ok(Toolchain { description, programs, linker: Some(linker), bootstrap: true })
}

/// Installs a nightly with sources. One that is installed gets its sources and is not updated.
fn install_nightly(sh: &Shell, steps: &mut Steps) -> Result<()> {
    let (name, command) = if rustup_toolchains(sh)?.lines().any(is_undated_nightly) {
        let command = cmd!(sh, "rustup component add rust-src --toolchain nightly");
        ("rustup component add rust-src", command)
    } else {
        let command = cmd!(sh, "rustup toolchain install nightly --no-self-update");
        let command = command.args(["--profile", "minimal", "--component", "rust-src"]);
        ("rustup toolchain install nightly", command)
    };
    steps.run(name, command, minutes(5)).map(drop)
}

/// Installs Debian's packages, and the linker of the LLVM that its compiler was built with.
fn install_debian(sh: &Shell, steps: &mut Steps) -> Result<()> {
    if !debian_sysroot(sh).is_some_and(|sysroot| has_sources(&sysroot)) {
        apt::install(sh, steps, &DEBIAN_PACKAGES)?;
    }
    let linker = debian_linker(sh)?;
    if find_program(&linker).is_some() {
        return Ok(());
    }
    apt::install(sh, steps, &[&linker.replace("wasm-ld", "lld")])
}

fn rustup_toolchains(sh: &Shell) -> Result<String> {
    output(cmd!(sh, "rustup toolchain list --quiet")).context("rustup is not on PATH")
}

fn debian_sysroot(sh: &Shell) -> Option<PathBuf> {
    output(cmd!(sh, "{DEBIAN_RUSTC} --print sysroot")).map(PathBuf::from)
}

/// The linker that understands this compiler's output: that of the same LLVM.
fn debian_linker(sh: &Shell) -> Result<String> {
    let llvm = llvm_major(&verbose_version(sh, Path::new(DEBIAN_RUSTC))?)?;
    Ok(format!("wasm-ld-{llvm}"))
}

/// Whether this nightly is the moving one, not one of a certain day.
fn is_undated_nightly(name: &str) -> bool {
    let rest = name.strip_prefix("nightly").map(|rest| rest.trim_start_matches('-'));
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

fn has_sources(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
}

/// The compiler's name and version. The error is a clause: it does not run or is too old.
fn version(sh: &Shell, programs: &Path, oldest: u32) -> Result<String> {
    let rustc = programs.join("rustc");
    let line = output(cmd!(sh, "{rustc} --version")).context("does not run")?;
    let name = line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
    let is_new = minor_version(&line).is_some_and(|minor| minor >= oldest);
    ensure!(is_new, "is {name}, older than 1.{oldest}");
    Ok(name)
}

fn verbose_version(sh: &Shell, rustc: &Path) -> Result<String> {
    output(cmd!(sh, "{rustc} -vV")).with_context(|| format!("{} does not run.", rustc.display()))
}

/// The first number of `LLVM version: 22.1.8` in the output of `rustc -vV`.
pub fn llvm_major(text: &str) -> Result<u32> {
    let version = text.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major = version.and_then(|version| version.split('.').next()?.parse().ok());
    major.context("rustc does not name its LLVM version")
}

/// The 96 of `1.96`, `1.96.0` and `rustc 1.96.0-nightly (…)`.
pub fn minor_version(version: &str) -> Option<u32> {
    let version = version.strip_prefix("rustc ").unwrap_or(version).strip_prefix("1.")?;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_rustc() {
        assert_eq!(llvm_major("rustc 1.96.0\nLLVM version: 22.1.8\n").ok(), Some(22));
        assert!(llvm_major("rustc 1.96.0").is_err());
        assert_eq!(minor_version("1.95"), Some(95));
        assert_eq!(minor_version("rustc 1.101.0-nightly (92b5b8c87 2026-10-29)"), Some(101));
        assert_eq!(minor_version("2.0"), None);
    }

    #[test]
    fn dated_nightly_is_not_the_nightly() {
        assert!(is_undated_nightly("nightly"));
        assert!(is_undated_nightly("nightly-x86_64-unknown-linux-gnu"));
        assert!(!is_undated_nightly("nightly-2026-05-20-x86_64-unknown-linux-gnu"));
        assert!(!is_undated_nightly("stable-x86_64-unknown-linux-gnu"));
    }
}
