//! Other projects' command line tools, installed once per user and version.
//!
//! wasm-bindgen rejects a module that was built with another version of it, so its version comes
//! from Cargo.lock. Cargo builds the tools in Rust from their published packages, because cargo is
//! certain to be there; Schemathesis, a Python program, comes with pip.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use xshell::cmd;

use crate::context::Context;
use crate::step::minutes;

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

pub fn fuzz(cx: &mut Context) -> Result<PathBuf> {
    Ok(cargo_tool(cx, "cargo-fuzz", "0.13.2", &["cargo-fuzz"])?.join("cargo-fuzz"))
}

/// The Python of a virtual environment with Schemathesis.
pub fn schemathesis(cx: &mut Context) -> Result<PathBuf> {
    let version = SCHEMATHESIS_VERSION;
    let folder = cache()?.join(format!("schemathesis-{version}"));
    let python = folder.join("bin/python");
    // Pip writes a package's program after everything that the package needs.
    if folder.join("bin/schemathesis").is_file() {
        return Ok(python);
    }
    let make = cmd!(cx.sh, "python3 -m venv --clear {folder}");
    let made = cx.steps.run("python3 -m venv (once per user)", make, minutes(5));
    made.context("Schemathesis needs Python 3 with its module venv (Debian: python3-venv)")?;
    let pip = cmd!(cx.sh, "{python} -m pip install --quiet --disable-pip-version-check");
    let name = format!("pip install schemathesis {version} (once per user)");
    cx.steps.run(&name, pip.arg(format!("schemathesis=={version}")), minutes(15))?;
    Ok(python)
}

/// The folder of a Rust package's programs, built if they are missing. Cargo keeps concurrent
/// installations apart, and writes the programs when all are built.
fn cargo_tool(
    cx: &mut Context,
    package: &str,
    version: &str,
    programs: &[&str],
) -> Result<PathBuf> {
    let cache = cache()?;
    let root = cache.join(format!("{package}-{version}"));
    let folder = root.join("bin");
    let missing = || programs.iter().find(|program| !folder.join(program).is_file());
    if missing().is_some() {
        fs_err::create_dir_all(&cache)?;
        let name = format!("cargo install {package} {version} (once per user)");
        let build = cache.join(format!("{package}-{version}.build"));
        let install = cargo_install(cx, package, version, &build, &root);
        cx.steps.run(&name, install, minutes(30))?;
        let _ = std::fs::remove_dir_all(build);
    }
    match missing() {
        None => Ok(folder),
        Some(program) => bail!("{package} {version} has no program `{program}`."),
    }
}

/// Installs exactly this version. Not `--locked`: the packages' lock files name versions that were
/// withdrawn since. The flags of this project and of the caller do not apply, and the tools run for
/// seconds, so they are optimized for build time.
fn cargo_install(cx: &Context, package: &str, version: &str, build: &Path, root: &Path) -> Command {
    let mut command = cx.cargo(&format!("install {package} --version {version} --root"));
    command
        .arg(root)
        .current_dir("/")
        .env("CARGO_TARGET_DIR", build)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    command
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
