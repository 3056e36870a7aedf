//! What a batch of plain transfers will look at, brought near while the transfers before it are made.
//!
//! A transfer looks at four places in memory one after the other: an index place and a cell on either side. In a large book
//! each of them is a cache miss, and what is known of the first says where the second is. So the batch is gone through
//! in groups, as a pipeline of three stages: while a group is made, the cells of the next one and the index places of the one
//! after it are on their way. Nothing here changes what a transfer answers, and a hint that is wrong costs a little time.

use crate::book::Book;
use crate::book::isolation::Touch;
use crate::model::Transfer;
use crate::sync::Outlook;
use crate::trail::Pen;

/// Transfers of one stage.
pub(super) const GROUP: usize = 16;

/// Whether anything is said: where there are no instructions for it, the package's module is kept small instead.
const IS_WORTH_IT: bool = Outlook::IS_TOLD || cfg!(feature = "laboratory");

/// Brings near what the first groups of a batch will look at, before any of it is made.
#[inline(always)]
pub(super) fn begin(book: &Book, batch: &[Transfer]) {
    if IS_WORTH_IT && book.accounts.exceed_a_cache() {
        expect_places(book, group(batch, 0));
        expect_cells(book, group(batch, 0));
        expect_places(book, group(batch, GROUP));
    }
}

/// The same for the groups after the one that begins at `at`, which is about to be made.
#[inline(always)]
pub(super) fn go_on(book: &Book, batch: &[Transfer], at: usize) {
    if IS_WORTH_IT && book.accounts.exceed_a_cache() {
        expect_cells(book, group(batch, at + GROUP));
        expect_places(book, group(batch, at + 2 * GROUP));
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
    pub(super) fn of(group: &[Transfer], pen: &Pen) -> Self {
        let is_told = Outlook::IS_TOLD && group.len() > 1;
        if is_told {
            pen.expect(group.len() as u64);
        }
        Self { is_told, before: [u64::MAX; 2] }
    }

    /// Says that both cells will be. What each transfer of a group wants, others want as well: it is asked for once, else threads would take it from each
    /// other.
    #[inline(always)]
    pub(super) fn expect(&mut self, both: &[Touch<'_>; 2]) {
        if self.is_told {
            let mut outlook = Outlook::default();
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
fn expect_places(book: &Book, transfers: &[Transfer]) {
    if Outlook::IS_TOLD {
        say_places(book, transfers);
    }
}

#[inline(never)]
fn say_places(book: &Book, transfers: &[Transfer]) {
    let mut outlook = Outlook::default();
    for transfer in transfers {
        for id in [transfer.debit_account_id, transfer.credit_account_id] {
            outlook.will_read(book.index.first_place(id));
        }
    }
}

/// Their index places are near by now, most of them at least.
#[inline(never)]
fn expect_cells(book: &Book, transfers: &[Transfer]) {
    let mut outlook = Outlook::default();
    for transfer in transfers {
        for id in [transfer.debit_account_id, transfer.credit_account_id] {
            book.accounts.expect(book.index.first_number(id), &mut outlook);
        }
    }
}
