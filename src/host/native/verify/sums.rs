//! Whether a report agrees with itself: every sum that can be computed again is.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::model::CreateTransferStatus;
use crate::model::amounts::grouped;
use crate::scenarios;
use crate::trail::Digest;

/// The parts of a report that are computed again. What its form has besides is not looked at here.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) scenario: String,
    pub(super) elapsed_ns: u64,
    pub(super) totals: Totals,
    pub(super) workers: Vec<Worker>,
    pub(super) series: Series,
    pub(super) checks: Vec<Check>,
    pub(super) passed: bool,
    pub(super) trail_hash: Digest,
    pub(super) accounts: Accounts,
    pub(super) parameters: Parameters,
}

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    workers: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Totals {
    attempts: u64,
    accepted: u64,
    refused: u64,
    interrupted: u64,
    operations: u64,
    setup_entries: u64,
    pub(super) trail_entries: u64,
    per_second: u64,
    operations_per_second: u64,
    by_status: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Worker {
    worker: u64,
    operations: u64,
    attempts: u64,
    accepted: u64,
    refused: u64,
    interrupted: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Series {
    accepted: Vec<u64>,
    refused: Vec<u64>,
    interrupted: Vec<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Check {
    name: String,
    title: String,
    expected: Value,
    found: Value,
    passed: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Accounts {
    pub(super) count: u64,
    pub(super) complete: bool,
    pub(super) hash: Digest,
    pub(super) rows: Vec<Row>,
}

/// One account that is listed.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    #[serde(deserialize_with = "amount")]
    pub(super) id: u128,
    pub(super) name: String,
    issuer: bool,
    #[serde(deserialize_with = "amount")]
    debits_pending: u128,
    #[serde(deserialize_with = "amount")]
    debits_posted: u128,
    #[serde(deserialize_with = "amount")]
    credits_pending: u128,
    #[serde(deserialize_with = "amount")]
    credits_posted: u128,
}

impl Row {
    /// What the hash of all accounts is over.
    pub(super) fn numbers(&self) -> [u128; 5] {
        [
            self.id,
            self.debits_pending,
            self.debits_posted,
            self.credits_pending,
            self.credits_posted,
        ]
    }
}

/// An amount is a number, or digits where a number would not be exact.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(digits) => digits
            .parse()
            .map_err(|_| D::Error::custom(format!("an amount is below 2^128, not {digits:?}"))),
        number => number
            .as_u64()
            .map(u128::from)
            .ok_or_else(|| D::Error::custom(format!("an amount is a whole number, not {number}"))),
    }
}

/// What was looked at, or what is wrong, in a sentence.
pub(super) type Verdict = Result<String, String>;

/// A part of a report and how it is looked at.
type Part = (&'static str, fn(&Told) -> Verdict);

/// Every part that is computed again, in this order.
pub(super) const PARTS: [Part; 6] = [
    ("totals", totals),
    ("statuses", statuses),
    ("workers", workers),
    ("series", series),
    ("accounts", accounts),
    ("checks", checks),
];

fn number(number: u64) -> String {
    grouped(number.into())
}

fn sum(counts: impl IntoIterator<Item = u64>) -> u128 {
    counts.into_iter().map(u128::from).sum()
}

/// Two ways to count the same, which must agree.
fn agree(what: &str, told: u64, how: &str, computed: u128) -> Result<(), String> {
    if u128::from(told) == computed {
        return Ok(());
    }
    Err(format!("{what} is {}, but {how} {}", number(told), grouped(computed)))
}

fn totals(told: &Told) -> Verdict {
    let Totals { attempts, accepted, refused, interrupted, .. } = told.totals;
    let parts = sum([accepted, refused, interrupted]);
    agree("totals.attempts", attempts, "accepted, refused and interrupted make", parts)?;
    let Totals { operations, per_second, operations_per_second, .. } = told.totals;
    let rate = |count| u128::from(count) * 1_000_000_000 / u128::from(told.elapsed_ns.max(1));
    let how = "over the time that the run took it is";
    agree("totals.per_second", per_second, how, rate(attempts))?;
    agree("totals.operations_per_second", operations_per_second, how, rate(operations))?;
    Ok(format!(
        "{} attempts are accepted, refused or interrupted, and the rates fit",
        number(attempts)
    ))
}

fn statuses(told: &Told) -> Verdict {
    let Totals { attempts, accepted, interrupted, by_status, .. } = &told.totals;
    let (mut created, mut broken_off) = (0, 0);
    for (name, &count) in by_status {
        let status = CreateTransferStatus::ALL.iter().find(|status| status.name() == name);
        match status {
            None => return Err(format!("totals.by_status names {name:?}, which is no status")),
            Some(CreateTransferStatus::Created) => created = u128::from(count),
            Some(status) if status.is_interruption() => broken_off += u128::from(count),
            Some(_) => {}
        }
    }
    let all = sum(by_status.values().copied());
    agree("totals.attempts", *attempts, "the statuses make", all)?;
    agree("totals.accepted", *accepted, "the status created has", created)?;
    agree("totals.interrupted", *interrupted, "the statuses of interruption have", broken_off)?;
    Ok(format!("they add up to the attempts (looked at {})", by_status.len()))
}

fn workers(told: &Told) -> Verdict {
    let (totals, workers) = (&told.totals, &told.workers);
    let there = workers.len() as u128;
    agree("parameters.workers", told.parameters.workers, "the workers listed are", there)?;
    for (place, its) in workers.iter().enumerate() {
        let what = format!("workers[{place}]");
        agree(&format!("{what}.worker"), its.worker, "counted from 1 it is", place as u128 + 1)?;
        let parts = sum([its.accepted, its.refused, its.interrupted]);
        let how = "its accepted, refused and interrupted make";
        agree(&format!("{what}.attempts"), its.attempts, how, parts)?;
    }
    let of = |word: fn(&Worker) -> u64| sum(workers.iter().map(word));
    for (name, told, computed) in [
        ("operations", totals.operations, of(|its| its.operations)),
        ("attempts", totals.attempts, of(|its| its.attempts)),
        ("accepted", totals.accepted, of(|its| its.accepted)),
        ("refused", totals.refused, of(|its| its.refused)),
        ("interrupted", totals.interrupted, of(|its| its.interrupted)),
    ] {
        agree(&format!("totals.{name}"), told, "the workers make", computed)?;
    }
    Ok(format!("they add up to the totals (looked at {there})"))
}

fn series(told: &Told) -> Verdict {
    let (totals, series) = (&told.totals, &told.series);
    let length = series.accepted.len();
    for (name, total, counts) in [
        ("accepted", totals.accepted, &series.accepted),
        ("refused", totals.refused, &series.refused),
        ("interrupted", totals.interrupted, &series.interrupted),
    ] {
        if counts.len() != length {
            return Err(format!(
                "series.{name} has {} intervals, but series.accepted has {length}",
                counts.len()
            ));
        }
        let computed = sum(counts.iter().copied());
        agree(&format!("totals.{name}"), total, "the series makes", computed)?;
    }
    Ok(format!("its intervals add up to the totals (looked at {length})"))
}

fn accounts(told: &Told) -> Verdict {
    let Accounts { count, complete, hash: its_hash, rows } = &told.accounts;
    let listed = rows.len() as u128;
    if !complete {
        if listed >= u128::from(*count) {
            return Err(format!("accounts.complete is false, but {listed} of {count} are listed"));
        }
        return Ok(format!(
            "{} of {} are listed, so neither their sums nor their hash can be computed",
            grouped(listed),
            number(*count)
        ));
    }
    agree("accounts.count", *count, "the accounts listed are", listed)?;
    let computed = scenarios::Accounts::hash_of(rows.iter().map(Row::numbers));
    if computed != *its_hash {
        return Err(format!(
            "accounts.hash is {its_hash}, but that of the accounts listed is {computed}"
        ));
    }
    // A run that lost coins says so by its own checks; only a report that hides it is wrong. What is posted has a check of
    // its own, and what is held is a part of serial replay's.
    let conserved = told.check("conservation").is_none_or(|check| check.passed);
    for (kind, is_hidden, debits, credits) in [
        (
            "posted",
            conserved,
            total(rows, |row| row.debits_posted),
            total(rows, |row| row.credits_posted),
        ),
        (
            "pending",
            told.passed,
            total(rows, |row| row.debits_pending),
            total(rows, |row| row.credits_pending),
        ),
    ] {
        if debits != credits && is_hidden {
            let sum =
                |sum: Option<u128>| sum.map_or("more than can be counted".to_owned(), grouped);
            let (debits, credits) = (sum(debits), sum(credits));
            return Err(format!(
                "debits {kind} of all accounts are {debits}, but credits {kind} are {credits}, and no check says so"
            ));
        }
    }
    Ok(format!("all are listed, and their hash fits (looked at {})", grouped(listed)))
}

fn total(rows: &[Row], amount: fn(&Row) -> u128) -> Option<u128> {
    rows.iter().try_fold(0_u128, |sum, row| sum.checked_add(amount(row)))
}

impl Told {
    fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// Coins of everybody but those they come from; none where they cannot be counted, or are not all listed.
    fn held(&self) -> Option<i128> {
        if !self.accounts.complete {
            return None;
        }
        let mut rows = self.accounts.rows.iter().filter(|row| !row.issuer);
        rows.try_fold(0_i128, |sum, row| {
            let credits = i128::try_from(row.credits_posted).ok()?;
            sum.checked_add(credits.checked_sub(i128::try_from(row.debits_posted).ok()?)?)
        })
    }

    /// That the run failed by what its own report says.
    pub(super) fn failure(&self) -> Option<String> {
        let failed: Vec<_> = self.checks.iter().filter(|check| !check.passed).collect();
        let first = failed.first()?;
        let (failed, all, title) = (failed.len(), self.checks.len(), &first.title);
        Some(format!("{failed} of {all} checks do not hold; the first: {title}"))
    }
}

/// A figure of a report, as a number.
fn figure(figure: &Value) -> Option<i128> {
    match figure {
        Value::String(digits) => digits.parse().ok(),
        number => number.as_u64().map(i128::from),
    }
}

fn checks(told: &Told) -> Verdict {
    if told.checks.is_empty() {
        return Err("it has no checks".to_owned());
    }
    let all = told.checks.iter().all(|check| check.passed);
    if told.passed != all {
        let some = if all { "all checks passed" } else { "a check did not pass" };
        return Err(format!("passed is {}, but {some}", told.passed));
    }
    if let (Some(Check { found, .. }), Some(held)) = (told.check("conservation"), told.held())
        && figure(found) != Some(held)
    {
        return Err(format!("the check conservation found {found}, but the accounts hold {held}"));
    }
    let entries = i128::from(told.totals.trail_entries);
    let made = i128::from(told.totals.setup_entries) + i128::from(told.totals.attempts);
    if let Some(Check { expected, found, .. }) = told.check("one_entry_per_attempt")
        && (figure(expected), figure(found)) != (Some(made), Some(entries))
    {
        return Err(format!(
            "the check one_entry_per_attempt expected {expected} and found {found}, but the totals \
             say {made} and {entries}"
        ));
    }
    // A check that expects what it has not found cannot have passed; the other way round it may have looked at more.
    let exact = ["conservation", "no_account_below_its_limit", "one_entry_per_attempt", "replay"];
    for name in exact {
        let check = told.check(name).ok_or_else(|| format!("the check {name} is missing"))?;
        if check.passed && check.expected != check.found {
            return Err(format!(
                "the check {name} says that it passed, but it expected {} and found {}",
                check.expected, check.found
            ));
        }
    }
    Ok(format!("{} are told, and passed says the same as they do", told.checks.len()))
}
