//! Parses a report from JSON and recomputes every total that the report itself allows to recompute.

use std::fmt;

use serde_json::Value;

use super::document::{
    AccountRow, Accounts, Check, REPORT_VERSION, ROWS_MAX, Report, Series, Totals, WorkerTotals,
};
use super::version_3;
use crate::model::CreateTransferStatus;
use crate::model::amounts::grouped;

/// The maximum size of a report in bytes: several times that of the largest, which lists 10,000
/// accounts.
pub const REPORT_BYTES_MAX: u64 = 32 << 20;

/// The version before the present one.
const VERSION_4: u32 = 4;

/// The limits of what a page can display.
const STRING_CHARACTERS_MAX: usize = 10_000;
const ITEMS_MAX: usize = ROWS_MAX;
const WORKERS_MAX: usize = 1_024;
const INTERVALS_MAX: usize = 1_000_000;
/// The last millisecond that a JavaScript date can represent.
const STARTED_AT_MS_MAX: u64 = 8_640_000_000_000_000;

/// The reason why a text is not a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The text is not a report at all, or one of an unknown version.
    NotAReport(String),
    /// A field is missing, unknown or not valid.
    Field(String),
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotAReport(message) | Self::Field(message)) = self;
        formatter.write_str(message)
    }
}

impl std::error::Error for ParseError {}

/// Parses a report of version 3, 4 or 5 and checks that every field is present and valid.
///
/// # Errors
/// [`ParseError`] naming the first field that is not valid.
pub fn parse(json: &[u8]) -> Result<Report, ParseError> {
    let not_a_report = |message: String| Err(ParseError::NotAReport(message));
    if json.len() as u64 > REPORT_BYTES_MAX {
        let limit = grouped(REPORT_BYTES_MAX.into());
        return not_a_report(format!("a report has at most {limit} bytes; this one has more"));
    }
    let mut value: Value = match serde_json::from_slice(json) {
        Ok(value) => value,
        Err(error) => return not_a_report(format!("it is not JSON: {error}")),
    };
    match value.get("report") {
        None => {
            return not_a_report("it has no field \"report\", so it is not a report".to_owned());
        }
        Some(version) if *version == REPORT_VERSION => {}
        Some(version) if *version == version_3::VERSION => version_3::upgrade(&mut value),
        // Its numbers were JSON numbers, which are still read.
        Some(version) if *version == VERSION_4 => value["report"] = REPORT_VERSION.into(),
        Some(version) => {
            let known = format!("this program reads versions 3 to {REPORT_VERSION}");
            return not_a_report(format!("it is a report of version {version}; {known}"));
        }
    }
    check_limits(&value, "").map_err(ParseError::Field)?;
    let health = value["health"].clone();
    let report: Report = serde_path_to_error::deserialize(value).map_err(|error| {
        ParseError::Field(match error.path().to_string().as_str() {
            "." => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        })
    })?;
    let known_health = serde_json::to_value(&report.health).unwrap_or_default();
    check_fields(&health, &known_health, "health").map_err(ParseError::Field)?;
    check_names(&report).map_err(ParseError::Field)?;
    Ok(report)
}

/// Checks that an object has no unknown field. The ledger's health is the one part of a report
/// whose types allow others.
fn check_fields(value: &Value, known: &Value, path: &str) -> Result<(), String> {
    for (name, field) in value.as_object().into_iter().flatten() {
        match known.get(name) {
            Some(known) => check_fields(field, known, &format!("{path}.{name}"))?,
            None => return Err(format!("{path}: unknown field `{name}`")),
        }
    }
    Ok(())
}

/// Checks the lengths of strings, lists and objects.
fn check_limits(value: &Value, path: &str) -> Result<(), String> {
    let check_length = |length: usize, limit: usize, unit: &str| match length > limit {
        true => Err(format!("{path} has {length} {unit}; the limit is {limit}")),
        false => Ok(()),
    };
    let check_string =
        |text: &str| check_length(text.chars().count(), STRING_CHARACTERS_MAX, "characters");
    match value {
        Value::String(text) => check_string(text),
        Value::Array(items) => {
            let limit = match path {
                "workers" => WORKERS_MAX,
                path if path.starts_with("series.") => INTERVALS_MAX,
                _ => ITEMS_MAX,
            };
            check_length(items.len(), limit, "items")?;
            let mut items = items.iter().enumerate();
            items.try_for_each(|(index, item)| check_limits(item, &format!("{path}[{index}]")))
        }
        Value::Object(fields) => {
            check_length(fields.len(), ITEMS_MAX, "fields")?;
            fields.iter().try_for_each(|(name, field)| {
                check_string(name)?;
                let separator = if path.is_empty() { "" } else { "." };
                check_limits(field, &format!("{path}{separator}{name}"))
            })
        }
        _ => Ok(()),
    }
}

