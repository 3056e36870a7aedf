//! Reports in files: the form that `docs/report.schema.json` publishes, and `ledgerlab verify`, by the real program.
#![cfg(not(any(target_family = "wasm", loom, shuttle)))]

mod schema;
mod verify;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ledgerlab::scenarios::{ALL, Description};
use serde_json::Value;

fn ledgerlab(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ledgerlab");
    Command::new(program).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("output is text")
}

/// A folder of one test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(test);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the folder can be made");
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("the path is text").to_owned()
    }

    /// Writes a report into a file, and answers its path.
    fn write(&self, name: &str, report: &Value) -> String {
        let file = self.file(name);
        std::fs::write(&file, report.to_string()).expect("the file can be written");
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A short run of a scenario: GoLedger's own numbers where it has them, else the first preset with fewer operations.
fn short(description: &Description) -> Vec<&'static str> {
    let mut options = vec!["run", description.name, "--json", "--quiet", "--workers", "2"];
    match description.presets.iter().any(|preset| preset.name == "goledger") {
        true => options.extend(["--preset", "goledger"]),
        false => options.extend(["--operations", "2000", "--duration-s", "2"]),
    }
    options
}

/// The report of a run, whether or not it has passed.
fn report(options: &[&str]) -> Value {
    let output = ledgerlab(options);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{options:?}: {error}\n{}", text(&output.stderr)))
}

/// The report of a short run of the first scenario there is.
fn one() -> Value {
    report(&short(ALL[0].description()))
}
