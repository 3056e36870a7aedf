//! Latches that threads really wait for, and the window over which that is judged.

use std::time::{Duration, Instant};

use ledgerlab::book::health::{LatchesUse, WINDOW_OPERATIONS_MIN};
use ledgerlab::book::{Isolation, Writer};
use ledgerlab::model::{Account, AccountFlags};

use super::*;

/// Accounts that an import touches: enough that all else it does is short beside the time that it holds their latches.
const ACCOUNTS: u128 = 4_000;

fn contended(isolation: Isolation) -> (Arc<Book>, Vec<Writer>) {
    let config = BookConfig { writers: 3, isolation, trail_bytes: 64 << 20, ..Default::default() };
    let (book, mut writers) = Book::open(&config).expect("the configuration is sound");
    let accounts: Vec<_> = (1..=ACCOUNTS).map(account).collect();
    writers[2].create_accounts(&accounts).expect("there is room");
    book.health(0);
    (book, writers)
}

/// Attempts to import an account whose timestamp has not come yet. It depends on every transfer, so it is decided with
/// all latches held.
fn import(writer: &mut Writer) {
    let flags = AccountFlags::IMPORTED;
    let import = Account { flags, timestamp: 1 << 62, ..account(ACCOUNTS + 1) };
    writer.create_account(&import).expect("there is room");
}

fn figures(health: &Health) -> LatchesUse {
    health.components.latches.figures
}

/// Transfers that meet nobody.
fn pad(writer: &mut Writer, transfers: u64) {
    for _ in 0..transfers {
        pay(writer, 1, 2, 1);
    }
}

/// Two threads import, so that most imports wait for the other thread's, in a window that begins at `now_ns`. How often
/// they waited: 40 times in 200 imports at least. On a busy machine it may take some rounds until the threads meet.
fn crowd(book: &Book, writers: &mut [Writer], now_ns: u64) -> u64 {
    for _ in 0..100 {
        book.health(now_ns);
        let before: u64 = writers.iter().map(Writer::waits).sum();
        std::thread::scope(|scope| {
            for writer in &mut *writers {
                scope.spawn(move || {
                    for _ in 0..100 {
                        import(writer);
                        // The other one is let through.
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

#[test]
fn threads_that_wait_for_each_other_degrade_a_book_and_a_window_forgets_them() {
    let (book, mut writers) = contended(Isolation::Ordered);
    let (crowded, calm) = writers.split_at_mut(2);
    let waits = crowd(&book, crowded, 0);
    let health = book.health(1_000);
    assert_eq!(troubles(&health), [("latches", Unhealthy)]);
    let LatchesUse { window_ns, operations, waits: seen, conflicts } = figures(&health);
    assert_eq!((window_ns, operations, seen, conflicts), (1_000, 200, waits, 0));
    assert!(health.sentence.contains("at or above 10 in 100"), "{}", health.sentence);

    // Nothing has happened since: the last window is over, and this one is not judged.
    let health = book.health(1_500);
    assert_eq!(troubles(&health), []);
    assert_eq!(
        figures(&health),
        LatchesUse { window_ns: 500, operations: 0, waits: 0, conflicts: 0 }
    );

    // As many waits among many more operations.
    pad(&mut calm[0], 100);
    let waits = crowd(&book, crowded, 1_500);
    pad(&mut calm[0], waits * 50 - 200);
    let health = book.health(2_000);
    assert_eq!(troubles(&health), [("latches", Degraded)]);
    let expected = LatchesUse { window_ns: 500, operations: waits * 50, waits, conflicts: 0 };
    assert_eq!(figures(&health), expected);
    assert!(health.sentence.contains("at or above 1 in 100"), "{}", health.sentence);

    pad(&mut calm[0], 100);
    assert_eq!(troubles(&book.health(2_001)), []);
}

#[test]
fn a_window_goes_on_until_it_has_enough_to_be_judged() {
    let (book, mut writers) = contended(Isolation::Ordered);
    for (now_ns, more, operations, window_ns) in [
        (10, 60, 60, 10),
        (20, 39, 99, 20),
        (30, 1, 100, 30),
        // The last look has ended a window.
        (40, 5, 5, 10),
        (50, 0, 5, 20),
    ] {
        pad(&mut writers[0], more);
        let latches = book.health(now_ns).components.latches;
        let found = (latches.figures.operations, latches.figures.window_ns);
        assert_eq!(found, (operations, window_ns), "at {now_ns}");
        let is_judged = !latches.sentence.contains("are not judged");
        assert_eq!(is_judged, operations >= WINDOW_OPERATIONS_MIN, "{}", latches.sentence);
    }
}

/// One thread imports, and reads every account before it decides. The other one pays a few times for each import that has
/// begun, so that what was read has changed by then. When the reading begins depends on the machine and on how the book was
/// compiled, so the payments of later rounds are further apart.
#[test]
#[cfg_attr(tsan, ignore = "its threads are slowed down by different amounts, and need not meet")]
fn attempts_that_are_decided_again_degrade_a_book() {
    const IMPORTS: u64 = 100;
    const PAYMENTS: u64 = 5;
    let (book, mut writers) = contended(Isolation::Optimistic);
    let (importer, hustler) = writers.split_at_mut(1);
    for round in 1..=100 {
        // Mostly the importer's; but the other one can be disturbed, too.
        let (before, conflicts) =
            (book.trail().entries(), importer[0].conflicts() + hustler[0].conflicts());
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
        let health = book.health(round);
        let found = figures(&health);
        assert_eq!(found.operations, book.trail().entries() - before);
        let now = importer[0].conflicts() + hustler[0].conflicts();
        assert_eq!(found.conflicts, now - conflicts);
        if found.conflicts * 10 >= found.operations {
            assert_eq!(troubles(&health)[0].0, "latches");
            assert!(health.sentence.contains("conflicts, at or above 10 in 100"), "{health:?}");
            return;
        }
        eprintln!("{found:?}");
    }
    panic!("the imports were not disturbed in 100 of 100 rounds");
}
