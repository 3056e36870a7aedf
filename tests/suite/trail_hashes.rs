//! One worker and one seed write the same trail on every host, in every scenario. The tests here,
//! in Node and in Chromium compare it with the hashes in one file.
//!
//! When a scenario is new or changes its trail on purpose, `LEDGERLAB_WRITE_HASHES=1 cargo test
//! --test suite trail_hashes` writes the file again. Review the change like any other.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use crate::common::runs::{prepare, report_of, request};
use ledgerlab::scenarios::ALL;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const FILE: &str = "tests/suite/common/trail_hashes.json";

/// The content of the file.
#[derive(Debug, Deserialize, Serialize)]
struct Expected {
    preset: String,
    /// Overrides the preset. The long deadline keeps a busy machine from making an attempt late.
    parameters: BTreeMap<String, Value>,
    /// By scenario.
    hashes: BTreeMap<String, String>,
}

fn trail_hash(scenario: &str, expected: &Expected) -> String {
    let mut request = request(scenario, json!(expected.parameters));
    request["preset"] = expected.preset.as_str().into();
    let report = report_of(&prepare(request), |_| {});
    assert_eq!(report["passed"], true, "{scenario}: {}", report["checks"]);
    report["trail_hash"].as_str().expect("it is text").to_owned()
}

#[test]
fn every_scenario_writes_its_recorded_trail_hash() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = fs::read_to_string(&path).expect("the file can be read");
    let mut expected: Expected = serde_json::from_str(&text).expect("the file is as described");
    let mut found = BTreeMap::new();
    for scenario in ALL {
        let description = scenario.description();
        if description.presets.iter().any(|preset| preset.name == expected.preset) {
            let hash = trail_hash(description.name, &expected);
            found.insert(description.name.to_owned(), hash);
        }
    }
    if env::var_os("LEDGERLAB_WRITE_HASHES").is_some() {
        expected.hashes = found;
        let text = serde_json::to_string_pretty(&expected).expect("it serializes");
        fs::write(path, text + "\n").expect("the file can be written");
        return;
    }
    assert_eq!(
        found, expected.hashes,
        "if that is on purpose, LEDGERLAB_WRITE_HASHES=1 writes {FILE} anew"
    );
}
