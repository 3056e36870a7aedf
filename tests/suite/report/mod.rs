//! Reports in files: the published schema `docs/report.schema.json`, and `ledgerlab verify` by the
//! real program.

mod schema;
mod verify;

use crate::common::program::{Folder, ledgerlab, text};
use ledgerlab::scenarios::{ALL, Description};
use serde_json::Value;

/// The options of a short run: GoLedger's preset if there is one, otherwise the first preset with
/// fewer operations.
fn short(description: &Description) -> Vec<&'static str> {
    let mut options = vec!["run", description.name, "--json", "--quiet", "--workers", "2"];
    match description.presets.iter().any(|preset| preset.name == "goledger") {
        true => options.extend(["--preset", "goledger"]),
        false => options.extend(["--operations", "2000", "--duration-s", "2"]),
    }
    options
}

/// Returns the report of a run, whether or not it passed.
fn report(options: &[&str]) -> Value {
    let output = ledgerlab(options);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{options:?}: {error}\n{}", text(&output.stderr)))
}

/// Returns the report of a short run of the first scenario.
fn one() -> Value {
    report(&short(ALL[0].description()))
}
