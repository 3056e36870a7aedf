//! One line of the trail.

use std::fmt;

use bitflags::bitflags;
use uuid::Uuid;

use crate::model::amounts::grouped;
use crate::model::{Account, AccountFlags, CreateAccountStatus, CreateTransferStatus, Outcome};
use crate::model::{ExpectedVersions, Place, Transfer, TransferAttempt, TransferFlags, UserData};

/// What was attempted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum EntryKind {
    /// To create an account.
    #[default]
    Account,
    /// To create a transfer.
    Transfer,
    /// Nothing: the time of a pending transfer was up.
    Expiry,
    /// Nothing: it holds the rarer fields of the entry before it.
    Extension,
}

impl EntryKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Account, Self::Transfer, Self::Expiry, Self::Extension];

    /// Its public name.
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
    /// How an entry lies in its batch, and what its extension holds.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Marks: u8 {
        /// The next record of the segment is its extension.
        const ANNEXED = 1 << 0;
        /// The batch began with an imported event.
        const IMPORTED_BATCH = 1 << 1;
        /// It is the last event of its batch.
        const LAST = 1 << 2;
        /// A version of the debit account was expected.
        const EXPECTS_DEBIT = 1 << 3;
        /// A version of the credit account was expected.
        const EXPECTS_CREDIT = 1 << 4;
        /// It was decided as a unit or in one, so its id was not made for its place, whatever it looks like.
        const IN_UNIT = 1 << 5;
    }
}

/// One attempt: what was asked for, when, what came of it, and how often the two accounts had changed after it.
///
/// An entry, with its extension where it has one, says all that a replay needs to decide the attempt again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Entry {
    /// The transfer's id, or the account's. In an extension: the `pending_id`, or the account's `debits_pending`.
    pub id: u128,
    /// As in [`Transfer::debit_account_id`]; for an account its `user_data_128`. In an extension: the transfer's
    /// `user_data_128`, or the account's `debits_posted`.
    pub debit_account_id: u128,
    /// As in [`Transfer::credit_account_id`]. In an extension: the account's `credits_pending`.
    pub credit_account_id: u128,
    /// As in [`Transfer::amount`], as it was asked for. In an extension: the account's `credits_posted`.
    pub amount: u128,
    /// Its place in the order of all attempts: unique in the ledger, in nanoseconds of the ledger's time.
    pub timestamp: u64,
    /// Version of the debit account after it; 0 where the account was not looked at. In an extension: the expected one.
    pub debit_version: u64,
    /// Version of the credit account after it; 0 where the account was not looked at. In an extension: the expected one.
    pub credit_version: u64,
    /// As in [`UserData`]. In an extension: the timestamp that was brought.
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
    /// The bits of its [`Marks`].
    pub marks: u8,
}

const _: () = assert!(size_of::<Entry>() == 128, "the trail's memory is counted in entries");

impl Entry {
    /// The entry of an attempt to create an account, and its extension where it needs one.
    pub(crate) fn of_account(
        account: &Account,
        now: u64,
        decided: &Outcome<CreateAccountStatus>,
        marks: Marks,
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
            status: decided.status as u16,
            kind: EntryKind::Account,
            marks: marks.bits(),
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

    /// The entry of an attempt to create a transfer, and its extension where it needs one.
    #[inline(always)]
    pub(crate) fn of_transfer(
        attempt: &TransferAttempt,
        now: u64,
        status: CreateTransferStatus,
        versions: (u64, u64),
        marks: Marks,
    ) -> (Self, Option<Self>) {
        let TransferAttempt { transfer, versions: expected } = attempt;
        let entry = Self {
            id: transfer.id,
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
            marks: marks.bits(),
        };
        let mut held = Marks::empty();
        held.set(Marks::EXPECTS_DEBIT, expected.debit.is_some());
        held.set(Marks::EXPECTS_CREDIT, expected.credit.is_some());
        let extension = Self {
            id: transfer.pending_id,
            debit_account_id: transfer.user_data.user_data_128,
            debit_version: expected.debit.unwrap_or(0),
            credit_version: expected.credit.unwrap_or(0),
            user_data_64: transfer.timestamp,
            marks: held.bits(),
            ..Self::default()
        };
        entry.with_extension(extension, now)
    }

    /// The entry of a pending transfer whose time is up.
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

    /// Keeps the extension only where it holds something.
    #[inline(always)]
    fn with_extension(mut self, extension: Self, now: u64) -> (Self, Option<Self>) {
        if extension == Self::default() {
            return (self, None);
        }
        self.marks |= Marks::ANNEXED.bits();
        (self, Some(Self { kind: EntryKind::Extension, timestamp: now, ..extension }))
    }

    /// How it lies in its batch.
    pub fn marks(&self) -> Marks {
        Marks::from_bits_retain(self.marks)
    }

    /// How the unit that ends with it lies in its batch.
    pub(crate) fn place(&self) -> Place {
        let marks = self.marks();
        Place { imported: marks.contains(Marks::IMPORTED_BATCH), last: marks.contains(Marks::LAST) }
    }

    /// Whether its unit goes on with the next entry of its writer.
    pub(crate) fn is_linked(&self) -> bool {
        // The same bit for accounts and transfers.
        self.flags & TransferFlags::LINKED.bits() != 0 && !self.marks().contains(Marks::LAST)
    }

    /// Whether it is a transfer with nothing to it but two accounts and an amount, as far as it says itself.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        let beyond_place = Marks::all().difference(Marks::LAST);
        self.kind == EntryKind::Transfer
            && self.flags == 0
            && self.timeout == 0
            && !self.marks().intersects(beyond_place)
    }

