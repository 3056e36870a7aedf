//! Entries of the trail: 128 bytes each, drawn in `docs/ARCHITECTURE.md`.

use std::fmt;

use bitflags::bitflags;

use super::account_change::PreviousChanges;
use crate::model::amounts::grouped;
use crate::model::{Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Outcome};
use crate::model::{
    BatchPosition, ExpectedVersions, Transfer, TransferAttempt, TransferFlags, UserData,
};
use crate::sync::NoPadding;

/// What was attempted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum EntryKind {
    /// To create an account.
    #[default]
    Account,
    /// To create a transfer.
    Transfer,
    /// Nothing: the timeout of a pending transfer has passed.
    Expiry,
    /// Nothing: this entry only holds the rarer fields of the entry before it.
    Extension,
}

impl EntryKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Account, Self::Transfer, Self::Expiry, Self::Extension];

    /// Returns the name of the kind, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Transfer => "transfer",
            Self::Expiry => "expiry",
            Self::Extension => "extension",
        }
    }
}

bitflags! {
    /// An entry's position in its batch, and the fields of its extension.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct EntryFlags: u8 {
        /// The next record of the segment is its extension.
        const HAS_EXTENSION = 1 << 0;
        /// The first event of its batch is imported.
        const IMPORTED_BATCH = 1 << 1;
        /// It is the last event of its batch.
        const LAST = 1 << 2;
        /// The attempt expected a version of the debit account.
        const EXPECTS_DEBIT = 1 << 3;
        /// The attempt expected a version of the credit account.
        const EXPECTS_CREDIT = 1 << 4;
        /// It was decided as a unit or in one. Its id does not encode its position, even if it has
        /// that form.
        const IN_UNIT = 1 << 5;
    }
}

/// One attempt: the request, its timestamp, its status, and the versions of the two accounts after
/// it.
///
/// An entry and its extension, if any, have all that serial replay needs to decide the attempt
/// again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Entry {
    /// The transfer's id, or the account's. In an extension: the `pending_id`, or the account's
    /// `debits_pending`.
    pub id: u128,
    /// As in [`Transfer::debit_account_id`]. For an account, its `user_data_128`. In an extension:
    /// the transfer's `user_data_128`, or the account's `debits_posted`.
    pub debit_account_id: u128,
    /// As in [`Transfer::credit_account_id`]. In an extension: the account's `credits_pending`.
    pub credit_account_id: u128,
    /// The requested [`Transfer::amount`]. In an extension: the amount that a balancing transfer has
    /// moved, or the account's `credits_posted`.
    pub amount: u128,
    /// The timestamp of the attempt, unique in the ledger, in nanoseconds of the ledger's time.
    pub timestamp: u64,
    /// The debit account's version after the attempt. 0 if the account was not read. In an
    /// extension: the expected version.
    pub debit_version: u64,
    /// The credit account's version after the attempt. 0 if the account was not read. In an
    /// extension: the expected version.
    pub credit_version: u64,
    /// As in [`UserData`]. In an extension: the requested timestamp.
    pub user_data_64: u64,
    /// As in [`UserData`]. In an extension: the account's `reserved`.
    pub user_data_32: u32,
    /// As in [`Transfer::timeout`].
    pub timeout: u32,
    /// As in [`Transfer::ledger`] or [`Account::ledger`].
    pub ledger: u32,
    /// As in [`Transfer::code`] or [`Account::code`].
    pub code: u16,
    /// The bits of [`Transfer::flags`] or [`Account::flags`].
    pub flags: u16,
    /// The number of its [`CreateAccountStatus`] or [`CreateTransferStatus`].
    pub status: u16,
    /// What was attempted.
    pub kind: EntryKind,
    /// The bits of [`EntryFlags`].
    pub entry_flags: u8,
    /// The changes before this one of the accounts that it changed.
    pub previous: PreviousChanges,
}

const _: () = assert!(size_of::<Entry>() == 128, "the trail's memory is counted in entries");

impl NoPadding for Entry {
    const FIELD_BYTES: usize = 4 * size_of::<u128>()
        + 4 * size_of::<u64>()
        + 3 * size_of::<u32>()
        + 3 * size_of::<u16>()
        + size_of::<EntryKind>()
        + size_of::<u8>()
        + size_of::<PreviousChanges>();
}

