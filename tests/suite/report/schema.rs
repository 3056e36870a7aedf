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

/// A change of a valid report, and the message of `verify`.
type Change = (fn(&mut Value), &'static str);

/// Removes a field.
fn drop_field(object: &mut Value, name: &str) {
    object.as_object_mut().expect("it is an object").remove(name).expect("it has the field");
}

#[test]
fn invalid_field_is_rejected_by_schema_and_verify() {
    let valid = one();
    let (schema, folder) = (schema(), Folder::new("report/fields"));
    let changes: [Change; 22] = [
        (|report| drop_field(report, "totals"), "missing field `totals`"),
        (|report| drop_field(&mut report["totals"], "reads"), "totals: missing field `reads`"),
        (
            |report| drop_field(&mut report["accounts"]["rows"][1], "issuer"),
            "accounts.rows[1]: missing field `issuer`",
        ),
        (
            |report| drop_field(&mut report["health"]["components"]["store"], "attached"),
            "health.components.store: missing field `attached`",
        ),
        (
            |report| drop_field(&mut report["parameters"], "seed"),
            "parameters: missing field `seed`",
        ),
        (|report| report["luck"] = 7.into(), "luck: unknown field `luck`"),
        (|report| report["latency"]["p42_ns"] = 7.into(), "latency.p42_ns: unknown field `p42_ns`"),
        (|report| report["health"]["luck"] = 7.into(), "health: unknown field `luck`"),
        (
            |report| report["health"]["components"]["store"]["luck"] = 7.into(),
            "health.components.store: unknown field `luck`",
        ),
        (
            |report| report["totals"]["attempts"] = "fifty".into(),
            "totals.attempts: invalid value: string \"fifty\", expected a whole number below 2^64, as a string of digits",
        ),
        (
            |report| report["elapsed_ns"] = (-1).into(),
            "elapsed_ns: invalid type: integer `-1`, expected a whole number below 2^64",
        ),
        (
            |report| report["passed"] = "yes".into(),
            "passed: invalid type: string \"yes\", expected a boolean",
        ),
        (
            |report| report["ended_by"] = "luck".into(),
            "ended_by: unknown variant `luck`, expected one of `operations`, `duration`, `cancelled`, `trail_full`",
        ),
        (
            |report| report["trail_hash"] = "00".into(),
            "trail_hash: a hash has 64 hexadecimal digits",
        ),
        (
            |report| report["accounts"]["rows"][0]["id"] = "01".into(),
            "accounts.rows[0].id: invalid value: string \"01\", expected a whole number below 2^128",
        ),
        (
            |report| report["series"]["accepted"][0] = 1.5.into(),
            "series.accepted[0]: invalid type: floating point `1.5`, expected a whole number below 2^64",
        ),
        (
            |report| report["checks"][0]["expected"] = 1.5.into(),
            "checks[0].expected: 1.5 is not a string, or a whole number below 2^64",
        ),
        (
            |report| report["checks"][0]["name"] = "Bad name".into(),
            "checks: \"Bad name\" is not a name of lower-case letters, digits, hyphens and underscores",
        ),
        (
            |report| report["environment"]["user_agent"] = Value::Null,
            "environment.user_agent: invalid type: null, expected a string",
        ),
        (
            |report| report["parameters"]["accounts"] = json!([]),
            "parameters: invalid type: sequence, expected a whole number or the name of a choice",
        ),
        (
            |report| report["health"]["status"] = "fine".into(),
            "health.status: unknown variant `fine`, expected one of `healthy`, `degraded`, `unhealthy`",
        ),
        (|report| report["checks"] = json!({}), "checks: invalid type: map, expected a sequence"),
    ];
    for (change, message) in changes {
        let mut changed = valid.clone();
        change(&mut changed);
        assert!(!schema.is_valid(&changed), "the schema accepts it: {message}");
        let file = folder.write("report.json", &changed);
        let output = ledgerlab(&["verify", &file]);
        let error = text(&output.stderr);
        let expected = format!("ledgerlab: {file}: {message}");
        assert!(error.starts_with(&expected) && error.lines().count() == 1, "{expected}\n{error}");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    }
}

/// Replaces the digits in a value by numbers.
fn to_numbers(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(number) = text.parse::<u64>() {
                *value = number.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(to_numbers),
        Value::Object(fields) => fields.values_mut().for_each(to_numbers),
        _ => {}
    }
}

/// Returns the number of numbers in a value.
fn numbers(value: &Value) -> usize {
    match value {
        Value::Number(_) => 1,
        Value::Array(items) => items.iter().map(numbers).sum(),
        Value::Object(fields) => fields.values().map(numbers).sum(),
        _ => 0,
    }
}

#[test]
fn type_of_a_number_does_not_depend_on_its_value() {
    let report = one();
    assert_eq!((numbers(&report), &report["report"]), (1, &json!(5)), "{report}");
}

#[test]
fn version_4_report_is_verified() {
    let folder = Folder::new("report/version_4");
    let mut old = one();
    to_numbers(&mut old);
    assert!(numbers(&old) > 50);
    for version in [4, 5] {
        // Numbers of version 5 are read in both forms.
        old["report"] = version.into();
        let output = ledgerlab(&["verify", &folder.write("report.json", &old)]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{version}");
    }
}

#[test]
fn version_3_report_is_upgraded_and_verified() {
    let folder = Folder::new("report/version_3");
    let old: Value = serde_json::from_str(include_str!("version_3.report")).expect("it is JSON");
    assert_eq!(old["report"], 3);
    let output = ledgerlab(&["verify", &folder.write("report.json", &old)]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert!(text(&output.stdout).contains("  ok  trail hash: "), "{}", text(&output.stdout));
}
