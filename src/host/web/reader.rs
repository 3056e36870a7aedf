//! What a worker beside a run's own asks of its ledger: the money at a moment, its accounts, its trail, its seal.
//!
//! One worker calls these, one at a time; what it opens of a run is let go with the run.

use std::sync::{Arc, Mutex};

use js_sys::{Float64Array, Function, JSON, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use super::kept::{Kept, lock};
use super::{WorkerClock, runs, to_js};
use crate::model::amounts::JsonU128;
use crate::scenarios::{AccountLayout, Run};
use crate::trail::{At, Divergence, Entry, Rows, Seal};
use crate::wire::{TrailQuery, write_trail, write_trail_csv_header, write_trail_csv_rows};

/// The most lists of rows, and the most seals, that are open at the same time.
const ROWS_OPEN_MAX: usize = 64;
const SEALS_OPEN_MAX: usize = 4;

/// How many records pass between two calls of a function that is told how far something is.
const TELLING_RECORDS: u64 = 1 << 17;

/// What was opened of a run, by the run's number.
static ROWS: Mutex<Kept<(u32, Rows)>> = Mutex::new(Kept::new());
static SEALS: Mutex<Kept<(u32, Arc<Seal>)>> = Mutex::new(Kept::new());

/// Lets go of all that was opened of a run.
pub(super) fn let_go(run: u32) {
    lock(&ROWS).retain(|(of, _)| *of != run);
    lock(&SEALS).retain(|(of, _)| *of != run);
}

fn sentence(text: impl std::fmt::Display) -> JsError {
    JsError::new(&text.to_string())
}

/// By way of JSON, which takes no more than it knows.
fn read<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    let value: Result<serde_json::Value, _> = serde_wasm_bindgen::from_value(value);
    let wrong = |error: &dyn std::fmt::Display| sentence(format!("{what} cannot be read: {error}"));
    serde_json::from_value(value.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))
}

fn id(text: &str) -> Result<u128, JsError> {
    let shown: String = text.chars().take(48).collect();
    text.parse().map_err(|_| sentence(format!("an account is given by its number, not {shown:?}")))
}

/// Tells how far something is, now and then.
fn telling(tell: Option<Function>) -> impl FnMut(u64) {
    let mut told = 0;
    move |done| {
        if done >= told + TELLING_RECORDS {
            told = done;
            if let Some(tell) = &tell {
                // What a listener throws is the listener's.
                let _ = tell.call1(&JsValue::NULL, &JsValue::from_f64(done as f64));
            }
        }
    }
}

/// Who takes part in a run: `{ worlds, roles }`, where a role is `{ name, count, coins, alone }`.
///
/// # Errors
/// A sentence, when there is no such run.
#[wasm_bindgen]
pub fn layout(run: u32) -> Result<JsValue, JsError> {
    let run = runs::find(run)?;
    to_js(run.layout() as &AccountLayout)
}

/// The ledger of a run at one moment, in at most `cells_max` cells: `www/types.d.ts` has its form, `Sample`. What is told of each
/// cell are arrays of floats.
///
/// # Errors
/// As [`layout`].
#[wasm_bindgen]
pub fn look(run: u32, cells_max: usize) -> Result<JsValue, JsError> {
    let look = runs::find(run)?.sample(cells_max);
    let object = to_js(&look)?;
    for (name, cells) in [
        ("balances", &look.balances),
        ("held_pending", &look.held_pending),
        ("changes", &look.changes),
    ] {
        let set = Reflect::set(&object, &JsValue::from_str(name), &Float64Array::from(&cells[..]));
        set.map_err(|_| sentence("the answer cannot be made"))?;
    }
    Ok(object)
}

/// Accounts of a run that match a query, `AccountQuery` in `www/types.d.ts`.
///
/// # Errors
/// As [`layout`], and when the query is none.
#[wasm_bindgen]
pub fn find_accounts(run: u32, query: JsValue) -> Result<JsValue, JsError> {
    to_js(&runs::find(run)?.find_accounts(&read("the query", query)?))
}

/// How the balances of a run's accounts are spread, in at most so many bars.
///
/// # Errors
/// As [`layout`].
#[wasm_bindgen]
pub fn spread_of_balances(run: u32, bars: u32) -> Result<JsValue, JsError> {
    to_js(&runs::find(run)?.spread(bars.into()))
}

