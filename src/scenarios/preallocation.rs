//! Preallocation: trail memory that the workers reserve before the run, so that no attempt waits for the system.
//!
//! Memory is reserved chunk by chunk, and the cancel word and the clock are checked in between. A failure is not an
//! error: the rest is allocated during the run.

use super::{Counters, Parameters};
use crate::ledger::{Clock, Writer};
use crate::trail::{CHUNK_ENTRIES, ENTRY_BYTES};

/// Entries reserved per worker per second: about twice a worker's measured rate. A short run does
/// not reserve memory that it cannot fill.
const ENTRIES_PER_SECOND: u64 = 1 << 23;

/// The most memory that all workers reserve: 4 GiB. With 32-bit addresses, in a browser, 256 MiB: enough for two
/// million operations, reserved in about 0.1 s, and a sixteenth of a module's address space.
const BYTES_MAX: u64 = if usize::BITS == 32 { 1 << 28 } else { 1 << 32 };

/// The longest time that a worker reserves memory. A system that takes longer has none to spare.
const RESERVE_NS_MAX: u64 = 5_000_000_000;

const CHUNK_BYTES: u64 = CHUNK_ENTRIES * ENTRY_BYTES;

/// Returns how many of a run's operations one worker performs.
pub(super) fn operations_of(worker: u64, operations: u64, workers: u64) -> u64 {
    operations / workers + u64::from(worker < operations % workers)
}

/// The memory that the workers of a run reserve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preallocation {
    operations: u64,
    records_per_operation: u64,
    workers: u64,
    /// The maximum number of entries of one worker.
    entries_max: u64,
}

impl Preallocation {
    /// The preallocation of a run. Its setup writes two entries per account.
    pub(super) fn new(parameters: &Parameters, accounts: u64, records_per_operation: u64) -> Self {
        let (operations, workers) = (parameters.get("operations"), parameters.get("workers"));
        // The setup keeps its chunks, and the workers share the rest equally.
        let chunks = (parameters.get("trail_mib") << 20) / CHUNK_BYTES;
        let chunks = chunks.saturating_sub(setup_chunks(accounts)) / workers;
        let entries_max = (chunks * CHUNK_ENTRIES)
            .min(parameters.get("duration_s") * ENTRIES_PER_SECOND)
            .min(BYTES_MAX / ENTRY_BYTES / workers);
        Self { operations, records_per_operation, workers, entries_max }
    }

    /// The least trail memory of a run: the setup's, and a chunk for each worker.
    pub(super) fn needed_mib(accounts: u64, workers: u64) -> u64 {
        ((setup_chunks(accounts) + workers) * CHUNK_BYTES).div_ceil(1 << 20)
    }

    /// The number of entries for which a worker reserves memory.
    fn entries(&self, worker: u64) -> u64 {
        let operations = operations_of(worker, self.operations, self.workers);
        operations.saturating_mul(self.records_per_operation).min(self.entries_max)
    }

    /// Reserves a worker's memory, until the run is cancelled, it takes too long, or there is no more.
    pub(super) fn reserve(
        &self,
        worker: u64,
        writer: &mut Writer,
        counters: &Counters,
        clock: &dyn Clock,
    ) {
        let (started_ns, entries) = (clock.now_ns(), self.entries(worker));
        let mut reserved = 0;
        while reserved < entries
            && !counters.is_cancelled()
            && clock.now_ns().saturating_sub(started_ns) < RESERVE_NS_MAX
        {
            reserved = entries.min(reserved + CHUNK_ENTRIES);
            if writer.reserve(reserved).is_err() {
                break;
            }
        }
    }
}

/// The chunks of the setup: two entries per account.
fn setup_chunks(accounts: u64) -> u64 {
    (accounts * 2).div_ceil(CHUNK_ENTRIES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::{Value, find};

    fn preallocation(requested: &[(&str, u64)], accounts: u64) -> Preallocation {
        let description = find("hft").expect("there is one").description();
        let requested = requested
            .iter()
            .map(|&(name, value)| (name.to_owned(), Value::Number(value)))
            .collect();
        let preset = description.preset(None).expect("there is a default");
        let parameters = Parameters::resolve(description.parameters, preset, &requested, 2);
        Preallocation::new(&parameters.expect("the values are valid"), accounts, 1)
    }

    #[test]
    fn operations_are_divided_without_a_remainder() {
        let shares = |operations| [0, 1, 2].map(|worker| operations_of(worker, operations, 3));
        assert_eq!(shares(11), [4, 4, 3]);
        assert_eq!(shares(2), [1, 1, 0]);
    }

    #[test]
    fn worker_reserves_memory_for_its_operations() {
        let workers = preallocation(&[("workers", 3), ("operations", 100_000)], 1_017);
        assert_eq!([0, 1, 2].map(|worker| workers.entries(worker)), [33_334, 33_333, 33_333]);
    }

    #[test]
    fn workers_share_the_budget_that_the_setup_leaves() {
        // The trail has 64 chunks, of which 10,001 accounts need 5.
        let many = [("workers", 2), ("operations", 1_000_000_000), ("trail_mib", 32)];
        assert_eq!(preallocation(&many, 10_001).entries(0), 29 * CHUNK_ENTRIES);
        assert_eq!(preallocation(&many, 1_000_000).entries(0), 0, "only the setup has memory");
    }

    #[test]
    fn duration_and_limit_bound_the_reservation() {
        let many = [("operations", 1_000_000_000), ("trail_mib", 65_536), ("duration_s", 1)];
        let one = [many[0], many[1], many[2], ("workers", 1)];
        assert_eq!(preallocation(&one, 5).entries(0), ENTRIES_PER_SECOND);
        let long = [many[0], many[1], ("duration_s", 3_600), ("workers", 8)];
        assert_eq!(preallocation(&long, 5).entries(7), BYTES_MAX / ENTRY_BYTES / 8);
    }
}
