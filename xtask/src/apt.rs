//! Debian packages, where apt exists and this user may install with it.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::process;
use crate::step::{Steps, first_error, minutes};

/// Installs packages. When that fails, updates apt's lists and tries once more: they may name
/// versions that the mirror no longer has.
pub fn install(sh: &Shell, steps: &mut Steps, packages: &[&str]) -> Result<()> {
    ensure!(process::find_program("apt-get").is_some(), "this system has no apt-get");
    let is_root = process::output(cmd!(sh, "id -u")).as_deref() == Some("0");
    if !is_root && process::output(cmd!(sh, "sudo -n true")).is_none() {
        bail!("apt-get needs root, and sudo is missing or asks for a password");
    }
    let sudo: &[&str] = if is_root { &[] } else { &["sudo", "-n"] };
    // Another package manager may be running, as on a machine that has just started.
    let env = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"];
    let mut apt_get = |title: &str, arguments: &[&str], limit| {
        let words = [sudo, &env, arguments].concat();
        steps.run(title, sh.cmd(words[0]).args(&words[1..]), limit).map(drop)
    };
    let name = format!("apt-get install {}", packages.join(" "));
    let arguments = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    if apt_get(&name, &arguments, minutes(15)).is_ok() {
        return Ok(());
    }
    apt_get("apt-get update", &["update"], minutes(5))?;
    apt_get(&name, &arguments, minutes(15))
}

/// The command that installs packages, for messages.
pub fn install_line(packages: &[&str]) -> String {
    format!("sudo apt-get install {}", packages.join(" "))
}

/// Returns a program that an environment variable names, that is on PATH, or that apt installs.
pub fn program(
    sh: &Shell,
    steps: &mut Steps,
    variable: &str,
    names: &[&str],
    packages: &[&str],
) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable).map(PathBuf::from) {
        ensure!(path.is_file(), "{variable} names {}, which is not a file.", path.display());
        return Ok(path);
    }
    let find = || names.iter().find_map(|name| process::find_program(name));
    if let Some(path) = find() {
        return Ok(path);
    }
    let failure = install(sh, steps, packages).err();
    let Some(path) = find() else {
        let (title, line) = (names[0], install_line(packages));
        let reason = failure.map_or("its package has no such program".to_owned(), |error| {
            first_error(&error.to_string())
        });
        bail!(
            "`{title}` is not on PATH and could not be installed: {reason}. `{line}` installs it \
             on Debian; elsewhere install it and set {variable}=/path/to/{title}."
        );
    };
    Ok(path)
}
