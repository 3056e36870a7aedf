//! A writer: what one thread changes the book with.

use std::sync::Arc;

use super::ids::{IdSeed, Ids};
use super::isolation::ordered;
use super::timeline::Timeline;
use super::{Book, BookError, Interrupt};
use crate::model::{Account, AccountState, CreateAccountStatus, CreateTransferStatus, Transfer};
use crate::model::{create_account, create_transfer, transfer_is_well_formed};
use crate::trail::{Entry, EntryKind, Pen};

/// What became of an attempt, and its place in the order of all attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<S> {
    /// Accepted, or the reason why not.
    pub status: S,
    /// Unique in the book; the order of timestamps is a serial order of the attempts.
    pub timestamp: u64,
}

/// A transfer's status, its timestamp, and the versions of the accounts that were looked at (0 where none was).
struct Decision {
    status: CreateTransferStatus,
    timestamp: u64,
    debit_version: u64,
    credit_version: u64,
}

impl Decision {
    /// A decision that depends on nothing in the book.
    fn unrelated(timeline: &mut Timeline, status: CreateTransferStatus) -> Result<Self, BookError> {
        let timestamp = timeline.stamp(0)?;
        Ok(Self { status, timestamp, debit_version: 0, credit_version: 0 })
    }
}

/// What one thread changes the book with: a segment of the trail, a line of timestamps and a sequence of ids of its own.
#[derive(Debug)]
pub struct Writer {
    book: Arc<Book>,
    pen: Pen,
    ids: Ids,
    timeline: Timeline,
    waits: u64,
}

impl Writer {
    pub(super) fn new(
        book: Arc<Book>,
        pen: Pen,
        number: usize,
        writers: usize,
        seed: IdSeed,
    ) -> Self {
        let (ids, timeline) = (Ids::new(number, seed), Timeline::new(number, writers));
        Self { book, pen, ids, timeline, waits: 0 }
    }

    /// The book it writes.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// How many times it found a latch held by another thread.
    pub fn waits(&self) -> u64 {
        self.waits
    }

    /// How many entries it has written.
    pub fn entries(&self) -> u64 {
        self.pen.written()
    }

    /// Tells it the time in nanoseconds, once per batch: later timestamps are greater. Time never goes back.
    pub fn set_time(&mut self, now_ns: u64) {
        self.ids.set_time(self.timeline.set_time(now_ns));
    }

    /// Lets readers of the trail see all entries so far. Call it at the end of a batch.
    pub fn publish(&mut self) {
        self.pen.publish();
    }

    /// Attempts to create an account.
    ///
    /// # Errors
    /// [`BookError`] when the book or its trail is full; nothing has changed then, and there is no entry.
    pub fn create_account(
        &mut self,
        account: &Account,
    ) -> Result<Outcome<CreateAccountStatus>, BookError> {
        self.pen.make_room()?;
        let Self { book, timeline, .. } = self;
        let mut shard = book.index.hold(account.id);
        let existing = shard.find().map(|number| book.read(number));
        let status = create_account(account, existing.as_ref());
        let seen = existing.map_or(0, |state| state.timestamp);
        let timestamp = timeline.stamp(shard.last_timestamp().max(seen))?;
        if status == CreateAccountStatus::Created {
            let number = book.accounts.take()?;
            let mut held = book.accounts.cell(number).hold_unhurried();
            *held = AccountState::opened(account, timestamp);
            held.release(timestamp);
            shard.add(number);
        }
        shard.release(timestamp);
        self.pen.write(Entry::of_account(account, timestamp, status));
        Ok(Outcome { status, timestamp })
    }

