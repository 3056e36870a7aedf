//! The server under load, through sockets, compared with a server that does nothing.
//!
//! `cargo xtask load` installs the load generator, `wrk`, and runs this. With wrk on PATH, `cargo
//! bench --bench load` runs it directly. `--quick` shortens everything. It fails when a coin or a
//! request is lost.

#![cfg_attr(target_family = "wasm", allow(unused))]

#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
mod batches;
#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
#[path = "../../tests/suite/serve/client.rs"]
#[allow(dead_code, reason = "the tests of the server use more of it")]
mod client;
#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
mod hostile;
#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
mod idle;
#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
mod rows;
#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
mod wrk;

#[cfg(not(all(unix, not(any(target_family = "wasm", loom, shuttle)))))]
fn main() {}

#[cfg(all(unix, not(any(target_family = "wasm", loom, shuttle))))]
fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let plan = if is_quick { rows::Plan::QUICK } else { rows::Plan::FULL };
    rows::compare_with_idle(&plan);
    rows::conservation(&plan);
    batches::measure(&plan);
    hostile::writers_beside_hostile_callers(&plan);
}
