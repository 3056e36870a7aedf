//! A writer: what one thread changes the book with.
//!
//! A plain transfer, whose id the book makes and which only names two accounts and an amount, touches its two
//! accounts and nothing else: `plain.rs`. All other transfers are units: `units.rs`. Accounts: `opening.rs`. Time: here.

mod ahead;
mod opening;
mod plain;
mod units;

use std::sync::Arc;

use super::isolation::{Attempt, Circle, Meetings, Way, under};
use super::timeline::Timeline;
use super::{BATCH_MAX, Book, BookError, Interrupt};
use crate::model::{AccountState, CreateAccountStatus, CreateTransferStatus, Decided};
use crate::model::{KnownTransfer, Place, Resolution, Transfer, TransferAttempt, TransferState};
use crate::model::{expire, units};
use crate::sync::{Ordering, Unhurried};
use crate::trail::{Entry, IdSeed, Ids, Marks, Pen, TrailFull, is_of};

/// What became of an attempt to create an account.
pub type AccountOutcome = Decided<CreateAccountStatus>;

/// What became of an attempt to create a transfer.
pub type TransferOutcome = Decided<CreateTransferStatus>;

/// What one thread changes the book with: a segment of the trail, a line of timestamps and a sequence of ids of its own.
///
/// Aligned to two cache lines, so that the writers of two threads never share one.
#[derive(Debug)]
#[repr(align(128))]
pub struct Writer {
    book: Arc<Book>,
    number: usize,
    pen: Pen,
    ids: Ids,
    timeline: Timeline,
    meetings: Meetings,
    /// The counts of its meetings that others see.
    shown: (u64, u64),
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
        let meetings = Meetings { writer: number, ..Meetings::default() };
        let shown = meetings.counts();
        Self { book, number, pen, ids, timeline, meetings, shown }
    }

    /// The book it writes.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// How many times it found a latch held by another thread.
    pub fn waits(&self) -> u64 {
        self.meetings.waits
    }

    /// How many times it decided an attempt again, because an account had changed meanwhile.
    pub fn conflicts(&self) -> u64 {
        self.meetings.conflicts
    }

    /// The circle of writers that its last attempt waited in until it gave up: told once, and only under a strategy that
    /// is wrong on purpose, because no other one has such circles.
    pub fn take_circle(&mut self) -> Option<Circle> {
        self.book.accounts.board().take_circle(self.number)
    }

    /// How many entries it has written.
    pub fn entries(&self) -> u64 {
        self.pen.entries()
    }

    /// Gets memory for so many more entries, and touches it, so that the attempts to come need not wait for the system.
    ///
    /// # Errors
    /// [`BookError::TrailFull`] when the trail's budget or the system's memory does not reach that far; what was got until
    /// then is kept.
    pub fn reserve(&mut self, entries: u64) -> Result<(), BookError> {
        Ok(self.pen.make_room(entries)?)
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
        self.book.begin(now_ns);
        let now = self.timeline.set_time(now_ns);
        self.ids.set_time(now);
        while let Some(id) = self.book.expiring.due(now) {
            if !under!(self.book.strategy, W => self.expire_one::<W>(id, now))? {
                break;
            }
        }
        self.show_meetings();
        Ok(())
    }

    /// Ends a pending transfer, if it is still pending. Whether that was done, by this writer or another one.
    fn expire_one<W: Way>(&mut self, id: u128, now: u64) -> Result<bool, BookError> {
        self.make_room(1)?;
        let Self { book, pen, timeline, meetings, .. } = self;
        let Ok(mut reserved) = book.known.reserve(std::iter::once(id), &Unhurried) else {
            return Ok(false);
        };
        let Some(KnownTransfer::Created(TransferState { transfer: held, resolution })) =
            reserved.get(id)
        else {
            return Ok(false);
        };
        let due = held.expires_at().is_some_and(|at| at <= now);
        if resolution != Some(Resolution::Pending) || !due {
            return Ok(true);
        }
        let numbers = [held.debit_account_id, held.credit_account_id].map(|account| {
            book.find(account).expect("the accounts of a transfer that was created are there")
        });
        let floor = reserved.last_timestamp();
        let mut attempt = Expiry { pen, timeline, held, floor, timestamp: 0, versions: (0, 0) };
        let touched = numbers.map(|number| book.accounts.touch(number));
        if W::transact(&book.accounts, &touched, &Unhurried, meetings, &mut attempt).is_err() {
            // Ended by a strategy that ends waiting by itself, or at the end of time: there will be another time.
            return Ok(false);
        }
        let timestamp = attempt.timestamp;
        reserved.resolve(id, Resolution::Expired);
        book.expiring.remove(&held);
        reserved.release(timestamp);
        Ok(true)
    }

    /// Attempts the transfers of a batch, in order. Linked ones are carried out together or not at all. An id of 0 is
    /// refused, as the reference does: take one from [`Writer::new_id`].
    ///
    /// `interrupt` is asked before each unit and while one waits; a unit that has begun is finished.
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
        self.make_room(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (unit, place) in units(batch) {
            under!(self.book.strategy, W => {
                self.transfer_unit::<W>(unit, place, interrupt, &mut outcomes)
            })?;
        }
        Ok(outcomes)
    }

    /// An id for a transfer of a batch, or to be kept for a retry: a UUID of version 7, unique across writers.
    pub fn new_id(&mut self) -> u128 {
        self.ids.loose()
    }

    /// Ids that this book will give to plain transfers are not to be brought or resolved before it does: nobody reserves
    /// them, so nothing would order the answer before the transfer.
    fn check_ids(&self, batch: &[TransferAttempt]) -> Result<(), BookError> {
        let reserved = |id| is_of(id, self.book.id_seed) && self.book.trail.made(id).is_none();
        let mut named = batch.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
        match named.find(|&id| reserved(id)) {
            Some(id) => Err(BookError::IdReserved { id }),
            None => Ok(()),
        }
    }

    /// Makes sure that what is about to be attempted can be written down. That it cannot is noted for the book's health.
    #[inline]
    fn make_room(&mut self, records: u64) -> Result<(), BookError> {
        self.pen.make_room(records).map_err(|full| self.found_no_room(full))
    }

    #[cold]
    fn found_no_room(&self, full: TrailFull) -> BookError {
        self.book.meters[self.number].no_room.store(1, Ordering::Relaxed);
        full.into()
    }

    /// Lets others see how often it met them. Nothing is stored where nothing has changed.
    #[inline(always)]
    fn show_meetings(&mut self) {
        if self.meetings.counts() != self.shown {
            self.store_meetings();
        }
    }

    #[cold]
    fn store_meetings(&mut self) {
        self.shown = self.meetings.counts();
        let meter = &self.book.meters[self.number];
        meter.waits.store(self.meetings.waits, Ordering::Relaxed);
        meter.conflicts.store(self.meetings.conflicts, Ordering::Relaxed);
    }
}

/// A pending transfer whose time is up, on its two accounts.
struct Expiry<'w> {
    pen: &'w mut Pen,
    timeline: &'w mut Timeline,
    held: Transfer,
    floor: u64,
    timestamp: u64,
    versions: (u64, u64),
}

impl Attempt for Expiry<'_> {
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer touches two accounts") };
        self.timestamp = self.timeline.stamp(floor.max(self.floor))?;
        expire(&self.held, debit, credit);
        self.versions = (debit.version, credit.version);
        Some(self.timestamp)
    }

    fn commit(&mut self) {
        self.pen.write(Entry::of_expiry(self.held.id, self.timestamp, self.versions));
        self.pen.publish();
    }
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