impl Entry {
    /// Returns the entry of an attempt to create an account, and its extension if it needs one.
    pub(crate) fn of_account(
        account: &Account,
        now: u64,
        outcome: &Outcome<CreateAccountStatus>,
        entry_flags: EntryFlags,
    ) -> (Self, Option<Self>) {
        let entry = Self {
            id: account.id,
            debit_account_id: account.user_data.user_data_128,
            timestamp: now,
            user_data_64: account.user_data.user_data_64,
            user_data_32: account.user_data.user_data_32,
            ledger: account.ledger,
            code: account.code,
            flags: account.flags.bits(),
            status: outcome.status as u16,
            kind: EntryKind::Account,
            entry_flags: entry_flags.bits(),
            ..Self::default()
        };
        let extension = Self {
            id: account.debits_pending,
            debit_account_id: account.debits_posted,
            credit_account_id: account.credits_pending,
            amount: account.credits_posted,
            user_data_64: account.timestamp,
            user_data_32: account.reserved,
            ..Self::default()
        };
        entry.with_extension(extension, now)
    }

    /// Returns the entry of an attempt to create a transfer, and its extension if it needs one. `moved`
    /// is the amount that a balancing transfer has moved, otherwise 0.
    #[inline(always)]
    pub(crate) fn of_transfer(
        attempt: &TransferAttempt,
        now: u64,
        status: CreateTransferStatus,
        versions: (u64, u64),
        entry_flags: EntryFlags,
        moved: u128,
    ) -> (Self, Option<Self>) {
        let TransferAttempt { transfer, versions: expected } = attempt;
        Self::of_request(
            transfer,
            transfer.id,
            *expected,
            now,
            status,
            versions,
            entry_flags,
            moved,
        )
    }

    /// As [`Entry::of_transfer`], of a request that may have another id or none.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "the parts of an attempt and of its outcome")]
    pub(crate) fn of_request(
        transfer: &Transfer,
        id: u128,
        expected: ExpectedVersions,
        now: u64,
        status: CreateTransferStatus,
        versions: (u64, u64),
        entry_flags: EntryFlags,
        moved: u128,
    ) -> (Self, Option<Self>) {
        let entry = Self {
            id,
            debit_account_id: transfer.debit_account_id,
            credit_account_id: transfer.credit_account_id,
            amount: transfer.amount,
            timestamp: now,
            debit_version: versions.0,
            credit_version: versions.1,
            user_data_64: transfer.user_data.user_data_64,
            user_data_32: transfer.user_data.user_data_32,
            timeout: transfer.timeout,
            ledger: transfer.ledger,
            code: transfer.code,
            flags: transfer.flags.bits(),
            status: status as u16,
            kind: EntryKind::Transfer,
            entry_flags: entry_flags.bits(),
            previous: PreviousChanges::default(),
        };
        let mut expects = EntryFlags::empty();
        expects.set(EntryFlags::EXPECTS_DEBIT, expected.debit.is_some());
        expects.set(EntryFlags::EXPECTS_CREDIT, expected.credit.is_some());
        let extension = Self {
            id: transfer.pending_id,
            debit_account_id: transfer.user_data.user_data_128,
            amount: moved,
            debit_version: expected.debit.unwrap_or(0),
            credit_version: expected.credit.unwrap_or(0),
            user_data_64: transfer.timestamp,
            entry_flags: expects.bits(),
            ..Self::default()
        };
        entry.with_extension(extension, now)
    }

    /// Returns the entry of an expiry.
    pub(crate) fn of_expiry(id: u128, now: u64, versions: (u64, u64)) -> Self {
        Self {
            id,
            timestamp: now,
            debit_version: versions.0,
            credit_version: versions.1,
            kind: EntryKind::Expiry,
            ..Self::default()
        }
    }

    /// Returns the entry with its extension, or without one that is empty.
    #[inline(always)]
    fn with_extension(mut self, extension: Self, now: u64) -> (Self, Option<Self>) {
        if extension == Self::default() {
            return (self, None);
        }
        self.entry_flags |= EntryFlags::HAS_EXTENSION.bits();
        (self, Some(Self { kind: EntryKind::Extension, timestamp: now, ..extension }))
    }

    /// Returns the flags of the entry.
    pub fn entry_flags(&self) -> EntryFlags {
        EntryFlags::from_bits_retain(self.entry_flags)
    }

    /// Returns the position in the batch of the unit that ends with this entry.
    pub(crate) fn batch_position(&self) -> BatchPosition {
        let entry_flags = self.entry_flags();
        BatchPosition {
            imported: entry_flags.contains(EntryFlags::IMPORTED_BATCH),
            last: entry_flags.contains(EntryFlags::LAST),
        }
    }

    /// Returns whether its unit continues with the next entry of its writer.
    pub(crate) fn is_linked(&self) -> bool {
        // The same bit for accounts and transfers.
        self.flags & TransferFlags::LINKED.bits() != 0
            && !self.entry_flags().contains(EntryFlags::LAST)
    }