    /// The account that was asked for; meaningful where `kind` says so.
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

    /// The transfer that was asked for, and what was expected; meaningful where `kind` says so.
    #[inline]
    pub fn attempt(&self, extension: Option<&Self>) -> TransferAttempt {
        let mut attempt = TransferAttempt {
            transfer: Transfer {
                id: self.id,
                debit_account_id: self.debit_account_id,
                credit_account_id: self.credit_account_id,
                amount: self.amount,
                pending_id: 0,
                user_data: UserData {
                    user_data_128: 0,
                    user_data_64: self.user_data_64,
                    user_data_32: self.user_data_32,
                },
                timeout: self.timeout,
                ledger: self.ledger,
                code: self.code,
                flags: TransferFlags::from_bits_retain(self.flags),
                timestamp: 0,
            },
            versions: ExpectedVersions::default(),
        };
        if let Some(extension) = extension {
            let held = extension.marks();
            attempt.transfer.pending_id = extension.id;
            attempt.transfer.user_data.user_data_128 = extension.debit_account_id;
            attempt.transfer.timestamp = extension.user_data_64;
            attempt.versions = ExpectedVersions {
                debit: held.contains(Marks::EXPECTS_DEBIT).then_some(extension.debit_version),
                credit: held.contains(Marks::EXPECTS_CREDIT).then_some(extension.credit_version),
            };
        }
        attempt
    }

    /// Its status, where it is of a transfer and the number is of one.
    pub fn transfer_status(&self) -> Option<CreateTransferStatus> {
        let is_transfer = self.kind == EntryKind::Transfer;
        is_transfer.then(|| CreateTransferStatus::from_number(self.status)).flatten()
    }

    /// Whether it created a transfer that bears the entry's own timestamp.
    pub(crate) fn made_a_transfer_then(&self) -> bool {
        let imported = self.flags & TransferFlags::IMPORTED.bits() != 0;
        self.transfer_status() == Some(CreateTransferStatus::Created) && !imported
    }

    /// Whether it created a transfer.
    #[inline]
    pub(crate) fn is_created_transfer(&self) -> bool {
        self.kind == EntryKind::Transfer && self.status == CreateTransferStatus::Created as u16
    }

    /// Whether it created an account that bears the entry's own timestamp.
    pub(crate) fn made_an_account_then(&self) -> bool {
        let imported = self.flags & AccountFlags::IMPORTED.bits() != 0;
        let created = self.status == CreateAccountStatus::Created as u16;
        self.kind == EntryKind::Account && created && !imported
    }

    /// The public name of its status, or none when the number is of no status.
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
        let (id, timestamp) = (Name(self.id), self.timestamp);
        match self.kind {
            EntryKind::Account => write!(formatter, "account {id} at timestamp {timestamp}"),
            EntryKind::Transfer => write!(
                formatter,
                "transfer {id} of {} from account {} to account {} at timestamp {timestamp}",
                grouped(self.amount),
                Name(self.debit_account_id),
                Name(self.credit_account_id),
            ),
            EntryKind::Expiry => {
                write!(formatter, "expiry of transfer {id} at timestamp {timestamp}")
            }
            EntryKind::Extension => write!(formatter, "extension at timestamp {timestamp}"),
        }
    }
}

/// An id as people read it: a UUID in its usual form when it is one of the ledger's own making, else a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name(pub(crate) u128);

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uuid = Uuid::from_u128(self.0);
        if uuid.get_version() == Some(uuid::Version::SortRand) {
            write!(formatter, "{uuid}")
        } else {
            write!(formatter, "{}", self.0)
        }
    }
}
