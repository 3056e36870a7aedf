//! Posts and voids one by one, on the fast path of plain transfers.
//!
//! The pending transfer has an id in the table. It can have everything that such a transfer may have, but the post
//! or the void requires no versions, is not linked, and is not imported.
//!
//! # Protocol
//! As a unit's, see `transfer_units.rs`: the shards of both ids, in ascending order, then the two accounts of the
//! pending transfer. What is not as it should be, such as an id that is used or a transfer that is resolved, is left
//! to the path of units.

use super::handle::{TransferOutcome, Writer};
use super::plain_attempt::undecided;
use super::single_transfers::uses_id;
use crate::ledger::concurrency::{
    AbortReason, Attempt, ConcurrencyProtocol, SHARES_CODE, transact_pair,
};
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::transfer_ids::ReservedPair;
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger};
use crate::model::{AccountState, ExpectedVersions, Outcome, Resolution, Side, Transfer};
use crate::model::{TransferFlags, TransferState};
use crate::model::{decide_resolution, transfer_is_consistent};
use crate::trail::{
    AccountChange, Entry, EntryFlags, EntryLocation, PreviousChanges, SegmentWriter,
};

/// Returns whether a transfer posts or voids another one, with or without an id, and is not linked or imported.
/// Never where code is shared.
#[inline(always)]
pub(super) fn is_simple_resolution(transfer: &Transfer) -> bool {
    let either = [TransferFlags::POST_PENDING_TRANSFER, TransferFlags::VOID_PENDING_TRANSFER];
    !SHARES_CODE && either.contains(&transfer.flags) && transfer.timestamp == 0
}

impl Writer {
    /// Attempts a post or a void for whose records memory is reserved. Where its id is 0, the ledger generates one.
    /// `Ok(None)` when something about it needs the path of units, or memory for its id is to be reserved first.
    ///
    /// # Errors
    /// [`AbortReason`] when `cancellation` ended a wait or no timestamp is left. Nothing has changed then.
    #[inline(never)]
    pub(super) fn try_resolution<W: ConcurrencyProtocol>(
        &mut self,
        transfer: &Transfer,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<TransferOutcome>, AbortReason> {
        let Self { ledger, state, .. } = self;
        let ledger: &Ledger = ledger;
        let WriterState { segment_writer, timestamps, contention, reserved_ids, ids, .. } = state;
        let Transfer { id, pending_id, .. } = *transfer;
        let id = if id == 0 { ids.next_standalone() } else { id };
        if *reserved_ids == 0
            || !ledger.leaves_id_to_callers(id)
            || !ledger.leaves_id_to_callers(pending_id)
            || transfer_is_consistent(transfer).is_err()
            || id == pending_id
        {
            return Ok(None);
        }
        let mut reserved = ledger.transfer_ids.reserve_pair(id, pending_id, cancellation)?;
        contention.waits += reserved.waits();
        if !reserved.is_unused() {
            return Ok(None);
        }
        let Some(recorded) = reserved.unresolved() else { return Ok(None) };
        if !recorded.created_pending() || !reserved.reserve_memory() {
            return Ok(None);
        }
        let find = |id| ledger.index.find(id, &ledger.accounts);
        let Some(debit) = find(recorded.entry.debit_account_id) else { return Ok(None) };
        let Some(credit) = find(recorded.entry.credit_account_id) else { return Ok(None) };
        let transfer_state = TransferState {
            transfer: recorded.pending_transfer(),
            resolution: Some(Resolution::Pending),
        };
        let mut attempt = ResolutionAttempt {
            ledger,
            segment_writer,
            timestamps,
            transfer,
            pending: &transfer_state,
            pending_at: recorded.location(),
            previous: reserved.last_timestamp(),
            reserved: &mut reserved,
            outcome: undecided(id),
            is_created: false,
        };
        let (protocol, all) = (ledger.protocol, &ledger.accounts);
        let accounts = [debit, credit];
        transact_pair::<W>(protocol, all, &accounts, cancellation, contention, &mut attempt)?;
        let outcome = attempt.outcome;
        *reserved_ids -= u64::from(uses_id(outcome.status));
        reserved.release(outcome.timestamp);
        Ok(Some(outcome))
    }
}

struct ResolutionAttempt<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timestamps: &'w mut TimestampGenerator,
    /// The request, whose id may be 0.
    transfer: &'w Transfer,
    /// The state of the transfer that it posts or voids.
    pending: &'w TransferState,
    /// Where the entry of that one is.
    pending_at: EntryLocation,
    /// The last timestamp that depended on the ids.
    previous: u64,
    reserved: &'w mut ReservedPair<'a>,
    /// The outcome. Its id is set from the start.
    outcome: TransferOutcome,
    /// Whether the last decision was to create it.
    is_created: bool,
}

