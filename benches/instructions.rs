//! A fixed amount of work for `cargo xtask instructions`, which counts its instructions: unlike
//! times, they do not depend on what else the machine does.
//!
//! Its arguments are the work and the number of transfers. The caller runs it with two different
//! numbers and takes the difference, so setup does not count.

#[cfg(not(target_family = "wasm"))]
#[allow(dead_code, reason = "only part of the speed benchmark is used")]
#[path = "speed/bodies/mod.rs"]
mod bodies;

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() {
    use std::hint::black_box;

    use bodies::kinds::{KINDS, fill, make};
    use bodies::load::{BATCH, Moves, Pattern};
    use bodies::rounds::{Attempts, open};
    use ledgerlab::model::Transfer;
    use ledgerlab::scenarios::Random;
    use ledgerlab::trail::replay;

    let arguments: Vec<String> = std::env::args().collect();
    let transfers = arguments.get(2).and_then(|number| number.parse().ok());
    let (Some(work), Some(transfers)) = (arguments.get(1), transfers) else {
        // `cargo bench` runs every bench without such arguments.
        return;
    };
    let whole_batches = u64::is_multiple_of(transfers, BATCH as u64);
    assert!(whole_batches, "{transfers} transfers are not a multiple of {BATCH}");
    // A post has an extension, so two transfers have three records.
    let (ledger, mut writers) = open(1, 1_000, transfers * 3 / 2);
    let mut moves = Moves::new(Pattern::Shared { accounts: 1_000 }, 0);
    let mut attempts = Attempts::default();
    let mut batch = vec![Transfer::new(0, 0, 0); BATCH];
    let mut ids = Random::new(2, 0);
    for _ in 0..transfers / BATCH as u64 {
        let drawn = work.strip_prefix("drawing-");
        let name = drawn.unwrap_or(work);
        if let Some((_, kind)) = KINDS.iter().find(|(kind, _)| *kind == name) {
            fill(&mut batch, *kind, &mut moves, &mut ids);
            match drawn {
                Some(_) => _ = black_box(&mut batch),
                None => make(&mut writers[0], &batch, *kind),
            }
            continue;
        }
        attempts.draw(&mut moves);
        match work.as_str() {
            "drawing" => _ = black_box(&mut attempts),
            "create_transfer" => {
                for transfer in &attempts.0 {
                    let outcome = writers[0].create_transfer(transfer);
                    black_box(outcome.expect("the trail has memory"));
                }
            }
            "create_each" | "replay" => attempts.make(&mut writers[0]),
            other => panic!("unknown work `{other}`"),
        }
    }
    if work == "replay" {
        let verified = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
        assert!(verified.expect("it equals a serial run") > transfers);
    }
}
