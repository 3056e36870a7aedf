//! Other projects' command line tools, installed once per user and version.
//!
//! wasm-bindgen rejects a module that was built with another version of it, so its version comes
//! from Cargo.lock. Cargo builds the tools in Rust from their published packages, because cargo is
//! certain to be there; Schemathesis, a Python program, comes with pip.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::process;
use crate::step::{Steps, minutes};

const SCHEMATHESIS_VERSION: &str = "4.32.5";

/// The folder of `wasm-bindgen` and `wasm-bindgen-test-runner`.
pub fn wasm_bindgen(cx: &mut Context) -> Result<PathBuf> {
    let version = cx.locked_version("wasm-bindgen")?;
    cargo_tool(cx, "wasm-bindgen-cli", &version, &["wasm-bindgen", "wasm-bindgen-test-runner"])
}

pub fn wasm_pack(cx: &mut Context) -> Result<PathBuf> {
    Ok(cargo_tool(cx, "wasm-pack", "0.15.1", &["wasm-pack"])?.join("wasm-pack"))
}

pub fn llvm_cov(cx: &mut Context) -> Result<PathBuf> {
    Ok(cargo_tool(cx, "cargo-llvm-cov", "0.9.1", &["cargo-llvm-cov"])?.join("cargo-llvm-cov"))
}

pub fn mutants(cx: &mut Context) -> Result<PathBuf> {
    Ok(cargo_tool(cx, "cargo-mutants", "27.1.0", &["cargo-mutants"])?.join("cargo-mutants"))
}

/// The Python of a virtual environment with Schemathesis.
pub fn schemathesis(cx: &mut Context) -> Result<PathBuf> {
    let version = SCHEMATHESIS_VERSION;
    let install = |cx: &mut Context, _: &Path, target: &Path| {
        let make = cmd!(cx.sh, "python3 -m venv {target}");
        let made = cx.steps.run("python3 -m venv (once per user)", make, minutes(5));
        made.context("Schemathesis needs Python 3 with its module venv (Debian: python3-venv)")?;
        let python = target.join("bin/python");
        let pip = cmd!(cx.sh, "{python} -m pip install --quiet --disable-pip-version-check");
        let name = format!("pip install schemathesis {version} (once per user)");
        let pip = pip.arg(format!("schemathesis=={version}"));
        cx.steps.run(&name, pip, minutes(15)).map(drop)
    };
    Ok(cached(cx, &format!("schemathesis-{version}"), &["python"], install)?.join("python"))
}

/// The folder of a Rust package's programs, built if they are not cached.
fn cargo_tool(
    cx: &mut Context,
    package: &str,
    version: &str,
    programs: &[&str],
) -> Result<PathBuf> {
    cached(cx, &format!("{package}-{version}"), programs, |cx, cache, target| {
        let name = format!("cargo install {package} {version} (once per user)");
        let install = cargo_install(cx, package, version, cache, target);
        cx.steps.run(&name, install, minutes(30))?;
        let _ = std::fs::remove_dir_all(cache.join("build"));
        Ok(())
    })
}

/// Installs exactly this version. Not `--locked`: the packages' lock files name versions that were
/// withdrawn since. The flags of this project and of the caller do not apply, and the tools run for
/// seconds, so they are optimized for build time.
fn cargo_install(cx: &Context, package: &str, version: &str, cache: &Path, root: &Path) -> Command {
    let mut command = cx.cargo(&format!("install {package} --version {version} --root"));
    command
        .arg(root)
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

/// The folder of a tool's programs in the cache. A missing tool is made by `install`, which gets
/// the cache and a temporary folder in it; the folder is renamed once it is complete.
fn cached(
    cx: &mut Context,
    name: &str,
    programs: &[&str],
    install: impl FnOnce(&mut Context, &Path, &Path) -> Result<()>,
) -> Result<PathBuf> {
    let cache = cache()?;
    let (target, temporary) = (cache.join(name), cache.join(format!("{name}.part")));
    let folder = target.join("bin");
    let missing = || programs.iter().find(|program| !folder.join(program).is_file());
    if missing().is_none() {
        return Ok(folder);
    }
    fs_err::create_dir_all(&cache)?;
    let _lock = lock(&cx.steps, &cache.join("lock"))?;
    if missing().is_none() {
        return Ok(folder);
    }
    // An interrupted installation may have left a part.
    let _ = std::fs::remove_dir_all(&temporary);
    install(cx, &cache, &temporary)?;
    let _ = std::fs::remove_dir_all(&target);
    fs_err::rename(&temporary, &target)?;
    ensure!(missing().is_none(), "{name} has no program `{}`.", missing().unwrap_or(&""));
    Ok(folder)
}

/// Keeps two installations out of one folder until the returned file is closed.
fn lock(steps: &Steps, path: &Path) -> Result<File> {
    let file = fs_err::File::create(path)?.into_parts().0;
    let began = Instant::now();
    let mut is_noted = false;
    while let Err(error) = file.try_lock() {
        match error {
            TryLockError::Error(error) => bail!("{}: {error}.", path.display()),
            TryLockError::WouldBlock if process::was_interrupted() => process::exit_interrupted(),
            TryLockError::WouldBlock => {
                let in_time = began.elapsed() < minutes(60);
                ensure!(in_time, "Another xtask has held {} for an hour.", path.display());
            }
        }
        if !is_noted {
            steps.note("Waiting for another xtask, which is installing tools.");
            is_noted = true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(file)
}

/// The user's folder for tools.
fn cache() -> Result<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    // The standard for this variable ignores relative paths.
    let given = given.filter(|path| path.is_absolute());
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = given.or(home).context("Neither HOME nor XDG_CACHE_HOME is set.")?;
    Ok(cache.join("ledgerlab/tools"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_has_one_holder_at_a_time() {
        let path = std::env::temp_dir().join(format!("xtask-test-lock-{}", std::process::id()));
        let steps = Steps::new(std::env::temp_dir());
        let held = lock(&steps, &path).expect("a lock");
        let other = File::open(&path).expect("the file");
        assert!(matches!(other.try_lock_shared(), Err(TryLockError::WouldBlock)));
        drop(held);
        drop(lock(&steps, &path).expect("released"));
        let _ = std::fs::remove_file(&path);
    }
}
