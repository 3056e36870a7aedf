//! A writer: what one thread changes the book with.
//!
//! A plain transfer, whose id the book makes and which only names two accounts and an amount, takes the latches of its
//! accounts and nothing else. All other attempts are decided in a [`Session`].

use std::sync::Arc;

use super::isolation::ordered;
use super::session::Session;
use super::timeline::Timeline;
use super::{BATCH_MAX, Book, BookError, Interrupt};
use crate::model::Resolution;
use crate::model::{Account, CreateAccountStatus, CreateTransferStatus, Decided};
use crate::model::{ExpectedVersions, Past, Place, Transfer, TransferAttempt};
use crate::model::{create_transfer, decide_accounts, decide_transfers, units};
use crate::model::{expire, transfer_is_consistent};
use crate::sync::{Interrupted, Ordering, Unhurried};
use crate::trail::{Entry, IdSeed, Ids, Marks, Pen, is_of};

/// What became of an attempt to create an account.
pub type AccountOutcome = Decided<CreateAccountStatus>;

/// What became of an attempt to create a transfer.
pub type TransferOutcome = Decided<CreateTransferStatus>;

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
        self.pen.entries()
    }

    /// Where it is in time: the greater of the time that it was told and its last timestamp.
    pub fn time(&self) -> u64 {
        self.timeline.time()
    }

    /// Tells it the time in nanoseconds, once per batch: later timestamps are greater. Time never goes back. Pending
    /// transfers whose time is up expire.
    ///
    /// # Errors
    /// [`BookError`] when an expiry cannot be written down; it will be tried again with the next time.
    pub fn set_time(&mut self, now_ns: u64) -> Result<(), BookError> {
        let now = self.timeline.set_time(now_ns);
        self.ids.set_time(now);
        while self.book.next_expiry.load(Ordering::Relaxed) <= now {
            if !self.expire_one(now)? {
                break;
            }
        }
        Ok(())
    }

    /// Ends the next pending transfer that is due; whether there was one.
    fn expire_one(&mut self, now: u64) -> Result<bool, BookError> {
        self.pen.make_room(1)?;
        let book = Arc::clone(&self.book);
        let mut session = unhurried(Session::begin(&book, &Unhurried));
        let Some(due) = session.registry().due(now) else { return Ok(false) };
        let held = due.transfer;
        let attempt = TransferAttempt { transfer: held, ..TransferAttempt::default() };
        unhurried(session.hold_for(&[attempt], &Unhurried));
        let timestamp = self.timeline.stamp(session.floor())?;
        let versions = session.change_both(&held, |debit, credit| {
            expire(&held, debit, credit);
            (debit.version, credit.version)
        });
        let versions = versions.expect("the accounts of a transfer that was created are there");
        session.registry().resolve(held.id, Resolution::Expired);
        book.next_expiry.store(session.registry().next_expiry(), Ordering::Relaxed);
        self.pen.write(Entry::of_expiry(held.id, timestamp, versions));
        self.pen.publish();
        session.end(timestamp);
        Ok(true)
    }

    /// Attempts to create an account.
    ///
    /// # Errors
    /// [`BookError`] when the book or its trail is full; nothing has changed then, and there is no entry.
    pub fn create_account(&mut self, account: &Account) -> Result<AccountOutcome, BookError> {
        Ok(self.create_accounts(std::slice::from_ref(account))?[0])
    }

    /// Attempts to create the accounts of a batch, in order. Linked ones are created together or not at all.
    ///
    /// # Errors
    /// [`BookError`] when the batch is too large, or the trail has no room for it: nothing has changed then, and there is
    /// no entry. When the book is full in the middle of a batch, what came before stands.
    pub fn create_accounts(&mut self, batch: &[Account]) -> Result<Vec<AccountOutcome>, BookError> {
        check_batch(batch.len())?;
        self.pen.make_room(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (unit, place) in units(batch) {
            self.account_unit(unit, place, &mut outcomes)?;
        }
        Ok(outcomes)
    }

    fn account_unit(
        &mut self,
        unit: &[Account],
        place: Place,
        outcomes: &mut Vec<AccountOutcome>,
    ) -> Result<(), BookError> {
        let book = Arc::clone(&self.book);
        let mut session = unhurried(Session::begin(&book, &Unhurried));
        if place.imported {
            unhurried(session.hold_all(&Unhurried));
        }
        let mut shards = book.index.hold(unit.iter().map(|account| account.id));
        let times = self.times(session.floor().max(shards.last_timestamp()), unit.len())?;
        let mut next = times.iter().copied();
        let now = || next.next().expect("there is a time for each event");
        let (decided, changes) = decide_accounts(&session, unit, place, now);
        let last = times[times.len() - 1];
        session.open(&changes, &mut shards, last)?;
        session.carry_out(&changes);
        for (at, (account, one)) in unit.iter().zip(&decided).enumerate() {
            let marks = marks(place, at + 1 == unit.len());
            let (entry, annex) = Entry::of_account(account, times[at], one, marks);
            self.write(entry, annex);
        }
        self.pen.publish();
        shards.release(last);
        self.waits += session.waits();
        session.end(last);
        outcomes.extend(decided);
        Ok(())
    }

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
        if is_plain(transfer) {
            self.pen.make_room(1)?;
            return self.plain(transfer, interrupt);
        }
        let id = if transfer.id == 0 { self.new_id() } else { transfer.id };
        let transfer = Transfer { id, ..*transfer };
        let attempt = TransferAttempt { transfer, ..TransferAttempt::default() };
        Ok(self.create_transfers(&[attempt], interrupt)?[0])
    }

    /// Attempts the transfers of a batch, in order. Linked ones are carried out together or not at all. An id of 0 is
    /// refused, as the reference does: take one from [`Writer::new_id`].
    ///
    /// # Errors
    /// [`BookError`] when the batch is too large, or the trail has no room for it: nothing has changed then, and there is
    /// no entry.
    pub fn create_transfers(
        &mut self,
        batch: &[TransferAttempt],
        interrupt: &Interrupt<'_>,
    ) -> Result<Vec<TransferOutcome>, BookError> {
        check_batch(batch.len())?;
        self.check_ids(batch)?;
        self.pen.make_room(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (unit, place) in units(batch) {
            self.transfer_unit(unit, place, interrupt, &mut outcomes)?;
        }
        Ok(outcomes)
    }

    /// An id for a transfer of a batch, or to be kept for a retry: a UUID of version 7, unique across writers.
    pub fn new_id(&mut self) -> u128 {
        self.ids.loose()
    }

    /// Ids that this book will give to plain transfers are not to be brought before it does.
    fn check_ids(&self, batch: &[TransferAttempt]) -> Result<(), BookError> {
        let reserved = |id| is_of(id, self.book.id_seed) && self.book.trail.made(id).is_none();
        match batch.iter().find(|one| reserved(one.transfer.id)) {
            Some(one) => Err(BookError::IdReserved { id: one.transfer.id }),
            None => Ok(()),
        }
    }

    fn transfer_unit(
        &mut self,
        unit: &[TransferAttempt],
        place: Place,
        interrupt: &Interrupt<'_>,
        outcomes: &mut Vec<TransferOutcome>,
    ) -> Result<(), BookError> {
        let book = Arc::clone(&self.book);
        let begun = self.begin(&book, unit, place, interrupt);
        let mut session = match begun {
            Ok(session) => session,
            Err(interrupted) => return self.interrupted(unit, place, interrupted, outcomes),
        };
        let times = self.times(session.floor(), unit.len())?;
        let mut next = times.iter().copied();
        let now = || next.next().expect("there is a time for each event");
        let (decided, changes) = decide_transfers(&session, unit, place, now);
        session.carry_out(&changes);
        book.next_expiry.store(session.registry().next_expiry(), Ordering::Relaxed);
        for (at, (attempt, one)) in unit.iter().zip(&decided).enumerate() {
            let marks = marks(place, at + 1 == unit.len());
            let (entry, annex) =
                Entry::of_transfer(attempt, times[at], one.status, one.versions, marks);
            self.write(entry, annex);
        }
        self.pen.publish();
        self.waits += session.waits();
        session.end(times[times.len() - 1]);
        outcomes.extend(decided);
        Ok(())
    }

    /// Holds all that a unit touches.
    fn begin<'a>(
        &self,
        book: &'a Book,
        unit: &[TransferAttempt],
        place: Place,
        interrupt: &Interrupt<'_>,
    ) -> Result<Session<'a>, Interrupted> {
        if interrupt.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        let mut session = Session::begin(book, interrupt)?;
        if place.imported {
            session.hold_all(interrupt)?;
        } else {
            session.hold_for(unit, interrupt)?;
        }
        Ok(session)
    }

    /// Writes down a unit that was ended from outside before it began.
    fn interrupted(
        &mut self,
        unit: &[TransferAttempt],
        place: Place,
        interrupted: Interrupted,
        outcomes: &mut Vec<TransferOutcome>,
    ) -> Result<(), BookError> {
        let status = CreateTransferStatus::from(interrupted);
        for (at, timestamp) in self.times(0, unit.len())?.into_iter().enumerate() {
            let marks = marks(place, at + 1 == unit.len());
            let (entry, annex) = Entry::of_transfer(&unit[at], timestamp, status, (0, 0), marks);
            self.write(entry, annex);
            outcomes.push(Decided { status, timestamp, versions: (0, 0) });
        }
        self.pen.publish();
        self.waits += u64::from(interrupted == Interrupted::DeadlineExceeded);
        Ok(())
    }

    /// As many timestamps, in order, all greater than `floor`.
    fn times(&mut self, floor: u64, count: usize) -> Result<Vec<u64>, BookError> {
        (0..count).map(|_| self.timeline.stamp(floor)).collect()
    }

    fn write(&mut self, entry: Entry, annex: Option<Entry>) {
        self.pen.write(entry);
        if let Some(annex) = annex {
            self.pen.write_annex(annex);
        }
    }

    /// A plain transfer: its accounts, and nothing else.
    #[inline]
    fn plain(
        &mut self,
        transfer: &Transfer,
        interrupt: &Interrupt<'_>,
    ) -> Result<TransferOutcome, BookError> {
        let id = self.ids.at(self.pen.written());
        let transfer = Transfer { id, ..*transfer };
        if interrupt.is_cancelled() {
            let status = CreateTransferStatus::Cancelled;
            return unrelated(&mut self.pen, &mut self.timeline, &transfer, status);
        }
        if let Err(status) = transfer_is_consistent(&transfer) {
            return unrelated(&mut self.pen, &mut self.timeline, &transfer, status);
        }
        loop {
            let debit = self.book.index.find(transfer.debit_account_id);
            let credit = self.book.index.find(transfer.credit_account_id);
            if let (Some(debit), Some(credit)) = (debit, credit) {
                return self.with_accounts(&transfer, debit, credit, interrupt);
            }
            // Once more at most for each side: what was missed without a latch is found, or truly absent, under it.
            if let Some(outcome) = self.without_account(&transfer, debit)? {
                return Ok(outcome);
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
    ) -> Result<TransferOutcome, BookError> {
        let Self { book, pen, timeline, waits, .. } = self;
        let held = ordered::hold_both(&book.accounts, debit, credit, interrupt);
        let (mut debit, mut credit) = match held {
            Ok(both) => both,
            Err(interrupted) => {
                *waits += 1;
                return unrelated(pen, timeline, transfer, interrupted.into());
            }
        };
        *waits += u64::from(debit.waited()) + u64::from(credit.waited());
        let timestamp = timeline.stamp(debit.last_timestamp().max(credit.last_timestamp()))?;
        let (versions, past) = (ExpectedVersions::default(), Past::default());
        let moved = create_transfer(transfer, timestamp, versions, past, &mut debit, &mut credit);
        let outcome = Decided {
            status: moved.err().unwrap_or(CreateTransferStatus::Created),
            timestamp,
            versions: (debit.version, credit.version),
        };
        // Before the latches are freed: what can be seen in an account is in the trail.
        write_plain(pen, transfer, &outcome);
        debit.release(timestamp);
        credit.release(timestamp);
        Ok(outcome)
    }

    /// Decides that an account is absent, under the latch that guards its absence; `None` when it is there after all.
    #[cold]
    fn without_account(
        &mut self,
        transfer: &Transfer,
        debit: Option<u64>,
    ) -> Result<Option<TransferOutcome>, BookError> {
        let Self { book, pen, timeline, .. } = self;
        let (absent_id, status, seen) = match debit {
            None => (transfer.debit_account_id, CreateTransferStatus::DebitAccountNotFound, 0),
            // It saw that the debit account is there, so it comes after that one's creation.
            Some(debit) => (
                transfer.credit_account_id,
                CreateTransferStatus::CreditAccountNotFound,
                book.accounts.cell(debit).last_timestamp(),
            ),
        };
        let shards = book.index.hold(std::iter::once(absent_id));
        if book.index.find(absent_id).is_some() {
            return Ok(None);
        }
        let timestamp = timeline.stamp(shards.last_timestamp().max(seen))?;
        let outcome = Decided { status, timestamp, versions: (0, 0) };
        write_plain(pen, transfer, &outcome);
        shards.release(timestamp);
        Ok(Some(outcome))
    }
}

/// Whether a transfer asks for nothing but an amount from one account to another, under an id of the book's making.
#[inline]
fn is_plain(transfer: &Transfer) -> bool {
    transfer.id == 0
        && transfer.flags.is_empty()
        && transfer.pending_id == 0
        && transfer.timeout == 0
        && transfer.timestamp == 0
        && transfer.user_data.user_data_128 == 0
}

/// A refusal that depends on nothing in the book.
fn unrelated(
    pen: &mut Pen,
    timeline: &mut Timeline,
    transfer: &Transfer,
    status: CreateTransferStatus,
) -> Result<TransferOutcome, BookError> {
    let timestamp = timeline.stamp(0)?;
    let outcome = Decided { status, timestamp, versions: (0, 0) };
    write_plain(pen, transfer, &outcome);
    Ok(outcome)
}

#[inline]
fn write_plain(pen: &mut Pen, transfer: &Transfer, outcome: &TransferOutcome) {
    let attempt = TransferAttempt { transfer: *transfer, ..TransferAttempt::default() };
    let Decided { status, timestamp, versions } = *outcome;
    let (entry, annex) = Entry::of_transfer(&attempt, timestamp, status, versions, Marks::LAST);
    debug_assert!(annex.is_none(), "a plain transfer has nothing to put into an annex");
    pen.write(entry);
    pen.publish();
}

/// How an event lies in its batch, for its entry.
fn marks(place: Place, last_of_unit: bool) -> Marks {
    let mut marks = Marks::empty();
    marks.set(Marks::IMPORTED_BATCH, place.imported);
    marks.set(Marks::LAST, place.last && last_of_unit);
    marks
}

fn check_batch(len: usize) -> Result<(), BookError> {
    if len > BATCH_MAX {
        return Err(BookError::BatchTooLarge { len });
    }
    Ok(())
}

/// The answer of a wait that nothing interrupts.
fn unhurried<T>(waited: Result<T, Interrupted>) -> T {
    match waited {
        Ok(value) => value,
        Err(_) => unreachable!("nothing interrupts an unhurried wait"),
    }
}
