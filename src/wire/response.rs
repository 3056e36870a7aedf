//! The responses to operations: how each is written, and its JSON Schema.

use bitflags::Flags;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;

use super::flags::public_name;
use super::schema::{flag_names, json_schema, typed};
use crate::model::amounts::{JsonU64, JsonU128};
use crate::model::{
    Account, AccountBalances, AccountFlags, CreateAccountStatus, CreateTransferStatus, Transfer,
    TransferFlags,
};

/// The response to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Response {
    /// The outcomes of a batch.
    Results(Results),
    /// Accounts that were found.
    Accounts(Accounts),
    /// Transfers that were found.
    Transfers(Transfers),
    /// Balances over time.
    Balances(Balances),
    /// The time after a tick.
    Time(Time),
}

/// Declares a response with one list.
macro_rules! list {
    ($($(#[$meta:meta])* struct $name:ident { $(#[$field_meta:meta])* $field:ident: $Row:ty })+) => {$(
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        pub struct $name { $(#[$field_meta])* pub $field: Vec<$Row> }
    )+};
}

list! {
    /// The outcome of each event of a batch.
    struct Results {
        /// One for each event, in order.
        results: CreatedEvent
    }
    /// Accounts that were found.
    struct Accounts {
        /// At most 8,189.
        accounts: AccountRow
    }
    /// Transfers that were found.
    struct Transfers {
        /// At most 8,189.
        transfers: TransferRow
    }
    /// Balances over time.
    struct Balances {
        /// At most 8,189.
        balances: BalancesRow
    }
}

/// The ledger's time after a tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Time {
    /// In nanoseconds.
    pub time: JsonU64,
}

/// The outcome of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatedEvent {
    status: Status,
    /// When the event was created or rejected, in nanoseconds. With `exists`, when the first event with
    /// this id was created.
    timestamp: JsonU64,
    /// The id of the event, if the request asked for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<JsonU128>,
}

impl CreatedEvent {
    pub(super) fn new(status: &'static str, timestamp: u64, id: Option<u128>) -> Self {
        Self { status: Status(status), timestamp: timestamp.into(), id: id.map(JsonU128) }
    }

    /// Returns the outcome with another status.
    pub(crate) fn with_status(self, status: CreateTransferStatus) -> Self {
        Self { status: Status(status.name()), ..self }
    }

    /// The public name of the status.
    pub fn status(&self) -> &'static str {
        self.status.0
    }

    pub(crate) fn timestamp(&self) -> u64 {
        self.timestamp.0
    }

    pub(crate) fn id(&self) -> Option<u128> {
        self.id.map(|id| id.0)
    }
}

/// Declares a row of a response: each field with its type, and the value that it is made of.
macro_rules! row {
    ($(#[$meta:meta])* struct $name:ident($source:ident: $Source:ty $(, $more:ident: $More:ty)?) {
        $($(#[$field_meta:meta])* $field:ident: $Type:ty = $value:expr,)+
    }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* $field: $Type,)+ }

        impl $name {
            pub(super) fn new($source: &$Source $(, $more: $More)?) -> Self {
                Self { $($field: $value.into(),)+ }
            }
        }
    };
}

row! {
    /// An account and its version.
    #[schema(as = Account)]
    struct AccountRow(account: Account, version: u64) {
        id: JsonU128 = account.id,
        /// The sum of the pending debits.
        debits_pending: JsonU128 = account.debits_pending,
        /// The sum of the posted debits.
        debits_posted: JsonU128 = account.debits_posted,
        /// The sum of the pending credits.
        credits_pending: JsonU128 = account.credits_pending,
        /// The sum of the posted credits.
        credits_posted: JsonU128 = account.credits_posted,
        user_data_128: JsonU128 = account.user_data.user_data_128,
        user_data_64: JsonU64 = account.user_data.user_data_64,
        user_data_32: u32 = account.user_data.user_data_32,
        reserved: u32 = account.reserved,
        ledger: u32 = account.ledger,
        code: u16 = account.code,
        #[schema(schema_with = flag_names::<AccountFlags>)]
        flags: FlagNames<AccountFlags> = account.flags,
        /// When it was created, in nanoseconds.
        timestamp: JsonU64 = account.timestamp,
        /// The number of changes so far. `expected_debit_version` and `If-Match` are compared with it.
        version: JsonU64 = version,
    }
}

impl TransferRow {
    /// Returns the row of a transfer.
    pub(crate) fn of(transfer: &Transfer) -> Self {
        Self::new(transfer)
    }
}

impl AccountRow {
    /// The number of changes of the account so far.
    pub fn version(&self) -> u64 {
        self.version.0
    }
}

row! {
    /// A transfer that was created.
    #[schema(as = Transfer)]
    struct TransferRow(transfer: Transfer) {
        id: JsonU128 = transfer.id,
        debit_account_id: JsonU128 = transfer.debit_account_id,
        credit_account_id: JsonU128 = transfer.credit_account_id,
        amount: JsonU128 = transfer.amount,
        pending_id: JsonU128 = transfer.pending_id,
        user_data_128: JsonU128 = transfer.user_data.user_data_128,
        user_data_64: JsonU64 = transfer.user_data.user_data_64,
        user_data_32: u32 = transfer.user_data.user_data_32,
        /// For a pending transfer: the number of seconds after which it expires; 0 for never.
        timeout: u32 = transfer.timeout,
        ledger: u32 = transfer.ledger,
        code: u16 = transfer.code,
        #[schema(schema_with = flag_names::<TransferFlags>)]
        flags: FlagNames<TransferFlags> = transfer.flags,
        /// When it was created, in nanoseconds.
        timestamp: JsonU64 = transfer.timestamp,
    }
}

impl From<&[AccountBalances]> for Balances {
    fn from(balances: &[AccountBalances]) -> Self {
        Self { balances: balances.iter().map(BalancesRow::new).collect() }
    }
}

impl From<&[Transfer]> for Transfers {
    fn from(transfers: &[Transfer]) -> Self {
        Self { transfers: transfers.iter().map(TransferRow::new).collect() }
    }
}

row! {
    /// The balances of an account after one transfer.
    #[schema(as = AccountBalances)]
    struct BalancesRow(balances: AccountBalances) {
        debits_pending: JsonU128 = balances.debits_pending,
        debits_posted: JsonU128 = balances.debits_posted,
        credits_pending: JsonU128 = balances.credits_pending,
        credits_posted: JsonU128 = balances.credits_posted,
        /// When that transfer was created, in nanoseconds.
        timestamp: JsonU64 = balances.timestamp,
    }
}

/// The public name of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Status(&'static str);

json_schema! {
    Status,
    typed(Type::String)
        .description(Some("The outcome of an event: `created`, `exists`, or the reason for its rejection."))
        .enum_values(Some(status_names()))
}

/// The names of all statuses, each once.
pub(super) fn status_names() -> Vec<&'static str> {
    let mut names: Vec<_> = CreateAccountStatus::ALL.iter().map(|status| status.name()).collect();
    for status in CreateTransferStatus::ALL {
        if !names.contains(&status.name()) {
            names.push(status.name());
        }
    }
    names
}

/// Flags as a list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlagNames<F>(pub(super) F);

impl<F: Flags> From<F> for FlagNames<F> {
    fn from(flags: F) -> Self {
        Self(flags)
    }
}

impl<F: Flags> Serialize for FlagNames<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for (constant, _) in self.0.iter_names() {
            names.serialize_element(&public_name(constant))?;
        }
        names.end()
    }
}
