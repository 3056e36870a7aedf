//! Applying a whole trail in order of timestamps: what entries did to accounts on one thread, and what they did to
//! transfer ids on another.
//!
//! # Protocol
//! One thread changes accounts, the index and the imports, the other one the table of ids and its memory. Each reads all
//! entries and applies its part of them in order. Both read the trail, which does not change. The first one reads the
//! table of ids only to find the pending transfer of an expiry, and waits until the other one is as far. Later entries can
//! be in the table by then, so it regards earlier ones alone. Of two failures, that of the earlier entry is the one that a
//! single thread would have found, and at the same entry that of its accounts. A thread ends where it cannot find it any more.

use std::collections::VecDeque;
use std::thread;

use super::error::OpenError;
use super::redo::{Redo, RedoFailure, prefetch_cells, prefetch_id, prefetch_slots};
use crate::ledger::Ledger;
use crate::sync::{AtomicU64, Ordering, Prefetcher};
use crate::trail::EntryRef;

/// Entries ahead of the one that is applied whose cells are prefetched.
const AHEAD: usize = 8;

/// Whether there can be two threads.
const HAS_THREADS: bool = !cfg!(any(target_family = "wasm", loom, shuttle));

/// Records for which a second thread is worth its start.
const RECORDS_MIN: u64 = if cfg!(test) { 40 } else { 1 << 14 };

/// A failure, and how many entries are before the one at which it is.
type Failure = (u64, OpenError);

/// Applies everything that is in the trail.
pub(super) fn apply_trail(ledger: &Ledger) -> Result<(), OpenError> {
    let is_worth_it = HAS_THREADS
        && ledger.trail.len() >= RECORDS_MIN
        && (cfg!(test)
            || thread::available_parallelism().is_ok_and(|processors| processors.get() > 1));
    let done = if is_worth_it { on_two_threads(ledger) } else { None };
    // The system may have no thread.
    done.unwrap_or_else(|| on_one_thread(ledger))
}

fn on_one_thread(ledger: &Ledger) -> Result<(), OpenError> {
    let mut redo = Redo::new(ledger);
    let prefetch = |recorded: &EntryRef<'_>, prefetcher: &mut Prefetcher| {
        prefetch_slots(ledger, recorded, prefetcher);
        prefetch_id(ledger, recorded, prefetcher);
    };
    let apply = |number: u64, recorded: &EntryRef<'_>| {
        redo.redo(recorded).map_err(|failure| (number, failure.at(recorded)))
    };
    each(ledger, prefetch, prefetch_cells, apply).map_err(|(_, error)| error)?;
    Ok(redo.finish()?)
}

/// `None` when nothing was done, because the system has no thread.
fn on_two_threads(ledger: &Ledger) -> Option<Result<(), OpenError>> {
    // How many entries have been applied to ids.
    let ids_done = AtomicU64::new(0);
    // How many entries are before the first one at which a thread has failed.
    let failed_at = AtomicU64::new(u64::MAX);
    let failed = |number: u64, failure: RedoFailure, recorded: &EntryRef<'_>| {
        failed_at.fetch_min(number, Ordering::Relaxed);
        (number, failure.at(recorded))
    };
    // Its own failure comes later than the other thread's, and is not reported.
    let other_has_failed = |number: u64, recorded: &EntryRef<'_>| {
        (number, RedoFailure::Inconsistent("an entry before it cannot be applied").at(recorded))
    };
    let ids = || -> Result<Redo<'_>, Failure> {
        let mut redo = Redo::new(ledger);
        let apply = |number: u64, recorded: &EntryRef<'_>| {
            if number >= failed_at.load(Ordering::Relaxed) {
                return Err(other_has_failed(number, recorded));
            }
            redo.redo_ids(recorded).map_err(|failure| failed(number, failure, recorded))?;
            ids_done.store(number + 1, Ordering::Release);
            Ok(())
        };
        each(ledger, |one, prefetcher| prefetch_id(ledger, one, prefetcher), |_, _, _| (), apply)?;
        Ok(redo)
    };
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("ledgerlab-recovery".to_owned());
        let ids = builder.spawn_scoped(scope, ids).ok()?;
        let redo = Redo::new(ledger);
        let apply = |number: u64, recorded: &EntryRef<'_>| {
            let until_ids = &mut || {
                // A thread that has failed goes no further.
                while ids_done.load(Ordering::Acquire) < number && !ids.is_finished() {
                    thread::yield_now();
                }
            };
            if number > failed_at.load(Ordering::Relaxed) {
                return Err(other_has_failed(number, recorded));
            }
            let done = redo.redo_accounts(recorded, until_ids);
            done.map_err(|failure| failed(number, failure, recorded))
        };
        let prefetch = |one: &EntryRef<'_>, prefetcher: &mut Prefetcher| {
            prefetch_slots(ledger, one, prefetcher);
        };
        let accounts = each(ledger, prefetch, prefetch_cells, apply);
        let ids = ids.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Some(match (accounts, ids) {
            (Ok(()), Ok(redo)) => redo.finish().map_err(OpenError::from),
            (Err((at, error)), Err((ids_at, _))) if at <= ids_at => Err(error),
            (_, Err((_, error))) | (Err((_, error)), Ok(_)) => Err(error),
        })
    })
}

