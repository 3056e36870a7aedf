//! Bodies, as `operation.rs` and `records.rs` read them.
#![expect(dead_code, reason = "they are described here, and read by hand")]

use utoipa::ToSchema;
use utoipa::openapi::Schema;

use super::values::{EventId, Number, ReadId, read_flags};
use crate::model::{AccountFilterFlags, AccountFlags, QueryFilterFlags, TransferFlags};

fn account_flags() -> Schema {
    read_flags::<AccountFlags>(16)
}

fn transfer_flags() -> Schema {
    read_flags::<TransferFlags>(16)
}

fn account_filter_flags() -> Schema {
    read_flags::<AccountFilterFlags>(32)
}

fn query_filter_flags() -> Schema {
    read_flags::<QueryFilterFlags>(32)
}

/// Accounts to be created, in order: 8,189 at most.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAccountsBody {
    /// The accounts. Chains of `linked` ones are created all together or not at all.
    #[schema(max_items = 8189)]
    events: Vec<AccountEvent>,
}

/// Transfers to be created, in order: 8,189 at most.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTransfersBody {
    /// The transfers. Chains of `linked` ones are created all together or not at all.
    #[schema(max_items = 8189)]
    events: Vec<TransferEvent>,
}

/// Ids to be looked up: 8,189 at most.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupBody {
    /// The ids. One that is not there is left out of the answer.
    #[schema(max_items = 8189)]
    ids: Vec<ReadId>,
}

/// Which transfers or balances of an account are asked for.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountFilterBody {
    filter: AccountFilter,
}

/// Which accounts or transfers are asked for.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryFilterBody {
    filter: QueryFilter,
}

/// An account to be created. A field that is absent is 0.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountEvent {
    /// The account's id.
    #[schema(required = false)]
    id: EventId,
    /// It must be 0.
    #[schema(required = false)]
    debits_pending: Number<128>,
    /// It must be 0.
    #[schema(required = false)]
    debits_posted: Number<128>,
    /// It must be 0.
    #[schema(required = false)]
    credits_pending: Number<128>,
    /// It must be 0.
    #[schema(required = false)]
    credits_posted: Number<128>,
    /// Whatever the caller means by it.
    #[schema(required = false)]
    user_data_128: ReadId,
    /// Whatever the caller means by it.
    #[schema(required = false)]
    user_data_64: Number<64>,
    /// Whatever the caller means by it.
    #[schema(required = false)]
    user_data_32: Number<32>,
    /// It must be 0.
    #[schema(required = false)]
    reserved: Number<32>,
    /// The ledger; accounts of one ledger pay each other. Not 0.
    #[schema(required = false)]
    ledger: Number<32>,
    /// The kind of account. Not 0.
    #[schema(required = false)]
    code: Number<16>,
    /// What holds of it.
    #[schema(required = false, schema_with = account_flags)]
    flags: AccountFlags,
    /// For accounts from the past (`imported`): when it was created, in nanoseconds. Else 0.
    #[schema(required = false)]
    timestamp: Number<64>,
}

/// A transfer to be created. A field that is absent is 0.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferEvent {
    /// The transfer's id.
    #[schema(required = false)]
    id: EventId,
    /// The account that pays.
    #[schema(required = false)]
    debit_account_id: ReadId,
    /// The account that is paid.
    #[schema(required = false)]
    credit_account_id: ReadId,
    /// How much.
    #[schema(required = false)]
    amount: Number<128>,
    /// The pending transfer that it posts or voids.
    #[schema(required = false)]
    pending_id: ReadId,
    /// Whatever the caller means by it.
    #[schema(required = false)]
    user_data_128: ReadId,
    /// Whatever the caller means by it.
    #[schema(required = false)]
    user_data_64: Number<64>,
    /// Whatever the caller means by it.
    #[schema(required = false)]
    user_data_32: Number<32>,
    /// For pending transfers: after how many seconds it expires; 0 for never.
    #[schema(required = false)]
    timeout: Number<32>,
    /// The ledger of both accounts.
    #[schema(required = false)]
    ledger: Number<32>,
    /// The kind of transfer.
    #[schema(required = false)]
    code: Number<16>,
    /// What it does beside moving money.
    #[schema(required = false, schema_with = transfer_flags)]
    flags: TransferFlags,
    /// For transfers from the past (`imported`): when it was created, in nanoseconds. Else 0.
    #[schema(required = false)]
    timestamp: Number<64>,
    /// The version that the account that pays must have, where that matters.
    #[schema(required = false)]
    expected_debit_version: Number<64>,
    /// The version that the account that is paid must have, where that matters.
    #[schema(required = false)]
    expected_credit_version: Number<64>,
}

/// Transfers or balances of an account. A field that is absent is 0.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountFilter {
    /// The account.
    #[schema(required = false)]
    account_id: ReadId,
    /// Only those with this value; 0 for any.
    #[schema(required = false)]
    user_data_128: ReadId,
    /// Only those with this value; 0 for any.
    #[schema(required = false)]
    user_data_64: Number<64>,
    /// Only those with this value; 0 for any.
    #[schema(required = false)]
    user_data_32: Number<32>,
    /// Only those of this kind; 0 for any.
    #[schema(required = false)]
    code: Number<16>,
    /// The earliest, in nanoseconds; 0 for any.
    #[schema(required = false)]
    timestamp_min: Number<64>,
    /// The latest, in nanoseconds; 0 for any.
    #[schema(required = false)]
    timestamp_max: Number<64>,
    /// How many there may be: 1 or more, of which 8,189 are answered at most. 0 is no filter, and answers nothing.
    #[schema(required = false)]
    limit: Number<32>,
    /// Which side of the account, and the order.
    #[schema(required = false, schema_with = account_filter_flags)]
    flags: AccountFilterFlags,
}

/// Accounts or transfers. A field that is absent is 0.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryFilter {
    /// Only those with this value; 0 for any.
    #[schema(required = false)]
    user_data_128: ReadId,
    /// Only those with this value; 0 for any.
    #[schema(required = false)]
    user_data_64: Number<64>,
    /// Only those with this value; 0 for any.
    #[schema(required = false)]
    user_data_32: Number<32>,
    /// Only those of this ledger; 0 for any.
    #[schema(required = false)]
    ledger: Number<32>,
    /// Only those of this kind; 0 for any.
    #[schema(required = false)]
    code: Number<16>,
    /// The earliest, in nanoseconds; 0 for any.
    #[schema(required = false)]
    timestamp_min: Number<64>,
    /// The latest, in nanoseconds; 0 for any.
    #[schema(required = false)]
    timestamp_max: Number<64>,
    /// How many there may be: 1 or more, of which 8,189 are answered at most. 0 is no filter, and answers nothing.
    #[schema(required = false)]
    limit: Number<32>,
    /// The order.
    #[schema(required = false, schema_with = query_filter_flags)]
    flags: QueryFilterFlags,
}
