//! Plain transfers: an amount from one account to another, under an id of the book's making, and nothing else.
//!
//! This is the hot path. It allocates nothing, reads no clock and draws no random number; beyond the two
//! accounts it writes only what belongs to the writer.

use super::{Writer, check_batch};
use crate::book::isolation::{Attempt, Stopped, Way, under};
use crate::book::timeline::Timeline;
use crate::book::{BookError, Interrupt, TransferOutcome};
use crate::model::{AccountState, CreateTransferStatus, Decided, ExpectedVersions, Past};
use crate::model::{Transfer, TransferAttempt, TransferFlags, UserData};
use crate::model::{create_transfer, transfer_is_consistent};
use crate::sync::Patience;
use crate::trail::{Entry, Marks, Pen};

/// Transfers whose accounts are looked up together, before the first of them is attempted: the look-ups do not wait for
/// each other's cache misses.
const GROUP: usize = 16;

impl Writer {
    /// Attempts a transfer, waiting for its accounts until `interrupt` ends the waiting.
    ///
    /// With an id of 0 the book gives it one, a UUID of version 7.
    ///
    /// # Errors
    /// [`BookError`] when the trail is full; nothing has changed then, and there is no entry.
    #[inline]
    pub fn create_transfer(
        &mut self,
        transfer: &Transfer,
        interrupt: &Interrupt<'_>,
    ) -> Result<TransferOutcome, BookError> {
        if !is_plain(transfer) {
            return self.alone(transfer, interrupt);
        }
        self.pen.make_room(1)?;
        let outcome = match interrupt.check() {
            Err(interrupted) => self.unrelated(transfer, interrupted.into()),
            Ok(()) => under!(self.book.strategy, W => self.plain::<W>(transfer, interrupt)),
        };
        self.show_meetings();
        outcome
    }

    /// Attempts transfers one after the other, each by itself, as [`Writer::create_transfer`] does, and tells `told` what
    /// came of each, in order. It is faster than one by one. `interrupt`'s flag is asked before each of them, its
    /// clock before every sixteenth.
    ///
    /// # Errors
    /// [`BookError`] when there are more than [`BATCH_MAX`](crate::book::BATCH_MAX), or the trail is full: those that
    /// `told` has not heard of were not attempted.
    pub fn create_each(
        &mut self,
        transfers: &[Transfer],
        interrupt: &Interrupt<'_>,
        told: impl FnMut(TransferOutcome),
    ) -> Result<(), BookError> {
        check_batch(transfers.len())?;
        under!(self.book.strategy, W => self.each::<W>(transfers, interrupt, told))
    }

    fn each<W: Way>(
        &mut self,
        transfers: &[Transfer],
        interrupt: &Interrupt<'_>,
        mut told: impl FnMut(TransferOutcome),
    ) -> Result<(), BookError> {
        for group in transfers.chunks(GROUP) {
            self.pen.make_room(group.len() as u64)?;
            let late = interrupt.check().err();
            for transfer in group {
                let outcome = if !is_plain(transfer) {
                    self.alone(transfer, interrupt)?
                } else if let Some(interrupted) = late.or_else(|| interrupt.check_flag().err()) {
                    self.unrelated(transfer, interrupted.into())?
                } else {
                    self.plain::<W>(transfer, interrupt)?
                };
                told(outcome);
            }
            self.show_meetings();
        }
        Ok(())
    }

    /// A transfer that is more than a plain one, by itself.
    #[cold]
    fn alone(
        &mut self,
        transfer: &Transfer,
        interrupt: &Interrupt<'_>,
    ) -> Result<TransferOutcome, BookError> {
        let id = if transfer.id == 0 { self.new_id() } else { transfer.id };
        let transfer = Transfer { id, ..*transfer };
        let attempt = TransferAttempt { transfer, ..TransferAttempt::default() };
        Ok(self.create_transfers(&[attempt], interrupt)?[0])
    }

    #[inline(always)]
    fn plain<W: Way>(
        &mut self,
        transfer: &Transfer,
        interrupt: &Interrupt<'_>,
    ) -> Result<TransferOutcome, BookError> {
        if let Err(status) = transfer_is_consistent(&plain(transfer, 0)) {
            return self.unrelated(transfer, status);
        }
        loop {
            let index = &self.book.index;
            let debit = index.find(transfer.debit_account_id);
            let credit = index.find(transfer.credit_account_id);
            if let (Some(debit), Some(credit)) = (debit, credit) {
                return self.on_accounts::<W>(transfer, debit, credit, interrupt);
            }
            // Once more at most for each side: what was missed without a latch is found, or truly absent, under it.
            if let Some(outcome) = self.without_account(transfer, debit)? {
                return Ok(outcome);
            }
        }
    }

