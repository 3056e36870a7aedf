//! Results to JSON.

use bitflags::Flags;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use uuid::{Uuid, Variant, Version};

use super::flags::public_name;
use crate::model::amounts::Exact;
use crate::model::{Account, AccountBalances, Transfer};

/// What a book answers to an operation: one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Response {
    /// To the creation of a batch: one for each event, in order.
    Results(Vec<CreatedEvent>),
    /// Accounts that were found.
    Accounts(Vec<LookedUpAccount>),
    /// Transfers that were found.
    #[serde(serialize_with = "transfers")]
    Transfers(Vec<Transfer>),
    /// Balances over time.
    #[serde(serialize_with = "balances")]
    Balances(Vec<AccountBalances>),
    /// To a tick: where the book is in time, in nanoseconds.
    #[serde(serialize_with = "exact")]
    Time(u64),
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedEvent {
    /// Its status under its public name.
    pub status: &'static str,
    /// When it was created; for `exists` when the first one was; else its place in time.
    pub timestamp: u64,
    /// Its id, where the event asked for one.
    pub id: Option<u128>,
}

/// An account, and how often it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedUpAccount {
    /// The account.
    pub account: Account,
    /// What `expected_debit_version` and `expected_credit_version` are compared with.
    pub version: u64,
}

impl Serialize for CreatedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row {
            status: &'static str,
            timestamp: Exact,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<Id>,
        }
        let Self { status, timestamp, id } = *self;
        Row { status, timestamp: wide(timestamp), id: id.map(Id) }.serialize(serializer)
    }
}

impl Serialize for LookedUpAccount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row {
            id: Id,
            debits_pending: Exact,
            debits_posted: Exact,
            credits_pending: Exact,
            credits_posted: Exact,
            user_data_128: Exact,
            user_data_64: Exact,
            user_data_32: u32,
            reserved: u32,
            ledger: u32,
            code: u16,
            flags: Names<crate::model::AccountFlags>,
            timestamp: Exact,
            version: Exact,
        }
        let Self { account, version } = self;
        let row = Row {
            id: Id(account.id),
            debits_pending: Exact(account.debits_pending),
            debits_posted: Exact(account.debits_posted),
            credits_pending: Exact(account.credits_pending),
            credits_posted: Exact(account.credits_posted),
            user_data_128: Exact(account.user_data.user_data_128),
            user_data_64: wide(account.user_data.user_data_64),
            user_data_32: account.user_data.user_data_32,
            reserved: account.reserved,
            ledger: account.ledger,
            code: account.code,
            flags: Names(account.flags),
            timestamp: wide(account.timestamp),
            version: wide(*version),
        };
        row.serialize(serializer)
    }
}

fn transfers<S: Serializer>(transfers: &[Transfer], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row {
        id: Id,
        debit_account_id: Id,
        credit_account_id: Id,
        amount: Exact,
        pending_id: Id,
        user_data_128: Exact,
        user_data_64: Exact,
        user_data_32: u32,
        timeout: u32,
        ledger: u32,
        code: u16,
        flags: Names<crate::model::TransferFlags>,
        timestamp: Exact,
    }
    serializer.collect_seq(transfers.iter().map(|transfer| Row {
        id: Id(transfer.id),
        debit_account_id: Id(transfer.debit_account_id),
        credit_account_id: Id(transfer.credit_account_id),
        amount: Exact(transfer.amount),
        pending_id: Id(transfer.pending_id),
        user_data_128: Exact(transfer.user_data.user_data_128),
        user_data_64: wide(transfer.user_data.user_data_64),
        user_data_32: transfer.user_data.user_data_32,
        timeout: transfer.timeout,
        ledger: transfer.ledger,
        code: transfer.code,
        flags: Names(transfer.flags),
        timestamp: wide(transfer.timestamp),
    }))
}

fn balances<S: Serializer>(balances: &[AccountBalances], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Row {
        debits_pending: Exact,
        debits_posted: Exact,
        credits_pending: Exact,
        credits_posted: Exact,
        timestamp: Exact,
    }
    serializer.collect_seq(balances.iter().map(|balances| Row {
        debits_pending: Exact(balances.debits_pending),
        debits_posted: Exact(balances.debits_posted),
        credits_pending: Exact(balances.credits_pending),
        credits_posted: Exact(balances.credits_posted),
        timestamp: wide(balances.timestamp),
    }))
}

fn wide(number: u64) -> Exact {
    Exact(number.into())
}

fn exact<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    wide(*number).serialize(serializer)
}

/// An id: a UUID of version 7 in its usual text form, else a number.
pub(super) struct Id(pub(super) u128);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let uuid = Uuid::from_u128(self.0);
        let ordered = uuid.get_version() == Some(Version::SortRand);
        if ordered && uuid.get_variant() == Variant::RFC4122 {
            let mut text = Uuid::encode_buffer();
            serializer.serialize_str(uuid.hyphenated().encode_lower(&mut text))
        } else {
            Exact(self.0).serialize(serializer)
        }
    }
}

/// Flags as a list of names.
pub(super) struct Names<F>(pub(super) F);

impl<F: Flags> Serialize for Names<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for (constant, _) in self.0.iter_names() {
            names.serialize_element(&public_name(constant))?;
        }
        names.end()
    }
}
