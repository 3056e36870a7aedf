//! The answers to operations: how each is written, and its JSON Schema.

use bitflags::Flags;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;
use uuid::{Uuid, Variant, Version};

use super::flags::public_name;
use super::schema::{UUID_V7, above_exact, any, flag_names, integer, json_schema, pattern, typed};
use crate::model::amounts::{EXACT_IN_JSON_MAX, JsonU128};
use crate::model::{
    Account, AccountBalances, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer,
    TransferFlags,
};

/// The answer to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Response {
    /// To the creation of a batch.
    Results(Results),
    /// Accounts that were found.
    Accounts(Accounts),
    /// Transfers that were found.
    Transfers(Transfers),
    /// Balances over time.
    Balances(Balances),
    /// To a tick.
    Time(Time),
}

/// The outcome of each event of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// One for each event, in order.
    pub results: Vec<CreatedEvent>,
}

/// Accounts that were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// At most 8,189.
    pub accounts: Vec<AccountRow>,
}

/// Transfers that were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfers {
    /// At most 8,189.
    pub transfers: Vec<TransferRow>,
}

/// Balances over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Balances {
    /// At most 8,189.
    pub balances: Vec<BalancesRow>,
}

/// The ledger's time after a tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Time {
    /// In nanoseconds.
    pub time: JsonU128,
}

/// The outcome of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatedEvent {
    status: Status,
    /// When the event was created, in nanoseconds. With `exists`, when the first one was created. Otherwise when it was
    /// rejected.
    timestamp: JsonU128,
    /// Its id, where the event asked for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<Id>,
}

impl CreatedEvent {
    pub(super) fn new(status: &'static str, timestamp: u64, id: Option<u128>) -> Self {
        Self { status: Status(status), timestamp: timestamp.into(), id: id.map(Id) }
    }

    /// The public name of its status.
    pub fn status(&self) -> &'static str {
        self.status.0
    }

    pub(super) fn timestamp(&self) -> u128 {
        self.timestamp.0
    }

    pub(super) fn id(&self) -> Option<u128> {
        self.id.map(|id| id.0)
    }
}

/// An account, and how often it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Account)]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    id: Id,
    /// The sum of the pending debits.
    debits_pending: JsonU128,
    /// The sum of the posted debits.
    debits_posted: JsonU128,
    /// The sum of the pending credits.
    credits_pending: JsonU128,
    /// The sum of the posted credits.
    credits_posted: JsonU128,
    user_data_128: JsonU128,
    user_data_64: JsonU128,
    user_data_32: u32,
    reserved: u32,
    ledger: u32,
    code: u16,
    #[schema(schema_with = flag_names::<AccountFlags>)]
    flags: FlagNames<AccountFlags>,
    /// When it was created, in nanoseconds.
    timestamp: JsonU128,
    /// How often it has changed. `expected_debit_version` and `If-Match` are compared with it.
    version: JsonU128,
}

impl AccountRow {
    pub(super) fn new(account: &Account, version: u64) -> Self {
        Self {
            id: Id(account.id),
            debits_pending: JsonU128(account.debits_pending),
            debits_posted: JsonU128(account.debits_posted),
            credits_pending: JsonU128(account.credits_pending),
            credits_posted: JsonU128(account.credits_posted),
            user_data_128: JsonU128(account.user_data.user_data_128),
            user_data_64: account.user_data.user_data_64.into(),
            user_data_32: account.user_data.user_data_32,
            reserved: account.reserved,
            ledger: account.ledger,
            code: account.code,
            flags: FlagNames(account.flags),
            timestamp: account.timestamp.into(),
            version: version.into(),
        }
    }

    /// How often the account has changed.
    pub fn version(&self) -> u128 {
        self.version.0
    }
}

/// A transfer that was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Transfer)]
#[serde(deny_unknown_fields)]
pub struct TransferRow {
    id: Id,
    debit_account_id: Id,
    credit_account_id: Id,
    amount: JsonU128,
    pending_id: Id,
    user_data_128: JsonU128,
    user_data_64: JsonU128,
    user_data_32: u32,
    /// For a pending transfer: the number of seconds after which it expires; 0 for never.
    timeout: u32,
    ledger: u32,
    code: u16,
    #[schema(schema_with = flag_names::<TransferFlags>)]
    flags: FlagNames<TransferFlags>,
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
            user_data_64: transfer.user_data.user_data_64.into(),
            user_data_32: transfer.user_data.user_data_32,
            timeout: transfer.timeout,
            ledger: transfer.ledger,
            code: transfer.code,
            flags: FlagNames(transfer.flags),
            timestamp: transfer.timestamp.into(),
        }
    }
}

impl From<&[Transfer]> for Transfers {
    fn from(transfers: &[Transfer]) -> Self {
        Self { transfers: transfers.iter().map(TransferRow::from).collect() }
    }
}

/// An account's balances after one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccountBalances)]
#[serde(deny_unknown_fields)]
pub struct BalancesRow {
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
            timestamp: balances.timestamp.into(),
        }
    }
}

/// The public name of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Status(&'static str);

json_schema! {
    Status,
    typed(Type::String)
        .description(Some("The outcome of an event: `created`, `exists`, or why it was rejected."))
        .enum_values(Some(status_names()))
}

/// The names of all statuses, each once.
fn status_names() -> Vec<&'static str> {
    let mut names: Vec<_> = CreateAccountStatus::ALL.iter().map(|status| status.name()).collect();
    for status in CreateTransferStatus::ALL {
        if !names.contains(&status.name()) {
            names.push(status.name());
        }
    }
    names
}

/// An id: a UUID of version 7 as hyphenated text, otherwise a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

json_schema! {
    Id,
    any("An id: a UUID of version 7 as text, any other as a number up to 2^53 - 1, above as a string of digits.")
        .item(integer(EXACT_IN_JSON_MAX))
        .item(above_exact())
        .item(pattern(UUID_V7))
}

/// Flags as a list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlagNames<F>(pub(super) F);

impl<F: Flags> Serialize for FlagNames<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for (constant, _) in self.0.iter_names() {
            names.serialize_element(&public_name(constant))?;
        }
        names.end()
    }
}
