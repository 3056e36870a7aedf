//! The OpenAPI document matches the router: paths, statuses, media types and bodies.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};

use axum::http::HeaderMap;
use jsonschema::Validator;
use ledgerlab::api::{Service, ServiceConfig, Users, router};
use serde_json::{Value, json};

use super::client::{ask, demo, send};
use super::runs::lab;

/// Returns the document as served.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let service = Service::open(ServiceConfig::default(), Users::demo(), || 1).expect("it opens");
    let router = router(service);
    // Not by `send`, which checks responses against this document.
    let answer = std::thread::spawn(move || {
        use http_body_util::BodyExt;
        use tower::ServiceExt;
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let request = axum::http::Request::get("/openapi.json");
            let request = request.body(axum::body::Body::empty()).expect("it is a request");
            let answer = router.oneshot(request).await.expect("the router never fails");
            answer.into_body().collect().await.expect("it can be read").to_bytes()
        })
    });
    serde_json::from_slice(&answer.join().expect("it does not panic")).expect("it is JSON")
});

/// Matches a path of the document, where `{id}` is any segment.
fn is_of(template: &str, path: &str) -> bool {
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(part), Some(other)) if part == other || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Finds the operation for a path. Literal paths precede those with a parameter.
fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or(path);
    let paths = DOCUMENT["paths"].as_object().expect("an object");
    let mut all: Vec<_> = paths.iter().filter(|(template, _)| is_of(template, path)).collect();
    all.sort_by_key(|(template, _)| template.contains('{'));
    let (template, item) = all.first()?;
    Some((template.as_str(), item.get(method.to_ascii_lowercase())?))
}

/// Asserts that the document declares this response: status, media type and schema of the body.
pub(crate) fn assert_documented(
    method: &str,
    path: &str,
    status: u16,
    headers: &HeaderMap,
    body: &str,
) {
    let Some((template, operation)) = operation(method, path) else { return };
    let name = format!("{method} {template} {status}");
    let responses = &operation["responses"];
    let documented = &responses[status.to_string()];
    assert!(documented.is_object(), "{name} is not documented; {body}");
    if status == 204 {
        assert_eq!((body, documented.get("content")), ("", None), "{name}: it has no body");
        return;
    }
    let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("it is text"));
    let kind = header("content-type").unwrap_or_default();
    let content = &documented["content"][kind];
    assert!(content.is_object(), "{name}: {kind:?} is not documented; {body}");
    if kind.ends_with("json") && !kind.contains("ndjson") {
        let body = serde_json::from_str(body).expect("it is JSON");
        assert_matches_schema(&format!("{name} {kind}"), &content["schema"], &body);
    }
}

/// Asserts that a value matches a schema of the document.
fn assert_matches_schema(name: &str, schema: &Value, value: &Value) {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);
    let mut validators = VALIDATORS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let validator = validators.entry(name.to_owned()).or_insert_with(|| validator(schema));
    let error =
        validator.validate(value).map_err(|error| format!("{}: {error}", error.instance_path()));
    drop(validators);
    error.unwrap_or_else(|error| panic!("{name}: {error}\n{value}"));
}

fn validator(schema: &Value) -> Validator {
    assert!(schema.is_object(), "there is no schema");
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": DOCUMENT["components"],
        "allOf": [schema],
    });
    jsonschema::validator_for(&whole).expect("it is a schema")
}

/// Returns the paths of the router, which only its `{:?}` shows.
fn routes() -> BTreeSet<String> {
    let shown = format!("{:?}", demo().1);
    let parts = shown.split('"').filter(|part| part.starts_with('/'));
    // `/` and paths below `/__private` are axum's own, for the fallback.
    parts.filter(|path| *path != "/" && !path.contains("__private")).map(str::to_owned).collect()
}

#[test]
fn document_lists_exactly_the_routes() {
    let paths = DOCUMENT["paths"].as_object().expect("an object");
    let mut documented: BTreeSet<String> = paths.keys().cloned().collect();
    // GoLedger's paths also end with a slash; the document says so in its description.
    let slashed = documented
        .iter()
        .filter(|path| path.starts_with("/account") || path.starts_with("/system"));
    let slashed: Vec<_> = slashed.map(|path| format!("{path}/")).collect();
    assert_eq!(slashed.len(), 6);
    documented.extend(slashed);
    assert_eq!(routes(), documented);
}

#[tokio::test]
async fn every_documented_operation_exists() {
    let (_, router) = demo();
    let mut ids = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().expect("an object") {
        for (method, documented) in item.as_object().expect("an object") {
            let path = path.replace("{id}", "1");
            let answer = ask(&router, &method.to_uppercase(), &path, &[]).await;
            assert!(
                ![404, 405].contains(&answer.status.as_u16()),
                "{method} {path}: {}",
                answer.text
            );
            for field in ["operationId", "summary", "tags"] {
                assert!(!documented[field].is_null(), "{method} {path} has no {field}");
            }
            for parameter in documented["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path}: {parameter}");
            }
            let id = documented["operationId"].as_str().expect("it is text");
            assert!(ids.insert(id), "{id} stands for two operations");
        }
    }
    assert!(ids.len() > 20, "{ids:?}");
}

