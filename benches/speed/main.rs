//! The speed of the ledger on native threads. `cargo xtask bench` makes a table of its figures.
//!
//! `cargo bench --bench speed` runs this part by itself. `--quick` shortens everything.

#[cfg(not(target_family = "wasm"))]
mod apply;
#[cfg(not(target_family = "wasm"))]
mod bodies;
#[cfg(not(target_family = "wasm"))]
mod counting;
#[cfg(not(target_family = "wasm"))]
mod history;
#[cfg(not(target_family = "wasm"))]
mod memory;
#[cfg(not(target_family = "wasm"))]
mod threads;

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let plan = if quick { bodies::Plan::QUICK } else { bodies::Plan::FULL };
    // One line for each figure of each round, which `xtask/src/speed/figures.rs` reads.
    let mut report = |name: &str, figure: f64| println!("figure {name} {figure}");
    // `--history` measures only that.
    let transfers = if quick { 1_000_000 } else { 10_000_000 };
    history::measure(transfers, plan.rounds, &mut report);
    if std::env::args().any(|argument| argument == "--history") {
        return;
    }
    memory::measure(&mut report);
    apply::measure(if quick { 100_000 } else { 1_000_000 }, plan.rounds, &mut report);
    threads::block_on(bodies::measure(&threads::Threads, &plan, &mut report));
}
