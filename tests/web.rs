//! Scenarios on real web workers that share one memory: the cases that every host runs, in a browser.
//!
//! `cargo xtask test web` runs it under `wasm-pack test --headless --chrome`. The test itself runs in a dedicated
//! worker, because a window may not wait, and starts further workers as the page does.
#![cfg(target_family = "wasm")]

#[allow(unreachable_pub, missing_docs, reason = "the cases are shared with the native tests")]
#[path = "common/cases.rs"]
mod cases;

use cases::Case;
use ledgerlab::host::web::{describe, finish, prepare, random_seed, work};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(module = "/tests/web_workers.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = startWorkers)]
    async fn start_workers(
        count: usize,
        module: JsValue,
        memory: JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = workOn)]
    fn work_on(run: u32) -> js_sys::Promise;
    #[wasm_bindgen(catch, js_name = cancelAfter)]
    async fn cancel_after(
        attempts: u32,
        memory: JsValue,
        pointer: u32,
        words: u32,
        layout: JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = stopWorkers)]
    fn stop_workers();
}

/// What a value of JavaScript is in Rust, by way of its JSON.
fn from_js(value: &JsValue) -> Value {
    let text = js_sys::JSON::stringify(value).expect("it is plain data");
    serde_json::from_str(&String::from(text)).expect("it is JSON")
}

/// What a value of Rust is in JavaScript.
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

/// Workers of a run, which are stopped whatever becomes of the test.
struct Pool;

impl Pool {
    async fn start(workers: usize) -> Self {
        start_workers(workers, wasm_bindgen::module(), wasm_bindgen::memory())
            .await
            .expect("the workers start");
        Self
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        stop_workers();
    }
}

async fn run(case: Case) {
    let _pool = Pool::start(case.workers()).await;
    let prepared = from_js(&answer(prepare(to_js(&case.request("chromium")))));
    let number = |value: &Value| value.as_u64().expect("it is a number") as u32;
    let run = number(&prepared["run"]);
    let working = work_on(run);
    if let Some(attempts) = case.cancel_after {
        let layout = from_js(&answer(describe()))["counters"].clone();
        cancel_after(
            attempts as u32,
            wasm_bindgen::memory(),
            number(&prepared["counters"]["pointer"]),
            number(&prepared["counters"]["words"]),
            to_js(&layout),
        )
        .await
        .expect("the run is cancelled");
    }
    wasm_bindgen_futures::JsFuture::from(working).await.expect("every worker does its share");
    (case.holds)(&from_js(&answer(finish(run))));
}

#[wasm_bindgen_test]
async fn every_attempt_is_made_and_written_down() {
    run(cases::every_attempt_is_made_and_written_down()).await;
}

#[wasm_bindgen_test]
async fn workers_that_meet_at_one_account_lose_nothing() {
    run(cases::workers_that_meet_at_one_account_lose_nothing()).await;
}

#[wasm_bindgen_test]
async fn goledgers_trading_floor_keeps_its_total() {
    run(cases::goledgers_trading_floor_keeps_its_total()).await;
}

#[wasm_bindgen_test]
async fn a_full_trail_ends_the_run_and_nothing_is_dropped() {
    run(cases::a_full_trail_ends_the_run_and_nothing_is_dropped()).await;
}

#[wasm_bindgen_test]
async fn a_cancelled_run_is_checked_all_the_same() {
    run(cases::a_cancelled_run_is_checked_all_the_same()).await;
}

#[wasm_bindgen_test]
async fn one_worker_and_a_seed_write_the_same_trail_everywhere() {
    run(cases::one_worker_and_a_seed_write_the_same_trail_everywhere()).await;
}

#[wasm_bindgen_test]
fn bad_requests_are_answered_with_a_sentence() {
    let environment = json!({ "host": "chromium", "workers_available": 2 });
    for (parameters, sentence) in [
        (json!({ "workers": 65 }), "workers must be 1 to 64, not 65"),
        (json!({ "workers": -1 }), "the request cannot be read: "),
        (json!({ "workers": 1.5 }), "the request cannot be read: "),
        (json!({ "workers": "two" }), "workers must be 1 to 64, not \"two\""),
        (json!({ "concurrency": "fast" }), "concurrency must be one of ordered, global, optimistic, "),
        (json!({ "concurrency": 0 }), "concurrency must be one of ordered, global, optimistic, "),
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
fn a_run_that_is_not_there_is_an_error() {
    for result in [work(4_000_000_000, 0), finish(4_000_000_000).map(drop)] {
        let sentence = message(result.expect_err("it must be refused"));
        assert_eq!(sentence, "there is no run 4000000000; it was discarded");
    }
}

#[wasm_bindgen_test]
fn seeds_are_drawn_from_the_browser() {
    let (first, second) = (answer(random_seed()), answer(random_seed()));
    assert_ne!(first, second);
    assert!(first.fract() == 0.0 && first < (1_u64 << 53) as f64);
}
