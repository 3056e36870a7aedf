//! One line of the trail.

use std::fmt;

use uuid::Uuid;

use crate::model::amounts::grouped;
use crate::model::{Account, AccountFlags, CreateAccountStatus, CreateTransferStatus};
use crate::model::{Transfer, TransferFlags};

/// What was attempted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum EntryKind {
    /// To create an account.
    #[default]
    Account,
    /// To create a transfer.
    Transfer,
}

/// One attempt: what was asked for, when, what came of it, and how often the two accounts had changed after it.
///
/// An entry says all that a replay needs to decide the attempt again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Entry {
    /// The transfer's id, or the account's.
    pub id: u128,
    /// As in [`Transfer::debit_account_id`]; 0 for an account.
    pub debit_account_id: u128,
    /// As in [`Transfer::credit_account_id`]; 0 for an account.
    pub credit_account_id: u128,
    /// As in [`Transfer::amount`]; 0 for an account.
    pub amount: u128,
    /// Its place in the order of all attempts: unique in the book, in nanoseconds of the book's time.
    pub timestamp: u64,
    /// Version of the debit account after it; 0 where the account was not looked at.
    pub debit_version: u64,
    /// Version of the credit account after it; 0 where the account was not looked at.
    pub credit_version: u64,
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
}

const _: () = assert!(size_of::<Entry>() == 112, "the trail's memory is counted in entries");

impl Entry {
    /// The entry of an attempt to create an account.
    pub fn of_account(account: &Account, timestamp: u64, status: CreateAccountStatus) -> Self {
        Self {
            id: account.id,
            timestamp,
            ledger: account.ledger,
            code: account.code,
            flags: account.flags.bits(),
            status: status as u16,
            kind: EntryKind::Account,
            ..Self::default()
        }
    }

    /// The account that was asked for; meaningful where `kind` says so.
    pub fn account(&self) -> Account {
        Account {
            id: self.id,
            ledger: self.ledger,
            code: self.code,
            flags: AccountFlags::from_bits_retain(self.flags),
        }
    }

    /// The transfer that was asked for; meaningful where `kind` says so.
    pub fn transfer(&self) -> Transfer {
        Transfer {
            id: self.id,
            debit_account_id: self.debit_account_id,
            credit_account_id: self.credit_account_id,
            amount: self.amount,
            ledger: self.ledger,
            code: self.code,
            flags: TransferFlags::from_bits_retain(self.flags),
        }
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
        }
    }
}

/// An id as people read it: a UUID in its usual form when it is one of the book's own making, else a number.
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
