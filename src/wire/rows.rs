//! The rows of answers, as they are written, and the JSON Schemas that come of it.

use bitflags::Flags;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::{Uuid, Variant, Version};

use super::flags::public_name;
use super::response::{CreatedEvent, LookedUpAccount};
use super::schema::{account_flags, transfer_flags};
use crate::model::amounts::JsonU128;
use crate::model::{AccountBalances, AccountFlags, Transfer, TransferFlags};

/// What became of one event.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedEvent)]
#[serde(deny_unknown_fields)]
pub(super) struct EventRow {
    status: Status,
    /// When it was created, in nanoseconds; for `exists` when the first one was; else its place in time.
    timestamp: JsonU128,
    /// Its id, where the event asked for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<Id>,
}

impl From<&CreatedEvent> for EventRow {
    fn from(event: &CreatedEvent) -> Self {
        let CreatedEvent { status, timestamp, id } = *event;
        Self { status: Status(status), timestamp: wide(timestamp), id: id.map(Id) }
    }
}

/// An account, and how often it has changed.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    id: Id,
    /// Money that transfers under way may take.
    debits_pending: JsonU128,
    /// Money that it has paid.
    debits_posted: JsonU128,
    /// Money that transfers under way may bring.
    credits_pending: JsonU128,
    /// Money that it was paid.
    credits_posted: JsonU128,
    user_data_128: JsonU128,
    user_data_64: JsonU128,
    user_data_32: u32,
    reserved: u32,
    ledger: u32,
    code: u16,
    #[schema(schema_with = account_flags)]
    flags: Names<AccountFlags>,
    /// When it was created, in nanoseconds.
    timestamp: JsonU128,
    /// How often it has changed: what `expected_debit_version` and `If-Match` are compared with.
    version: JsonU128,
}

impl From<&LookedUpAccount> for AccountRow {
    fn from(found: &LookedUpAccount) -> Self {
        let LookedUpAccount { account, version } = found;
        Self {
            id: Id(account.id),
            debits_pending: JsonU128(account.debits_pending),
            debits_posted: JsonU128(account.debits_posted),
            credits_pending: JsonU128(account.credits_pending),
            credits_posted: JsonU128(account.credits_posted),
            user_data_128: JsonU128(account.user_data.user_data_128),
            user_data_64: wide(account.user_data.user_data_64),
            user_data_32: account.user_data.user_data_32,
            reserved: account.reserved,
            ledger: account.ledger,
            code: account.code,
            flags: Names(account.flags),
            timestamp: wide(account.timestamp),
            version: wide(*version),
        }
    }
}

/// A transfer that was created.
#[derive(Serialize, ToSchema)]
#[schema(as = Transfer)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferRow {
    id: Id,
    debit_account_id: Id,
    credit_account_id: Id,
    amount: JsonU128,
    pending_id: Id,
    user_data_128: JsonU128,
    user_data_64: JsonU128,
    user_data_32: u32,
    /// For pending transfers: after how many seconds it expires; 0 for never.
    timeout: u32,
    ledger: u32,
    code: u16,
    #[schema(schema_with = transfer_flags)]
    flags: Names<TransferFlags>,
    /// When it was created, in nanoseconds.
    timestamp: JsonU128,
}

impl From<&Transfer> for TransferRow {
    fn from(transfer: &Transfer) -> Self {
        Self {
            id: Id(transfer.id),
            debit_account_id: Id(transfer.debit_account_id),
            credit_account_id: Id(transfer.credit_account_id),
            amount: JsonU128(transfer.amount),
            pending_id: Id(transfer.pending_id),
            user_data_128: JsonU128(transfer.user_data.user_data_128),
            user_data_64: wide(transfer.user_data.user_data_64),
            user_data_32: transfer.user_data.user_data_32,
            timeout: transfer.timeout,
            ledger: transfer.ledger,
            code: transfer.code,
            flags: Names(transfer.flags),
            timestamp: wide(transfer.timestamp),
        }
    }
}

/// An account's balances after one transfer.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountBalances)]
#[serde(deny_unknown_fields)]
pub(super) struct BalancesRow {
    debits_pending: JsonU128,
    debits_posted: JsonU128,
    credits_pending: JsonU128,
    credits_posted: JsonU128,
    /// When that transfer was created, in nanoseconds.
    timestamp: JsonU128,
}

impl From<&AccountBalances> for BalancesRow {
    fn from(balances: &AccountBalances) -> Self {
        Self {
            debits_pending: JsonU128(balances.debits_pending),
            debits_posted: JsonU128(balances.debits_posted),
            credits_pending: JsonU128(balances.credits_pending),
            credits_posted: JsonU128(balances.credits_posted),
            timestamp: wide(balances.timestamp),
        }
    }
}

pub(super) fn wide(number: u64) -> JsonU128 {
    JsonU128(number.into())
}

/// The public name of a status.
#[derive(Serialize)]
pub(super) struct Status(&'static str);

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
            JsonU128(self.0).serialize(serializer)
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
