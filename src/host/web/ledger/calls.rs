//! The calls of a ledger: coins of named accounts, the operations of the model, and the ledger as a whole. Each takes JSON
//! and returns JSON.

use serde::Serialize;

use crate::api::Service;
use crate::coins::{COINS_MAX, CoinsError, Receipt, Row};
use crate::host::web::call_error::CallError;
use crate::ledger::{Cancellation, Ledger};
use crate::model::amounts::JsonU128;
use crate::trail::{EntryKind, StatusFilter, TrailFilter};
use crate::wire::fields::{fields, whole};
use crate::wire::value::{id, number, word};
use crate::wire::{self, BadLine, Response, write_trail};
use crate::wire::{
    read_account_filter, read_accounts, read_ids, read_query_filter, read_transfers,
};

/// The fields of the calls about coins. JavaScript has checked their types and which of them belong to the call.
#[derive(Default)]
struct CallFields {
    name: String,
    from: String,
    to: String,
    amount: i64,
    limit: usize,
}

fn read(body: &str) -> Result<CallFields, BadLine> {
    let mut read = CallFields::default();
    fields!(whole(body)?, |field| {
        "name" => read.name = word(field)?.into_owned(),
        "from" => read.from = word(field)?.into_owned(),
        "to" => read.to = word(field)?.into_owned(),
        "amount" => read.amount = number(field, COINS_MAX as u64)? as i64,
        "limit" => read.limit = number(field, u64::from(u32::MAX))? as usize,
    })?;
    Ok(read)
}

pub(super) fn open_account(service: &Service, body: &str) -> Result<String, CallError> {
    let CallFields { name, amount, .. } = read(body)?;
    Ok(digits(service.session()?.open(&name, amount)?))
}

pub(super) fn deposit(service: &Service, body: &str) -> Result<String, CallError> {
    let CallFields { to, amount, .. } = read(body)?;
    receipt(service.session()?.deposit(&to, amount, &Cancellation::never()))
}

pub(super) fn withdraw(service: &Service, body: &str) -> Result<String, CallError> {
    let CallFields { from, amount, .. } = read(body)?;
    receipt(service.session()?.withdraw(&from, amount, &Cancellation::never()))
}

pub(super) fn transfer(service: &Service, body: &str) -> Result<String, CallError> {
    let CallFields { from, to, amount, .. } = read(body)?;
    receipt(service.session()?.transfer(&from, &to, amount, &Cancellation::never()))
}

pub(super) fn balance(service: &Service, body: &str) -> Result<String, CallError> {
    Ok(digits(service.coins().balance(&read(body)?.name)?))
}

pub(super) fn account_id(service: &Service, body: &str) -> Result<String, CallError> {
    let (coins, CallFields { name, .. }) = (service.coins(), read(body)?);
    let id = coins.balance(&name).and(coins.id(&name).ok_or(CoinsError::HolderNotFound));
    Ok(digits(id?))
}

pub(super) fn snapshot(service: &Service, _: &str) -> Result<String, CallError> {
    Ok(json(&service.snapshot()))
}

pub(super) fn verify(service: &Service, _: &str) -> Result<String, CallError> {
    Ok(json(&service.verify()))
}

pub(super) fn health(service: &Service, _: &str) -> Result<String, CallError> {
    Ok(json(&service.coins().ledger().health(service.now_ns())))
}

pub(super) fn create_accounts(service: &Service, body: &str) -> Result<String, CallError> {
    let batch = read_accounts(body)?;
    Ok(json(&wire::create_accounts(service.session()?.writer(), batch)?))
}

pub(super) fn create_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let batch = read_transfers(body)?;
    let mut session = service.session()?;
    Ok(json(&wire::create_transfers(session.writer(), batch, &Cancellation::never())?))
}

pub(super) fn lookup_accounts(service: &Service, body: &str) -> Result<String, CallError> {
    let ids = read_ids(body)?;
    Ok(json(&wire::lookup_accounts(current(service)?, &ids)))
}

pub(super) fn lookup_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let ids = read_ids(body)?;
    Ok(json(&Response::Transfers(current(service)?.lookup_transfers(&ids))))
}

pub(super) fn get_account_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_account_filter(body)?;
    Ok(json(&Response::Transfers(current(service)?.get_account_transfers(&filter))))
}

pub(super) fn get_account_balances(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_account_filter(body)?;
    Ok(json(&Response::Balances(current(service)?.get_account_balances(&filter))))
}

