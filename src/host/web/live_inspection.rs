//! Inspection of a run's ledger while its workers write, and afterwards: balances, accounts, trail and seals.
//!
//! One worker makes these calls, one at a time. What it opens of a run is closed with the run.

use std::sync::{Arc, Mutex};

use js_sys::{Float64Array, Function, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::handle_table::{HandleTable, lock};
use super::{WorkerClock, from_js, run_table, to_js};
use crate::model::Period;
use crate::model::amounts::JsonU128;
use crate::scenarios::{AccountLayout, Run};
use crate::trail::{Divergence, Entry, EntryLocation, Rows, Seal, StatusFilter, TrailFilter};
use crate::wire::{write_trail, write_trail_csv_header, write_trail_csv_rows};

/// The most lists of rows, and the most seals, that are open at the same time.
const ROWS_OPEN_MAX: usize = 64;
const SEALS_OPEN_MAX: usize = 4;

/// The records between two reports of progress.
const PROGRESS_RECORDS: u64 = 1 << 17;

/// Open lists of rows and seals, each with the number of its run.
static ROWS: Mutex<HandleTable<(u32, Rows)>> = Mutex::new(HandleTable::new());
static SEALS: Mutex<HandleTable<(u32, Arc<Seal>)>> = Mutex::new(HandleTable::new());

/// Closes all that was opened of a run.
pub(super) fn close_all(run: u32) {
    lock(&ROWS).retain(|(of, _)| *of != run);
    lock(&SEALS).retain(|(of, _)| *of != run);
}

fn account_id(text: &str) -> Result<u128, CallError> {
    let shown: String = text.chars().take(48).collect();
    text.parse().map_err(|_| {
        CallError::refused(format!("an account is given by its number, not {shown:?}"))
    })
}

/// Returns a function that calls `report` with the number of records so far, now and then.
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

/// Returns which accounts a run has: `{ worlds, roles }`, where a role is `{ name, count, coins, alone }`.
///
/// # Errors
/// When there is no such run.
#[wasm_bindgen]
pub fn account_layout(run: u32) -> Result<JsValue, JsValue> {
    let run = run_table::find(run)?;
    to_js(run.layout() as &AccountLayout)
}

/// Returns a consistent sample of a run's ledger, in at most `cells_max` cells. Its type is in `www/types.d.ts`. The figures
/// of the cells are arrays of floats.
///
/// # Errors
/// As [`account_layout`].
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
///
/// # Errors
/// As [`account_layout`], and when the query cannot be read.
#[wasm_bindgen]
pub fn find_accounts(run: u32, query: JsValue) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.find_accounts(&from_js("the query", query)?))
}

/// Returns the distribution of balances in at most so many bars.
///
/// # Errors
/// As [`account_layout`].
#[wasm_bindgen]
pub fn balance_distribution(run: u32, bars: u32) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.balance_distribution(bars.into()))
}

/// Returns the balance of an account over time, in at most so many points. It reads the whole trail.
///
/// # Errors
/// As [`account_layout`], and when there is no such account.
#[wasm_bindgen]
pub fn account_history(run: u32, account: &str, points: usize) -> Result<JsValue, JsValue> {
    let history = run_table::find(run)?.history(account_id(account)?, points);
    let missing = || CallError::refused(format!("there is no account {account} in this run"));
    to_js(&history.ok_or_else(missing)?)
}

#[derive(Serialize)]
struct DivergenceJson {
    message: String,
    timestamp: Option<JsonU128>,
    account_id: Option<JsonU128>,
}

fn divergence_json(divergence: &Divergence) -> DivergenceJson {
    DivergenceJson {
        message: divergence.to_string(),
        timestamp: divergence.timestamp().map(|at| JsonU128(at.into())),
        account_id: divergence.account_id().map(JsonU128),
    }
}

/// Returns where a run that was checked differs from a serial one, or nothing.
///
/// # Errors
/// As [`account_layout`].
#[wasm_bindgen]
pub fn divergence(run: u32) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.ledger().divergence().as_deref().map(divergence_json))
}

/// A whole number, as a number or as its digits.
#[derive(Deserialize)]
#[serde(untagged)]
enum WholeNumber {
    Number(u64),
    Text(String),
}

impl WholeNumber {
    fn value<T: TryFrom<u128>>(&self, name: &str) -> Result<T, CallError> {
        let number = match self {
            Self::Number(number) => Some(u128::from(*number)),
            Self::Text(text) => text.parse().ok(),
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| {
            CallError::refused(format!("{name} must be a whole number within its bounds"))
        })
    }
}

/// A trail filter as the page gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterJson {
    account_id: Option<WholeNumber>,
    id: Option<WholeNumber>,
    status: Option<String>,
    kind: Option<String>,
    writer: Option<usize>,
    timestamp_min: Option<WholeNumber>,
    timestamp_max: Option<WholeNumber>,
    #[serde(default)]
    reversed: bool,
}

impl FilterJson {
    fn filter(&self) -> Result<TrailFilter, CallError> {
        fn number<T: TryFrom<u128>>(
            given: &Option<WholeNumber>,
            name: &str,
        ) -> Result<Option<T>, CallError> {
            given.as_ref().map(|given| given.value(name)).transpose()
        }
        let kind = self.kind.as_deref().map(TrailFilter::kind_named);
        let status = self.status.as_deref().map(StatusFilter::named);
        Ok(TrailFilter {
            account_id: number(&self.account_id, "account_id")?,
            id: number(&self.id, "id")?,
            status: status.transpose()?,
            kind: kind.transpose()?,
            writer: self.writer,
            period: Period {
                timestamp_min: number(&self.timestamp_min, "timestamp_min")?.unwrap_or(0),
                timestamp_max: number(&self.timestamp_max, "timestamp_max")?.unwrap_or(0),
            },
            reversed: self.reversed,
            ..TrailFilter::default()
        })
    }
}