/// Calls `apply` with each entry and the number of entries before it, in order. Before that it calls `prefetch`, and
/// `prefetch_later` for what that leads to.
fn each<E>(
    ledger: &Ledger,
    prefetch: impl Fn(&EntryRef<'_>, &mut Prefetcher),
    prefetch_later: impl Fn(&Ledger, &EntryRef<'_>, &mut Prefetcher),
    mut apply: impl FnMut(u64, &EntryRef<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut ahead = VecDeque::with_capacity(2 * AHEAD);
    let mut prefetcher = Prefetcher::default();
    let mut entries = ledger.trail.in_order();
    let mut number = 0;
    loop {
        let next = entries.next();
        if let Some(recorded) = next {
            prefetch(&recorded, &mut prefetcher);
            ahead.push_back(recorded);
        }
        if let Some(recorded) = ahead.len().checked_sub(AHEAD).and_then(|at| ahead.get(at)) {
            prefetch_later(ledger, recorded, &mut prefetcher);
        }
        if ahead.len() == 2 * AHEAD || next.is_none() {
            let Some(recorded) = ahead.pop_front() else { return Ok(()) };
            apply(number, &recorded)?;
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerConfig;
    use crate::model::{Account, Transfer};
    use crate::trail::{Entry, EntryKind};
    use std::sync::Arc;

    /// Returns the records of a ledger with transfers of many kinds, in one segment.
    fn records() -> Vec<Entry> {
        let ledger = Ledger::with_config(&LedgerConfig::default()).expect("a ledger");
        let mut writer = ledger.writer().expect("it is free");
        let accounts = [1, 2, 3].map(|id| Account::new(id, 1, 1));
        writer.create_accounts(&accounts).expect("there is room");
        for id in (100..1_000).step_by(4) {
            let batch = [
                Transfer::new(1, 2, 5),
                Transfer::new(2, 3, id).with_id(id).pending((id % 3) as u32),
                Transfer::new(3, 1, id).with_id(id + 1).pending(1),
                if id % 8 == 0 { Transfer::post(id) } else { Transfer::void(id) },
                Transfer::new(1, 3, 1).with_id(id + 2),
            ];
            writer.create_transfers(&batch).expect("there is room");
            let now = writer.time() + 700_000_000;
            writer.set_time(now).expect("there is room");
        }
        let log = ledger.trail().segments().next().expect("there is one");
        log.chunks(0, log.len()).flatten().copied().collect()
    }

    /// Returns a ledger whose trail has these records, and to which none is applied.
    fn unapplied(records: &[Entry]) -> Arc<Ledger> {
        let ledger = Ledger::with_config(&LedgerConfig::default()).expect("a ledger");
        let mut states = ledger.free_writers.lock().expect("no thread panics");
        let segment_writer = &mut states.last_mut().expect("there is one").segment_writer;
        segment_writer.reserve(records.len() as u64).expect("there is room");
        records.iter().for_each(|record| segment_writer.restore(*record));
        segment_writer.publish();
        drop(states);
        ledger
    }

    /// Applies the records on one thread and on two, which must come to the same. Returns the error.
    fn applied(records: &[Entry]) -> Option<String> {
        let [one, two] = [(); 2].map(|()| unapplied(records));
        let expected = on_one_thread(&one).err().map(|error| error.to_string());
        let done = on_two_threads(&two).expect("the system has a thread");
        assert_eq!(done.err().map(|error| error.to_string()), expected);
        if expected.is_none() {
            assert!(one.accounts().eq(two.accounts()));
            for id in 100..1_002 {
                assert_eq!(one.transfer_ids.state(id), two.transfer_ids.state(id));
            }
            assert_eq!(one.memory.left(), two.memory.left());
        }
        expected
    }

    #[test]
    fn two_threads_apply_what_one_applies() {
        let records = records();
        let expiries = records.iter().filter(|one| one.kind == EntryKind::Expiry).count();
        assert!(expiries > 100, "{expiries}");
        assert_eq!(applied(&records), None);
        let two = unapplied(&records);
        assert!(matches!(on_two_threads(&two), Some(Ok(()))));
        two.verify().expect("it is a serial run");
    }

    #[test]
    fn two_threads_find_the_failure_that_one_finds() {
        let records = records();
        let alterations: [fn(&mut Entry); 5] = [
            // Another account, an id that was used before, or no transfer with it.
            |record| record.debit_account_id = 77,
            |record| record.id = 102,
            |record| record.id = 77,
            |record| record.debit_version += 1,
            |record| record.amount ^= 1 << 127,
        ];
        let mut failed = 0;
        for (at, alter) in (300..1_200).step_by(7).zip(alterations.into_iter().cycle()) {
            let mut altered = records.clone();
            alter(&mut altered[at]);
            // A later one, which both threads meet first if the other is behind.
            alter(&mut altered[at + 40]);
            failed += usize::from(applied(&altered).is_some());
        }
        assert!(failed > 50, "{failed}");
    }
}
