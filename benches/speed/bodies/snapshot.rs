//! The cost of a snapshot for concurrent writers.

use std::sync::{Arc, Mutex};

use ledgerlab::ledger::Clock;

use super::host::{Body, Host, timed};
use super::load::{Load, Pattern};
use super::rounds::{open, writers_at_work};

/// The measurement of one snapshot.
#[derive(Clone, Copy, Debug)]
struct SnapshotTime {
    /// Entries written while it was taken.
    entries: u64,
    seconds: f64,
    ended_ns: u64,
}

/// Measures two writers that do a fixed amount of work twice: alone, and while a third thread takes
/// a snapshot after a quarter of it. Reports the writers' rate during the snapshot only if both worked until
/// the snapshot was complete.
pub(crate) async fn measure<H: Host>(
    host: &H,
    accounts: u64,
    transfers: u64,
    report: &mut dyn FnMut(&str, f64),
) {
    let load = Load { pattern: Pattern::Shared { accounts }, threads: 2, transfers };
    let (alone, _, _) = round(host, load, false).await;
    let (beside, first_end_ns, taken) = round(host, load, true).await;
    let SnapshotTime { entries, seconds, ended_ns } = taken.expect("a snapshot was taken");
    let rate_alone = load.transfers_in_all() as f64 / alone;
    report("snapshot/work-alone", alone);
    report("snapshot/work-beside", beside);
    report("snapshot/seconds", seconds);
    if ended_ns <= first_end_ns {
        report("snapshot/rate-meanwhile", entries as f64 / seconds / rate_alone);
    }
}

/// Returns the writers' seconds, when the first of them ended, and the measurement of the snapshot.
async fn round<H: Host>(
    host: &H,
    load: Load,
    with_snapshot: bool,
) -> (f64, u64, Option<SnapshotTime>) {
    let (ledger, writers) = open(load.threads, load.accounts(), load.transfers);
    // Only the writers are timed, because the third thread may be the last to end.
    let spans = Arc::new(Mutex::new(Vec::new()));
    let clocked = |work: Body| -> Body {
        let spans = Arc::clone(&spans);
        Box::new(move || {
            let clock = H::Clock::default();
            let start = clock.now_ns();
            let remains = work();
            spans.lock().expect("no thread panicked").push((start, clock.now_ns()));
            remains
        })
    };
    let mut bodies: Vec<Body> = writers_at_work(writers, load).into_iter().map(clocked).collect();
    let taken = Arc::new(Mutex::new(None));
    if with_snapshot {
        let (ledger, taken) = (Arc::clone(&ledger), Arc::clone(&taken));
        let quarter = ledger.trail().len() + load.transfers_in_all() / 4;
        bodies.push(Box::new(move || {
            while ledger.trail().len() < quarter {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let clock = H::Clock::default();
            let (start, entries) = (clock.now_ns(), ledger.trail().len());
            let snapshot = ledger.snapshot();
            let (end, entries) = (clock.now_ns(), ledger.trail().len() - entries);
            let accounts = snapshot.accounts.len() as u64;
            assert_eq!(accounts, load.accounts() + 1, "accounts in the snapshot");
            let seconds = (end - start) as f64 / 1e9;
            *taken.lock().expect("no thread panicked") =
                Some(SnapshotTime { entries, seconds, ended_ns: end });
            Box::new(snapshot)
        }));
    }
    timed(host, bodies).await;
    let spans = spans.lock().expect("no thread panicked");
    let start = spans.iter().map(|span| span.0).min().expect("there are writers");
    let end = spans.iter().map(|span| span.1).max().expect("there are writers");
    let first_end = spans.iter().map(|span| span.1).min().expect("there are writers");
    let taken = *taken.lock().expect("no thread panicked");
    ((end - start) as f64 / 1e9, first_end, taken)
}