/// Opens the list of a trail's rows that match a filter, `TrailFilter` in `www/types.d.ts`, and returns its number.
///
/// # Errors
/// As [`account_layout`], when the filter is out of its bounds, and when 64 lists are open.
#[wasm_bindgen]
pub fn open_rows(run: u32, filter: JsValue) -> Result<u32, JsValue> {
    let filter = from_js::<FilterJson>("the filter", filter)?.filter()?;
    let rows =
        Rows::new(run_table::find(run)?.ledger().trail(), &filter).map_err(CallError::from)?;
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

#[derive(Serialize)]
struct RowsFound {
    count: u64,
    complete: bool,
}

/// Finds so many more rows, or all that are left, and returns `{ count, complete }`.
///
/// # Errors
/// When there are no such rows.
#[wasm_bindgen]
pub fn find_rows(rows: u32, more: u32) -> Result<JsValue, JsValue> {
    let found = with_rows(rows, |rows, run| {
        rows.find(run.ledger().trail(), more.into());
        RowsFound { count: rows.count(), complete: rows.is_complete() }
    })?;
    to_js(&found)
}

/// Returns rows that were found, at most 4,096, as lines of JSON or as CSV. The CSV of the first row has a heading.
///
/// # Errors
/// As [`find_rows`], and when the format is neither.
#[wasm_bindgen]
pub fn read_rows(rows: u32, first: f64, limit: u32, format: &str) -> Result<String, JsValue> {
    let first = first.max(0.0) as u64;
    let text = with_rows(rows, |rows, run| {
        let entries = rows.read(run.ledger().trail(), first, limit);
        let mut text = Vec::new();
        let written = match format {
            "ndjson" => write_trail(entries, &mut text),
            "csv" => {
                let header = if first == 0 { write_trail_csv_header(&mut text) } else { Ok(()) };
                header.and_then(|()| write_trail_csv_rows(entries, &mut text))
            }
            _ => return Err(CallError::refused("the format must be ndjson or csv")),
        };
        written.expect("memory takes all that is written to it");
        Ok(text)
    })??;
    Ok(String::from_utf8(text).expect("JSON and CSV are text"))
}

/// Returns the number of the first row that has, or has passed, a timestamp.
///
/// # Errors
/// As [`find_rows`], and when the timestamp is not a number.
#[wasm_bindgen]
pub fn row_at(rows: u32, timestamp: &str) -> Result<f64, JsValue> {
    let wrong = |_| CallError::refused("the timestamp must be digits");
    let timestamp = timestamp.parse().map_err(wrong)?;
    Ok(with_rows(rows, |rows, run| rows.at(run.ledger().trail(), timestamp) as f64)?)
}

/// Closes a list of rows. Closing one that does not exist does nothing.
#[wasm_bindgen]
pub fn close_rows(rows: u32) {
    lock(&ROWS).remove(rows);
}

#[derive(Serialize)]
struct SealJson {
    seal: u32,
    trail_hash: String,
    records: u64,
}

/// Seals a run's trail as it is now and returns `{ seal, trail_hash, records }`. `report` is called with the number of
/// records so far.
///
/// # Errors
/// As [`account_layout`], and when 4 seals are open.
#[wasm_bindgen]
pub fn seal_trail(run: u32, report: Option<Function>) -> Result<JsValue, JsValue> {
    let found = run_table::find(run)?;
    if lock(&SEALS).len() >= SEALS_OPEN_MAX {
        let message = format!("a page can hold at most {SEALS_OPEN_MAX} seals of its runs");
        return Err(CallError::refused(message).into());
    }
    let seal = Seal::of_with(found.ledger().trail(), progress(report));
    let (trail_hash, records) = (seal.trail_hash().to_string(), seal.records());
    to_js(&SealJson { seal: lock(&SEALS).insert((run, Arc::new(seal))), trail_hash, records })
}

/// Compares a run's trail with its seal and returns the first difference in a sentence, or nothing.
///
/// # Errors
/// As [`account_layout`], and when there is no such seal.
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

/// Does the same with a copy of the trail in which one entry's amount was changed.
///
/// # Errors
/// As [`verify_trail`], when there is no such entry, and when there is no memory for the copy.
#[wasm_bindgen]
pub fn verify_changed_trail(
    run: u32,
    seal: u32,
    writer: usize,
    place: f64,
    report: Option<Function>,
) -> Result<Option<String>, JsValue> {
    let found = run_table::find(run)?;
    let seal = find_seal(seal)?;
    let at = EntryLocation { writer, position: place.max(0.0) as u64 };
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
///
/// # Errors
/// As [`account_layout`], when an id is not a number, when the accounts are not open yet, and when the trail is full.
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

/// Replays the trail once more and returns where it differs from a serial run, or nothing.
///
/// # Errors
/// As [`account_layout`], and while a worker works.
#[wasm_bindgen]
pub fn verify_again(run: u32, report: Option<Function>) -> Result<JsValue, JsValue> {
    let run = run_table::find(run)?;
    let result =
        run.verify_again(&WorkerClock::new(), progress(report)).map_err(CallError::refused)?;
    to_js(&result.err().as_deref().map(divergence_json))
}
