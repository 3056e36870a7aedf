//! Short chains: a few linked transfers of new ids, each of which is created. They allocate nothing.
//!
//! # Protocol
//! As a unit's, see `transfer_units.rs`: the shards of the ids, then the accounts. A chain that would be
//! rejected is given up before anything is written, and left to the path of units, as is one that posts, voids or
//! imports, or names an account that does not exist.

use smallvec::SmallVec;

use super::handle::{TransferOutcome, Writer};
use super::single_transfers::is_well_formed_and_consistent;
use super::transfer_units::unit_flags;
use crate::ledger::account_set::AccountList;
use crate::ledger::concurrency::{AbortReason, Attempt, transact};
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::transfer_ids::{HashedId, Reserved};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger};
use crate::model::{
    AccountState, BatchPosition, CreateTransferStatus, Event, Outcome, Side, Transfer,
    TransferAttempt, decide_alone,
};
use crate::trail::{AccountChange, Entry, PreviousChanges, SegmentWriter};

/// Transfers of a short chain.
const TRANSFERS_MAX: usize = 4;

/// A value for each transfer of a short chain.
type Each<T> = SmallVec<[T; TRANSFERS_MAX]>;

impl Writer {
    /// Attempts a chain for whose entries and ids memory is reserved, and calls `on_outcome` with the outcome
    /// of each transfer. Returns `false`, and changes nothing, when it needs the path of units.
    ///
    /// # Errors
    /// [`AbortReason`] when `cancellation` ended a wait, no timestamp is left, or there is no memory.
    /// Nothing has changed then.
    pub(super) fn try_chain(
        &mut self,
        chain: &[TransferAttempt],
        batch_position: BatchPosition,
        cancellation: &Cancellation<'_>,
        on_outcome: &mut dyn FnMut(TransferOutcome),
    ) -> Result<bool, AbortReason> {
        let Self { ledger, state, .. } = self;
        let ledger: &Ledger = ledger;
        let WriterState { segment_writer, timestamps, contention, reserved_ids, .. } = state;
        if !is_short_chain(ledger, chain) {
            return Ok(false);
        }
        let ids: Each<HashedId> =
            chain.iter().map(|one| ledger.transfer_ids.hashed(one.transfer.id)).collect();
        let mut reserved = ledger.transfer_ids.reserve(ids.iter().copied(), cancellation)?;
        contention.waits += reserved.waits();
        if ids.iter().any(|&id| reserved.entry(id).is_some()) {
            return Ok(false);
        }
        let Some((accounts, sides)) = find_accounts(ledger, chain) else { return Ok(false) };
        let timed = chain.iter().filter(|one| one.transfer.timeout > 0).count();
        if !reserved.reserve_memory(ids.iter().copied())
            || timed > 0 && !ledger.expiry_queue.reserve_memory(contention.writer, timed)
        {
            return Err(AbortReason::OutOfMemory);
        }
        let mut attempt = ChainAttempt {
            ledger,
            segment_writer,
            timestamps,
            chain,
            batch_position,
            previous: reserved.last_timestamp(),
            reserved: &mut reserved,
            ids: &ids,
            sides: &sides,
            created: Each::new(),
            is_rejected: false,
        };
        let (protocol, all) = (ledger.protocol, &ledger.accounts);
        let done = transact(protocol, all, &accounts, cancellation, contention, &mut attempt);
        let ChainAttempt { created, is_rejected, .. } = attempt;
        match done {
            Err(AbortReason::Impossible) if is_rejected => return Ok(false),
            done => done?,
        }
        *reserved_ids -= chain.len() as u64;
        reserved.release(created.last().map_or(0, |(outcome, _)| outcome.timestamp));
        created.iter().for_each(|(outcome, _)| on_outcome(*outcome));
        Ok(true)
    }
}

