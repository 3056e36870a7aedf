//! The writer that a thread holds.

use std::sync::{Arc, PoisonError};

use crate::ledger::concurrency::Protocol;
use crate::ledger::limits::{BATCH_MAX, TRANSFER_ID_BYTES};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{DeadlockCycle, Ledger, LedgerConfig, LedgerError, TrailMemory};
use crate::model::{BatchPosition, CreateAccountStatus, CreateTransferStatus, Outcome};
use crate::sync::Ordering;
use crate::trail::{EntryFlags, TrailAccess, TrailFull};

/// The transfer ids for which a writer takes memory at once.
const IDS_STEP: u64 = 1_024;

/// The outcome of an attempt to create an account.
pub type AccountOutcome = Outcome<CreateAccountStatus>;

/// The outcome of an attempt to create a transfer.
pub type TransferOutcome = Outcome<CreateTransferStatus>;

/// Changes a ledger. Each thread has a writer of its own, from [`Ledger::writer`]; dropping it
/// makes it free again.
#[derive(Debug)]
pub struct Writer {
    pub(super) ledger: Arc<Ledger>,
    pub(super) state: WriterState,
    /// Whether calls return before their entries are on the disk.
    #[cfg(feature = "store")]
    is_deferred: bool,
}

impl Ledger {
    /// Returns a free writer, for one thread.
    ///
    /// # Errors
    /// [`LedgerError::WritersTaken`] when all writers are in use.
    pub fn writer(self: &Arc<Self>) -> Result<Writer, LedgerError> {
        let mut free = self.free_writers.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = LedgerError::WritersTaken { writers: self.writer_stats.len() };
        let state = free.pop().ok_or(taken)?;
        Ok(Writer {
            ledger: Arc::clone(self),
            state,
            #[cfg(feature = "store")]
            is_deferred: false,
        })
    }

    /// Returns why attempts are refused now: the store has no space, or has ended. `None` if they are not.
    pub fn refusal(&self) -> Option<LedgerError> {
        let (is_refused, _) = self.trail.attention();
        if !is_refused {
            return None;
        }
        #[cfg(feature = "store")]
        if let Some(store) = self.store.get()
            && store.status() == crate::store::StoreStatus::NoSpace
        {
            return Some(LedgerError::StoreNoSpace);
        }
        Some(LedgerError::StoreEnded)
    }

    /// Creates an empty ledger and returns it with all its writers, in order of their numbers.
    ///
    /// # Errors
    /// [`LedgerError`] naming the part of `config` that is out of its range.
    pub fn with_writers(config: &LedgerConfig) -> Result<(Arc<Self>, Vec<Writer>), LedgerError> {
        Self::with_protocol(config, config.concurrency.into(), TrailMemory::Whole)
    }

    /// Like [`Ledger::with_writers`], but with a protocol that may be deliberately incorrect, and perhaps
    /// with a trail whose older entries can be moved to a file.
    pub(crate) fn with_protocol(
        config: &LedgerConfig,
        protocol: Protocol,
        trail_memory: TrailMemory,
    ) -> Result<(Arc<Self>, Vec<Writer>), LedgerError> {
        let ledger = Self::under(config, protocol, trail_memory)?;
        let writers = (0..config.writers).map(|_| ledger.writer()).collect::<Result<_, _>>()?;
        Ok((ledger, writers))
    }
}

/// Makes the writer free again. After a panic it stays in use, because its segment may end in an
/// entry that is not published.
impl Drop for Writer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.set_access(TrailAccess::Ordinary);
            let state = self.state.take();
            self.ledger.free_writers.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        }
    }
}

impl Writer {
    /// Returns the ledger that it writes.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Returns how many times it found a latch locked by another thread.
    pub fn waits(&self) -> u64 {
        self.state.contention.waits
    }

    /// Returns how many times it decided an attempt again because an account had changed meanwhile.
    pub fn conflicts(&self) -> u64 {
        self.state.contention.conflicts
    }

    /// Takes the cycle of writers that its last attempt waited in until it gave up. Only the
    /// protocol `unordered-locks`, which is incorrect on purpose, has such cycles.
    pub fn take_deadlock_cycle(&mut self) -> Option<DeadlockCycle> {
        self.ledger.accounts.wait_for_graph.take_deadlock_cycle(self.state.contention.writer)
    }

    /// Returns the number of entries that it has written.
    pub fn entries(&self) -> u64 {
        self.state.segment_writer.entries()
    }

    /// Returns the number of records that it has written: entries, and the extensions that some of them have.
    pub fn records(&self) -> u64 {
        self.state.segment_writer.written()
    }

    /// Returns the greater of the time that was set and its last timestamp.
    pub fn time(&self) -> u64 {
        self.state.timestamps.time()
    }

    /// Returns a new id for a transfer of a batch, or to retry a transfer with: a UUID of version
    /// 7, unique across writers.
    pub fn new_id(&mut self) -> u128 {
        self.state.ids.next_standalone()
    }

    /// Sets who the next attempts are for, until it is set again. It matters only to a ledger with a
    /// reserve at the end of its trail.
    pub fn set_access(&mut self, access: TrailAccess) {
        self.state.segment_writer.set_access(access);
    }

    /// Reserves memory for `entries` more entries and writes to it, so that those attempts need not
    /// wait for the system.
    ///
    /// # Errors
    /// [`LedgerError::TrailFull`] when the trail's memory or the system's is too small.
    /// Memory reserved until then stays reserved: it is not for other writers.
    pub fn reserve(&mut self, entries: u64) -> Result<(), LedgerError> {
        Ok(self.state.segment_writer.reserve(entries)?)
    }

