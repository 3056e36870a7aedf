//! Plain transfers: an amount from one account to another, under an id of the book's making, and nothing else.
//!
//! This is the hot path. It allocates nothing, reads no clock and draws no random number; beyond the two
//! accounts it writes only what belongs to the writer.

use super::ahead::{self, GROUP, Writes};
use super::{Writer, check_batch};
use crate::book::isolation::{Attempt, Stopped, Touch, Way, under};
use crate::book::timeline::Timeline;
use crate::book::{Book, BookError, Interrupt, TransferOutcome};
use crate::model::{AccountState, CreateTransferStatus, Decided};
use crate::model::{Transfer, TransferAttempt, TransferFlags, UserData};
use crate::model::{create_plain_transfer, transfer_is_consistent};
use crate::sync::{Interrupted, Patience};
use crate::trail::{Entry, Marks, Pen};

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
        let mut outcome = UNDECIDED;
        ahead::begin(&self.book, std::slice::from_ref(transfer));
        under!(self.book.strategy, W => {
            self.group::<W>(std::slice::from_ref(transfer), interrupt, &mut |_, told| outcome = told)
        })?;
        Ok(outcome)
    }

    /// Attempts transfers one after the other, each by itself, as [`Writer::create_transfer`] does, and tells `told` the id
    /// of each and what came of it, in order. It is faster than one by one. `interrupt`'s flag is asked before each of them, its
    /// clock before every sixteenth.
    ///
    /// # Errors
    /// [`BookError`] when there are more than [`BATCH_MAX`](crate::book::BATCH_MAX), or the trail is full: those that
    /// `told` has not heard of were not attempted.
    pub fn create_each(
        &mut self,
        transfers: &[Transfer],
        interrupt: &Interrupt<'_>,
        mut told: impl FnMut(u128, TransferOutcome),
    ) -> Result<(), BookError> {
        check_batch(transfers.len())?;
        ahead::begin(&self.book, transfers);
        under!(self.book.strategy, W => {
            let mut groups = transfers.chunks(GROUP).enumerate();
            groups.try_for_each(|(number, group)| {
                ahead::go_on(&self.book, transfers, number * GROUP);
                self.group::<W>(group, interrupt, &mut told)
            })
        })
    }

    /// Attempts up to [`GROUP`] transfers.
    #[inline(always)]
    fn group<W: Way>(
        &mut self,
        transfers: &[Transfer],
        interrupt: &Interrupt<'_>,
        told: &mut impl FnMut(u128, TransferOutcome),
    ) -> Result<(), BookError> {
        self.make_room(transfers.len() as u64)?;
        let late = interrupt.check();
        let mut rest = transfers;
        loop {
            let (made, stopped) = self.usual::<W>(rest, late, interrupt, told);
            let Some((first, others)) = rest[made..].split_first() else { break };
            let (id, outcome) = match stopped {
                Some(stopped) => self.stopped(first, stopped)?,
                None => {
                    let ended = late.and_then(|()| interrupt.check_flag());
                    let Some(done) = self.seldom(first, ended, interrupt)? else {
                        // Its accounts are there after all.
                        rest = &rest[made..];
                        continue;
                    };
                    done
                }
            };
            told(id, outcome);
            rest = others;
            // One that is not plain may have used the room of those after it.
            self.make_room(transfers.len() as u64)?;
        }
        self.show_meetings();
        Ok(())
    }

    /// Attempts transfers from the first on, as long as each is plain, names accounts that are there, and nothing ends
    /// it: how many were made, and what stopped the next one while it waited. All their accounts are looked up before
    /// the first of them takes a latch, so that the look-ups need not wait for each other, and the cells, which another
    /// thread may have written last, and the trail are on their way when they are written.
    #[inline(always)]
    fn usual<W: Way>(
        &mut self,
        transfers: &[Transfer],
        late: Result<(), Interrupted>,
        interrupt: &Interrupt<'_>,
        told: &mut impl FnMut(u128, TransferOutcome),
    ) -> (usize, Option<Stopped>) {
        let Self { book, pen, timeline, meetings, ids, .. } = self;
        let book: &Book = book;
        if late.is_err() {
            return (0, None);
        }
        let mut writes = Writes::of(transfers, pen);
        let mut found = [None; GROUP];
        for (touched, transfer) in found.iter_mut().zip(transfers) {
            *touched = find(book, transfer);
            touched.iter().for_each(|both| writes.expect(both));
        }
        let mut made = 0;
        for (transfer, touched) in transfers.iter().zip(&found) {
            let Some(touched) = touched else { break };
            if interrupt.is_cancelled() {
                break;
            }
            let id = ids.at(pen.written());
            let mut attempt = PlainAttempt { pen, timeline, transfer, id, outcome: UNDECIDED };
            match W::transact(&book.accounts, touched, interrupt, meetings, &mut attempt) {
                Ok(()) => told(id, attempt.outcome),
                Err(stopped) => return (made, Some(stopped)),
            }
            made += 1;
        }
        (made, None)
    }

    /// What ended an attempt while it waited for its accounts.
    #[cold]
    fn stopped(
        &mut self,
        transfer: &Transfer,
        stopped: Stopped,
    ) -> Result<(u128, TransferOutcome), BookError> {
        match stopped {
            Stopped::Impossible => Err(BookError::TimestampsExhausted),
            Stopped::Interrupted(interrupted) => {
                self.meetings.waits += 1;
                self.unrelated(transfer, interrupted.into())
            }
        }
    }

    /// A transfer that is not plain, or was ended from outside, or names no two accounts that were there; `None` when they
    /// are there by now, so that it is a usual one.
    #[cold]
    fn seldom(
        &mut self,
        transfer: &Transfer,
        ended: Result<(), Interrupted>,
        interrupt: &Interrupt<'_>,
    ) -> Result<Option<(u128, TransferOutcome)>, BookError> {
        if !is_plain(transfer) {
            let id = if transfer.id == 0 { self.new_id() } else { transfer.id };
            let transfer = Transfer { id, ..*transfer };
            let attempt = TransferAttempt { transfer, ..TransferAttempt::default() };
            let done = self.create_transfers(&[attempt], interrupt)?.pop();
            return Ok(done.map(|outcome| (id, outcome)));
        }
        if let Err(interrupted) = ended {
            return self.unrelated(transfer, interrupted.into()).map(Some);
        }
        if let Err(status) = transfer_is_consistent(transfer) {
            return self.unrelated(transfer, status).map(Some);
        }
        let debit = self.book.find(transfer.debit_account_id);
        let credit = self.book.find(transfer.credit_account_id);
        match (debit, credit) {
            (Some(_), Some(_)) => Ok(None),
            _ => self.without_account(transfer, debit),
        }
    }

    /// Decides that an account is absent, under the latch that guards its absence; `None` when it is there after all.
    #[cold]
    fn without_account(
        &mut self,
        transfer: &Transfer,
        debit: Option<u64>,
    ) -> Result<Option<(u128, TransferOutcome)>, BookError> {
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
        if book.find(absent_id).is_some() {
            return Ok(None);
        }
        let timestamp = self.timeline.stamp(shards.last_timestamp().max(seen));
        let timestamp = timestamp.ok_or(BookError::TimestampsExhausted)?;
        let outcome = Decided { status, timestamp, versions: (0, 0) };
        let id = self.ids.at(self.pen.written());
        write(&mut self.pen, &plain(transfer, id), &outcome);
        shards.release(timestamp);
        Ok(Some((id, outcome)))
    }

    /// A refusal that depends on nothing in the book.
    #[cold]
    fn unrelated(
        &mut self,
        transfer: &Transfer,
        status: CreateTransferStatus,
    ) -> Result<(u128, TransferOutcome), BookError> {
        let timestamp = self.timeline.stamp(0).ok_or(BookError::TimestampsExhausted)?;
        let outcome = Decided { status, timestamp, versions: (0, 0) };
        let id = self.ids.at(self.pen.written());
        write(&mut self.pen, &plain(transfer, id), &outcome);
        Ok((id, outcome))
    }
}

/// A plain transfer's accounts, where they are there and its own fields are as they should be.
#[inline(always)]
fn find<'a>(book: &'a Book, transfer: &Transfer) -> Option<[Touch<'a>; 2]> {
    if !is_plain(transfer) || transfer_is_consistent(&plain(transfer, 0)).is_err() {
        return None;
    }
    let debit = book.index.find(transfer.debit_account_id, &book.accounts)?;
    Some([debit, book.index.find(transfer.credit_account_id, &book.accounts)?])
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
    transfer: &'w Transfer,
    id: u128,
    outcome: TransferOutcome,
}

impl Attempt for PlainAttempt<'_> {
    #[inline(always)]
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer touches two accounts") };
        let timestamp = self.timeline.stamp(floor)?;
        let transfer = plain(self.transfer, self.id);
        let moved = create_plain_transfer(&transfer, timestamp, debit, credit);
        self.outcome = Decided {
            status: moved.err().unwrap_or(CreateTransferStatus::Created),
            timestamp,
            versions: (debit.version, credit.version),
        };
        Some(timestamp)
    }

    #[inline(always)]
    fn commit(&mut self) {
        write(self.pen, &plain(self.transfer, self.id), &self.outcome);
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
