//! Upgrades a report of version 3. Version 4 renamed fields and values. What is not as version 3 has it is
//! left for the parser to reject.

use serde_json::{Map, Value};

use super::document::REPORT_VERSION;

/// The version that is upgraded.
pub(super) const VERSION: u32 = 3;

/// Renamed fields: the path of their object, the old name and the new one. `*` stands for every
/// item.
const FIELDS: [(&str, &str, &str); 10] = [
    ("parameters", "isolation", "concurrency"),
    ("latency", "sentence", "description"),
    ("events/*", "sentences", "messages"),
    ("checks/*", "sentence", "description"),
    ("checks/*", "looked_at", "examined"),
    ("health", "sentence", "message"),
    ("health/components/*", "sentence", "message"),
    ("health/components", "referee", "replay"),
    ("health/components/replay", "verdict", "result"),
    ("health/components/replay", "asked_at_ns", "ran_at_ns"),
];

/// Renamed values: the path of their object, the field, the old value and the new one.
const VALUES: [(&str, &str, &str, &str); 7] = [
    ("parameters", "concurrency", "ordered", "ordered-locks"),
    ("parameters", "concurrency", "global", "global-lock"),
    ("parameters", "concurrency", "unordered-deadlocks", "unordered-locks"),
    ("parameters", "concurrency", "unguarded-loses-updates", "no-locks"),
    ("health/components/replay", "result", "never_asked", "not_run"),
    ("checks/*", "name", "referee", "replay"),
    ("checks/*", "title", "Referee: equal to a serial run", "Serial replay"),
];

/// Upgrades the report in place.
pub(super) fn upgrade(report: &mut Value) {
    report["report"] = REPORT_VERSION.into();
    for (path, old, new) in FIELDS {
        for_each_object(report, path, &mut |fields| {
            if !fields.contains_key(new)
                && let Some(value) = fields.remove(old)
            {
                fields.insert(new.to_owned(), value);
            }
        });
    }
    for (path, field, old, new) in VALUES {
        for_each_object(report, path, &mut |fields| {
            if let Some(value) = fields.get_mut(field).filter(|value| **value == old) {
                *value = new.into();
            }
        });
    }
}

/// Calls `change` with each object at `path`.
fn for_each_object(value: &mut Value, path: &str, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match value {
        Value::Object(fields) if path.is_empty() => change(fields),
        Value::Array(items) if first == "*" => {
            items.iter_mut().for_each(|item| for_each_object(item, rest, change));
        }
        Value::Object(fields) if first == "*" => {
            fields.values_mut().for_each(|field| for_each_object(field, rest, change));
        }
        Value::Object(fields) => {
            if let Some(field) = fields.get_mut(first) {
                for_each_object(field, rest, change);
            }
        }
        _ => {}
    }
}