    /// Returns whether it is a plain transfer by its own fields, without regard to its id.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        let not_plain = EntryFlags::all().difference(EntryFlags::LAST);
        self.kind == EntryKind::Transfer
            && self.flags == 0
            && self.timeout == 0
            && !self.entry_flags().intersects(not_plain)
    }

    /// Returns the requested account, for an entry of that kind.
    pub fn account(&self, extension: Option<&Self>) -> Account {
        let extension = extension.copied().unwrap_or_default();
        Account {
            id: self.id,
            debits_pending: extension.id,
            debits_posted: extension.debit_account_id,
            credits_pending: extension.credit_account_id,
            credits_posted: extension.amount,
            user_data: UserData {
                user_data_128: self.debit_account_id,
                user_data_64: self.user_data_64,
                user_data_32: self.user_data_32,
            },
            reserved: extension.user_data_32,
            ledger: self.ledger,
            code: self.code,
            flags: AccountFlags::from_bits_retain(self.flags),
            timestamp: extension.user_data_64,
        }
    }

    /// Returns the requested transfer, for an entry of that kind.
    #[inline(always)]
    pub(super) fn transfer(&self, extension: Option<&Self>) -> Transfer {
        Transfer {
            id: self.id,
            debit_account_id: self.debit_account_id,
            credit_account_id: self.credit_account_id,
            amount: self.amount,
            pending_id: extension.map_or(0, |extension| extension.id),
            user_data: UserData {
                user_data_128: extension.map_or(0, |extension| extension.debit_account_id),
                user_data_64: self.user_data_64,
                user_data_32: self.user_data_32,
            },
            timeout: self.timeout,
            ledger: self.ledger,
            code: self.code,
            flags: TransferFlags::from_bits_retain(self.flags),
            timestamp: extension.map_or(0, |extension| extension.user_data_64),
        }
    }

    /// Returns the requested transfer and the expected versions, for an entry of that kind.
    #[inline]
    pub fn attempt(&self, extension: Option<&Self>) -> TransferAttempt {
        let expected = |flag: EntryFlags, version: fn(&Self) -> u64| {
            let extension = extension.filter(|extension| extension.entry_flags().contains(flag))?;
            Some(version(extension))
        };
        TransferAttempt {
            transfer: self.transfer(extension),
            versions: ExpectedVersions {
                debit: expected(EntryFlags::EXPECTS_DEBIT, |extension| extension.debit_version),
                credit: expected(EntryFlags::EXPECTS_CREDIT, |extension| extension.credit_version),
            },
        }
    }

    /// Returns the status of a transfer. `None` for another kind or an unknown number.
    pub fn transfer_status(&self) -> Option<CreateTransferStatus> {
        let is_transfer = self.kind == EntryKind::Transfer;
        is_transfer.then(|| CreateTransferStatus::from_number(self.status)).flatten()
    }

    /// Returns whether it created a transfer that has the entry's timestamp.
    pub(crate) fn created_transfer_at_its_timestamp(&self) -> bool {
        let imported = self.flags & TransferFlags::IMPORTED.bits() != 0;
        self.transfer_status() == Some(CreateTransferStatus::Created) && !imported
    }

    /// Returns whether it created a transfer.
    #[inline]
    pub(crate) fn is_created_transfer(&self) -> bool {
        self.kind == EntryKind::Transfer && self.status == CreateTransferStatus::Created as u16
    }

    /// Returns whether it created an account that has the entry's timestamp.
    pub(crate) fn created_account_at_its_timestamp(&self) -> bool {
        let imported = self.flags & AccountFlags::IMPORTED.bits() != 0;
        let created = self.status == CreateAccountStatus::Created as u16;
        self.kind == EntryKind::Account && created && !imported
    }

    /// Returns the name of its status. `None` for an unknown number.
    pub fn status_name(&self) -> Option<&'static str> {
        match self.kind {
            EntryKind::Account => {
                CreateAccountStatus::from_number(self.status).map(CreateAccountStatus::name)
            }
            EntryKind::Transfer => {
                CreateTransferStatus::from_number(self.status).map(CreateTransferStatus::name)
            }
            EntryKind::Expiry => Some("expired"),
            EntryKind::Extension => None,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, timestamp) = (self.id, self.timestamp);
        match self.kind {
            EntryKind::Account => write!(formatter, "account {id} at timestamp {timestamp}"),
            EntryKind::Transfer => write!(
                formatter,
                "transfer {id} of {} from account {} to account {} at timestamp {timestamp}",
                grouped(self.amount),
                self.debit_account_id,
                self.credit_account_id,
            ),
            EntryKind::Expiry => {
                write!(formatter, "expiry of transfer {id} at timestamp {timestamp}")
            }
            EntryKind::Extension => write!(formatter, "extension at timestamp {timestamp}"),
        }
    }
}