impl Attempt for ResolutionAttempt<'_, '_> {
    #[inline(always)]
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer has two accounts") };
        let timestamp = self.timestamps.next_after(previous.max(self.previous))?;
        self.outcome = Outcome { timestamp, versions: (0, 0), ..self.outcome };
        let (versions, outcome) = (ExpectedVersions::default(), &mut self.outcome);
        let amount =
            decide_resolution(self.transfer, versions, self.pending, debit, credit, outcome);
        self.is_created = amount.is_some();
        Some(timestamp)
    }

    #[inline(always)]
    fn commit(&mut self, newest: &mut [AccountChange]) {
        let [debit, credit] = newest else { unreachable!("a transfer has two accounts") };
        let at = self.segment_writer.next_location();
        let Outcome { id, status, timestamp, versions } = self.outcome;
        let (flags, expected) =
            (EntryFlags::LAST | EntryFlags::IN_UNIT, ExpectedVersions::default());
        let (mut entry, mut extension) =
            Entry::of_request(self.transfer, id, expected, timestamp, status, versions, flags, 0);
        if self.is_created {
            entry.previous = PreviousChanges::of(*debit, *credit);
            *debit = self.segment_writer.next_change(Side::Debit);
            *credit = self.segment_writer.next_change(Side::Credit);
            extension = extension.map(|extension| extension.with_pending_at(self.pending_at));
            self.reserved.record_resolution(at);
            if self.pending.transfer.timeout > 0 {
                self.ledger.trail.forget_expiry();
            }
        }
        if uses_id(status) {
            self.reserved.record_use(at);
        }
        self.segment_writer.write_with_extension((entry, extension));
        self.segment_writer.publish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerConfig;
    use crate::ledger::concurrency::OrderedLocks;
    use crate::model::{Account, AccountFlags, BatchPosition, CreateTransferStatus as T, UserData};

    /// Returns a writer whose ledger has pending transfers 101 to 120, some of them with more than an amount.
    fn writer() -> Writer {
        let (_, mut writers) = Ledger::with_writers(&LedgerConfig::default()).expect("a ledger");
        let mut writer = writers.remove(0);
        let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
        let accounts = [1, 2, 3]
            .map(|id| Account::new(id, 1, 1))
            .into_iter()
            .chain([Account::new(4, 1, 1).with_flags(limited), Account::new(5, 1, 1)]);
        let accounts: Vec<Account> = accounts.collect();
        writer.create_accounts(&accounts).expect("there is room");
        let user_data = UserData { user_data_128: 7 << 70, user_data_64: 8, user_data_32: 9 };
        let mut transfers = vec![Transfer::new(1, 4, 1_000).with_id(100)];
        for id in 101..=120 {
            let pending = Transfer::new(1 + id % 2, 3, 10 * id).with_id(id);
            transfers.push(match id {
                105 => pending.pending(60),
                106 => pending.pending(1),
                107 => pending.pending(0).with_user_data(user_data),
                108 => Transfer { debit_account_id: 4, amount: 5_000, ..pending.pending(0) }
                    .with_flags(TransferFlags::BALANCING_DEBIT),
                109 => Transfer { debit_account_id: 5, ..pending.pending(0) }
                    .with_flags(TransferFlags::CLOSING_DEBIT),
                110 => pending,
                _ => pending.pending(0),
            });
        }
        let outcomes = writer.create_transfers(&transfers).expect("there is room");
        assert!(outcomes.iter().all(|outcome| outcome.status == T::Created), "{outcomes:?}");
        // Nothing expires before a thread looks for it.
        let now = writer.time() + 2_000_000_000;
        writer.state.timestamps.set_time(now);
        writer
    }

    /// Returns posts and voids, each with its status, and whether they are left to the path of units.
    fn resolutions() -> Vec<(Transfer, T, bool)> {
        let user_data = UserData { user_data_128: 1 << 90, user_data_64: 2, user_data_32: 3 };
        vec![
            (Transfer::post(101).with_id(201), T::Created, false),
            (Transfer::post(102).with_id(202).with_amount(7), T::Created, false),
            (Transfer::post(103).with_id(203).with_amount(0), T::Created, false),
            (Transfer::void(104).with_id(204), T::Created, false),
            (Transfer::post(105).with_id(205), T::Created, false),
            (Transfer::post(106).with_id(206), T::PendingTransferExpired, false),
            (Transfer::void(107).with_id(207), T::Created, false),
            (Transfer::post(108).with_id(208).with_user_data(user_data), T::Created, false),
            // Its debit account is closed.
            (Transfer::post(109).with_id(209), T::DebitAccountAlreadyClosed, false),
            (Transfer::void(109).with_id(210), T::Created, false),
            (Transfer::post(111).with_id(211).with_ledger(1).with_code(1), T::Created, false),
            (
                Transfer::post(112).with_id(212).with_ledger(2),
                T::PendingTransferHasDifferentLedger,
                false,
            ),
            (
                Transfer::post(112).with_id(212).with_amount(u128::MAX - 1),
                T::ExceedsPendingTransferAmount,
                false,
            ),
            (
                Transfer::void(112).with_id(212).with_amount(1),
                T::PendingTransferHasDifferentAmount,
                false,
            ),
            (
                Transfer { debit_account_id: 2, ..Transfer::post(112).with_id(212) },
                T::PendingTransferHasDifferentDebitAccountId,
                false,
            ),
            (
                Transfer { debit_account_id: 1, ..Transfer::post(112).with_id(212) },
                T::Created,
                false,
            ),
            // Each of these is left to the path of units.
            (Transfer::post(101).with_id(213), T::PendingTransferAlreadyPosted, true),
            (Transfer::post(104).with_id(214), T::PendingTransferAlreadyVoided, true),
            (Transfer::post(110).with_id(215), T::PendingTransferNotPending, true),
            (Transfer::post(201).with_id(216), T::PendingTransferNotPending, true),
            (Transfer::post(999).with_id(217), T::PendingTransferNotFound, true),
            (Transfer::post(101).with_id(201), T::Exists, true),
            (Transfer::post(113).with_id(209), T::IdAlreadyFailed, true),
            (Transfer::post(114).with_id(114), T::ExistsWithDifferentFlags, true),
            (
                Transfer { timeout: 1, ..Transfer::post(114).with_id(218) },
                T::TimeoutReservedForPendingTransfer,
                true,
            ),
        ]
    }

    #[test]
    fn post_and_void_write_what_the_path_of_units_writes() {
        let [mut fast, mut unit] = [writer(), writer()];
        let never = Cancellation::never();
        let last = BatchPosition { imported: false, last: true };
        for (transfer, status, is_left) in resolutions() {
            assert!(is_simple_resolution(&transfer));
            for writer in [&mut fast, &mut unit] {
                writer.reserve_ids(8).expect("there is room");
                writer.reserve_records(16).expect("there is room");
            }
            let taken = fast.try_resolution::<OrderedLocks>(&transfer, &never);
            let taken = taken.expect("nothing ends it");
            assert_eq!(taken.is_none(), is_left, "{transfer:?}");
            let attempt = [transfer.into()];
            let by_unit = |writer: &mut Writer| {
                writer.try_unit(&attempt, last, &never).expect("nothing ends it")[0]
            };
            let outcome = taken.unwrap_or_else(|| by_unit(&mut fast));
            assert_eq!((outcome.status, outcome), (status, by_unit(&mut unit)), "{transfer:?}");
        }
        let entries = |writer: &Writer| {
            let trail = writer.ledger().trail();
            let entries = trail.in_order().map(|one| (*one.entry, one.extension.copied()));
            entries.collect::<Vec<_>>()
        };
        assert_eq!(entries(&fast), entries(&unit));
        assert_eq!(fast.state.reserved_ids, unit.state.reserved_ids);
        let accounts = |writer: &Writer| writer.ledger().accounts().collect::<Vec<_>>();
        assert_eq!(accounts(&fast), accounts(&unit));
        fast.ledger().verify().expect("it is a serial run");
    }

    #[test]
    fn ledger_makes_the_id_of_a_post() {
        let mut writer = writer();
        let batch = [Transfer::post(101), Transfer::void(102), Transfer::post(101)];
        let outcomes = writer.create_transfers(&batch).expect("there is room");
        let statuses = outcomes.iter().map(|outcome| outcome.status);
        assert!(statuses.eq([T::Created, T::Created, T::PendingTransferAlreadyPosted]));
        let known = |id| writer.ledger().transfer(id).map(|transfer| transfer.pending_id);
        assert_eq!((known(outcomes[0].id), known(outcomes[1].id)), (Some(101), Some(102)));
        assert_ne!(outcomes[0].id, outcomes[2].id);
    }
}
