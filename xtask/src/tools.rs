//! Command lines of others that are built once per user and version.
//!
//! wasm-bindgen refuses a module that was built with another version than its own, so its version
//! is the one in Cargo.lock. Those in Rust are built by cargo from their published packages, because
//! cargo is the one client that is here for certain; Schemathesis, which is in Python, comes by pip.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process;
use crate::project::Project;
use crate::step::{Steps, minutes};

const WASM_PACK_VERSION: &str = "0.15.1";
const LLVM_COV_VERSION: &str = "0.9.1";
const MUTANTS_VERSION: &str = "27.1.0";
const SCHEMATHESIS_VERSION: &str = "4.32.5";

/// The folder that holds `wasm-bindgen` and `wasm-bindgen-test-runner`.
pub fn wasm_bindgen(project: &Project, steps: &mut Steps) -> Result<PathBuf, String> {
    let version = project.locked_version("wasm-bindgen")?;
    install(steps, "wasm-bindgen-cli", &version, &["wasm-bindgen", "wasm-bindgen-test-runner"])
}

/// The folder that holds `wasm-pack`.
pub fn wasm_pack(steps: &mut Steps) -> Result<PathBuf, String> {
    install(steps, "wasm-pack", WASM_PACK_VERSION, &["wasm-pack"])
}

/// The program `cargo-llvm-cov`.
pub fn llvm_cov(steps: &mut Steps) -> Result<PathBuf, String> {
    let folder = install(steps, "cargo-llvm-cov", LLVM_COV_VERSION, &["cargo-llvm-cov"])?;
    Ok(folder.join("cargo-llvm-cov"))
}

/// The program `cargo-mutants`.
pub fn mutants(steps: &mut Steps) -> Result<PathBuf, String> {
    let folder = install(steps, "cargo-mutants", MUTANTS_VERSION, &["cargo-mutants"])?;
    Ok(folder.join("cargo-mutants"))
}

/// The Python of an environment of its own that has Schemathesis.
pub fn schemathesis(steps: &mut Steps) -> Result<PathBuf, String> {
    let place = got(
        steps,
        "schemathesis",
        SCHEMATHESIS_VERSION,
        &["python"],
        |steps, _, aside| {
            let mut make = process::command("python3");
            make.args(["-m", "venv"]).arg(aside);
            let needed = |sentence| {
                format!(
                    "Schemathesis needs Python 3 with its module venv (Debian: python3-venv). {sentence}"
                )
            };
            steps.run("python3 -m venv (once per user)", &mut make, minutes(5)).map_err(needed)?;
            let mut fill = process::command(aside.join("bin/python"));
            fill.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            fill.arg(format!("schemathesis=={SCHEMATHESIS_VERSION}"));
            let name = format!("pip install schemathesis {SCHEMATHESIS_VERSION} (once per user)");
            steps.run(&name, &mut fill, minutes(15)).map(drop)
        },
    )?;
    Ok(place.join("python"))
}

/// Builds a package's programs, unless they are in the cache.
fn install(
    steps: &mut Steps,
    package: &str,
    version: &str,
    programs: &[&str],
) -> Result<PathBuf, String> {
    got(steps, package, version, programs, |steps, cache, aside| {
        let name = format!("cargo install {package} {version} (once per user)");
        steps.run(&name, &mut cargo_install(package, version, cache, aside), minutes(30))?;
        let _ = std::fs::remove_dir_all(cache.join("build"));
        Ok(())
    })
}

/// The folder of a package's programs. What is not in the cache is made by `make`, which is given the cache and a folder
/// in it: aside, and moved into its place when it is complete, so what is in its place is whole.
fn got(
    steps: &mut Steps,
    package: &str,
    version: &str,
    programs: &[&str],
    make: impl FnOnce(&mut Steps, &Path, &Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let cache = cache()?;
    let place = cache.join(format!("{package}-{version}"));
    let folder = place.join("bin");
    let is_there = || programs.iter().all(|program| folder.join(program).is_file());
    if is_there() {
        return Ok(folder);
    }
    let written = |error: std::io::Error| {
        format!("The tools' folder {} cannot be written: {error}.", cache.display())
    };
    std::fs::create_dir_all(&cache).map_err(written)?;
    let _lock = lock(steps, &cache.join("lock"))?;
    if is_there() {
        return Ok(folder);
    }
    // What an interrupted installation has left of itself is of no use.
    let aside = cache.join(format!("{package}-{version}.part"));
    let _ = std::fs::remove_dir_all(&aside);
    make(steps, &cache, &aside)?;
    let _ = std::fs::remove_dir_all(&place);
    std::fs::rename(&aside, &place).map_err(written)?;
    match programs.iter().find(|program| !folder.join(program).is_file()) {
        None => Ok(folder),
        Some(missing) => Err(format!("{package} {version} has no program `{missing}`.")),
    }
}

fn cargo_install(package: &str, version: &str, cache: &Path, root: &Path) -> Command {
    let mut command = process::command(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(["install", package, "--version", version, "--root"]).arg(root);
    // Not `--locked`: the lock files in these packages name versions that were withdrawn since.
    // They run for seconds, so they are built to be built fast. Neither the flags of this project
    // nor those of the caller are for them, so it is done elsewhere and without them.
    command
        .current_dir(cache)
        .env("CARGO_TARGET_DIR", cache.join("build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    command
}

/// Keeps two installations from working in one folder. The lock is let go when the file is closed.
fn lock(steps: &Steps, path: &Path) -> Result<File, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}.", path.display());
    let file = File::create(path).map_err(|error| failed(&error))?;
    let began = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
            Err(TryLockError::WouldBlock) if process::was_interrupted() => {
                process::exit_interrupted();
            }
            Err(TryLockError::WouldBlock) if began.elapsed() > minutes(60) => {
                return Err(failed(&"another xtask has held this lock for an hour"));
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    steps.note("Another xtask is installing tools; this one waits for it.");
                    told = true;
                }
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

/// The user's folder for tools that are not of the project.
fn cache() -> Result<PathBuf, String> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    // The standard for this variable ignores paths that are not absolute.
    let given = given.filter(|path| path.is_absolute());
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    match given.or(home) {
        Some(cache) => Ok(cache.join("ledgerlab/tools")),
        None => Err("Neither HOME nor XDG_CACHE_HOME says where the tools can be kept.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_at_a_time() {
        let path = std::env::temp_dir().join(format!("xtask-test-lock-{}", std::process::id()));
        let steps = Steps::new(std::env::temp_dir());
        let held = lock(&steps, &path).expect("a lock");
        let other = File::open(&path).expect("the file");
        assert!(matches!(other.try_lock_shared(), Err(TryLockError::WouldBlock)));
        drop(held);
        drop(lock(&steps, &path).expect("it was let go"));
        let _ = std::fs::remove_file(&path);
    }

    #[test]
    fn tools_are_installed_by_cargo_in_exactly_one_version() {
        let command = cargo_install("a-tool", "1.2.3", Path::new("/cache"), Path::new("/aside"));
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(words, ["install", "a-tool", "--version", "1.2.3", "--root", "/aside"]);
    }
}