/// The balance of an account over time, in at most so many points. It reads the whole trail.
///
/// # Errors
/// As [`layout`], and when there is no such account.
#[wasm_bindgen]
pub fn account_history(run: u32, account: &str, points: usize) -> Result<JsValue, JsError> {
    let history = runs::find(run)?.history(id(account)?, points);
    to_js(&history.ok_or_else(|| sentence(format!("there is no account {account} in this run")))?)
}

#[derive(Serialize)]
struct Place {
    sentence: String,
    timestamp: Option<JsonU128>,
    account_id: Option<JsonU128>,
}

fn place(divergence: &Divergence) -> Place {
    Place {
        sentence: divergence.to_string(),
        timestamp: divergence.timestamp().map(|at| JsonU128(at.into())),
        account_id: divergence.account_id().map(JsonU128),
    }
}

/// Where a run differs from a serial one, once it was judged; nothing where it does not.
///
/// # Errors
/// As [`layout`].
#[wasm_bindgen]
pub fn divergence(run: u32) -> Result<JsValue, JsError> {
    to_js(&runs::find(run)?.ledger().divergence().as_deref().map(place))
}

/// Opens the rows of a run's trail under a filter, `TrailFilter` in `www/types.d.ts`, and answers their number.
///
/// # Errors
/// As [`layout`], when the filter is out of its bounds, and when 64 are open.
#[wasm_bindgen]
pub fn open_rows(run: u32, filter: JsValue) -> Result<u32, JsError> {
    let text = JSON::stringify(&filter).map_err(|_| sentence("the filter must be an object"))?;
    let query = TrailQuery::read(&String::from(text)).map_err(sentence)?;
    let filter = query.first_page();
    let rows = Rows::new(runs::find(run)?.ledger().trail(), &filter).map_err(sentence)?;
    let mut open = lock(&ROWS);
    if open.len() >= ROWS_OPEN_MAX {
        return Err(sentence(format!("at most {ROWS_OPEN_MAX} lists of rows are open at a time")));
    }
    Ok(open.keep((run, rows)))
}

/// What is done with opened rows, and the run that they are of.
fn with_rows<T>(number: u32, what: impl FnOnce(&mut Rows, &Run) -> T) -> Result<T, JsError> {
    let mut open = lock(&ROWS);
    let found = open.find_mut(number);
    let (run, rows) =
        found.ok_or_else(|| sentence(format!("there are no rows {number}; they were closed")))?;
    let run: Arc<Run> = runs::find(*run)?;
    Ok(what(rows, &run))
}

#[derive(Serialize)]
struct Found {
    count: u64,
    complete: bool,
}

/// Finds so many rows more, or all there are: `{ count, complete }`.
///
/// # Errors
/// A sentence, when there are no such rows.
#[wasm_bindgen]
pub fn find_rows(rows: u32, more: u32) -> Result<JsValue, JsError> {
    let found = with_rows(rows, |rows, run| {
        rows.find(run.ledger().trail(), more.into());
        Found { count: rows.count(), complete: rows.is_complete() }
    })?;
    to_js(&found)
}

/// Rows that were found, as text: lines of JSON, or CSV, of which the first row brings the header. At most 4,096.
///
/// # Errors
/// As [`find_rows`], and for another form.
#[wasm_bindgen]
pub fn read_rows(rows: u32, first: f64, limit: u32, form: &str) -> Result<String, JsError> {
    let first = first.max(0.0) as u64;
    let text = with_rows(rows, |rows, run| {
        let entries = rows.read(run.ledger().trail(), first, limit);
        let mut text = Vec::new();
        let written = match form {
            "ndjson" => write_trail(entries, &mut text),
            "csv" => {
                let header = if first == 0 { write_trail_csv_header(&mut text) } else { Ok(()) };
                header.and_then(|()| write_trail_csv_rows(entries, &mut text))
            }
            _ => return Err(sentence("the form must be ndjson or csv")),
        };
        written.expect("memory takes all that is written to it");
        Ok(text)
    })??;
    String::from_utf8(text).map_err(sentence)
}

/// The number of the first row that has, or has passed, a timestamp.
///
/// # Errors
/// As [`find_rows`], and when the timestamp is none.
#[wasm_bindgen]
pub fn row_at(rows: u32, timestamp: &str) -> Result<f64, JsError> {
    let timestamp = timestamp.parse().map_err(|_| sentence("the timestamp must be digits"))?;
    with_rows(rows, |rows, run| rows.at(run.ledger().trail(), timestamp) as f64)
}