    /// Attempts a transfer, waiting for its accounts until `interrupt` ends the waiting.
    ///
    /// Its id must be 0: the book gives it one, a UUID of version 7.
    ///
    /// # Errors
    /// [`BookError`] when the trail is full or an id was brought; nothing has changed then, and there is no entry.
    #[inline]
    pub fn create_transfer(
        &mut self,
        transfer: &Transfer,
        interrupt: &Interrupt<'_>,
    ) -> Result<Outcome<CreateTransferStatus>, BookError> {
        if transfer.id != 0 {
            return Err(BookError::IdNotFromBook { id: transfer.id });
        }
        self.pen.make_room()?;
        let transfer = Transfer { id: self.ids.at(self.pen.written()), ..*transfer };
        let Decision { status, timestamp, debit_version, credit_version } =
            self.decide(&transfer, interrupt)?;
        self.pen.write(Entry {
            id: transfer.id,
            debit_account_id: transfer.debit_account_id,
            credit_account_id: transfer.credit_account_id,
            amount: transfer.amount,
            timestamp,
            debit_version,
            credit_version,
            ledger: transfer.ledger,
            code: transfer.code,
            flags: transfer.flags.bits(),
            status: status as u16,
            kind: EntryKind::Transfer,
        });
        Ok(Outcome { status, timestamp })
    }

    #[inline]
    fn decide(
        &mut self,
        transfer: &Transfer,
        interrupt: &Interrupt<'_>,
    ) -> Result<Decision, BookError> {
        if interrupt.is_cancelled() {
            return Decision::unrelated(&mut self.timeline, CreateTransferStatus::Cancelled);
        }
        if let Err(status) = transfer_is_well_formed(transfer) {
            return Decision::unrelated(&mut self.timeline, status);
        }
        loop {
            let debit = self.book.index.find(transfer.debit_account_id);
            let credit = self.book.index.find(transfer.credit_account_id);
            if let (Some(debit), Some(credit)) = (debit, credit) {
                return self.with_accounts(transfer, debit, credit, interrupt);
            }
            // Once more at most for each side: what was missed without a latch is found, or truly absent, under it.
            if let Some(decision) = self.without_account(transfer, debit)? {
                return Ok(decision);
            }
        }
    }

    /// Decides with both accounts held.
    #[inline]
    fn with_accounts(
        &mut self,
        transfer: &Transfer,
        debit: u64,
        credit: u64,
        interrupt: &Interrupt<'_>,
    ) -> Result<Decision, BookError> {
        let Self { book, timeline, waits, .. } = self;
        let (mut debit, mut credit) =
            match ordered::hold_both(&book.accounts, debit, credit, interrupt) {
                Ok(both) => both,
                Err(interrupted) => {
                    *waits += 1;
                    return Decision::unrelated(timeline, interrupted.into());
                }
            };
        *waits += u64::from(debit.waited()) + u64::from(credit.waited());
        let timestamp = timeline.stamp(debit.last_timestamp().max(credit.last_timestamp()))?;
        let status = create_transfer(transfer, &mut debit, &mut credit);
        let decision = Decision {
            status,
            timestamp,
            debit_version: debit.version,
            credit_version: credit.version,
        };
        debit.release(timestamp);
        credit.release(timestamp);
        Ok(decision)
    }

    /// Decides that an account is absent, under the latch that guards its absence; `None` when it is there after all.
    #[cold]
    fn without_account(
        &mut self,
        transfer: &Transfer,
        debit: Option<u64>,
    ) -> Result<Option<Decision>, BookError> {
        let Self { book, timeline, .. } = self;
        let (absent_id, status, seen) = match debit {
            None => (transfer.debit_account_id, CreateTransferStatus::DebitAccountNotFound, 0),
            // It saw that the debit account is there, so it comes after that one's creation.
            Some(debit) => (
                transfer.credit_account_id,
                CreateTransferStatus::CreditAccountNotFound,
                book.accounts.cell(debit).last_timestamp(),
            ),
        };
        let shard = book.index.hold(absent_id);
        if shard.find().is_some() {
            return Ok(None);
        }
        let timestamp = timeline.stamp(shard.last_timestamp().max(seen))?;
        shard.release(timestamp);
        Ok(Some(Decision { status, timestamp, debit_version: 0, credit_version: 0 }))
    }
}
