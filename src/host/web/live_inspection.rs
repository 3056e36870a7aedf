//! Inspection of a run's ledger while its workers write, and afterwards: balances, accounts, trail and seals.
//!
//! One worker makes these calls, one at a time. The lists and seals that it opens are closed with their
//! run. A call fails when there is no such run, list or seal, and when an argument is invalid.

use std::sync::{Arc, Mutex};

use js_sys::{Float64Array, Function, JSON, Reflect};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::handle_table::{HandleTable, lock};
use super::{WorkerClock, from_js, run_table, to_js};
use crate::ledger::Rows;
use crate::model::amounts::{JsonU64, JsonU128};
use crate::scenarios::{AccountLayout, Run};
use crate::trail::{Divergence, Entry, EntryLocation, Seal};
use crate::wire::value::id_in_text;
use crate::wire::{TrailQuery, write_trail, write_trail_csv, write_trail_csv_rows};

/// The maximum numbers of open lists of rows and of open seals.
const ROWS_OPEN_MAX: usize = 64;
const SEALS_OPEN_MAX: usize = 4;

/// The records between two reports of progress.
const PROGRESS_RECORDS: u64 = 1 << 17;

/// The open lists of rows and the open seals, each with the number of the run.
static ROWS: Mutex<HandleTable<(u32, Rows)>> = Mutex::new(HandleTable::new());
static SEALS: Mutex<HandleTable<(u32, Arc<Seal>)>> = Mutex::new(HandleTable::new());

/// Closes all lists and seals of a run.
pub(super) fn close_all(run: u32) {
    lock(&ROWS).retain(|(of, _)| *of != run);
    lock(&SEALS).retain(|(of, _)| *of != run);
}

fn account_id(text: &str) -> Result<u128, CallError> {
    let shown: String = text.chars().take(48).collect();
    id_in_text(text).ok_or_else(|| {
        CallError::refused(format!(
            "an account is given by its id, a number or a UUID, not {shown:?}"
        ))
    })
}

/// Returns a function that calls `report` with the number of records at regular intervals.
fn progress(report: Option<Function>) -> impl FnMut(u64) {
    let mut reported = 0;
    move |done| {
        if done >= reported + PROGRESS_RECORDS {
            reported = done;
            if let Some(report) = &report {
                // An error of the callback does not concern the call.
                let _ = report.call1(&JsValue::NULL, &JsValue::from_f64(done as f64));
            }
        }
    }
}

/// Returns the accounts of a run: `{ worlds, roles }`, where a role is `{ name, count, coins, alone }`.
#[wasm_bindgen]
pub fn account_layout(run: u32) -> Result<JsValue, JsValue> {
    let run = run_table::find(run)?;
    to_js(run.layout() as &AccountLayout)
}

/// Returns a consistent sample of a run's ledger, in at most `cells_max` cells. Its type is in `www/types.d.ts`. The figures
/// of the cells are arrays of floats.
#[wasm_bindgen]
pub fn sample_ledger(run: u32, cells_max: usize) -> Result<JsValue, JsValue> {
    let sample = run_table::find(run)?.sample(cells_max);
    let object = to_js(&sample)?;
    for (name, cells) in [
        ("balances", &sample.balances),
        ("held_pending", &sample.held_pending),
        ("changes", &sample.changes),
    ] {
        Reflect::set(&object, &JsValue::from_str(name), &Float64Array::from(&cells[..]))?;
    }
    Ok(object)
}

/// Returns the accounts of a run that match a query, `AccountQuery` in `www/types.d.ts`.
#[wasm_bindgen]
pub fn find_accounts(run: u32, query: JsValue) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.find_accounts(&from_js("the query", query)?))
}

/// Returns the distribution of balances in at most `bars` bars.
#[wasm_bindgen]
pub fn balance_distribution(run: u32, bars: u32) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.balance_distribution(bars.into()))
}

