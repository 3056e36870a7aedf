//! The published schema accepts the report of every scenario and rejects changed ones; so does
//! `verify`.

use jsonschema::Validator;
use ledgerlab::scenarios::{ALL, Protocol, REPORT_VERSION};
use serde_json::{Value, json};

use super::{Folder, ledgerlab, one, report, short, text};

fn schema() -> Validator {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/report.schema.json")).expect("it is JSON");
    assert_eq!(schema["properties"]["report"]["const"], REPORT_VERSION);
    jsonschema::draft202012::new(&schema).expect("it is a schema of 2020-12")
}

#[test]
fn every_report_matches_the_published_schema() {
    let schema = schema();
    for scenario in ALL {
        for protocol in [Protocol::OrderedLocks, Protocol::NoLocks] {
            let options = [short(scenario.description()), vec!["--concurrency", protocol.name()]];
            let report = report(&options.concat());
            assert_eq!(report["flaws"] == json!([]), !protocol.is_flawed());
            let wrong: Vec<_> = schema
                .iter_errors(&report)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(wrong, [""; 0], "{} {}", scenario.description().name, protocol.name());
        }
    }
}

/// A change, and the error that `verify` reports.
type Change = (fn(&mut Value), &'static str);

/// Removes a field.
fn drop_field(object: &mut Value, name: &str) {
    object.as_object_mut().expect("it is an object").remove(name).expect("it has the field");
}

#[test]
fn malformed_report_is_rejected() {
    let sound = one();
    let (schema, folder) = (schema(), Folder::new("report/form"));
    let changes: [Change; 14] = [
        (|its| drop_field(its, "totals"), "it has no field \"totals\""),
        (|its| drop_field(&mut its["totals"], "reads"), "totals has no field \"reads\""),
        (
            |its| drop_field(&mut its["accounts"]["rows"][1], "issuer"),
            "accounts.rows[1] has no field \"issuer\"",
        ),
        (
            |its| drop_field(&mut its["health"]["components"]["store"], "attached"),
            "health.components.store has no field \"attached\"",
        ),
        (|its| drop_field(&mut its["parameters"], "seed"), "parameters has no field \"seed\""),
        (
            |its| its["luck"] = 7.into(),
            "it has a field \"luck\", and a report of version 3 does not",
        ),
        (
            |its| its["latency"]["p42_ns"] = 7.into(),
            "latency has a field \"p42_ns\", and a report of version 3 does not",
        ),
        (
            |its| its["totals"]["attempts"] = "50".into(),
            "totals.attempts must be a whole number below 2^64, not \"50\"",
        ),
        (
            |its| its["elapsed_ns"] = (-1).into(),
            "elapsed_ns must be a whole number below 2^64, not -1",
        ),
        (|its| its["passed"] = "yes".into(), "passed must be true or false, not \"yes\""),
        (
            |its| its["ended_by"] = "luck".into(),
            "ended_by must be one of \"operations\", \"duration\", \"cancelled\", \"trail_full\", not \"luck\"",
        ),
        (
            |its| its["trail_hash"] = "00".into(),
            "trail_hash must be a hash of 64 hexadecimal digits, not \"00\"",
        ),
        (
            |its| its["accounts"]["rows"][0]["id"] = "1".into(),
            "accounts.rows[0].id must be a whole number up to 9007199254740991 or a text of 16 to 39 digits, not \"1\"",
        ),
        (|its| its["checks"] = json!({}), "checks must be a list, not an object"),
    ];
    for (change, sentence) in changes {
        let mut changed = sound.clone();
        change(&mut changed);
        assert!(!schema.is_valid(&changed), "the schema takes it: {sentence}");
        let file = folder.write("report.json", &changed);
        let output = ledgerlab(&["verify", &file]);
        assert_eq!(text(&output.stderr), format!("ledgerlab: {file}: {sentence}\n"));
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    }
}
