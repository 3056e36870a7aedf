//! The calls of a ledger: coins of named accounts, the operations of the model, and the ledger as a whole. Each takes JSON
//! and returns JSON.

use serde::Serialize;

use crate::api::{Requester, Service};
use crate::coins::{COINS_MAX, CoinsError, HistoryRow, Receipt};
use crate::host::web::call_error::CallError;
use crate::ledger::Cancellation;
use crate::model::amounts::{JsonU64, JsonU128};
use crate::sync::WaitForever;
use crate::wire::fields::{fields, whole};
use crate::wire::value::{number, word};
use crate::wire::{
    self, AccountFilterBody, CreateAccountsBody, CreateTransfersBody, LookupBody, ParseError,
    QueryFilterBody, TrailQuery, Transfers, read_body, write_trail,
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

fn read(body: &str) -> Result<CallFields, ParseError> {
    let mut read = CallFields::default();
    fields!(&whole(body)?, read: CallFields, |field| {
        name => read.name = word(field)?.into_owned(),
        from => read.from = word(field)?.into_owned(),
        to => read.to = word(field)?.into_owned(),
        amount => read.amount = number(field, COINS_MAX as u64)? as i64,
        limit => read.limit = number(field, u64::from(u32::MAX))? as usize,
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
    Ok(json(&service.health()))
}

pub(super) fn create_accounts(service: &Service, body: &str) -> Result<String, CallError> {
    Ok(json(&service.create_accounts(read_body::<CreateAccountsBody>(body)?)?))
}

pub(super) fn create_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    Ok(json(
        &service.create_transfers(Requester::Trusted, read_body::<CreateTransfersBody>(body)?)?,
    ))
}

pub(super) fn lookup_accounts(service: &Service, body: &str) -> Result<String, CallError> {
    let ids = read_body::<LookupBody>(body)?;
    Ok(json(&wire::lookup_accounts(service.current_ledger(), &ids)))
}

pub(super) fn lookup_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let ids = read_body::<LookupBody>(body)?;
    Ok(json(&Transfers::from(&*service.current_ledger().lookup_transfers(&ids))))
}

pub(super) fn get_account_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_body::<AccountFilterBody>(body)?;
    Ok(json(&Transfers::from(&*service.current_ledger().get_account_transfers(&filter))))
}

pub(super) fn get_account_balances(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_body::<AccountFilterBody>(body)?;
    Ok(json(&wire::get_account_balances(service.current_ledger(), &filter)))
}

pub(super) fn query_accounts(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_body::<QueryFilterBody>(body)?;
    Ok(json(&wire::query_accounts(service.current_ledger(), &filter)))
}

pub(super) fn query_transfers(service: &Service, body: &str) -> Result<String, CallError> {
    let filter = read_body::<QueryFilterBody>(body)?;
    Ok(json(&Transfers::from(&*service.current_ledger().query_transfers(&filter))))
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
        timestamp: JsonU64,
        #[serde(skip_serializing_if = "Option::is_none")]
        from_balance: Option<JsonU128>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_balance: Option<JsonU128>,
    }
    let Receipt { id, timestamp, from_balance, to_balance } = receipt?;
    Ok(json(&ReceiptJson {
        id: JsonU128(id),
        timestamp: JsonU64(timestamp),
        from_balance: from_balance.map(JsonU128),
        to_balance: to_balance.map(JsonU128),
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
        timestamp: JsonU64,
        status: &'static str,
    }
    let (coins, CallFields { name, limit, .. }) = (service.coins(), read(body)?);
    let rows = match name.as_str() {
        "" => coins.recent(limit),
        name => coins.history(name, limit),
    };
    let row_json = |row: HistoryRow<'_>| {
        json(&RowJson {
            id: JsonU128(row.id),
            kind: row.kind.name(),
            from: row.from,
            to: row.to,
            amount: row.amount.to_string(),
            timestamp: JsonU64(row.timestamp),
            status: row.status,
        })
    };
    let rows: Vec<String> = rows.into_iter().map(row_json).collect();
    Ok(format!("[{}]", rows.join(",")))
}

/// Returns one page of the trail, and where the next page begins.
pub(super) fn trail(service: &Service, body: &str) -> Result<String, CallError> {
    let query = TrailQuery::read(body)?;
    let (ledger, filter) = (service.coins().ledger(), query.first_page());
    filter.check(ledger.trail().segments().len())?;
    let page = WaitForever::finish(ledger.select_entries(&filter, &Cancellation::never()));
    let mut lines = Vec::new();
    write_trail(page.entries, &mut lines).expect("memory takes all that is written to it");
    let lines = String::from_utf8(lines).expect("JSON is text");
    let entries: Vec<&str> = lines.lines().collect();
    let next = page.next.map_or("null".to_owned(), digits);
    Ok(format!("{{\"entries\":[{}],\"next\":{next}}}", entries.join(",")))
}