/// Returns whether each transfer is well-formed and has another new id of its caller's, and whether the chain ends.
fn is_short_chain(ledger: &Ledger, chain: &[TransferAttempt]) -> bool {
    let simple = |transfer: &Transfer| {
        is_well_formed_and_consistent(transfer)
            && !transfer.resolves()
            && ledger.leaves_id_to_callers(transfer.id)
    };
    let is_repeated = |(at, one): (usize, &TransferAttempt)| {
        chain[..at].iter().any(|before| before.transfer.id == one.transfer.id)
    };
    chain.len() <= TRANSFERS_MAX
        && chain.last().is_some_and(|last| !last.is_linked())
        && chain.iter().all(|one| simple(&one.transfer))
        && !chain.iter().enumerate().any(is_repeated)
}

/// Returns the accounts of a chain, each once, and the positions of each transfer's among them. `None` if one does
/// not exist.
fn find_accounts<'a>(
    ledger: &'a Ledger,
    chain: &[TransferAttempt],
) -> Option<(AccountList<'a>, Each<[usize; 2]>)> {
    let mut accounts = AccountList::new();
    let mut sides = Each::new();
    for TransferAttempt { transfer, .. } in chain {
        let mut position_of = |id| {
            let account = ledger.index.find(id, &ledger.accounts)?;
            let known = accounts.iter().position(|known| known.number == account.number);
            Some(known.unwrap_or_else(|| {
                accounts.push(account);
                accounts.len() - 1
            }))
        };
        sides.push([
            position_of(transfer.debit_account_id)?,
            position_of(transfer.credit_account_id)?,
        ]);
    }
    Some((accounts, sides))
}

struct ChainAttempt<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timestamps: &'w mut TimestampGenerator,
    chain: &'w [TransferAttempt],
    batch_position: BatchPosition,
    /// The last timestamp that depended on the ids.
    previous: u64,
    reserved: &'w mut Reserved<'a>,
    ids: &'w [HashedId],
    /// The positions of each transfer's accounts in the set.
    sides: &'w [[usize; 2]],
    /// The outcome and the amount of each transfer.
    created: Each<(TransferOutcome, u128)>,
    is_rejected: bool,
}

impl Attempt for ChainAttempt<'_, '_> {
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let previous = previous.max(self.previous);
        // The path of units begins with the same timestamps.
        let before = *self.timestamps;
        self.created.clear();
        for (attempt, sides) in self.chain.iter().zip(self.sides) {
            let timestamp = self.timestamps.next_after(previous)?;
            let (id, status) = (attempt.transfer.id, CreateTransferStatus::Created);
            let mut outcome = Outcome { id, status, timestamp, versions: (0, 0) };
            let [debit, credit] =
                states.get_disjoint_mut(*sides).expect("the accounts of a transfer are different");
            let Some(amount) = decide_alone(attempt, None, debit, credit, &mut outcome) else {
                *self.timestamps = before;
                self.is_rejected = true;
                return None;
            };
            self.created.push((outcome, amount));
        }
        self.is_rejected = false;
        self.created.last().map(|(outcome, _)| outcome.timestamp)
    }

    fn commit(&mut self, newest: &mut [AccountChange]) {
        for (at, (attempt, &(outcome, amount))) in self.chain.iter().zip(&self.created).enumerate()
        {
            let location = self.segment_writer.next_location();
            let TransferAttempt { transfer, .. } = attempt;
            let Outcome { status, timestamp, versions, .. } = outcome;
            let flags = unit_flags(self.batch_position, at + 1 == self.chain.len());
            let moved = if transfer.is_balancing() { amount } else { 0 };
            let (mut entry, extension) =
                Entry::of_transfer(attempt, timestamp, status, versions, flags, moved);
            let [debit, credit] = self.sides[at];
            entry.previous = PreviousChanges::of(newest[debit], newest[credit]);
            newest[debit] = self.segment_writer.next_change(Side::Debit);
            newest[credit] = self.segment_writer.next_change(Side::Credit);
            if let Some(expires_at) = (Transfer { timestamp, ..*transfer }).expires_at() {
                self.ledger.trail.expect_expiry();
                self.ledger.expiry_queue.add(expires_at, location);
            }
            self.reserved.record_use(self.ids[at], location);
            self.segment_writer.write_with_extension((entry, extension));
        }
        self.segment_writer.publish();
    }
}
