//! Real contention for latches, and the window over which health counts it.

use std::time::{Duration, Instant};

use ledgerlab::ledger::health::LatchFigures;
use ledgerlab::ledger::{ConcurrencyControl, Writer};
use ledgerlab::model::{Account, AccountFlags};

use super::*;

/// The accounts that an import reads: enough that the time it holds their latches dominates.
const ACCOUNTS: u128 = 4_000;

fn contended(concurrency: ConcurrencyControl) -> (Arc<Ledger>, Vec<Writer>) {
    let config =
        LedgerConfig { writers: 3, concurrency, trail_bytes: 64 << 20, ..Default::default() };
    let (ledger, mut writers) = Ledger::with_writers(&config).expect("the configuration is sound");
    let accounts: Vec<_> = (1..=ACCOUNTS).map(account).collect();
    writers[2].create_accounts(&accounts).expect("the trail has room");
    ledger.health(0);
    (ledger, writers)
}

/// Attempts to import an account with a future timestamp. It depends on every transfer, so the
/// decision holds all latches.
fn import(writer: &mut Writer) {
    let flags = AccountFlags::IMPORTED;
    let import = Account { flags, timestamp: 1 << 62, ..account(ACCOUNTS + 1) };
    writer.create_account(&import).expect("the trail has room");
}

fn figures(health: &Health) -> LatchFigures {
    health.components.latches.figures
}

/// Executes transfers without contention.
fn pad(writer: &mut Writer, transfers: u64) {
    for _ in 0..transfers {
        pay(writer, 1, 2, 1);
    }
}

/// Two threads import, so most imports wait, in a window that begins at `now_ns`. Returns the
/// waits: at least 40 in 200 imports. On a busy machine this may take some rounds.
fn crowd(ledger: &Ledger, writers: &mut [Writer], now_ns: u64) -> u64 {
    for _ in 0..100 {
        ledger.health(now_ns);
        let before: u64 = writers.iter().map(Writer::waits).sum();
        std::thread::scope(|scope| {
            for writer in &mut *writers {
                scope.spawn(move || {
                    for _ in 0..100 {
                        import(writer);
                        // Yields to the other thread.
                        std::thread::sleep(Duration::from_micros(50));
                    }
                });
            }
        });
        let waits = writers.iter().map(Writer::waits).sum::<u64>() - before;
        if waits >= 40 {
            return waits;
        }
    }
    panic!("the threads did not meet in 100 of 100 rounds");
}

/// Every attempt got its own result, so a crowd is load. It is a figure, and the ledger is healthy.
#[test]
fn contention_is_a_figure_of_its_window() {
    let (ledger, mut writers) = contended(ConcurrencyControl::OrderedLocks);
    let waits = crowd(&ledger, &mut writers[..2], 0);
    let health = ledger.health(1_000);
    assert_eq!(troubles(&health), []);
    let expected = LatchFigures { window_ns: 1_000, operations: 200, waits, conflicts: 0 };
    assert_eq!(figures(&health), expected);
    assert_eq!(
        health.components.latches.message,
        format!(
            "{waits} waits for latches and 0 conflicts in 200 operations since the last sample"
        )
    );
    assert_eq!(
        figures(&ledger.health(1_500)),
        LatchFigures { window_ns: 500, operations: 0, waits: 0, conflicts: 0 }
    );
    assert!(ledger.contention().waits >= waits, "the sum since the start is a figure, too");
}

#[test]
fn window_extends_until_it_has_enough_attempts() {
    let (ledger, mut writers) = contended(ConcurrencyControl::OrderedLocks);
    for (now_ns, more, operations, window_ns) in [
        (10, 60, 60, 10),
        (20, 39, 99, 20),
        (30, 1, 100, 30),
        // The last sample ended a window.
        (40, 5, 5, 10),
        (50, 0, 5, 20),
    ] {
        pad(&mut writers[0], more);
        let latches = ledger.health(now_ns).components.latches;
        let found = (latches.figures.operations, latches.figures.window_ns);
        assert_eq!(found, (operations, window_ns), "at {now_ns}");
    }
}

/// One thread imports and reads every account before it decides. The other pays a few times per
/// import, so that what was read has changed. The time of the read depends on machine and compiler,
/// so later rounds spread the payments.
#[test]
#[cfg_attr(tsan, ignore = "its threads are slowed down by different amounts, and need not meet")]
fn attempts_that_are_decided_again_are_counted() {
    const IMPORTS: u64 = 100;
    const PAYMENTS: u64 = 5;
    let (ledger, mut writers) = contended(ConcurrencyControl::Optimistic);
    let (importer, hustler) = writers.split_at_mut(1);
    for round in 1..=100 {
        // Usually the importer's, but the other thread can be preempted, too.
        let (before, conflicts) =
            (ledger.trail().entries(), importer[0].conflicts() + hustler[0].conflicts());
        let begun = AtomicU64::new(0);
        std::thread::scope(|scope| {
            let (importer, begun) = (&mut importer[0], &begun);
            scope.spawn(move || {
                for _ in 0..IMPORTS {
                    begun.fetch_add(1, Ordering::Relaxed);
                    import(importer);
                }
            });
            let apart = Duration::from_micros(4 << (round % 10));
            let (mut seen, mut paid) = (0, 0);
            while seen < IMPORTS || paid < PAYMENTS {
                match begun.load(Ordering::Relaxed) {
                    now if now > seen => (seen, paid) = (now, 0),
                    _ if paid < PAYMENTS => {
                        pay(&mut hustler[0], 1, 2, 1);
                        paid += 1;
                        let last = Instant::now();
                        while last.elapsed() < apart {
                            std::thread::yield_now();
                        }
                    }
                    _ => std::thread::yield_now(),
                }
            }
        });
        let health = ledger.health(round);
        let found = figures(&health);
        assert_eq!(found.operations, ledger.trail().entries() - before);
        let now = importer[0].conflicts() + hustler[0].conflicts();
        assert_eq!(found.conflicts, now - conflicts);
        if found.conflicts * 10 >= found.operations {
            assert_eq!(troubles(&health), []);
            return;
        }
        eprintln!("{found:?}");
    }
    panic!("the imports were not disturbed in 100 of 100 rounds");
}
