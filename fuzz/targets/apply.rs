//! Any bytes are an input of `ledgerlab apply`: they are applied or refused in order, and serial replay agrees.
//!
//! `cargo xtask fuzz apply --minutes 10` runs it.
#![no_main]

use ledgerlab::ledger::{Ledger, LedgerConfig};
use ledgerlab::host::native::apply::{ApplyFailure, apply};
use ledgerlab::trail::replay;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let config = LedgerConfig { accounts_max: 48, trail_bytes: 2 << 20, ..LedgerConfig::default() };
    let (ledger, mut writers) = Ledger::with_writers(&config).expect("the numbers are within its bounds");
    let mut output = Vec::new();
    let applied = apply(input, &mut output, &mut writers[0]);

    // Every line that was applied has its line of results, and nothing else is written.
    let lines = input.split(|byte| *byte == b'\n');
    let expected = |applied: usize| {
        lines.clone().take(applied).filter(|line| !line.trim_ascii().is_empty()).count()
    };
    let expected = match applied {
        Ok(()) => expected(usize::MAX),
        Err(error) => match error.reason {
            ApplyFailure::Input(_) | ApplyFailure::Output(_) => panic!("bytes in memory can be read and written: {error}"),
            _ => expected(error.line as usize - 1),
        },
    };
    let output = std::str::from_utf8(&output).expect("results are text");
    assert_eq!(output.lines().count(), expected, "{output}");
    assert!(output.lines().all(|line| line.starts_with('{') && line.ends_with('}')));

    if let Err(divergence) = replay::verify(ledger.trail(), ledger.accounts(), |_| {}) {
        panic!("{divergence}");
    }
});