/// Returns the balance of an account over time, in at most `points` points, in time proportional to its changes.
#[wasm_bindgen]
pub fn account_history(run: u32, account: &str, points: usize) -> Result<JsValue, JsValue> {
    let history = run_table::find(run)?.history(account_id(account)?, points);
    let missing = || CallError::refused(format!("there is no account {account} in this run"));
    to_js(&history.ok_or_else(missing)?)
}

pub(super) fn divergence_json(divergence: &Divergence) -> Value {
    json!({
        "message": divergence.to_string(),
        "timestamp": divergence.timestamp().map(JsonU64),
        "account_id": divergence.account_id().map(JsonU128),
    })
}

/// Returns the first difference between a checked run and a serial run, or nothing.
#[wasm_bindgen]
pub fn divergence(run: u32) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.ledger().divergence().as_deref().map(divergence_json))
}

/// Opens the list of a trail's rows that match a filter, `TrailFilter` in `www/types.d.ts`, and returns its number.
#[wasm_bindgen]
pub fn open_rows(run: u32, filter: JsValue) -> Result<u32, JsValue> {
    let text =
        JSON::stringify(&filter).map_err(|_| CallError::refused("the filter must be an object"))?;
    let filter = TrailQuery::read(&String::from(text)).map_err(CallError::from)?.first_page();
    let rows = Rows::new(run_table::find(run)?.ledger(), &filter).map_err(CallError::from)?;
    let mut open = lock(&ROWS);
    if open.len() >= ROWS_OPEN_MAX {
        let message = format!("at most {ROWS_OPEN_MAX} lists of rows are open at a time");
        return Err(CallError::refused(message).into());
    }
    Ok(open.insert((run, rows)))
}

/// Calls a function with an open list of rows and its run.
fn with_rows<T>(number: u32, call: impl FnOnce(&mut Rows, &Run) -> T) -> Result<T, CallError> {
    let mut open = lock(&ROWS);
    let missing = || CallError::refused(format!("there are no rows {number}; they were closed"));
    let (run, rows) = open.get_mut(number).ok_or_else(missing)?;
    let run: Arc<Run> = run_table::find(*run)?;
    Ok(call(rows, &run))
}

/// Searches for at most `more` further rows and returns `{ count, complete }`.
#[wasm_bindgen]
pub fn find_rows(rows: u32, more: u32) -> Result<JsValue, JsValue> {
    let found = with_rows(rows, |rows, run| {
        rows.find(run.ledger(), more.into());
        json!({ "count": rows.count(), "complete": rows.is_complete() })
    })?;
    to_js(&found)
}

/// Returns at most 4,096 found rows as lines of JSON or as CSV. The CSV of the first row has a header.
#[wasm_bindgen]
pub fn read_rows(rows: u32, first: f64, limit: u32, format: &str) -> Result<String, JsValue> {
    let first = first.max(0.0) as u64;
    let text = with_rows(rows, |rows, run| {
        let entries = rows.read(run.ledger(), first, limit);
        let mut text = Vec::new();
        let written = match format {
            "ndjson" => write_trail(entries, &mut text),
            "csv" if first == 0 => write_trail_csv(entries, &mut text),
            "csv" => write_trail_csv_rows(entries, &mut text),
            _ => return Err(CallError::refused("the format must be ndjson or csv")),
        };
        written.expect("memory takes all that is written to it");
        Ok(text)
    })??;
    Ok(String::from_utf8(text).expect("JSON and CSV are text"))
}

/// Returns the number of the first row at or after a timestamp.
#[wasm_bindgen]
pub fn row_at(rows: u32, timestamp: &str) -> Result<f64, JsValue> {
    let invalid = |_| CallError::refused("the timestamp must be digits");
    let timestamp = timestamp.parse().map_err(invalid)?;
    Ok(with_rows(rows, |rows, run| rows.at(run.ledger(), timestamp) as f64)?)
}

