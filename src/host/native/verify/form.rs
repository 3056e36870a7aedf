//! Whether a report has the form that `docs/report.schema.json` publishes.
//!
//! The schema itself is read, so that the two cannot differ. Of JSON Schema this knows what that file uses, which a test
//! compares; in exchange it says in a sentence which field is wrong, and it needs no package.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::scenarios::REPORT_VERSION;

/// The published schema.
const TEXT: &str = include_str!("../../../../docs/report.schema.json");

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(TEXT).expect("the published schema is JSON"));

/// The most characters of a wrong value that are shown.
const SHOWN_MAX: usize = 60;

/// Looks at every field.
///
/// # Errors
/// A sentence that names the first field that is wrong.
pub(super) fn check(report: &Value) -> Result<(), String> {
    walk(&SCHEMA, report, "")
}

/// Looks at the value at `path`, by a part of the schema.
fn walk(schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return walk(&SCHEMA["$defs"][name.trim_start_matches("#/$defs/")], value, path);
    }
    if let Some(ways) = schema["anyOf"].as_array() {
        let fits = ways.iter().any(|way| walk(way, value, path).is_ok());
        return if fits { Ok(()) } else { Err(refusal(schema, value, path)) };
    }
    if !is_scalar_taken(schema, value) {
        return Err(refusal(schema, value, path));
    }
    match value {
        Value::Object(fields) => object(schema, fields, path),
        Value::Array(items) => {
            let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
            if items.len() as u64 > most {
                return Err(format!("{path} has {} items, and may have {most}", items.len()));
            }
            let mut items = items.iter().enumerate();
            items.try_for_each(|(place, item)| {
                walk(&schema["items"], item, &format!("{path}[{place}]"))
            })
        }
        _ => Ok(()),
    }
}

/// What can be said of a value without looking into it.
fn is_scalar_taken(schema: &Value, value: &Value) -> bool {
    let is_of_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        // Every integer of the form is 0 or more, and below 2^64.
        Some("integer") => value.as_u64().is_some_and(|number| {
            number >= schema["minimum"].as_u64().unwrap_or(0)
                && number <= schema["maximum"].as_u64().unwrap_or(u64::MAX)
        }),
        _ => true,
    };
    let is_const = schema.get("const").is_none_or(|only| only == value);
    let is_listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    let has_pattern = schema["pattern"]
        .as_str()
        .is_none_or(|pattern| value.as_str().is_some_and(|text| matches(pattern, text)));
    is_of_type && is_const && is_listed && has_pattern
}

fn object(schema: &Value, fields: &Map<String, Value>, path: &str) -> Result<(), String> {
    let whose = if path.is_empty() { "it" } else { path };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            return Err(format!("{whose} has no field {name:?}"));
        }
    }
    for (name, value) in fields {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(its), _) | (None, its @ Value::Object(_)) => walk(its, value, &path)?,
            (None, _) => {
                return Err(format!(
                    "{whose} has a field {name:?}, and a report of version {REPORT_VERSION} does not"
                ));
            }
        }
    }
    Ok(())
}

const HASH: &str = "^[0-9a-f]{64}$";
const NAME: &str = "^[a-z0-9][a-z0-9_-]*$";
const LARGE_AMOUNT: &str = "^[1-9][0-9]{15,38}$";

/// Whether a text matches one of the patterns that the schema has.
fn matches(pattern: &str, text: &str) -> bool {
    let all = |taken: fn(u8) -> bool| text.bytes().all(taken);
    let is_small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match pattern {
        HASH => text.len() == 64 && all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        NAME => {
            text.bytes().next().is_some_and(is_small)
                && all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
        }
        LARGE_AMOUNT => {
            (16..=39).contains(&text.len())
                && all(|byte| byte.is_ascii_digit())
                && !text.starts_with('0')
        }
        _ => unreachable!("the schema has no other pattern, which a test compares"),
    }
}

fn refusal(schema: &Value, value: &Value, path: &str) -> String {
    let whose = if path.is_empty() { "it" } else { path };
    format!("{whose} must be {}, not {}", expected(schema), shown(value))
}

