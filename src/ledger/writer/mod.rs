//! A writer: what one thread changes the ledger with.
//!
//! A plain transfer, whose id the ledger makes and which only names two accounts and an amount, touches its two
//! accounts and nothing else: `plain.rs`. All other transfers are units: `units.rs`. Accounts: `opening.rs`. Time: here.

mod create_accounts;
mod plain;
mod prefetch;
mod units;

use std::sync::Arc;

use super::concurrency::{Attempt, ConcurrencyProtocol, ContentionStats, DeadlockCycle, dispatch};
use super::timeline::Timeline;
use super::{BATCH_MAX, Cancellation, Ledger, LedgerError};
use crate::model::{AccountState, CreateAccountStatus, CreateTransferStatus, Outcome};
use crate::model::{KnownTransfer, Place, Resolution, Transfer, TransferAttempt, TransferState};
use crate::model::{expire, units};
use crate::sync::{Ordering, WaitForever};
use crate::trail::{Entry, IdSeed, Ids, Marks, SegmentWriter, TrailFull, is_of};

/// What became of an attempt to create an account.
pub type AccountOutcome = Outcome<CreateAccountStatus>;

/// What became of an attempt to create a transfer.
pub type TransferOutcome = Outcome<CreateTransferStatus>;

/// What one thread changes the ledger with: a segment of the trail, a line of timestamps and a sequence of ids of its own.
///
/// Aligned to two cache lines, so that the writers of two threads never share one.
#[derive(Debug)]
#[repr(align(128))]
pub struct Writer {
    ledger: Arc<Ledger>,
    number: usize,
    segment_writer: SegmentWriter,
    ids: Ids,
    timeline: Timeline,
    contention: ContentionStats,
    /// The counts of its contention that others see.
    shown: (u64, u64),
}

impl Writer {
    pub(super) fn new(
        ledger: Arc<Ledger>,
        segment_writer: SegmentWriter,
        number: usize,
        writers: usize,
        seed: IdSeed,
    ) -> Self {
        let (ids, timeline) = (Ids::new(number, seed), Timeline::new(number, writers));
        let contention = ContentionStats { writer: number, ..ContentionStats::default() };
        let shown = contention.counts();
        Self { ledger, number, segment_writer, ids, timeline, contention, shown }
    }

    /// The ledger it writes.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// How many times it found a latch held by another thread.
    pub fn waits(&self) -> u64 {
        self.contention.waits
    }

    /// How many times it decided an attempt again, because an account had changed meanwhile.
    pub fn conflicts(&self) -> u64 {
        self.contention.conflicts
    }

    /// The circle of writers that its last attempt waited in until it gave up: on_result once, and only under a protocol that
    /// is wrong on purpose, because no other one has such circles.
    pub fn take_deadlock_cycle(&mut self) -> Option<DeadlockCycle> {
        self.ledger.accounts.wait_for_graph().take_deadlock_cycle(self.number)
    }

    /// How many entries it has written.
    pub fn entries(&self) -> u64 {
        self.segment_writer.entries()
    }

    /// Gets memory for so many more entries, and touches it, so that the attempts to come need not wait for the system.
    ///
    /// # Errors
    /// [`LedgerError::TrailFull`] when the trail's budget or the system's memory does not reach that far; what was got until
    /// then is kept.
    pub fn reserve(&mut self, entries: u64) -> Result<(), LedgerError> {
        Ok(self.segment_writer.reserve(entries)?)
    }

    /// Where it is in time: the greater of the time that it was on_result and its last timestamp.
    pub fn time(&self) -> u64 {
        self.timeline.time()
    }

    /// Tells it the time in nanoseconds, once per batch: later timestamps are greater. Time never goes back. Pending
    /// transfers whose time is up expire.
    ///
    /// # Errors
    /// [`LedgerError`] when an expiry cannot be written down; it will be tried again with the next time.
    pub fn set_time(&mut self, now_ns: u64) -> Result<(), LedgerError> {
        self.ledger.begin(now_ns);
        let now = self.timeline.set_time(now_ns);
        self.ids.set_time(now);
        while let Some(id) = self.ledger.expiry_queue.due(now) {
            if !dispatch!(self.ledger.protocol, W => self.expire_one::<W>(id, now))? {
                break;
            }
        }
        self.publish_contention();
        Ok(())
    }

