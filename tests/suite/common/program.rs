//! The real program, and temporary folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program to its end.
pub fn ledgerlab(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ledgerlab");
    Command::new(program).args(arguments).output().expect("the program starts")
}

/// Returns output as text.
pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("output is text")
}

/// A temporary folder, removed when dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Creates an empty folder of this name.
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the folder can be made");
        Self(path)
    }

    /// Returns the path of a file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("the path is text").to_owned()
    }

    /// Returns the number of files in it.
    pub fn count(&self) -> usize {
        std::fs::read_dir(&self.0).expect("the folder can be read").count()
    }

    /// Writes JSON to a file and returns its path.
    pub fn write(&self, name: &str, value: &serde_json::Value) -> String {
        let file = self.file(name);
        std::fs::write(&file, value.to_string()).expect("the file can be written");
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
