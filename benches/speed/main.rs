//! The speed of the ledger on this machine's threads, told as figures; `cargo xtask bench` makes a table of them.
//!
//! `cargo bench --bench speed` runs this half by itself. With `--quick` it does little of everything.

#[cfg(not(target_family = "wasm"))]
mod bodies;
#[cfg(not(target_family = "wasm"))]
mod counting;
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
    let mut tell = |name: &str, figure: f64| println!("figure {name} {figure}");
    memory::measure(&mut tell);
    threads::block_on(bodies::measure(&threads::Threads, &plan, &mut tell));
}
