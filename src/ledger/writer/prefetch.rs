//! What a batch of plain transfers will look at, brought near while the transfers before it are made.
//!
//! A transfer looks at four places in memory one after the other: an index place and a cell on either side. In a large ledger
//! each of them is a cache miss, and what is known of the first says where the second is. So the batch is gone through
//! in groups, as a pipeline of three stages: while a group is made, the cells of the next one and the index places of the one
//! after it are on their way. Nothing here changes what a transfer answers, and a hint that is wrong costs a little time.

use crate::ledger::Ledger;
use crate::ledger::concurrency::AccountRef;
use crate::model::Transfer;
use crate::sync::Prefetcher;
use crate::trail::SegmentWriter;

/// Transfers of one stage.
pub(super) const GROUP: usize = 16;

/// Whether anything is said: where there are no instructions for it, the package's module is kept small instead.
const IS_WORTH_IT: bool = Prefetcher::IS_SUPPORTED || cfg!(feature = "laboratory");

/// Brings near what the first groups of a batch will look at, before any of it is made.
#[inline(always)]
pub(super) fn begin(ledger: &Ledger, batch: &[Transfer]) {
    if IS_WORTH_IT && ledger.accounts.exceed_a_cache() {
        expect_places(ledger, group(batch, 0));
        expect_cells(ledger, group(batch, 0));
        expect_places(ledger, group(batch, GROUP));
    }
}

/// The same for the groups after the one that begins at `at`, which is about to be made.
#[inline(always)]
pub(super) fn go_on(ledger: &Ledger, batch: &[Transfer], at: usize) {
    if IS_WORTH_IT && ledger.accounts.exceed_a_cache() {
        expect_cells(ledger, group(batch, at + GROUP));
        expect_places(ledger, group(batch, at + 2 * GROUP));
    }
}

/// What a group will write: the trail at once, and its cells as they are found.
pub(super) struct Writes {
    /// For one transfer alone there is no time between.
    is_told: bool,
    before: [u64; 2],
}

impl Writes {
    /// Says that the group's entries will be written.
    #[inline(always)]
    pub(super) fn of(group: &[Transfer], segment_writer: &SegmentWriter) -> Self {
        let is_told = Prefetcher::IS_SUPPORTED && group.len() > 1;
        if is_told {
            segment_writer.expect(group.len() as u64);
        }
        Self { is_told, before: [u64::MAX; 2] }
    }

    /// Says that both cells will be. What each transfer of a group wants, others want as well: it is asked for once, else threads would take it from each
    /// other.
    #[inline(always)]
    pub(super) fn expect(&mut self, both: &[AccountRef<'_>; 2]) {
        if self.is_told {
            let mut outlook = Prefetcher::default();
            let new = both.iter().filter(|touch| !self.before.contains(&touch.number));
            new.for_each(|touch| outlook.will_write(touch.cell.latch()));
            self.before = both.map(|touch| touch.number);
        }
    }
}

fn group(batch: &[Transfer], at: usize) -> &[Transfer] {
    let from = at.min(batch.len());
    &batch[from..batch.len().min(from + GROUP)]
}

/// Where nothing can be said it would be read, and so is left to the next stage.
#[inline(always)]
fn expect_places(ledger: &Ledger, transfers: &[Transfer]) {
    if Prefetcher::IS_SUPPORTED {
        say_places(ledger, transfers);
    }
}

#[inline(never)]
fn say_places(ledger: &Ledger, transfers: &[Transfer]) {
    let mut outlook = Prefetcher::default();
    for transfer in transfers {
        for id in [transfer.debit_account_id, transfer.credit_account_id] {
            outlook.will_read(ledger.index.first_place(id));
        }
    }
}

/// Their index places are near by now, most of them at least.
#[inline(never)]
fn expect_cells(ledger: &Ledger, transfers: &[Transfer]) {
    let mut outlook = Prefetcher::default();
    for transfer in transfers {
        for id in [transfer.debit_account_id, transfer.credit_account_id] {
            ledger.accounts.expect(ledger.index.first_number(id), &mut outlook);
        }
    }
}
