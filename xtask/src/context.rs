//! What all commands share: the project's root, the shell, the steps and the WebAssembly toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use xshell::Shell;

use crate::process;
use crate::step::Steps;
use crate::toolchain::{self, Toolchain};

pub struct Context {
    pub root: PathBuf,
    /// Runs in the project's root.
    pub sh: Shell,
    pub steps: Steps,
    /// The toolchain or the reason for its absence: one long attempt is enough for all suites.
    toolchain: Option<Result<Toolchain, String>>,
}

impl Context {
    /// Opens the project that this program was built from.
    pub fn open() -> Result<Context> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR");
        let own = own.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own.parent().unwrap_or(&own).to_owned();
        ensure!(root.join("Cargo.lock").is_file(), "{} has no Cargo.lock.", root.display());
        let sh = process::shell()?;
        sh.change_dir(&root);
        let steps = Steps::new(root.join("target/xtask"));
        Ok(Context { root, sh, steps, toolchain: None })
    }

    /// A command of the cargo that runs xtask.
    pub fn cargo(&self, words: &str) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        self.sh.cmd(cargo).args(words.split_whitespace()).into()
    }

    /// The toolchain for threaded WebAssembly, installed if it is missing.
    pub fn toolchain(&mut self) -> Result<Toolchain> {
        if self.toolchain.is_none() {
            let oldest = self.oldest_rust()?;
            let found = toolchain::find_or_install(oldest, &self.sh, &mut self.steps);
            if let Ok(toolchain) = &found {
                self.steps.note(&toolchain.description);
            }
            self.toolchain = Some(found.map_err(|error| format!("{error:#}")));
        }
        self.toolchain.clone().expect("set above").map_err(|reason| anyhow!(reason))
    }

    pub fn read(&self, name: &str) -> Result<String> {
        Ok(fs_err::read_to_string(self.root.join(name))?)
    }

    /// The version of a package in Cargo.lock.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let lock = self.read("Cargo.lock")?;
        let version = quoted_after(&lock, &format!("name = \"{package}\"\nversion = "));
        version.with_context(|| format!("Cargo.lock does not name the package `{package}`."))
    }

    /// The oldest supported Rust, as its minor version.
    fn oldest_rust(&self) -> Result<u32> {
        let version = quoted_after(&self.read("Cargo.toml")?, "rust-version = ");
        let minor = version.and_then(|version| toolchain::minor_version(&version));
        minor.context("Cargo.toml names no `rust-version`.")
    }

    /// A path relative to the project's root, for messages.
    pub fn relative<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

/// The quoted text that directly follows `prefix`.
fn quoted_after(text: &str, prefix: &str) -> Option<String> {
    let (_, rest) = text.split_once(prefix)?;
    Some(rest.strip_prefix('"')?.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locked_version_matches_the_whole_package_name() {
        let cx = Context::open().expect("the project");
        assert!(cx.locked_version("wasm-bindgen").is_ok());
        assert!(cx.locked_version("wasm-bind").is_err());
        assert!(cx.oldest_rust().is_ok());
        let lock = "name = \"a-b\"\nversion = \"2\"\n\nname = \"a\"\nversion = \"1\"\n";
        assert_eq!(quoted_after(lock, "name = \"a\"\nversion = ").as_deref(), Some("1"));
        assert_eq!(quoted_after("name = \"cut\"", "name = \"cut\"\nversion = "), None);
    }
}
