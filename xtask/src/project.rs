//! Where the project's files are, and what its manifests say.

use std::path::{Path, PathBuf};

/// The project's folders.
pub struct Project {
    pub root: PathBuf,
}

impl Project {
    /// The project this program was built from.
    pub fn find() -> Result<Project, String> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own.parent().unwrap_or(&own).to_owned();
        if root.join("Cargo.lock").is_file() {
            return Ok(Project { root });
        }
        Err(format!("There is no Cargo.lock in {}: run `cargo xtask` there.", root.display()))
    }

    /// What cargo builds for the browser, with a standard library of its own.
    pub fn web_target(&self) -> PathBuf {
        self.root.join("target/web")
    }

    /// What wasm-bindgen makes of it, read by the page.
    pub fn generated(&self) -> PathBuf {
        self.root.join("www/generated")
    }

    /// The output of every step, for whoever wants more than its last lines.
    pub fn logs(&self) -> PathBuf {
        self.root.join("target/xtask")
    }

    /// The version of a package in Cargo.lock.
    pub fn locked_version(&self, package: &str) -> Result<String, String> {
        locked_version(&self.read("Cargo.lock")?, package)
            .ok_or_else(|| format!("Cargo.lock does not name the package `{package}`."))
    }

    /// The oldest Rust that the project's manifest allows, as its minor version.
    pub fn oldest_rust(&self) -> Result<u32, String> {
        oldest_rust(&self.read("Cargo.toml")?)
            .ok_or_else(|| "Cargo.toml names no `rust-version`.".to_owned())
    }

    /// Writes a file that is kept for the reader, and the folders it lies in.
    pub fn write(&self, path: &Path, text: &str) -> Result<(), String> {
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder
            .and_then(|()| std::fs::write(path, text))
            .map_err(|error| format!("{} cannot be written: {error}.", path.display()))
    }

    pub fn read(&self, name: &str) -> Result<String, String> {
        let path = self.root.join(name);
        std::fs::read_to_string(&path)
            .map_err(|error| format!("{} could not be read: {error}.", path.display()))
    }

    /// A path as the reader would type it from the project's root.
    pub fn relative<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| line.trim() != name);
    lines.next()?;
    quoted(lines.next()?, "version")
}

fn oldest_rust(manifest: &str) -> Option<u32> {
    let version = manifest.lines().find_map(|line| quoted(line, "rust-version"))?;
    minor_version(&version)
}

/// The text in `key = "text"`.
fn quoted(line: &str, key: &str) -> Option<String> {
    let (found, value) = line.split_once('=')?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    (found.trim() == key).then(|| value.to_owned())
}

/// The 96 of `1.96`, `1.96.0` and `rustc 1.96.0-nightly (…)`.
pub fn minor_version(version: &str) -> Option<u32> {
    let version = version.strip_prefix("rustc ").unwrap_or(version);
    let minor = version.strip_prefix("1.")?;
    let end = minor.find(|character: char| !character.is_ascii_digit()).unwrap_or(minor.len());
    minor[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
version = 4

[[package]]
name = \"wasm-bindgen-macro\"
version = \"0.2.131\"

[[package]]
name = \"wasm-bindgen\"
version = \"0.2.130\"
source = \"registry\"
";

    #[test]
    fn the_locked_version_is_that_of_exactly_this_package() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm-bindgen-macro").as_deref(), Some("0.2.131"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
        assert_eq!(locked_version("name = \"cut\"", "cut"), None);
    }

    #[test]
    fn the_oldest_rust_is_read_from_the_manifest() {
        let manifest = "[package]\nversion = \"0.1.0\"\nrust-version = \"1.95\"\n";
        assert_eq!(oldest_rust(manifest), Some(95));
        assert_eq!(oldest_rust("[package]\n"), None);
    }

    #[test]
    fn minor_versions() {
        assert_eq!(minor_version("1.95"), Some(95));
        assert_eq!(minor_version("rustc 1.101.0-nightly (92b5b8c87 2026-10-29)"), Some(101));
        assert_eq!(minor_version("2.0"), None);
    }

    #[test]
    fn this_project_is_found_and_names_what_xtask_asks_for() {
        let project = Project::find().expect("the project");
        assert!(project.locked_version("wasm-bindgen").is_ok());
        assert!(project.oldest_rust().is_ok());
    }
}
