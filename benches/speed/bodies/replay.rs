//! The speed of serial replay.

use std::sync::{Arc, Mutex};

use ledgerlab::trail::replay;

use super::host::{Body, Host, timed};
use super::load::{Load, Pattern};
use super::rounds::{open, writers_at_work};

/// Reports entries per second of serial replay on one thread, over a trail that two threads wrote.
pub(crate) async fn measure<H: Host>(host: &H, transfers: u64, report: &mut dyn FnMut(&str, f64)) {
    let load = Load { pattern: Pattern::Shared { accounts: 1_000 }, threads: 2, transfers };
    let (ledger, writers) = open(load.threads, load.accounts(), transfers);
    timed(host, writers_at_work(writers, load)).await;
    let verified = Arc::new(Mutex::new(0));
    let body: Body = {
        let verified = Arc::clone(&verified);
        Box::new(move || {
            let entries = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
            *verified.lock().expect("no thread panicked") =
                entries.expect("it equals a serial run");
            Box::new(ledger)
        })
    };
    let seconds = timed(host, vec![body]).await;
    let entries = *verified.lock().expect("no thread panicked");
    assert!(entries > load.transfers_in_all(), "it has not verified every transfer");
    report("replay", entries as f64 / seconds);
}
