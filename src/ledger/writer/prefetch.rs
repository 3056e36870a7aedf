//! Prefetching for batches of plain transfers.
//!
//! A transfer accesses four places in memory: an index slot and an account cell on either side. In
//! a large ledger each access is a cache miss, and the slot says where the cell is. So a batch is
//! processed in groups, as a pipeline of three stages: while one group is created, the cells of the
//! next group and the index slots of the group after that are prefetched. No result depends on it;
//! a useless prefetch costs a little time.

use std::borrow::Borrow;

use crate::ledger::Ledger;
use crate::ledger::accounts::AccountRef;
use crate::model::Transfer;
use crate::sync::Prefetcher;
use crate::trail::SegmentWriter;

/// Transfers of one stage.
pub(super) const GROUP: usize = 16;

/// Whether batches are prefetched. Without prefetch instructions, the smallest package module
/// leaves it out to save space.
const IS_ENABLED: bool = Prefetcher::IS_SUPPORTED || cfg!(feature = "laboratory");

/// Prefetches for the first groups of a batch, before any of its transfers.
#[inline(always)]
pub(super) fn start<T: Borrow<Transfer>>(ledger: &Ledger, batch: &[T]) {
    prefetch_ids(ledger, group(batch, 0));
    if IS_ENABLED && ledger.accounts.exceed_cache() {
        prefetch_slots(ledger, group(batch, 0));
        prefetch_cells(ledger, group(batch, 0));
        prefetch_slots(ledger, group(batch, GROUP));
    }
}

/// Prefetches for the groups after the one that begins at `at`, which is next.
#[inline(always)]
pub(super) fn advance<T: Borrow<Transfer>>(ledger: &Ledger, batch: &[T], at: usize) {
    prefetch_ids(ledger, group(batch, at + GROUP));
    if IS_ENABLED && ledger.accounts.exceed_cache() {
        prefetch_cells(ledger, group(batch, at + GROUP));
        prefetch_slots(ledger, group(batch, at + 2 * GROUP));
    }
}

/// Prefetches for writing what a group will write: the trail at once, and cells as they are found.
pub(super) struct WritePrefetcher {
    /// A single transfer leaves no time to prefetch.
    is_active: bool,
    /// The numbers of the accounts prefetched last.
    previous: [u64; 2],
}

impl WritePrefetcher {
    /// Prefetches the group's entries.
    #[inline(always)]
    pub(super) fn new(group: &[Transfer], segment_writer: &SegmentWriter) -> Self {
        let is_active = Prefetcher::IS_SUPPORTED && group.len() > 1;
        if is_active {
            segment_writer.prefetch(group.len() as u64);
        }
        Self { is_active, previous: [u64::MAX; 2] }
    }

    /// Prefetches both cells. An account that each transfer of a group accesses is prefetched once:
    /// other threads may want it too, and would lose it again each time.
    #[inline(always)]
    pub(super) fn prefetch(&mut self, accounts: &[AccountRef<'_>; 2]) {
        if self.is_active {
            let mut prefetcher = Prefetcher::default();
            let new = accounts.iter().filter(|account| !self.previous.contains(&account.number));
            new.for_each(|account| prefetcher.will_write(&account.cell.latch));
            self.previous = accounts.map(|account| account.number);
        }
    }
}

fn group<T>(batch: &[T], at: usize) -> &[T] {
    let from = at.min(batch.len());
    &batch[from..batch.len().min(from + GROUP)]
}

/// Prefetches the slots of the ids that callers chose, and of the pending transfers that they name.
#[inline(always)]
fn prefetch_ids<T: Borrow<Transfer>>(ledger: &Ledger, transfers: &[T]) {
    if Prefetcher::IS_SUPPORTED {
        let mut prefetcher = Prefetcher::default();
        for transfer in transfers {
            let Transfer { id, pending_id, .. } = *transfer.borrow();
            for id in [id, pending_id].into_iter().filter(|&id| id != 0) {
                ledger.transfer_ids.prefetch(id, &mut prefetcher);
            }
        }
    }
}

/// Prefetches index slots. Without prefetch instructions they would be read here, which is left to
/// the next stage.
#[inline(always)]
fn prefetch_slots<T: Borrow<Transfer>>(ledger: &Ledger, transfers: &[T]) {
    if Prefetcher::IS_SUPPORTED {
        prefetch_slots_now(ledger, transfers);
    }
}

#[inline(never)]
fn prefetch_slots_now<T: Borrow<Transfer>>(ledger: &Ledger, transfers: &[T]) {
    let mut prefetcher = Prefetcher::default();
    for transfer in transfers.iter().map(Borrow::borrow) {
        for id in [transfer.debit_account_id, transfer.credit_account_id] {
            prefetcher.will_read(ledger.index.first_slot(id));
        }
    }
}

/// Prefetches account cells. Most of their index slots are in the cache by now.
#[inline(never)]
fn prefetch_cells<T: Borrow<Transfer>>(ledger: &Ledger, transfers: &[T]) {
    let mut prefetcher = Prefetcher::default();
    for transfer in transfers.iter().map(Borrow::borrow) {
        for id in [transfer.debit_account_id, transfer.credit_account_id] {
            ledger.accounts.prefetch(ledger.index.first_number(id), &mut prefetcher);
        }
    }
}