    /// Ends a pending transfer, if it is still pending. Whether that was done, by this writer or another one.
    fn expire_one<W: ConcurrencyProtocol>(
        &mut self,
        id: u128,
        now: u64,
    ) -> Result<bool, LedgerError> {
        self.reserve_records(1)?;
        let Self { ledger, segment_writer, timeline, contention, .. } = self;
        let Ok(mut reserved) = ledger.transfer_ids.reserve(std::iter::once(id), &WaitForever)
        else {
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
            ledger.find(account).expect("the accounts of a transfer that was created are there")
        });
        let floor = reserved.last_timestamp();
        let mut attempt =
            Expiry { segment_writer, timeline, held, floor, timestamp: 0, versions: (0, 0) };
        let touched = numbers.map(|number| ledger.accounts.touch(number));
        if W::transact(&ledger.accounts, &touched, &WaitForever, contention, &mut attempt).is_err()
        {
            // Ended by a protocol that ends waiting by itself, or at the end of time: there will be another time.
            return Ok(false);
        }
        let timestamp = attempt.timestamp;
        reserved.resolve(id, Resolution::Expired);
        ledger.expiry_queue.remove(&held);
        reserved.release(timestamp);
        Ok(true)
    }

    /// Attempts the transfers of a batch, in order. Linked ones are carried out together or not at all. An id of 0 is
    /// refused, as the reference does: take one from [`Writer::new_id`].
    ///
    /// `cancellation` is asked before each unit and while one waits; a unit that has begun is finished.
    ///
    /// # Errors
    /// [`LedgerError`] when the batch is too large, or the trail has no room for it: nothing has changed then, and there is
    /// no entry.
    pub fn create_transfers(
        &mut self,
        batch: &[TransferAttempt],
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        check_batch(batch.len())?;
        self.check_ids(batch)?;
        self.reserve_records(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (unit, place) in units(batch) {
            dispatch!(self.ledger.protocol, W => {
                self.transfer_unit::<W>(unit, place, cancellation, &mut outcomes)
            })?;
        }
        Ok(outcomes)
    }

    /// An id for a transfer of a batch, or to be kept for a retry: a UUID of version 7, unique across writers.
    pub fn new_id(&mut self) -> u128 {
        self.ids.loose()
    }

    /// Ids that this ledger will give to plain transfers are not to be brought or resolved before it does: nobody reserves
    /// them, so nothing would order the answer before the transfer.
    fn check_ids(&self, batch: &[TransferAttempt]) -> Result<(), LedgerError> {
        let reserved = |id| is_of(id, self.ledger.id_seed) && self.ledger.trail.made(id).is_none();
        let mut named = batch.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
        match named.find(|&id| reserved(id)) {
            Some(id) => Err(LedgerError::IdReserved { id }),
            None => Ok(()),
        }
    }

    /// Makes sure that what is about to be attempted can be written down. That it cannot is noted for the ledger's health.
    #[inline]
    fn reserve_records(&mut self, records: u64) -> Result<(), LedgerError> {
        self.segment_writer.reserve(records).map_err(|full| self.found_no_room(full))
    }

    #[cold]
    fn found_no_room(&self, full: TrailFull) -> LedgerError {
        self.ledger.writer_stats[self.number].no_room.store(1, Ordering::Relaxed);
        full.into()
    }

    /// Lets others see how often it met them. Nothing is stored where nothing has changed.
    #[inline(always)]
    fn publish_contention(&mut self) {
        if self.contention.counts() != self.shown {
            self.store_contention();
        }
    }

    #[cold]
    fn store_contention(&mut self) {
        self.shown = self.contention.counts();
        let meter = &self.ledger.writer_stats[self.number];
        meter.waits.store(self.contention.waits, Ordering::Relaxed);
        meter.conflicts.store(self.contention.conflicts, Ordering::Relaxed);
    }
}

/// A pending transfer whose time is up, on its two accounts.
struct Expiry<'w> {
    segment_writer: &'w mut SegmentWriter,
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
        self.segment_writer.write(Entry::of_expiry(self.held.id, self.timestamp, self.versions));
        self.segment_writer.publish();
    }
}

/// How an event lies in its batch, for its entry.
fn marks(place: Place, last_of_unit: bool) -> Marks {
    let mut marks = Marks::empty();
    marks.set(Marks::IMPORTED_BATCH, place.imported);
    marks.set(Marks::LAST, place.last && last_of_unit);
    marks
}

fn check_batch(len: usize) -> Result<(), LedgerError> {
    if len > BATCH_MAX {
        return Err(LedgerError::BatchTooLarge { len });
    }
    Ok(())
}
