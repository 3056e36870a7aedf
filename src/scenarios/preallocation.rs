//! Preallocation in the trail: memory that a run's workers get before they begin, so that no attempt waits for the system.
//!
//! It is got chunk by chunk, with a look at the cancel word and at the clock between two of them. Not to get it is no
//! error: the rest is got on the way.

use super::{Counters, Parameters};
use crate::ledger::{Clock, Writer};
use crate::trail::{CHUNK_ENTRIES, ENTRY_BYTES};

/// Entries for which room is got for each second and worker: about twice as many as a worker was seen to write, so that
/// a short run does not get memory that it cannot fill.
const ENTRIES_PER_SECOND: u64 = 1 << 23;

/// Memory that all workers of a run get beforehand: 4 GiB, past which a run is so long that the rest does not show. Where
/// addresses have 32 bits, which is in a browser, it is 256 MiB: enough for two million operations, got in about a tenth of
/// a second, and a sixteenth of all that a module can have.
const BYTES_MAX: u64 = if usize::BITS == 32 { 1 << 28 } else { 1 << 32 };

/// How long a worker gets memory at most: the others wait for it, but not for ever, and a system that takes so long to
/// give it has none to spare.
const GET_NS_MAX: u64 = 5_000_000_000;

/// Bytes in one chunk.
const CHUNK_BYTES: u64 = CHUNK_ENTRIES * ENTRY_BYTES;

/// How many of a run's operations are one worker's.
pub(super) fn operations_of(worker: u64, operations: u64, workers: u64) -> u64 {
    operations / workers + u64::from(worker < operations % workers)
}

/// What each worker of a run gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preallocation {
    operations: u64,
    records_per_operation: u64,
    workers: u64,
    /// The most entries of one worker.
    entries_max: u64,
}

impl Preallocation {
    /// For a run of these parameters, whose set-up needs two entries for each account.
    pub(super) fn of(parameters: &Parameters, accounts: u64, records_per_operation: u64) -> Self {
        let (operations, workers) = (parameters.get("operations"), parameters.get("workers"));
        // What the set-up needs is left to it, and no worker takes what is another one's.
        let chunks = (parameters.get("trail_mib") << 20) / CHUNK_BYTES;
        let chunks = chunks.saturating_sub(setup_chunks(accounts)) / workers;
        let entries_max = (chunks * CHUNK_ENTRIES)
            .min(parameters.get("duration_s") * ENTRIES_PER_SECOND)
            .min(BYTES_MAX / ENTRY_BYTES / workers);
        Self { operations, records_per_operation, workers, entries_max }
    }

    /// Memory for the trail that a run needs to begin: the set-up's, and a chunk for each worker.
    pub(super) fn needed_mib(accounts: u64, workers: u64) -> u64 {
        ((setup_chunks(accounts) + workers) * CHUNK_BYTES).div_ceil(1 << 20)
    }

    /// For how many entries a worker gets room.
    fn entries(&self, worker: u64) -> u64 {
        let operations = operations_of(worker, self.operations, self.workers);
        operations.saturating_mul(self.records_per_operation).min(self.entries_max)
    }

    /// Gets a worker's share, unless the run is cancelled, it takes too long, or there is no more.
    pub(super) fn get(
        &self,
        worker: u64,
        writer: &mut Writer,
        counters: &Counters,
        clock: &dyn Clock,
    ) {
        let (since, entries) = (clock.now_ns(), self.entries(worker));
        let mut got = 0;
        while got < entries
            && !counters.is_cancelled()
            && clock.now_ns().saturating_sub(since) < GET_NS_MAX
        {
            got = entries.min(got + CHUNK_ENTRIES);
            if writer.reserve(got).is_err() {
                break;
            }
        }
    }
}

/// Chunks that the set-up needs: two entries for each account.
fn setup_chunks(accounts: u64) -> u64 {
    (accounts * 2).div_ceil(CHUNK_ENTRIES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::{Value, find};

    fn room(chosen: &[(&str, u64)], accounts: u64) -> Preallocation {
        let description = find("hft").expect("there is one").description();
        let chosen =
            chosen.iter().map(|&(name, value)| (name.to_owned(), Value::Number(value))).collect();
        let preset = description.preset(None).expect("there is a default");
        let parameters = Parameters::choose(description.parameters, preset, &chosen, 2);
        Preallocation::of(&parameters.expect("each is within its bounds"), accounts, 1)
    }

    #[test]
    fn operations_are_shared_out_to_the_last() {
        let shares = |operations| [0, 1, 2].map(|worker| operations_of(worker, operations, 3));
        assert_eq!(shares(11), [4, 4, 3]);
        assert_eq!(shares(2), [1, 1, 0]);
    }

    #[test]
    fn a_worker_gets_room_for_its_operations() {
        let room = room(&[("workers", 3), ("operations", 100_000)], 1_017);
        assert_eq!([0, 1, 2].map(|worker| room.entries(worker)), [33_334, 33_333, 33_333]);
    }

    #[test]
    fn the_budget_is_shared_and_the_setups_part_of_it_is_left() {
        // 64 chunks, of which 10,001 accounts need 5.
        let many = [("workers", 2), ("operations", 1_000_000_000), ("trail_mib", 32)];
        assert_eq!(room(&many, 10_001).entries(0), 29 * CHUNK_ENTRIES);
        assert_eq!(room(&many, 1_000_000).entries(0), 0, "there is nothing but the set-up's");
    }

    #[test]
    fn a_short_run_gets_what_it_can_fill_and_no_run_more_than_is_to_spare() {
        let many = [("operations", 1_000_000_000), ("trail_mib", 65_536), ("duration_s", 1)];
        let one = [many[0], many[1], many[2], ("workers", 1)];
        assert_eq!(room(&one, 5).entries(0), ENTRIES_PER_SECOND);
        let long = [many[0], many[1], ("duration_s", 3_600), ("workers", 8)];
        assert_eq!(room(&long, 5).entries(7), BYTES_MAX / ENTRY_BYTES / 8);
    }
}
