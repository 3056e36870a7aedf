//! An attempt to create a plain transfer, with an id that the ledger generates or that the caller chose.

use super::handle::TransferOutcome;
use super::single_transfers::uses_id;
use crate::ledger::concurrency::{Attempt, SHARES_CODE};
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::transfer_ids::ReservedId;
use crate::model::{
    AccountState, CreateTransferStatus, Outcome, Side, Transfer, TransferAttempt, TransferFlags,
    UserData, create_untimed_transfer,
};
use crate::trail::{
    AccountChange, Entry, EntryFlags, EntryLocation, PreviousChanges, SegmentWriter,
};

/// The id of a plain transfer.
pub(super) trait PlainId {
    /// The flags of the transfer.
    const TRANSFER_FLAGS: TransferFlags;

    /// The flags of the entry.
    const ENTRY_FLAGS: EntryFlags;

    /// Returns the last timestamp that depended on the id.
    fn last_timestamp(&self) -> u64;

    /// Records that the entry at this location used the id.
    fn record_use(&mut self, at: EntryLocation);
}

/// An id that encodes where the entry is, and that nobody else can have used.
pub(super) struct GeneratedId;

impl PlainId for GeneratedId {
    const TRANSFER_FLAGS: TransferFlags = TransferFlags::empty();
    const ENTRY_FLAGS: EntryFlags = EntryFlags::LAST;

    #[inline(always)]
    fn last_timestamp(&self) -> u64 {
        0
    }

    #[inline(always)]
    fn record_use(&mut self, _at: EntryLocation) {}
}

/// An id that the caller chose, reserved. The transfer is pending or not.
pub(super) struct ChosenId<'a, const PENDING: bool>(pub(super) ReservedId<'a>);

impl<const PENDING: bool> PlainId for ChosenId<'_, PENDING> {
    const TRANSFER_FLAGS: TransferFlags = match PENDING {
        true => TransferFlags::PENDING,
        false => TransferFlags::empty(),
    };
    const ENTRY_FLAGS: EntryFlags = EntryFlags::LAST.union(EntryFlags::IN_UNIT);

    #[inline(always)]
    fn last_timestamp(&self) -> u64 {
        self.0.last_timestamp()
    }

    #[inline(always)]
    fn record_use(&mut self, at: EntryLocation) {
        self.0.record_use(at);
    }
}

/// See the module documentation.
pub(super) struct PlainAttempt<'w, I> {
    pub(super) segment_writer: &'w mut SegmentWriter,
    pub(super) timestamps: &'w mut TimestampGenerator,
    pub(super) transfer: &'w Transfer,
    pub(super) id: I,
    /// The outcome. Its id is set from the start.
    pub(super) outcome: TransferOutcome,
}

impl<I: PlainId> Attempt for PlainAttempt<'_, I> {
    #[inline(always)]
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer has two accounts") };
        let timestamp = self.timestamps.next_after(previous.max(self.id.last_timestamp()))?;
        let transfer = plain::<I>(self.transfer, self.outcome.id);
        let created = create_untimed_transfer(&transfer, timestamp, debit, credit);
        self.outcome.status = created.err().unwrap_or(CreateTransferStatus::Created);
        self.outcome.timestamp = timestamp;
        self.outcome.versions = (debit.version, credit.version);
        Some(timestamp)
    }

    #[inline(always)]
    fn commit(&mut self, newest: &mut [AccountChange]) {
        let [debit, credit] = newest else { unreachable!("a transfer has two accounts") };
        let previous = PreviousChanges::of(*debit, *credit);
        if self.outcome.status == CreateTransferStatus::Created {
            *debit = self.segment_writer.next_change(Side::Debit);
            *credit = self.segment_writer.next_change(Side::Credit);
        }
        if uses_id(self.outcome.status) {
            self.id.record_use(self.segment_writer.next_location());
        }
        write::<I>(self.segment_writer, self.transfer, &self.outcome, previous);
    }
}

/// Returns whether a transfer has nothing but two accounts, an amount, and perhaps an id, with which it can be
/// pending where code is not shared.
#[inline(always)]
pub(super) fn is_plain(transfer: &Transfer) -> bool {
    let can_be_pending = transfer.id != 0 && !SHARES_CODE;
    (transfer.flags.is_empty() || transfer.flags == TransferFlags::PENDING && can_be_pending)
        && transfer.pending_id == 0
        && transfer.timeout == 0
        && transfer.timestamp == 0
        && transfer.user_data.user_data_128 == 0
}

/// Returns whether the id of a transfer is kept in the table of ids: the caller chose it, or it is generated before its
/// entry is written.
#[inline(always)]
pub(super) fn is_in_id_table(transfer: &Transfer) -> bool {
    transfer.id != 0 || !is_plain(transfer)
}

/// Returns a plain transfer with its id. The constants let the compiler leave out every rule about
/// the other fields.
#[inline(always)]
pub(super) fn plain<I: PlainId>(transfer: &Transfer, id: u128) -> Transfer {
    Transfer {
        id,
        pending_id: 0,
        user_data: UserData { user_data_128: 0, ..transfer.user_data },
        timeout: 0,
        flags: I::TRANSFER_FLAGS,
        timestamp: 0,
        ..*transfer
    }
}

#[inline(always)]
pub(super) fn undecided(id: u128) -> TransferOutcome {
    Outcome { id, status: CreateTransferStatus::Created, timestamp: 0, versions: (0, 0) }
}

/// Writes and publishes the entry of a plain transfer.
#[inline(always)]
pub(super) fn write<I: PlainId>(
    segment_writer: &mut SegmentWriter,
    transfer: &Transfer,
    outcome: &TransferOutcome,
    previous: PreviousChanges,
) {
    let Outcome { id, status, timestamp, versions } = *outcome;
    let transfer = plain::<I>(transfer, id);
    let attempt = TransferAttempt { transfer, ..TransferAttempt::default() };
    let (entry, extension) =
        Entry::of_transfer(&attempt, timestamp, status, versions, I::ENTRY_FLAGS, 0);
    debug_assert!(extension.is_none(), "a plain transfer needs no extension");
    segment_writer.write(Entry { previous, ..entry });
    segment_writer.publish();
}