/// What a part of the schema takes, in words.
fn expected(schema: &Value) -> String {
    let values = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>();
    if let Some(only) = schema.get("const") {
        return only.to_string();
    }
    if let Some(listed) = schema["enum"].as_array() {
        return format!("one of {}", values(listed).join(", "));
    }
    if let Some(ways) = schema["anyOf"].as_array() {
        return ways.iter().map(expected).collect::<Vec<_>>().join(" or ");
    }
    match (schema["type"].as_str(), schema["pattern"].as_str()) {
        (_, Some(HASH)) => "a hash of 64 hexadecimal digits",
        (_, Some(NAME)) => "a name in small letters",
        (_, Some(LARGE_AMOUNT)) => "a text of 16 to 39 digits",
        (Some("integer"), _) => match schema["maximum"].as_u64() {
            Some(u64::MAX) | None => "a whole number below 2^64",
            Some(most) => return format!("a whole number up to {most}"),
        },
        (Some("string"), _) => "a text",
        (Some("boolean"), _) => "true or false",
        (Some("array"), _) => "a list",
        (Some("object"), _) => "an object",
        _ => match schema["$ref"].as_str() {
            Some(name) => return expected(&SCHEMA["$defs"][name.trim_start_matches("#/$defs/")]),
            None => "something else",
        },
    }
    .to_owned()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => {
            let text = other.to_string();
            let cut: String = text.chars().take(SHOWN_MAX).collect();
            if cut.len() < text.len() { format!("{cut}…") } else { cut }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part of the schema, itself first.
    fn parts(schema: &Value) -> Vec<&Value> {
        let mut all = vec![schema];
        let maps = ["properties", "$defs"].map(|key| schema[key].as_object());
        let inner = maps.into_iter().flatten().flat_map(Map::values);
        let listed = schema["anyOf"].as_array().into_iter().flatten();
        let single = ["items", "additionalProperties"].map(|key| &schema[key]);
        for part in inner.chain(listed).chain(single.into_iter().filter(|part| part.is_object())) {
            all.extend(parts(part));
        }
        all
    }

    #[test]
    fn the_schema_says_nothing_that_is_not_looked_at() {
        let known = [
            "$schema",
            "$defs",
            "$ref",
            "title",
            "description",
            "type",
            "const",
            "enum",
            "anyOf",
            "required",
            "properties",
            "additionalProperties",
            "items",
            "maxItems",
            "minimum",
            "maximum",
            "pattern",
        ];
        for part in parts(&SCHEMA) {
            for (keyword, value) in part.as_object().expect("a part is an object") {
                assert!(known.contains(&keyword.as_str()), "{keyword} is not known");
                if keyword == "pattern" {
                    let pattern = value.as_str().expect("it is text");
                    assert!([HASH, NAME, LARGE_AMOUNT].contains(&pattern), "{pattern}");
                }
                if keyword == "$ref" {
                    let name = value.as_str().expect("it is text");
                    let defined = name.strip_prefix("#/$defs/").map(|name| &SCHEMA["$defs"][name]);
                    assert!(defined.is_some_and(Value::is_object), "{name}");
                }
            }
            if let Value::Bool(others) = part["additionalProperties"] {
                assert!(!others, "an object with fixed fields takes no others");
            }
        }
        assert_eq!(SCHEMA["properties"]["report"]["const"], REPORT_VERSION);
    }

    #[test]
    fn every_field_is_described_and_there_are_no_fields_but_those_that_must_be() {
        for part in parts(&SCHEMA) {
            let Some(properties) = part["properties"].as_object() else { continue };
            let required = part["required"].as_array().expect("it says which must be there");
            for (name, field) in properties {
                assert!(field["description"].is_string(), "{name} is not described");
                // Only a browser has a name for itself.
                assert!(required.contains(&Value::from(name.as_str())) || name == "user_agent");
            }
        }
    }

    #[test]
    fn patterns_are_matched_as_regular_expressions_would() {
        let hash = "0123456789abcdef".repeat(4);
        for (pattern, text, fits) in [
            (HASH, hash.as_str(), true),
            (HASH, &hash[1..], false),
            (HASH, &hash.to_uppercase(), false),
            (NAME, "bank-run_2", true),
            (NAME, "", false),
            (NAME, "-run", false),
            (NAME, "Run", false),
            (LARGE_AMOUNT, "9007199254740992", true),
            (LARGE_AMOUNT, "0907199254740992", false),
            (LARGE_AMOUNT, "900719925474099", false),
            (LARGE_AMOUNT, "90071992547409x2", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{text:?} and {pattern}");
        }
    }
}
