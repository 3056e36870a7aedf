//! Verifies a report from a file.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::to_js;
use crate::scenarios::Report;
use crate::scenarios::report::parse;

#[derive(Serialize)]
struct VerifiedReport {
    report: Report,
    results: Vec<PartResult>,
}

#[derive(Serialize)]
struct PartResult {
    part: &'static str,
    message: String,
}

/// Parses a report of version 3, 4 or 5 and recomputes it. Returns `{ report, results: [{ part,
/// message }] }`, with the report in version 5. It fails when a field is invalid, and when the report
/// contradicts itself.
#[wasm_bindgen(js_name = verifyReport)]
pub fn verify_report(json: &str) -> Result<JsValue, JsValue> {
    let report = parse(json.as_bytes()).map_err(CallError::refused)?;
    let results: Result<Vec<_>, String> = report
        .verify()
        .map(|(part, result)| result.map(|message| PartResult { part, message }))
        .collect();
    let results = results.map_err(CallError::refused)?;
    to_js(&VerifiedReport { report, results })
}