/// Checks the names for programs, and that the date can be displayed.
fn check_names(report: &Report) -> Result<(), String> {
    let names = std::iter::once(("scenario", &report.scenario))
        .chain(report.events.iter().map(|event| ("events", &event.name)))
        .chain(report.facts.iter().map(|fact| ("facts", &fact.name)))
        .chain(report.checks.iter().map(|check| ("checks", &check.name)));
    for (path, name) in names {
        let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
        let is_valid = name.bytes().all(|byte| is_letter(byte) || matches!(byte, b'_' | b'-'));
        if !is_valid || !name.bytes().next().is_some_and(is_letter) {
            let allowed = "a name of lower-case letters, digits, hyphens and underscores";
            return Err(format!("{path}: {name:?} is not {allowed}"));
        }
    }
    match report.started_at_ms {
        ..=STARTED_AT_MS_MAX => Ok(()),
        ms => Err(format!("started_at_ms is {ms}; the limit is {STARTED_AT_MS_MAX}")),
    }
}

/// What was verified, or the first contradiction, as a sentence.
type PartResult = Result<String, String>;

/// The name of a part, and its verification.
type Part = (&'static str, fn(&Report) -> PartResult);

/// The parts of a report that are recomputed, in this order.
const PARTS: [Part; 6] = [
    ("totals", verify_totals),
    ("statuses", verify_statuses),
    ("workers", verify_workers),
    ("series", verify_series),
    ("accounts", verify_accounts),
    ("checks", verify_checks),
];

impl Report {
    /// Recomputes the report part by part. Returns the name of each part with what was verified, or
    /// the contradiction.
    pub fn verify(&self) -> impl Iterator<Item = (&'static str, Result<String, String>)> {
        PARTS.into_iter().map(|(name, verify)| (name, verify(self)))
    }

    /// Returns why the run failed according to its own checks; none if it passed.
    pub fn failure(&self) -> Option<String> {
        let failed: Vec<_> = self.checks.iter().filter(|check| !check.passed).collect();
        let first = failed.first()?;
        let (failed, all, title) = (failed.len(), self.checks.len(), &first.title);
        Some(format!("{failed} of {all} checks failed; the first is {title}"))
    }

    fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// Returns the coins of all accounts that are not issuers; none if not all accounts are listed,
    /// or on overflow.
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
}

fn number(number: u64) -> String {
    grouped(number.into())
}

fn sum(counts: impl IntoIterator<Item = u64>) -> u128 {
    counts.into_iter().map(u128::from).sum()
}

/// Compares a number of the report with the recomputed one.
fn compare(field: &str, stated: u64, source: &str, computed: u128) -> Result<(), String> {
    if u128::from(stated) == computed {
        return Ok(());
    }
    Err(format!("{field} is {}, but {source} {}", number(stated), grouped(computed)))
}

fn verify_totals(report: &Report) -> PartResult {
    let Totals { attempts, accepted, refused, interrupted, .. } = report.totals;
    let outcomes = sum([accepted, refused, interrupted]);
    compare("totals.attempts", attempts, "accepted, refused and interrupted add up to", outcomes)?;
    let Totals { operations, per_second, operations_per_second, .. } = report.totals;
    let rate = |count| u128::from(count) * 1_000_000_000 / u128::from(report.elapsed_ns.max(1));
    let source = "computed from the elapsed time it is";
    compare("totals.per_second", per_second, source, rate(attempts))?;
    compare("totals.operations_per_second", operations_per_second, source, rate(operations))?;
    let attempts = number(attempts);
    Ok(format!("outcomes add up to the {attempts} attempts, and rates match the elapsed time"))
}

fn verify_statuses(report: &Report) -> PartResult {
    let Totals { attempts, accepted, interrupted, by_status, .. } = &report.totals;
    let (mut created, mut interruptions) = (0, 0);
    for (name, &count) in by_status {
        let status = CreateTransferStatus::ALL.iter().find(|status| status.name() == name);
        match status {
            None => return Err(format!("totals.by_status names {name:?}, which is not a status")),
            Some(CreateTransferStatus::Created) => created = u128::from(count),
            Some(status) if status.is_interruption() => interruptions += u128::from(count),
            Some(_) => {}
        }
    }
    let all = sum(by_status.values().copied());
    compare("totals.attempts", *attempts, "the statuses add up to", all)?;
    compare("totals.accepted", *accepted, "the status created has", created)?;
    let source = "the statuses of interruptions add up to";
    compare("totals.interrupted", *interrupted, source, interruptions)?;
    Ok(format!("the counts of {} statuses add up to the attempts", by_status.len()))
}

fn verify_workers(report: &Report) -> PartResult {
    let (totals, workers) = (&report.totals, &report.workers);
    let count = workers.len() as u128;
    compare("parameters.workers", report.parameters.workers, "the workers listed are", count)?;
    for (index, worker) in workers.iter().enumerate() {
        let path = format!("workers[{index}]");
        let source = "counted from 1 it is";
        compare(&format!("{path}.worker"), worker.worker, source, index as u128 + 1)?;
        let outcomes = sum([worker.accepted, worker.refused, worker.interrupted]);
        let source = "its accepted, refused and interrupted add up to";
        compare(&format!("{path}.attempts"), worker.attempts, source, outcomes)?;
    }
    let total = |field: fn(&WorkerTotals) -> u64| sum(workers.iter().map(field));
    for (name, stated, computed) in [
        ("operations", totals.operations, total(|worker| worker.operations)),
        ("attempts", totals.attempts, total(|worker| worker.attempts)),
        ("accepted", totals.accepted, total(|worker| worker.accepted)),
        ("refused", totals.refused, total(|worker| worker.refused)),
        ("interrupted", totals.interrupted, total(|worker| worker.interrupted)),
    ] {
        compare(&format!("totals.{name}"), stated, "the workers add up to", computed)?;
    }
    Ok(format!("the counts of {count} workers add up to the totals"))
}

fn verify_series(report: &Report) -> PartResult {
    let (totals, Series { accepted, refused, interrupted, .. }) = (&report.totals, &report.series);
    let intervals = accepted.len();
    for (name, total, counts) in [
        ("accepted", totals.accepted, accepted),
        ("refused", totals.refused, refused),
        ("interrupted", totals.interrupted, interrupted),
    ] {
        if counts.len() != intervals {
            let found = counts.len();
            return Err(format!(
                "series.{name} has {found} intervals, but series.accepted has {intervals}"
            ));
        }
        let computed = sum(counts.iter().copied());
        compare(&format!("totals.{name}"), total, "the series adds up to", computed)?;
    }
    Ok(format!("the counts of {intervals} intervals add up to the totals"))
}

fn verify_accounts(report: &Report) -> PartResult {
    let Accounts { count, complete, hash: stated_hash, rows } = &report.accounts;
    let listed = rows.len() as u128;
    if !complete {
        if listed >= u128::from(*count) {
            return Err(format!("accounts.complete is false, but {listed} of {count} are listed"));
        }
        return Ok(format!(
            "{} of {} are listed, so their sums and their hash cannot be recomputed",
            grouped(listed),
            number(*count)
        ));
    }
    compare("accounts.count", *count, "the accounts listed are", listed)?;
    let computed = Accounts::hash_of(rows.iter().map(AccountRow::numbers));
    if computed != *stated_hash {
        return Err(format!(
            "accounts.hash is {stated_hash}, but the hash of the accounts listed is {computed}"
        ));
    }
    verify_balance_sheet(report)?;
    Ok(format!("all {} are listed, and their hash matches", grouped(listed)))
}

/// Checks that debits equal credits. A run that lost coins reports it in a failed check; only a
/// report without one is inconsistent. `conservation` covers posted amounts, serial replay covers
/// pending ones.
fn verify_balance_sheet(report: &Report) -> Result<(), String> {
    let rows = &report.accounts.rows;
    let total = |amount: fn(&AccountRow) -> u128| {
        rows.iter().try_fold(0_u128, |sum, row| sum.checked_add(amount(row)))
    };
    let is_conserved = report.check("conservation").is_none_or(|check| check.passed);
    for (kind, must_balance, debits, credits) in [
        ("posted", is_conserved, total(|row| row.debits_posted), total(|row| row.credits_posted)),
        (
            "pending",
            report.passed,
            total(|row| row.debits_pending),
            total(|row| row.credits_pending),
        ),
    ] {
        if debits != credits && must_balance {
            let sum = |sum: Option<u128>| sum.map_or("2^128 or more".to_owned(), grouped);
            let (debits, credits) = (sum(debits), sum(credits));
            return Err(format!(
                "{kind} debits of all accounts are {debits}, but {kind} credits are {credits}, \
                 and no check reports it"
            ));
        }
    }
    Ok(())
}

/// The checks that every report has, and that pass only if the value found is the expected one.
const EXACT_CHECKS: [&str; 4] =
    ["conservation", "no_account_below_its_limit", "one_entry_per_attempt", "replay"];

fn verify_checks(report: &Report) -> PartResult {
    if report.checks.is_empty() {
        return Err("it has no checks".to_owned());
    }
    let all_passed = report.checks.iter().all(|check| check.passed);
    if report.passed != all_passed {
        let outcome = if all_passed { "all checks passed" } else { "a check failed" };
        return Err(format!("passed is {}, but {outcome}", report.passed));
    }
    if let (Some(Check { found, .. }), Some(held)) = (report.check("conservation"), report.held())
        && found.number() != Some(held)
    {
        return Err(format!("the check conservation found {found}, but the accounts hold {held}"));
    }
    let entries = i128::from(report.totals.trail_entries);
    let attempts = i128::from(report.totals.setup_entries) + i128::from(report.totals.attempts);
    if let Some(Check { expected, found, .. }) = report.check("one_entry_per_attempt")
        && (expected.number(), found.number()) != (Some(attempts), Some(entries))
    {
        return Err(format!(
            "the check one_entry_per_attempt expected {expected} and found {found}, but the totals \
             are {attempts} and {entries}"
        ));
    }
    for name in EXACT_CHECKS {
        let check = report.check(name).ok_or_else(|| format!("the check {name} is missing"))?;
        if check.passed && check.expected != check.found {
            return Err(format!(
                "the check {name} is marked as passed, but it expected {} and found {}",
                check.expected, check.found
            ));
        }
    }
    Ok(format!("{} are listed, and passed agrees with them", report.checks.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A report that a program of version 3 wrote.
    const REPORT: &str = include_str!("../../../tests/suite/report/version_3.report");

    #[test]
    fn version_3_report_is_upgraded_and_verified() {
        let report = parse(REPORT.as_bytes()).expect("it can be upgraded");
        assert_eq!(report.report, REPORT_VERSION);
        assert_eq!(report.parameters.concurrency, "no-locks");
        assert_eq!(report.events[0].messages.len(), 2);
        assert_eq!(report.checks[3].title, "Serial replay");
        for (part, result) in report.verify() {
            assert!(result.is_ok(), "{part}: {result:?}");
        }
        assert_eq!(report.failure(), None);
    }

    #[test]
    fn invalid_version_3_report_is_rejected() {
        for (invalid, message) in [
            (json!({"report": 3}), "missing field"),
            (json!({"report": 3, "checks": 7, "health": [], "parameters": null}), "invalid type"),
        ] {
            let error = parse(invalid.to_string().as_bytes()).expect_err("it has no totals");
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    /// A change of a valid report, and the message about it.
    type Change = (fn(&mut Value), &'static str);

    #[test]
    fn report_above_the_limits_is_rejected() {
        let valid: Value = serde_json::from_str(REPORT).expect("it is JSON");
        let changes: [Change; 5] = [
            (
                |report| report["title"] = "x".repeat(10_001).into(),
                "title has 10001 characters; the limit is 10000",
            ),
            (
                |report| report["flaws"] = vec![""; 10_001].into(),
                "flaws has 10001 items; the limit is 10000",
            ),
            (
                |report| report["workers"] = vec![0; 1_025].into(),
                "workers has 1025 items; the limit is 1024",
            ),
            (
                |report| report["series"]["accepted"] = vec![0; 1_000_001].into(),
                "series.accepted has 1000001 items; the limit is 1000000",
            ),
            (
                |report| report["started_at_ms"] = (STARTED_AT_MS_MAX + 1).into(),
                "started_at_ms is 8640000000000001; the limit is 8640000000000000",
            ),
        ];
        for (change, message) in changes {
            let mut changed = valid.clone();
            change(&mut changed);
            let error = parse(changed.to_string().as_bytes()).expect_err(message);
            assert_eq!(error, ParseError::Field(message.to_owned()));
        }
    }
}
