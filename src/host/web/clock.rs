//! The clock of a worker.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::Performance;

use crate::api::ServiceClock;
use crate::ledger::Clock;

#[wasm_bindgen]
extern "C" {
    /// In all hosts, unlike the older names that `js_sys::global` also tries.
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;
}

/// `performance.now()` of the worker that made it, counted from the same moment in all workers.
///
/// Its resolution is 5 microseconds on an isolated page. Each reading calls JavaScript, so read it once per batch.
#[derive(Debug)]
pub struct WorkerClock {
    performance: Performance,
    /// Milliseconds from 1970 to this worker's zero.
    origin_ms: f64,
}

impl WorkerClock {
    /// Creates the clock of the calling web worker or Node thread.
    ///
    /// # Panics
    /// If there is no `performance`. Every browser has it, and Node since version 16.
    pub fn new() -> Self {
        let performance = GLOBAL
            .with(|global| Reflect::get(global, &JsValue::from_str("performance")))
            .expect("the global object can be read")
            .unchecked_into::<Performance>();
        let origin_ms = performance.time_origin();
        Self { performance, origin_ms }
    }
}

impl Default for WorkerClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for WorkerClock {
    fn now_ns(&self) -> u64 {
        // In microseconds first: nanoseconds since 1970 are past what a double holds exactly.
        ((self.origin_ms + self.performance.now()) * 1_000.0) as u64 * 1_000
    }
}

/// The clock of a service. `performance.now()` does not jump; `Date.now()` is the wall clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct WebClock;

impl ServiceClock for WebClock {
    fn now_ns(&self) -> u64 {
        now_ns()
    }

    fn wall_ns(&self) -> u64 {
        js_sys::Date::now() as u64 * 1_000_000
    }
}

thread_local! {
    static CLOCK: WorkerClock = WorkerClock::new();
}

/// Returns the time on the clock of the calling worker.
pub(super) fn now_ns() -> u64 {
    CLOCK.with(Clock::now_ns)
}