    #[inline(always)]
    fn on_accounts<W: Way>(
        &mut self,
        transfer: &Transfer,
        debit: u64,
        credit: u64,
        interrupt: &Interrupt<'_>,
    ) -> Result<TransferOutcome, BookError> {
        let Self { book, pen, timeline, meetings, ids, .. } = self;
        let transfer = plain(transfer, ids.at(pen.written()));
        let touched = [book.accounts.touch(debit), book.accounts.touch(credit)];
        let mut attempt = PlainAttempt { pen, timeline, transfer, outcome: UNDECIDED };
        match W::transact(&book.accounts, &touched, interrupt, meetings, &mut attempt) {
            Ok(()) => Ok(attempt.outcome),
            Err(Stopped::Book(error)) => Err(error),
            Err(Stopped::Interrupted(interrupted)) => {
                meetings.waits += 1;
                self.unrelated(&transfer, interrupted.into())
            }
        }
    }

    /// Decides that an account is absent, under the latch that guards its absence; `None` when it is there after all.
    #[cold]
    fn without_account(
        &mut self,
        transfer: &Transfer,
        debit: Option<u64>,
    ) -> Result<Option<TransferOutcome>, BookError> {
        let book = &self.book;
        let (absent_id, status, seen) = match debit {
            None => (transfer.debit_account_id, CreateTransferStatus::DebitAccountNotFound, 0),
            // It saw that the debit account is there, so it comes after that one's creation.
            Some(debit) => (
                transfer.credit_account_id,
                CreateTransferStatus::CreditAccountNotFound,
                book.accounts.touch(debit).cell.latch().last_timestamp(),
            ),
        };
        let shards = book.index.hold_unhurried(std::iter::once(absent_id));
        if book.index.find(absent_id).is_some() {
            return Ok(None);
        }
        let timestamp = self.timeline.stamp(shards.last_timestamp().max(seen))?;
        let outcome = Decided { status, timestamp, versions: (0, 0) };
        let transfer = plain(transfer, self.ids.at(self.pen.written()));
        write(&mut self.pen, &transfer, &outcome);
        shards.release(timestamp);
        Ok(Some(outcome))
    }

    /// A refusal that depends on nothing in the book.
    #[cold]
    fn unrelated(
        &mut self,
        transfer: &Transfer,
        status: CreateTransferStatus,
    ) -> Result<TransferOutcome, BookError> {
        let timestamp = self.timeline.stamp(0)?;
        let outcome = Decided { status, timestamp, versions: (0, 0) };
        let transfer = plain(transfer, self.ids.at(self.pen.written()));
        write(&mut self.pen, &transfer, &outcome);
        Ok(outcome)
    }
}

/// Whether a transfer asks for nothing but an amount from one account to another, under an id of the book's making.
#[inline(always)]
fn is_plain(transfer: &Transfer) -> bool {
    transfer.id == 0
        && transfer.flags.is_empty()
        && transfer.pending_id == 0
        && transfer.timeout == 0
        && transfer.timestamp == 0
        && transfer.user_data.user_data_128 == 0
}

/// A plain transfer under its id. Saying again that all else is nothing lets the compiler leave out every rule
/// about it.
#[inline(always)]
fn plain(transfer: &Transfer, id: u128) -> Transfer {
    Transfer {
        id,
        pending_id: 0,
        user_data: UserData { user_data_128: 0, ..transfer.user_data },
        timeout: 0,
        flags: TransferFlags::empty(),
        timestamp: 0,
        ..*transfer
    }
}

const UNDECIDED: TransferOutcome =
    Decided { status: CreateTransferStatus::Created, timestamp: 0, versions: (0, 0) };

/// A plain transfer on its two accounts.
struct PlainAttempt<'w> {
    pen: &'w mut Pen,
    timeline: &'w mut Timeline,
    transfer: Transfer,
    outcome: TransferOutcome,
}

impl Attempt for PlainAttempt<'_> {
    #[inline(always)]
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Result<u64, BookError> {
        let [debit, credit] = states else { unreachable!("a transfer touches two accounts") };
        let timestamp = self.timeline.stamp(floor)?;
        let (versions, past) = (ExpectedVersions::default(), Past::default());
        let moved = create_transfer(&self.transfer, timestamp, versions, past, debit, credit);
        self.outcome = Decided {
            status: moved.err().unwrap_or(CreateTransferStatus::Created),
            timestamp,
            versions: (debit.version, credit.version),
        };
        Ok(timestamp)
    }

    #[inline(always)]
    fn commit(&mut self) {
        write(self.pen, &self.transfer, &self.outcome);
    }
}

#[inline(always)]
fn write(pen: &mut Pen, transfer: &Transfer, outcome: &TransferOutcome) {
    let attempt = TransferAttempt { transfer: *transfer, ..TransferAttempt::default() };
    let Decided { status, timestamp, versions } = *outcome;
    let (entry, annex) = Entry::of_transfer(&attempt, timestamp, status, versions, Marks::LAST);
    debug_assert!(annex.is_none(), "a plain transfer has nothing to put into an annex");
    pen.write(entry);
    pen.publish();
}
