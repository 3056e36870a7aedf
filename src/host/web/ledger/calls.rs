//! The calls of a ledger: those with names of people, those of the model, and those about the ledger as a whole.

use serde::Serialize;

use super::refusal::Refusal;
use crate::api::Service;
use crate::coins::{COINS_MAX, Coins, CoinsError, HistoryRow, Receipt};
use crate::ledger::Cancellation;
use crate::model::amounts::JsonU128;
use crate::wire::fields::{fields, whole};
use crate::wire::value::{number, word};
use crate::wire::{
    self, AccountFilterBody, CreateAccountsBody, CreateTransfersBody, LookupBody, ParseError,
    QueryFilterBody, TrailQuery, Transfers, read_body, write_trail,
};

/// What a call with names may say. JavaScript has checked kinds and which of them belong to the call.
#[derive(Default)]
struct Named {
    name: String,
    from: String,
    to: String,
    amount: i64,
    limit: usize,
}

fn read(body: &str) -> Result<Named, ParseError> {
    let mut named = Named::default();
    fields!(whole(body)?, named: Named, |field| {
        name => named.name = word(field)?.into_owned(),
        from => named.from = word(field)?.into_owned(),
        to => named.to = word(field)?.into_owned(),
        amount => named.amount = number(field, COINS_MAX as u64)? as i64,
        limit => named.limit = number(field, u64::from(u32::MAX))? as usize,
    })?;
    Ok(named)
}

/// Does what `name` says; a text of JSON in, one out.
pub(super) fn call(service: &Service, name: &str, body: &str) -> Result<String, Refusal> {
    let coins = service.coins();
    match name {
        "open_account" => {
            let Named { name, amount, .. } = read(body)?;
            Ok(quoted(service.session()?.open(&name, amount)?.to_string()))
        }
        "deposit" => {
            let Named { name, amount, .. } = read(body)?;
            receipt(service.session()?.deposit(&name, amount, &Cancellation::never()))
        }
        "withdraw" => {
            let Named { name, amount, .. } = read(body)?;
            receipt(service.session()?.withdraw(&name, amount, &Cancellation::never()))
        }
        "transfer" => {
            let Named { from, to, amount, .. } = read(body)?;
            receipt(service.session()?.transfer(&from, &to, amount, &Cancellation::never()))
        }
        "balance" => {
            let Named { name, .. } = read(body)?;
            Ok(quoted(coins.balance(&name)?.to_string()))
        }
        "account_id" => {
            let Named { name, .. } = read(body)?;
            let id = coins.balance(&name).and(coins.id(&name).ok_or(CoinsError::HolderNotFound));
            Ok(quoted(id?.to_string()))
        }
        "history" => history(coins, &read(body)?),
        "snapshot" => Ok(text(&service.snapshot())),
        "verify" => Ok(text(&service.verify())),
        "health" => Ok(text(&coins.ledger().health(service.now_ns()))),
        "trail" => trail(coins, body),
        "create_accounts" => {
            Ok(text(&service.create_accounts(read_body::<CreateAccountsBody>(body)?)?))
        }
        "create_transfers" => {
            Ok(text(&service.create_transfers(read_body::<CreateTransfersBody>(body)?)?))
        }
        "lookup_accounts" => {
            let ids = read_body::<LookupBody>(body)?;
            Ok(text(&wire::lookup_accounts(service.current_ledger()?, &ids)))
        }
        "lookup_transfers" => {
            let ids = read_body::<LookupBody>(body)?;
            let found = service.current_ledger()?.lookup_transfers(&ids);
            Ok(text(&Transfers::from(&*found)))
        }
        "get_account_transfers" => {
            let filter = read_body::<AccountFilterBody>(body)?;
            let found = service.current_ledger()?.get_account_transfers(&filter);
            Ok(text(&Transfers::from(&*found)))
        }
        "get_account_balances" => {
            let filter = read_body::<AccountFilterBody>(body)?;
            Ok(text(&wire::get_account_balances(service.current_ledger()?, &filter)))
        }
        "query_accounts" => {
            let filter = read_body::<QueryFilterBody>(body)?;
            Ok(text(&wire::query_accounts(service.current_ledger()?, &filter)))
        }
        "query_transfers" => {
            let filter = read_body::<QueryFilterBody>(body)?;
            let found = service.current_ledger()?.query_transfers(&filter);
            Ok(text(&Transfers::from(&*found)))
        }
        unknown => Err(Refusal::no_such_call(unknown)),
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what is answered serializes")
}

/// Digits as a string, so that no reader rounds them.
fn quoted(digits: String) -> String {
    format!("\"{digits}\"")
}

fn receipt(done: Result<Receipt, CoinsError>) -> Result<String, Refusal> {
    #[derive(Serialize)]
    struct Answer {
        id: JsonU128,
        timestamp: JsonU128,
        #[serde(skip_serializing_if = "Option::is_none")]
        from_balance: Option<JsonU128>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_balance: Option<JsonU128>,
    }
    let Receipt { id, timestamp, from_balance, to_balance } = done?;
    // A holder never has less than nothing.
    let exact =
        |balance: Option<i64>| balance.map(|balance| JsonU128(balance.unsigned_abs().into()));
    Ok(text(&Answer {
        id: JsonU128(id),
        timestamp: JsonU128(timestamp.into()),
        from_balance: exact(from_balance),
        to_balance: exact(to_balance),
    }))
}

fn history(coins: &Coins, asked: &Named) -> Result<String, Refusal> {
    #[derive(Serialize)]
    struct Answer<'a> {
        id: JsonU128,
        kind: &'static str,
        from: Option<&'a str>,
        to: Option<&'a str>,
        /// As it was asked for, so it may be negative.
        amount: String,
        timestamp: JsonU128,
        status: &'static str,
    }
    let rows = match asked.name.as_str() {
        "" => coins.recent(asked.limit),
        name => coins.history(name, asked.limit),
    };
    let answer = |row: HistoryRow<'_>| -> String {
        text(&Answer {
            id: JsonU128(row.id),
            kind: row.kind.name(),
            from: row.from,
            to: row.to,
            amount: row.amount.to_string(),
            timestamp: JsonU128(row.timestamp.into()),
            status: row.status,
        })
    };
    let rows: Vec<String> = rows.into_iter().map(answer).collect();
    Ok(format!("[{}]", rows.join(",")))
}

/// One page of the trail, and where the next one begins.
fn trail(coins: &Coins, body: &str) -> Result<String, Refusal> {
    let query = TrailQuery::read(body)?;
    let page = coins.ledger().trail().select(&query.first_page())?;
    let mut lines = Vec::new();
    write_trail(page.entries, &mut lines).expect("memory takes all that is written to it");
    let lines = String::from_utf8(lines).expect("JSON is text");
    let entries: Vec<&str> = lines.lines().collect();
    let next = page.next.map_or("null".to_owned(), |next| quoted(next.to_string()));
    Ok(format!("{{\"entries\":[{}],\"next\":{next}}}", entries.join(",")))
}
