//! Scenarios in a browser: the cases that every host runs.
//!
//! Two builds run the same tests. `cargo xtask test web` builds with shared memory, for which it gets a nightly Rust: each
//! run has real web workers. `wasm-pack test --headless --chrome` builds on stable Rust without threads: one worker does
//! the whole run. Both run the tests in a dedicated worker, because a window may not wait.
#![cfg(target_family = "wasm")]

#[cfg(not(target_feature = "atomics"))]
mod one_thread;
#[allow(dead_code, unreachable_pub, missing_docs, reason = "the native tests use all of it")]
#[path = "../suite/common/scenario_cases.rs"]
mod scenario_cases;
#[cfg(target_feature = "atomics")]
mod shared_memory;

use js_sys::{Reflect, SharedArrayBuffer};
use ledgerlab::host::web::{describe, finish, prepare, random_seed, work};
use scenario_cases::Case;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[cfg(not(target_feature = "atomics"))]
use one_thread::{Host, as_possible};
#[cfg(target_feature = "atomics")]
use shared_memory::{Host, as_possible};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// A prepared run, and the location of its counters.
struct Prepared {
    run: u32,
    pointer: u32,
    words: u32,
    /// The layout of the counters, from the catalogue.
    layout: JsValue,
}

impl Prepared {
    fn new(case: &Case) -> Self {
        let prepared = from_js(&answer(prepare(to_js(&case.request("chromium")))));
        let number = |value: &Value| value.as_u64().expect("it is a number") as u32;
        Self {
            run: number(&prepared["run"]),
            pointer: number(&prepared["counters"]["pointer"]),
            words: number(&prepared["counters"]["words"]),
            layout: to_js(&from_js(&answer(describe()))["counters"]),
        }
    }
}

/// Converts a JavaScript value by way of its JSON.
fn from_js(value: &JsValue) -> Value {
    let text = js_sys::JSON::stringify(value).expect("it is plain data");
    serde_json::from_str(&String::from(text)).expect("it is JSON")
}

/// Converts to a JavaScript value by way of its JSON.
fn to_js(value: &Value) -> JsValue {
    js_sys::JSON::parse(&value.to_string()).expect("it is JSON")
}

/// The message of an error, which is thrown as JSON.
fn message(error: JsValue) -> String {
    let json = error.as_string().expect("the core throws a text");
    let error: Value = serde_json::from_str(&json).expect("it is JSON");
    error["message"].as_str().expect("it has a message").to_owned()
}

fn answer<T>(result: Result<T, JsValue>) -> T {
    result.unwrap_or_else(|error| panic!("{}", message(error)))
}

async fn run(case: Case) {
    let case = as_possible(case);
    let host = Host::start(case.workers()).await;
    let prepared = Prepared::new(&case);
    host.work(&case, &prepared).await;
    case.check(&from_js(&answer(finish(prepared.run))));
}

/// Fails in a build without threads, where it is ignored with the reason.
#[cfg_attr(
    not(target_feature = "atomics"),
    ignore = "threads were not built; `cargo xtask test web` runs the same tests with real workers over shared memory"
)]
#[wasm_bindgen_test]
fn workers_share_one_memory() {
    let buffer = Reflect::get(&wasm_bindgen::memory(), &"buffer".into()).expect("it is a memory");
    assert!(buffer.is_instance_of::<SharedArrayBuffer>(), "the memory is not shared");
}

#[wasm_bindgen_test]
async fn every_attempt_is_recorded() {
    run(scenario_cases::every_attempt_is_recorded()).await;
}

#[wasm_bindgen_test]
async fn contended_account_loses_no_update() {
    run(scenario_cases::contended_account_loses_no_update()).await;
}

#[wasm_bindgen_test]
async fn goledger_trading_floor_conserves_money() {
    run(scenario_cases::goledger_trading_floor_conserves_money()).await;
}

#[wasm_bindgen_test]
async fn full_trail_ends_the_run_without_loss() {
    run(scenario_cases::full_trail_ends_the_run_without_loss()).await;
}

#[wasm_bindgen_test]
async fn cancelled_run_is_checked() {
    run(scenario_cases::cancelled_run_is_checked()).await;
}

#[wasm_bindgen_test]
async fn same_seed_writes_the_same_trail_on_every_host() {
    run(scenario_cases::same_seed_writes_the_same_trail_on_every_host()).await;
}

#[wasm_bindgen_test]
fn invalid_request_returns_a_message() {
    let environment = json!({ "host": "chromium", "workers_available": 2 });
    let known_protocols = "concurrency must be one of ordered-locks, global-lock, optimistic, ";
    for (parameters, sentence) in [
        (json!({ "workers": 65 }), "workers must be 1 to 64, not 65"),
        (json!({ "workers": -1 }), "the request cannot be read: "),
        (json!({ "workers": 1.5 }), "the request cannot be read: "),
        (json!({ "workers": "two" }), "workers must be 1 to 64, not \"two\""),
        (json!({ "concurrency": "fast" }), known_protocols),
        (json!({ "concurrency": 0 }), known_protocols),
        (json!({ "concurrency": null }), "the request cannot be read: "),
    ] {
        let request = json!({
            "scenario": "hft", "parameters": parameters, "environment": environment,
        });
        let error = message(prepare(to_js(&request)).expect_err("it must be refused"));
        assert!(error.starts_with(sentence), "{error}");
    }
    for no_request in [JsValue::UNDEFINED, JsValue::NULL, JsValue::from(7)] {
        let error = message(prepare(no_request).expect_err("it must be refused"));
        assert!(error.starts_with("the request cannot be read: "), "{error}");
    }
}

#[wasm_bindgen_test]
fn unknown_run_is_an_error() {
    for result in [work(4_000_000_000, 0), finish(4_000_000_000).map(drop)] {
        let sentence = message(result.expect_err("it must be refused"));
        assert_eq!(sentence, "there is no run 4000000000; it was discarded");
    }
}

#[wasm_bindgen_test]
fn random_seeds_differ() {
    let (first, second) = (answer(random_seed()), answer(random_seed()));
    assert_ne!(first, second);
    assert!(first.fract() == 0.0 && first < (1_u64 << 53) as f64);
}
