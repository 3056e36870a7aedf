//! Events and filters out of objects.

use serde_json::value::RawValue;

use super::error::BadLine;
use super::fields::fields;
use super::flags::flags;
use super::value::{id, id_or_new, number};
use crate::model::{Account, AccountFilter, QueryFilter, TransferAttempt};

/// An event, and whether it asks for an id.
type Event<T> = Result<(T, bool), BadLine>;

/// An account to be created.
pub(super) fn account(value: &RawValue) -> Event<Account> {
    let mut account = Account::default();
    let mut new = false;
    fields!(value, |field| {
        "id" => match id_or_new(field)? {
            Some(id) => account.id = id,
            None => new = true,
        },
        "debits_pending" => account.debits_pending = number(field, u128::MAX)?,
        "debits_posted" => account.debits_posted = number(field, u128::MAX)?,
        "credits_pending" => account.credits_pending = number(field, u128::MAX)?,
        "credits_posted" => account.credits_posted = number(field, u128::MAX)?,
        "user_data_128" => account.user_data.user_data_128 = id(field)?,
        "user_data_64" => account.user_data.user_data_64 = number(field, u64::MAX)?,
        "user_data_32" => account.user_data.user_data_32 = number(field, u32::MAX)?,
        "reserved" => account.reserved = number(field, u32::MAX)?,
        "ledger" => account.ledger = number(field, u32::MAX)?,
        "code" => account.code = number(field, u16::MAX)?,
        "flags" => account.flags = flags(field, u16::MAX)?,
        "timestamp" => account.timestamp = number(field, u64::MAX)?,
    })?;
    Ok((account, new))
}

/// A transfer to be created, with what must hold of its accounts.
pub(super) fn transfer(value: &RawValue) -> Event<TransferAttempt> {
    let TransferAttempt { mut transfer, mut versions } = TransferAttempt::default();
    let mut new = false;
    fields!(value, |field| {
        "id" => match id_or_new(field)? {
            Some(id) => transfer.id = id,
            None => new = true,
        },
        "debit_account_id" => transfer.debit_account_id = id(field)?,
        "credit_account_id" => transfer.credit_account_id = id(field)?,
        "amount" => transfer.amount = number(field, u128::MAX)?,
        "pending_id" => transfer.pending_id = id(field)?,
        "user_data_128" => transfer.user_data.user_data_128 = id(field)?,
        "user_data_64" => transfer.user_data.user_data_64 = number(field, u64::MAX)?,
        "user_data_32" => transfer.user_data.user_data_32 = number(field, u32::MAX)?,
        "timeout" => transfer.timeout = number(field, u32::MAX)?,
        "ledger" => transfer.ledger = number(field, u32::MAX)?,
        "code" => transfer.code = number(field, u16::MAX)?,
        "flags" => transfer.flags = flags(field, u16::MAX)?,
        "timestamp" => transfer.timestamp = number(field, u64::MAX)?,
        "expected_debit_version" => versions.debit = Some(number(field, u64::MAX)?),
        "expected_credit_version" => versions.credit = Some(number(field, u64::MAX)?),
    })?;
    Ok((TransferAttempt { transfer, versions }, new))
}

/// Which transfers or balances of an account are asked for.
pub(super) fn account_filter(value: &RawValue) -> Result<AccountFilter, BadLine> {
    let mut filter = AccountFilter::default();
    fields!(value, |field| {
        "account_id" => filter.account_id = id(field)?,
        "user_data_128" => filter.user_data.user_data_128 = id(field)?,
        "user_data_64" => filter.user_data.user_data_64 = number(field, u64::MAX)?,
        "user_data_32" => filter.user_data.user_data_32 = number(field, u32::MAX)?,
        "code" => filter.code = number(field, u16::MAX)?,
        "timestamp_min" => filter.period.timestamp_min = number(field, u64::MAX)?,
        "timestamp_max" => filter.period.timestamp_max = number(field, u64::MAX)?,
        "limit" => filter.limit = number(field, u32::MAX)?,
        "flags" => filter.flags = flags(field, u32::MAX)?,
    })?;
    Ok(filter)
}

/// Which accounts or transfers are asked for.
pub(super) fn query_filter(value: &RawValue) -> Result<QueryFilter, BadLine> {
    let mut filter = QueryFilter::default();
    fields!(value, |field| {
        "user_data_128" => filter.user_data.user_data_128 = id(field)?,
        "user_data_64" => filter.user_data.user_data_64 = number(field, u64::MAX)?,
        "user_data_32" => filter.user_data.user_data_32 = number(field, u32::MAX)?,
        "ledger" => filter.ledger = number(field, u32::MAX)?,
        "code" => filter.code = number(field, u16::MAX)?,
        "timestamp_min" => filter.period.timestamp_min = number(field, u64::MAX)?,
        "timestamp_max" => filter.period.timestamp_max = number(field, u64::MAX)?,
        "limit" => filter.limit = number(field, u32::MAX)?,
        "flags" => filter.flags = flags(field, u32::MAX)?,
    })?;
    Ok(filter)
}
