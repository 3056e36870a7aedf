//! Short chains: up to four linked transfers with new ids, each of which is created. Two of them allocate nothing.
//!
//! # Protocol
//! As a unit's, see `transfer_units.rs`: the shards of the ids, then the accounts. A chain that would be
//! rejected is given up before anything is written, and left to the path of units, as is one that posts, voids or
//! imports, or names an account that does not exist.

use super::handle::{TransferOutcome, Writer};
use super::single_transfers::is_well_formed_and_consistent;
use super::transfer_units::unit_flags;
use crate::ledger::account_set::{AccountList, Few};
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

/// Whether there is this path. The modules of WebAssembly leave it out to save space.
const IS_ENABLED: bool = !cfg!(target_family = "wasm");

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
        if !IS_ENABLED || !is_short_chain(ledger, chain) {
            return Ok(false);
        }
        let ids: Few<HashedId> =
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
            created: Few::new(),
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
) -> Option<(AccountList<'a>, Few<[usize; 2]>)> {
    let mut accounts = AccountList::new();
    let mut sides = Few::new();
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
    created: Few<(TransferOutcome, u128)>,
    /// Whether the last decision was a rejection, after which there is no other.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerConfig;
    use crate::ledger::expiry_queue::Due;
    use crate::model::{Account, AccountFlags, ExpectedVersions, TransferFlags};

    const LAST: BatchPosition = BatchPosition { imported: false, last: true };

    /// Returns chains of new ids, and whether all of their transfers are created.
    fn chains() -> Vec<(Vec<TransferAttempt>, bool)> {
        let linked = |attempts: Vec<TransferAttempt>| -> Vec<TransferAttempt> {
            let last = attempts.len() - 1;
            let link = |(at, one): (usize, TransferAttempt)| match at == last {
                true => one,
                false => TransferAttempt { transfer: one.transfer.linked(), ..one },
            };
            attempts.into_iter().enumerate().map(link).collect()
        };
        let of = |id, debit, credit, amount| {
            TransferAttempt::from(Transfer::new(debit, credit, amount).with_id(id))
        };
        let with = |one: TransferAttempt, flags| TransferAttempt {
            transfer: Transfer { flags, ..one.transfer },
            ..one
        };
        let timed =
            |one: TransferAttempt| TransferAttempt { transfer: one.transfer.pending(60), ..one };
        let expecting = |one: TransferAttempt, debit| TransferAttempt {
            versions: ExpectedVersions { debit: Some(debit), credit: None },
            ..one
        };
        let mut with_user_data = of(8, 2, 3, 5);
        with_user_data.transfer.user_data.user_data_128 = 9;
        vec![
            (linked(vec![of(1, 1, 2, 70), of(2, 3, 4, 80)]), true),
            // The second one moves what the first one has brought.
            (linked(vec![of(3, 2, 4, 70), of(4, 4, 2, 50), of(5, 4, 3, 100)]), true),
            (
                linked(vec![
                    of(6, 1, 2, 500),
                    with(of(7, 2, 4, 999), TransferFlags::BALANCING_DEBIT),
                ]),
                true,
            ),
            (
                linked(vec![
                    with_user_data,
                    timed(of(9, 1, 2, 1)),
                    of(10, 1, 4, 1),
                    of(11, 1, 4, 1),
                ]),
                true,
            ),
            (linked(vec![of(12, 1, 4, 1), expecting(of(13, 1, 4, 1), 7)]), true),
            // Each of these is left to the path of units.
            (linked(vec![of(14, 1, 4, 1), expecting(of(15, 1, 4, 1), 7)]), false),
            (linked(vec![of(16, 1, 4, 1), of(17, 4, 2, 1_000_000)]), false),
            (linked(vec![of(18, 1, 4, 1), of(18, 1, 4, 1)]), false),
            (linked(vec![of(19, 1, 4, 1), of(1, 1, 2, 70)]), false),
            (linked(vec![of(20, 1, 4, 1), of(21, 1, 77, 1)]), false),
            (
                [of(22, 1, 4, 1), of(23, 1, 4, 1)]
                    .map(|one| with(one, TransferFlags::LINKED))
                    .to_vec(),
                false,
            ),
        ]
    }

    #[test]
    fn short_chain_writes_what_the_path_of_units_writes() {
        let [mut short, mut unit] = [(); 2].map(|()| {
            let (_, mut writers) =
                Ledger::with_writers(&LedgerConfig::default()).expect("a ledger");
            let mut writer = writers.remove(0);
            let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
            let accounts = [
                Account::new(1, 1, 1),
                Account::new(2, 1, 1),
                Account::new(3, 1, 1),
                Account::new(4, 1, 1).with_flags(limited),
            ];
            writer.create_accounts(&accounts).expect("there is room");
            writer
                .create_transfers(&[Transfer::new(1, 4, 100).with_id(99)])
                .expect("there is room");
            writer
        });
        let never = Cancellation::never();
        for (chain, is_created) in chains() {
            for writer in [&mut short, &mut unit] {
                writer.reserve_ids(8).expect("there is room");
                writer.reserve_records(16).expect("there is room");
            }
            let mut outcomes = Vec::new();
            let taken = short.try_chain(&chain, LAST, &never, &mut |one| outcomes.push(one));
            assert_eq!(taken, Ok(is_created), "{chain:?}");
            if !is_created {
                assert_eq!(outcomes, []);
                outcomes = short.try_unit(&chain, LAST, &never).expect("nothing ends it");
            }
            assert_eq!(Ok(outcomes), unit.try_unit(&chain, LAST, &never));
        }
        let entries = |writer: &Writer| {
            let trail = writer.ledger().trail();
            let entries = trail.in_order().map(|one| (*one.entry, one.extension.copied()));
            entries.collect::<Vec<_>>()
        };
        assert_eq!(entries(&short), entries(&unit));
        assert_eq!(short.state.reserved_ids, unit.state.reserved_ids);
        let due = |writer: &Writer| writer.ledger().expiry_queue.due(u64::MAX).map(Due::location);
        assert!(due(&short).is_some());
        assert_eq!(due(&short), due(&unit));
        short.ledger().verify().expect("it is a serial run");
    }
}