/// Closes rows. Some that are not there are no error.
#[wasm_bindgen]
pub fn close_rows(rows: u32) {
    lock(&ROWS).take(rows);
}

#[derive(Serialize)]
struct Sealed {
    seal: u32,
    trail_hash: String,
    records: u64,
}

/// Seals a run's trail as it is now: `{ seal, trail_hash, records }`. `tell` is called with the number of records so far.
///
/// # Errors
/// As [`layout`], and when 4 seals are open.
#[wasm_bindgen]
pub fn seal_trail(run: u32, tell: Option<Function>) -> Result<JsValue, JsError> {
    let found = runs::find(run)?;
    if lock(&SEALS).len() >= SEALS_OPEN_MAX {
        return Err(sentence(format!(
            "at most {SEALS_OPEN_MAX} seals are kept of the runs of a page"
        )));
    }
    let seal = Seal::of_with(found.ledger().trail(), telling(tell));
    let (trail_hash, records) = (seal.trail_hash().to_string(), seal.records());
    to_js(&Sealed { seal: lock(&SEALS).keep((run, Arc::new(seal))), trail_hash, records })
}

/// Compares a run's trail with its seal; the first difference in a sentence, or nothing.
///
/// # Errors
/// As [`layout`], and when there is no such seal.
#[wasm_bindgen]
pub fn verify_trail(
    run: u32,
    seal: u32,
    tell: Option<Function>,
) -> Result<Option<String>, JsError> {
    let found = runs::find(run)?;
    let seal = find_seal(seal)?;
    let verdict = seal.verify_with(found.ledger().trail(), true, telling(tell));
    Ok(verdict.err().map(|broken| broken.to_string()))
}

/// The same with a copy of the trail, in which the lowest byte of one entry's amount is another one.
///
/// # Errors
/// As [`verify_trail`], when there is no such entry, and when there is no memory for the copy.
#[wasm_bindgen]
pub fn verify_changed_trail(
    run: u32,
    seal: u32,
    writer: usize,
    place: f64,
    tell: Option<Function>,
) -> Result<Option<String>, JsError> {
    let found = runs::find(run)?;
    let seal = find_seal(seal)?;
    let at = At { writer, place: place.max(0.0) as u64 };
    let mut changed = false;
    let alter = |entry: &mut Entry| {
        entry.amount ^= 1;
        changed = true;
    };
    let copy = found.ledger().trail().altered(at, alter);
    let copy =
        copy.map_err(|_| sentence("there is not enough memory left for a copy of this trail"))?;
    if !changed {
        return Err(sentence(format!("there is no {at}")));
    }
    let verdict = seal.verify_with(&copy, true, telling(tell));
    Ok(verdict.err().map(|broken| broken.to_string()))
}

fn find_seal(number: u32) -> Result<Arc<Seal>, JsError> {
    let seals = lock(&SEALS);
    let seal = seals.find(number).map(|(_, seal)| Arc::clone(seal));
    seal.ok_or_else(|| sentence(format!("there is no seal {number}")))
}

/// Moves coins by hand: `{ status, timestamp }`.
///
/// # Errors
/// As [`layout`], when an account's number is none, when the accounts are not open yet, and when the trail is full.
#[wasm_bindgen]
pub fn transfer_manually(run: u32, from: &str, to: &str, amount: f64) -> Result<JsValue, JsError> {
    const AMOUNT_MAX: f64 = 9_007_199_254_740_991.0;
    if !(1.0..=AMOUNT_MAX).contains(&amount) || amount.fract() != 0.0 {
        return Err(sentence(format!(
            "the amount must be a whole number from 1 to {AMOUNT_MAX}, not {amount}"
        )));
    }
    let run = runs::find(run)?;
    let moved = run.transfer_manually(id(from)?, id(to)?, amount as u64);
    to_js(&moved.map_err(sentence)?)
}

/// Replays the trail once more; nothing, or where it differs from a serial run.
///
/// # Errors
/// As [`layout`], and while a worker works.
#[wasm_bindgen]
pub fn verify_again(run: u32, tell: Option<Function>) -> Result<JsValue, JsError> {
    let verdict = runs::find(run)?.verify_again(&WorkerClock::new(), telling(tell))?;
    to_js(&verdict.err().as_deref().map(place))
}