/// Closes a list of rows. Closing one that does not exist does nothing.
#[wasm_bindgen]
pub fn close_rows(rows: u32) {
    lock(&ROWS).remove(rows);
}

/// Seals the current trail of a run and returns `{ seal, trail_hash, records }`. `report` is called with the number of
/// records so far.
#[wasm_bindgen]
pub fn seal_trail(run: u32, report: Option<Function>) -> Result<JsValue, JsValue> {
    let found = run_table::find(run)?;
    if lock(&SEALS).len() >= SEALS_OPEN_MAX {
        let message = format!("a page can hold at most {SEALS_OPEN_MAX} seals of its runs");
        return Err(CallError::refused(message).into());
    }
    let seal = Seal::of_with(found.ledger().trail(), progress(report));
    let (trail_hash, records) = (seal.trail_hash().to_string(), seal.records());
    let seal = lock(&SEALS).insert((run, Arc::new(seal)));
    to_js(&json!({ "seal": seal, "trail_hash": trail_hash, "records": records }))
}

/// Compares a run's trail with its seal. Returns a description of the first difference, or nothing.
#[wasm_bindgen]
pub fn verify_trail(
    run: u32,
    seal: u32,
    report: Option<Function>,
) -> Result<Option<String>, JsValue> {
    let found = run_table::find(run)?;
    let seal = find_seal(seal)?;
    let result = seal.verify_with(found.ledger().trail(), true, progress(report));
    Ok(result.err().map(|broken| broken.to_string()))
}

/// Compares a seal with a copy of the run's trail in which the amount of one entry was changed.
#[wasm_bindgen]
pub fn verify_changed_trail(
    run: u32,
    seal: u32,
    writer: usize,
    position: f64,
    report: Option<Function>,
) -> Result<Option<String>, JsValue> {
    let found = run_table::find(run)?;
    let seal = find_seal(seal)?;
    let at = EntryLocation { writer, position: position.max(0.0) as u64 };
    let mut changed = false;
    let alter = |entry: &mut Entry| {
        entry.amount ^= 1;
        changed = true;
    };
    let copy = found.ledger().trail().altered(at, alter);
    let no_memory = |_| CallError::refused("there is not enough memory for a copy of this trail");
    let copy = copy.map_err(no_memory)?;
    if !changed {
        return Err(CallError::refused(format!("there is no {at}")).into());
    }
    let result = seal.verify_with(&copy, true, progress(report));
    Ok(result.err().map(|broken| broken.to_string()))
}

fn find_seal(number: u32) -> Result<Arc<Seal>, CallError> {
    let seals = lock(&SEALS);
    let seal = seals.get(number).map(|(_, seal)| Arc::clone(seal));
    seal.ok_or_else(|| CallError::refused(format!("there is no seal {number}")))
}

/// Transfers coins between two accounts of a run and returns `{ status, timestamp }`.
#[wasm_bindgen]
pub fn transfer_manually(run: u32, from: &str, to: &str, amount: f64) -> Result<JsValue, JsValue> {
    const AMOUNT_MAX: f64 = 9_007_199_254_740_991.0;
    if !(1.0..=AMOUNT_MAX).contains(&amount) || amount.fract() != 0.0 {
        let message =
            format!("the amount must be a whole number from 1 to {AMOUNT_MAX}, not {amount}");
        return Err(CallError::refused(message).into());
    }
    let run = run_table::find(run)?;
    let transferred = run.transfer_manually(account_id(from)?, account_id(to)?, amount as u64);
    to_js(&transferred.map_err(CallError::refused)?)
}

/// Replays the trail once more. Returns the first difference from a serial run, or nothing.
#[wasm_bindgen]
pub fn verify_again(run: u32, report: Option<Function>) -> Result<JsValue, JsValue> {
    let run = run_table::find(run)?;
    let result =
        run.verify_again(&WorkerClock::new(), progress(report)).map_err(CallError::refused)?;
    to_js(&result.err().as_deref().map(divergence_json))
}
