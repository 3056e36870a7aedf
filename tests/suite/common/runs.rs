//! Scenario runs on native threads, from requests as hosts send them.

use std::sync::Arc;

use ledgerlab::host::native::run_on_threads;
use ledgerlab::scenarios::{Counters, Request, RequestError, Run};
use serde_json::{Value, json};

/// Returns a request from this host without a preset. Unless the parameters say otherwise, the run has an
/// hour: on a slow machine the default would end it early.
pub fn request(scenario: &str, mut parameters: Value) -> Value {
    if parameters["duration_s"].is_null() {
        parameters["duration_s"] = 3_600.into();
    }
    json!({
        "scenario": scenario,
        "parameters": parameters,
        "environment": { "host": "native", "workers_available": 2 },
    })
}

/// Prepares a run of a request.
pub fn try_prepare(request: Value) -> Result<Arc<Run>, RequestError> {
    let request: Request = serde_json::from_value(request).expect("the request can be read");
    Run::prepare(request)
}

/// Prepares a run of a valid request.
pub fn prepare(request: Value) -> Arc<Run> {
    try_prepare(request).unwrap_or_else(|error| panic!("{error}"))
}

/// Executes a run and returns its report as JSON.
pub fn report_of(run: &Run, watch: impl FnMut(&Counters) + Send) -> Value {
    let report = run_on_threads(run, watch).unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(report).expect("a report serializes")
}