#[test]
fn document_is_version_3_1_and_references_resolve() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    let text = DOCUMENT.to_string();
    let mut names = BTreeMap::new();
    for part in text.split("\"#/components/schemas/").skip(1) {
        *names.entry(part.split('"').next().expect("it ends")).or_insert(0) += 1;
    }
    for name in names.keys() {
        assert!(DOCUMENT["components"]["schemas"][name].is_object(), "{name}");
    }
    let schemas = DOCUMENT["components"]["schemas"].as_object().expect("an object");
    let unused: Vec<_> = schemas.keys().filter(|name| !names.contains_key(name.as_str())).collect();
    assert!(unused.is_empty(), "nothing refers to {unused:?}");
    for (name, schema) in schemas {
        drop(validator(schema));
        assert!(schema["description"].is_string(), "{name} has no description");
    }
}

/// Returns methods and paths that need a token in `/v1` and the service itself. GoLedger's have
/// their own table.
pub(crate) fn guarded() -> Vec<(String, &'static str)> {
    let paths = DOCUMENT["paths"].as_object().expect("an object").iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object()
            .expect("an object")
            .iter()
            .map(move |(method, documented)| (path, method, documented))
    });
    let guarded = all.filter(|(_, _, documented)| {
        !documented["security"].is_null() && documented["tags"][0] != "GoLedger"
    });
    let guarded: Vec<_> =
        guarded.map(|(path, method, _)| (method.to_uppercase(), path.as_str())).collect();
    assert!(guarded.len() > 12, "{guarded:?}");
    guarded
}

/// Returns the schema of an operation's body.
fn body_schema(path: &str) -> &'static Value {
    let body = &DOCUMENT["paths"][path]["post"]["requestBody"];
    assert_eq!(body["required"], true, "{path}");
    &body["content"]["application/json"]["schema"]
}

#[tokio::test]
async fn examples_are_accepted_and_match_their_schemas() {
    let (_, router) = lab();
    let operator = [("authorization", "Bearer operator")];
    let mut bodies = 0;
    for (path, item) in DOCUMENT["paths"].as_object().expect("an object") {
        for (method, documented) in item.as_object().expect("an object") {
            for (status, answer) in documented["responses"].as_object().expect("an object") {
                for (kind, content) in answer["content"].as_object().into_iter().flatten() {
                    if content["example"].is_object() {
                        assert_matches_schema(
                            &format!("{path} {status} {kind}"),
                            &content["schema"],
                            &content["example"],
                        );
                    }
                }
            }
            let example = &documented["requestBody"]["content"]["application/json"]["example"];
            if example.is_object() {
                assert_matches_schema(path, body_schema(path), example);
                let path = path.replace("{name}", "aaron");
                let answer =
                    send(&router, &method.to_uppercase(), &path, &operator, example.to_string())
                        .await;
                assert!(answer.status.is_success(), "{path}: {}", answer.text);
                bodies += 1;
            }
        }
    }
    assert!(bodies >= 8, "{bodies} bodies");
}

/// Values at the edges of the schema. The schema must accept what the router accepts, and nothing
/// else.
const VALUES: &[&str] = &[
    "0",
    "7",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "\"18446744073709551615\"",
    "\"18446744073709551616\"",
    "\"340282366920938463463374607431768211455\"",
    "\"340282366920938463463374607431768211456\"",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "\"99999\"",
    "\"65535\"",
    "\"65536\"",
    "\"0065535\"",
    "\"\"",
    "\"x\"",
    "\"-1\"",
    "-1",
    "1.5",
    "null",
    "true",
    "[]",
    "{}",
    "\"new\"",
    "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"",
    "\"6BA7B8109DAD11D180B400C04FD430C8\"",
    "[\"linked\"]",
    "[\"pending\"]",
    "[\"debits\"]",
    "[\"reversed\"]",
    "[\"linked\",\"linked\"]",
    "[7]",
];

#[tokio::test]
async fn bodies_are_parsed_by_their_schemas() {
    let (_, router) = demo();
    let operator = [("authorization", "Bearer operator")];
    let mut looks = 0;
    for (path, list) in [
        ("/v1/accounts", "events"),
        ("/v1/transfers", "events"),
        ("/v1/accounts/lookup", "ids"),
        ("/v1/accounts/query", "filter"),
        ("/v1/accounts/transfers", "filter"),
    ] {
        let wrong = format!(r#"{{"{list}":[{{"nonsense":1}}]}}"#)
            .replace("\"filter\":[{\"nonsense\":1}]", "\"filter\":{\"nonsense\":1}");
        let answer = send(&router, "POST", path, &operator, wrong).await;
        // The fields that the parser's error message lists.
        let detail = answer.body["detail"].as_str().expect("a sentence").to_owned();
        let known: Vec<&str> = match detail.split_once("the fields are ") {
            Some((_, names)) => names.split(", ").collect(),
            None => vec![""],
        };
        assert!(list == "ids" || known.len() > 5, "{detail}");
        let schema = validator(body_schema(path));
        for field in known {
            for value in VALUES {
                let body = match list {
                    "ids" => format!(r#"{{"ids":[{value}]}}"#),
                    "events" => format!(r#"{{"events":[{{"{field}":{value}}}]}}"#),
                    _ => format!(r#"{{"filter":{{"{field}":{value}}}}}"#),
                };
                let answer = send(&router, "POST", path, &operator, body.clone()).await;
                let status = answer.status.as_u16();
                assert!([200, 422].contains(&status), "{body}: {}", answer.text);
                let parsed: Value = serde_json::from_str(&body).expect("it is JSON");
                assert_eq!(
                    schema.is_valid(&parsed),
                    status == 200,
                    "{path} {body}: {}",
                    answer.text
                );
                looks += 1;
            }
        }
    }
    assert!(looks > 1_000, "{looks}");
}
