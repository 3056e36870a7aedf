//! Fuzzes `ledgerlab apply`: any input is applied or rejected line by line, and serial replay agrees.
//!
//! From the root of the project, with cargo-fuzz and a nightly compiler:
//! `cargo +nightly fuzz run apply fuzz/corpus/apply fuzz/seeds -- -dict=fuzz/apply.dict -max_len=4096 -max_total_time=600`.
#![no_main]

use ledgerlab::host::native::apply::{Stopped, apply};
use ledgerlab::ledger::{Ledger, LedgerConfig};
use ledgerlab::trail::replay;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let config = LedgerConfig { accounts_max: 48, trail_bytes: 2 << 20, ..LedgerConfig::default() };
    let opened = Ledger::with_writers(&config);
    let (ledger, mut writers) = opened.expect("the numbers are within its bounds");
    let mut output = Vec::new();
    let applied = apply(input, &mut output, &mut writers[0]);

    // There is one line of results for each line that was applied, and nothing else.
    let lines = input.split(|byte| *byte == b'\n');
    let requests = |applied: usize| {
        lines.clone().take(applied).filter(|line| !line.trim_ascii().is_empty()).count()
    };
    let expected = match applied {
        Ok(()) => requests(usize::MAX),
        Err(
            Stopped::Text { line, .. } | Stopped::Line { line, .. } | Stopped::Ledger { line, .. },
        ) => requests(line as usize - 1),
        Err(other) => panic!("bytes in memory can be read and written: {other}"),
    };
    let output = std::str::from_utf8(&output).expect("results are text");
    assert_eq!(output.lines().count(), expected, "{output}");
    assert!(output.lines().all(|line| line.starts_with('{') && line.ends_with('}')));

    if let Err(divergence) = replay::verify(ledger.trail(), ledger.accounts(), |_| {}) {
        panic!("{divergence}");
    }
});
