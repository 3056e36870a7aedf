//! The calls of a ledger: those with names of people, those of the model, and those about the book as a whole.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::api::Service;
use crate::book::Interrupt;
use crate::coins::{Coins, CoinsError, Receipt, Row};
use crate::model::Period;
use crate::model::amounts::Exact;
use crate::trail::{EntryKind, StatusFilter, TrailFilter};
use crate::wire::{read_body, write_trail};

/// What a call with names may say. JavaScript has checked kinds and which of them belong to the call.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
    from: String,
    to: String,
    amount: i64,
    limit: usize,
}

/// Does what `name` says; a text of JSON in, one out.
pub(super) fn call(service: &Service, name: &str, body: &str) -> Result<String, Refusal> {
    let coins = service.coins();
    match name {
        "open_account" => {
            let Named { name, amount, .. } = read(body)?;
            Ok(Exact(service.teller()?.open(&name, amount)?).0.to_string()).map(quoted)
        }
        "deposit" => {
            let Named { name, amount, .. } = read(body)?;
            receipt(service.teller()?.deposit(&name, amount, &Interrupt::never()))
        }
        "withdraw" => {
            let Named { name, amount, .. } = read(body)?;
            receipt(service.teller()?.withdraw(&name, amount, &Interrupt::never()))
        }
        "transfer" => {
            let Named { from, to, amount, .. } = read(body)?;
            receipt(service.teller()?.transfer(&from, &to, amount, &Interrupt::never()))
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
        "health" => Ok(text(&coins.book().health(service.now_ns()))),
        "trail" => trail(coins, body),
        operation => match read_body(operation, body) {
            Ok(operation) => Ok(text(&service.operate(operation)?)),
            Err(bad) if bad.field() == "op" => Err(Refusal::no_such_call(operation)),
            Err(bad) => Err(bad.into()),
        },
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(body).map_err(Refusal::unreadable)
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
        id: Exact,
        timestamp: Exact,
        #[serde(skip_serializing_if = "Option::is_none")]
        from_balance: Option<Exact>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_balance: Option<Exact>,
    }
    let Receipt { id, timestamp, from_balance, to_balance } = done?;
    // A holder never has less than nothing.
    let exact = |balance: Option<i64>| balance.map(|balance| Exact(balance.unsigned_abs().into()));
    Ok(text(&Answer {
        id: Exact(id),
        timestamp: Exact(timestamp.into()),
        from_balance: exact(from_balance),
        to_balance: exact(to_balance),
    }))
}

fn history(coins: &Coins, asked: &Named) -> Result<String, Refusal> {
    #[derive(Serialize)]
    struct Answer<'a> {
        id: Exact,
        kind: &'static str,
        from: Option<&'a str>,
        to: Option<&'a str>,
        /// As it was asked for, so it may be negative.
        amount: String,
        timestamp: Exact,
        status: &'static str,
    }
    let rows = match asked.name.as_str() {
        "" => coins.recent(asked.limit),
        name => coins.history(name, asked.limit),
    };
    let answer = |row: Row<'_>| -> String {
        text(&Answer {
            id: Exact(row.id),
            kind: row.kind.name(),
            from: row.from,
            to: row.to,
            amount: row.amount.to_string(),
            timestamp: Exact(row.timestamp.into()),
            status: row.status,
        })
    };
    let rows: Vec<String> = rows.into_iter().map(answer).collect();
    Ok(format!("[{}]", rows.join(",")))
}

/// One page of the trail, and where the next one begins.
fn trail(coins: &Coins, body: &str) -> Result<String, Refusal> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Asked {
        account_id: Option<u128>,
        id: Option<u128>,
        status: Option<String>,
        kind: Option<String>,
        writer: Option<usize>,
        timestamp_min: u64,
        timestamp_max: u64,
        after: Option<u64>,
        limit: u32,
        reversed: bool,
    }
    let asked: Asked = read(body)?;
    let kind = asked.kind.map(|kind| match kind.as_str() {
        "account" => EntryKind::Account,
        "transfer" => EntryKind::Transfer,
        "expiry" => EntryKind::Expiry,
        // Which the filter refuses, saying what there is.
        _ => EntryKind::Annex,
    });
    let Asked { timestamp_min, timestamp_max, .. } = asked;
    let filter = TrailFilter {
        account_id: asked.account_id,
        id: asked.id,
        status: asked.status.as_deref().map(StatusFilter::named).transpose()?,
        kind,
        writer: asked.writer,
        period: Period { timestamp_min, timestamp_max },
        after: asked.after,
        limit: asked.limit,
        reversed: asked.reversed,
    };
    let page = coins.book().trail().select(&filter)?;
    let mut lines = Vec::new();
    write_trail(page.entries, &mut lines).expect("memory takes all that is written to it");
    let lines = String::from_utf8(lines).expect("JSON is text");
    let entries: Vec<&str> = lines.lines().collect();
    let next = page.next.map_or("null".to_owned(), |next| quoted(next.to_string()));
    Ok(format!("{{\"entries\":[{}],\"next\":{next}}}", entries.join(",")))
}