    /// Sets whether calls return at once, before their entries are on the disk of the ledger's store.
    /// Otherwise, as at first, they return when they are. What a call has returned at once is lost if the
    /// machine stops within the next moments; [`Writer::sync`] waits for all of it.
    #[cfg(feature = "store")]
    pub fn set_deferred(&mut self, is_deferred: bool) {
        self.is_deferred = is_deferred;
    }

    /// Waits until everything that this writer has written is on the disk of the ledger's store. Returns
    /// at once if there is no store.
    ///
    /// # Errors
    /// [`LedgerError::OutcomeUnknown`] when the store failed before, or the disk has no space for what was decided.
    #[cfg(feature = "store")]
    pub fn sync(&self) -> Result<(), LedgerError> {
        let Some(store) = self.ledger.store.get() else { return Ok(()) };
        store.wait_unless_stalled(&self.mark(store)).map_err(|_| LedgerError::OutcomeUnknown)
    }

    /// Returns the mark of everything that this writer has written.
    #[cfg(feature = "store")]
    pub(crate) fn mark(&self, store: &crate::store::Store) -> crate::store::Mark {
        store.mark_of(self.state.contention.writer, self.state.segment_writer.written())
    }

    /// Ends a call: waits for the store, if there is one and the writer is not deferred.
    #[inline(always)]
    pub(super) fn finish(&self) -> Result<(), LedgerError> {
        #[cfg(feature = "store")]
        if self.ledger.store.get().is_some() {
            return self.finish_durably();
        }
        Ok(())
    }

    #[cfg(feature = "store")]
    #[cold]
    fn finish_durably(&self) -> Result<(), LedgerError> {
        if self.is_deferred { Ok(()) } else { self.sync() }
    }

    /// Sets the time that the trail asks of writers.
    #[cold]
    #[inline(never)]
    fn set_requested_time(&mut self) {
        let (_, time) = self.ledger.trail.attention();
        self.state.timestamps.set_time(time);
    }

    /// Begins a call, unless attempts are refused now.
    #[inline]
    pub(super) fn begin(&self) -> Result<(), LedgerError> {
        match self.ledger.trail.wants_attention() {
            true => self.ledger.refusal().map_or(Ok(()), Err),
            false => Ok(()),
        }
    }

    /// Begins a call, unless attempts are refused now, and reserves memory for its records.
    #[inline]
    pub(super) fn reserve_records(&mut self, records: u64) -> Result<(), LedgerError> {
        self.begin()?;
        self.reserve_more_records(records)
    }

    /// Reserves memory for more records of a call that has begun. If that fails, the ledger's health reports it. Attempts
    /// can be refused by now, but an error would hide those of this call that are recorded already.
    #[inline]
    pub(super) fn reserve_more_records(&mut self, records: u64) -> Result<(), LedgerError> {
        if self.ledger.trail.wants_attention() {
            self.set_requested_time();
        }
        let reserved = self.state.segment_writer.reserve(records);
        reserved.map_err(|full| self.record_trail_full(full))
    }

    /// Reserves memory for this many transfer ids. It is taken in steps, so that writers rarely share the
    /// budget's word. What a batch does not need is kept for the next one.
    pub(super) fn reserve_ids(&mut self, ids: u64) -> Result<(), LedgerError> {
        let missing = ids.saturating_sub(self.state.reserved_ids);
        if missing == 0 {
            return Ok(());
        }
        let memory = &self.ledger.memory;
        let taken = [missing.max(IDS_STEP), missing]
            .into_iter()
            .find(|ids| memory.take(ids * TRANSFER_ID_BYTES));
        self.state.reserved_ids += taken.ok_or_else(|| self.ids_full())?;
        Ok(())
    }

    /// Returns the error of an attempt for whose transfer ids there is no memory.
    #[cold]
    pub(super) fn ids_full(&self) -> LedgerError {
        LedgerError::TransferIdsFull { budget_bytes: self.ledger.memory.limit() }
    }

    #[cold]
    fn record_trail_full(&self, full: TrailFull) -> LedgerError {
        if self.ledger.trail.spills() {
            // It is full only as long as the disk is.
            return full.into();
        }
        let stats = &self.ledger.writer_stats[self.state.contention.writer];
        stats.trail_full.store(1, Ordering::Relaxed);
        full.into()
    }

    /// Shows its contention to others. Stores nothing if nothing has changed.
    #[inline(always)]
    pub(super) fn publish_contention(&mut self) {
        if self.state.contention.counts() != self.state.published {
            self.store_contention();
        }
    }

    #[cold]
    fn store_contention(&mut self) {
        let contention = self.state.contention;
        self.state.published = contention.counts();
        let stats = &self.ledger.writer_stats[contention.writer];
        stats.waits.store(contention.waits, Ordering::Relaxed);
        stats.conflicts.store(contention.conflicts, Ordering::Relaxed);
    }
}

/// Returns the flags of an entry by its event's position in the batch.
pub(super) fn entry_flags(batch_position: BatchPosition, last_of_unit: bool) -> EntryFlags {
    let mut flags = EntryFlags::empty();
    flags.set(EntryFlags::IMPORTED_BATCH, batch_position.imported);
    flags.set(EntryFlags::LAST, batch_position.last && last_of_unit);
    flags
}

pub(super) fn check_batch(len: usize) -> Result<(), LedgerError> {
    if len > BATCH_MAX {
        return Err(LedgerError::BatchTooLarge { len });
    }
    Ok(())
}
