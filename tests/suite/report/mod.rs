//! Reports in files: the form that `docs/report.schema.json` publishes, and `ledgerlab verify`, by the real program.

mod schema;
mod verify;

use crate::common::program::{Folder, ledgerlab, text};
use ledgerlab::scenarios::{ALL, Description};
use serde_json::Value;

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