pub(super) fn query_accounts(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_query_filter(body)?;
    Ok(json(&wire::query_accounts(current(service)?, &filter)))
}

pub(super) fn query_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_query_filter(body)?;
    Ok(json(&Response::Transfers(current(service)?.query_transfers(&filter))))
}

/// Returns the ledger after the transfers that are due have expired.
fn current(service: &Service) -> Result<&Ledger, CallError> {
    drop(service.session()?);
    Ok(service.coins().ledger())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("results serialize")
}

/// Returns a number as a string of its digits, so that no reader of JSON rounds it.
fn digits(number: impl ToString) -> String {
    json(&number.to_string())
}

fn receipt(receipt: Result<Receipt, CoinsError>) -> Result<String, CallError> {
    #[derive(Serialize)]
    struct ReceiptJson {
        id: JsonU128,
        timestamp: JsonU128,
        #[serde(skip_serializing_if = "Option::is_none")]
        from_balance: Option<JsonU128>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_balance: Option<JsonU128>,
    }
    let Receipt { id, timestamp, from_balance, to_balance } = receipt?;
    // The balance of a named account is never negative.
    let exact =
        |balance: Option<i64>| balance.map(|balance| JsonU128(balance.unsigned_abs().into()));
    Ok(json(&ReceiptJson {
        id: JsonU128(id),
        timestamp: JsonU128(timestamp.into()),
        from_balance: exact(from_balance),
        to_balance: exact(to_balance),
    }))
}

pub(super) fn history(service: &Service, body: &str) -> Result<String, CallError> {
    #[derive(Serialize)]
    struct RowJson<'a> {
        id: JsonU128,
        kind: &'static str,
        from: Option<&'a str>,
        to: Option<&'a str>,
        /// As it was requested, so it may be negative.
        amount: String,
        timestamp: JsonU128,
        status: &'static str,
    }
    let (coins, CallFields { name, limit, .. }) = (service.coins(), read(body)?);
    let rows = match name.as_str() {
        "" => coins.recent(limit),
        name => coins.history(name, limit),
    };
    let row_json = |row: Row<'_>| {
        json(&RowJson {
            id: JsonU128(row.id),
            kind: row.kind.name(),
            from: row.from,
            to: row.to,
            amount: row.amount.to_string(),
            timestamp: JsonU128(row.timestamp.into()),
            status: row.status,
        })
    };
    let rows: Vec<String> = rows.into_iter().map(row_json).collect();
    Ok(format!("[{}]", rows.join(",")))
}

/// Returns one page of the trail, and where the next page begins.
pub(super) fn trail(service: &Service, body: &str) -> Result<String, CallError> {
    let (filter, status) = trail_filter(body)?;
    let status = status.as_deref().map(StatusFilter::named).transpose()?;
    let filter = TrailFilter { status, ..filter };
    let page = service.coins().ledger().trail().select(&filter)?;
    let mut lines = Vec::new();
    write_trail(page.entries, &mut lines).expect("memory takes all that is written to it");
    let lines = String::from_utf8(lines).expect("JSON is text");
    let entries: Vec<&str> = lines.lines().collect();
    let next = page.next.map_or("null".to_owned(), digits);
    Ok(format!("{{\"entries\":[{}],\"next\":{next}}}", entries.join(",")))
}

/// Reads a filter, and the name of the status in it.
fn trail_filter(body: &str) -> Result<(TrailFilter, Option<String>), BadLine> {
    let (mut filter, mut status) = (TrailFilter::default(), None);
    fields!(whole(body)?, |field| {
        "account_id" => filter.account_id = Some(id(field)?),
        "id" => filter.id = Some(id(field)?),
        "status" => status = Some(word(field)?.into_owned()),
        // The filter rejects an unknown kind and names those that there are.
        "kind" => filter.kind = TrailFilter::kind_named(&word(field)?).ok().or(Some(EntryKind::Extension)),
        "writer" => filter.writer = Some(number(field, u64::from(u32::MAX))? as usize),
        "timestamp_min" => filter.period.timestamp_min = number(field, u64::MAX)?,
        "timestamp_max" => filter.period.timestamp_max = number(field, u64::MAX)?,
        "after" => filter.after = Some(number(field, u64::MAX)?),
        "limit" => filter.limit = number(field, u32::MAX)?,
        "reversed" => filter.reversed = field.get() == "true",
    })?;
    Ok((filter, status))
}
