//! The checks of the auditor: every attempt is in the trail, and the seal reveals a change.

use std::collections::BTreeMap;

use super::workload::{AUDITOR, DAY_NS};
use crate::model::{CreateTransferStatus, Period, RESULTS_MAX};
use crate::scenarios::check_results::check_no_errors;
use crate::scenarios::{
    Check, CheckInput, CheckResults, CheckValue, Fact, Random, RecordedAttempt,
};
use crate::sync::Log;
use crate::trail::{Entry, EntryKind, EntryLocation, Mismatch, Seal};
use crate::trail::{StatusFilter, Trail, TrailFilter, TrailFull};

/// The maximum number of ids and accounts that are queried one by one. Each query reads the trail once.
const QUERIES_MAX: usize = 32;

/// The maximum number of records of each writer in the copy in which a byte is changed.
const COPIED_MAX: u64 = 1 << 16;

pub(super) fn check(input: &CheckInput<'_>) -> CheckResults {
    let attempts = &input.observations.attempts;
    let trail = input.ledger.trail();
    let mut by_status = BTreeMap::new();
    for attempt in attempts {
        *by_status.entry(attempt.status.name()).or_insert(0_u64) += 1;
    }
    let seal = Seal::of(trail);
    let seed = input.parameters.get("seed");
    let cancelled = by_status.get(CreateTransferStatus::Cancelled.name()).copied().unwrap_or(0);
    CheckResults {
        checks: vec![
            every_attempt_in_trail(trail, attempts),
            found_by_id(trail, attempts, &mut Random::new(seed, 0)),
            found_by_account(trail, attempts, input),
            found_by_status(trail, &by_status, input),
            found_by_hour(trail, input),
            seal_verifies(&seal, trail),
            seal_reveals_change(trail, &mut Random::new(seed, 1)),
        ],
        facts: vec![
            Fact::new("searched", "Attempts searched for", attempts.len() as i128, ""),
            Fact::new("cancelled", "Attempts cancelled by callers", cancelled.into(), ""),
        ],
        ..CheckResults::default()
    }
}

/// Checks in one pass that the trail has every attempt once, with the returned status.
fn every_attempt_in_trail(trail: &Trail, attempts: &[RecordedAttempt]) -> Check {
    let mut expected: Vec<_> = attempts.to_vec();
    expected.sort_unstable_by_key(|attempt| attempt.id);
    let mut entries_of = vec![0_u32; expected.len()];
    let mut errors = Vec::new();
    for recorded in trail.in_order() {
        let entry = recorded.entry;
        if entry.kind != EntryKind::Transfer {
            continue;
        }
        let Ok(index) = expected.binary_search_by_key(&entry.id, |attempt| attempt.id) else {
            continue;
        };
        entries_of[index] += 1;
        let attempt = expected[index];
        let is_same = entry.transfer_status() == Some(attempt.status)
            && entry.debit_account_id == attempt.debit_account_id
            && entry.credit_account_id == attempt.credit_account_id;
        if !is_same {
            let found = entry.status_name().unwrap_or("no status");
            errors.push(format!(
                "attempt {} returned {}, but its entry has {found}",
                attempt.id,
                attempt.status.name()
            ));
        }
    }
    let not_once = expected.iter().zip(&entries_of).filter(|(_, entries)| **entries != 1);
    errors.extend(
        not_once.map(|(attempt, entries)| format!("attempt {} has {entries} entries", attempt.id)),
    );
    check_no_errors(
        [
            "every_attempt_has_its_entry",
            "Every attempt is in the trail",
            "Attempts that do not have exactly one entry with the same accounts and the returned status.",
        ],
        (expected.len() as u64, "attempts"),
        &errors,
    )
}

/// Counts the entries that match a filter, page by page.
fn count_entries(trail: &Trail, filter: TrailFilter) -> Result<u64, String> {
    let mut filter = TrailFilter { limit: RESULTS_MAX, ..filter };
    let mut entries = 0;
    loop {
        let page = trail.select(&filter).map_err(|error| error.to_string())?;
        entries += page.entries.len() as u64;
        match page.next {
            Some(next) => filter.after = Some(next),
            None => return Ok(entries),
        }
    }
}

/// Checks that each query finds the expected number of entries.
fn check_queries(
    texts: [&'static str; 3],
    trail: &Trail,
    queries: impl Iterator<Item = (String, TrailFilter, u64)>,
) -> Check {
    let mut count = 0;
    let mut errors = Vec::new();
    for (what, filter, expected) in queries {
        count += 1;
        match count_entries(trail, filter) {
            Ok(found) if found == expected => {}
            Ok(found) => errors.push(format!("{what} has {found} entries, not {expected}")),
            Err(error) => errors.push(format!("{what}: {error}")),
        }
    }
    check_no_errors(texts, (count, "queries"), &errors)
}

/// Searches for some attempts by id and status.
fn found_by_id(trail: &Trail, attempts: &[RecordedAttempt], random: &mut Random) -> Check {
    let queries = (0..attempts.len().min(QUERIES_MAX)).map(|index| {
        let attempt = match attempts.len() {
            few if few <= QUERIES_MAX => attempts[index],
            many => attempts[random.below(many as u64) as usize],
        };
        let status = StatusFilter::numbered(attempt.status as u16);
        let filter =
            TrailFilter { id: Some(attempt.id), status: Some(status), ..TrailFilter::default() };
        (format!("attempt {}", attempt.id), filter, 1)
    });
    check_queries(
        [
            "found_by_id",
            "Found by id",
            "A sample of attempts that a query by id and status does not find exactly once.",
        ],
        trail,
        queries,
    )
}

/// Queries the history of the first accounts.
fn found_by_account(trail: &Trail, attempts: &[RecordedAttempt], input: &CheckInput<'_>) -> Check {
    let first = input.layout.id(AUDITOR, 0);
    let accounts = (input.parameters.get("accounts") + 1).min(QUERIES_MAX as u64);
    let has_all_attempts = attempts.len() as u64 == input.tally.attempts();
    let queries = (0..accounts).map(|number| {
        let id = first + u128::from(number);
        let recorded = attempts
            .iter()
            .filter(|attempt| attempt.debit_account_id == id || attempt.credit_account_id == id);
        // The setup created the account and issued its coins.
        let expected = recorded.count() as u64 + 2;
        let filter = TrailFilter { account_id: Some(id), ..TrailFilter::default() };
        (input.layout.name_or_id(id), filter, expected)
    });
    // If some attempts were not recorded, the expected length of a history is unknown.
    check_queries(
        [
            "found_by_account",
            "Found by account",
            "A sample of accounts whose history in the trail does not have the expected length.",
        ],
        trail,
        queries.filter(|_| has_all_attempts),
    )
}

/// Queries every status.
fn found_by_status(
    trail: &Trail,
    by_status: &BTreeMap<&'static str, u64>,
    input: &CheckInput<'_>,
) -> Check {
    let has_all_attempts = by_status.values().sum::<u64>() == input.tally.attempts();
    let statuses = CreateTransferStatus::ALL.iter().filter(|_| has_all_attempts);
    let queries = statuses.map(|status| {
        let recorded = by_status.get(status.name()).copied().unwrap_or(0);
        // The setup has created one transfer for each account.
        let issued = match status {
            CreateTransferStatus::Created => input.parameters.get("accounts") + 1,
            _ => 0,
        };
        let filter = TrailFilter {
            status: Some(StatusFilter::numbered(*status as u16)),
            kind: Some(EntryKind::Transfer),
            ..TrailFilter::default()
        };
        (status.name().to_owned(), filter, recorded + issued)
    });
    check_queries(
        [
            "found_by_status",
            "Found by status",
            "Statuses whose number of entries in the trail differs from the attempts.",
        ],
        trail,
        queries,
    )
}

/// Checks that the hours of the day together have every entry once.
fn found_by_hour(trail: &Trail, input: &CheckInput<'_>) -> Check {
    const HOUR_NS: u64 = DAY_NS / 24;
    let mut errors = Vec::new();
    let mut sum = 0;
    for hour in 0..24 {
        // The last hour includes entries after the end of the day.
        let end = if hour == 23 { 0 } else { (hour + 1) * HOUR_NS - 1 };
        let period = Period { timestamp_min: hour * HOUR_NS, timestamp_max: end };
        match count_entries(trail, TrailFilter { period, ..TrailFilter::default() }) {
            Ok(entries) => sum += entries,
            Err(error) => errors.push(format!("hour {hour}: {error}")),
        }
    }
    if sum != input.entries {
        errors.push(format!("the hours have {sum} entries, but the trail has {}", input.entries));
    }
    check_no_errors(
        [
            "found_by_hour",
            "The hourly queries find every entry once",
            "Differences between the entries of the 24 hours and those of the whole trail.",
        ],
        (24, "queries"),
        &errors,
    )
}

fn seal_verifies(seal: &Seal, trail: &Trail) -> Check {
    let result = seal.verify(trail);
    let expected = "as sealed".to_owned();
    let found = result.as_ref().err().map_or(expected.clone(), ToString::to_string);
    Check::new(
        ["sealed", "Seal verifies", "All hashes of the seal match the trail."],
        [expected, found].map(CheckValue::Text),
        (seal.records(), "records"),
        result.is_ok(),
    )
}

/// Changes one byte in a copy of the trail, and checks that the seal of the original copy names the entry.
fn seal_reveals_change(trail: &Trail, random: &mut Random) -> Check {
    let beginning =
        |log: &Log<Entry>| log.chunks(0, log.len().min(COPIED_MAX)).flatten().copied().collect();
    let copy: Vec<Vec<Entry>> = trail.segments().map(beginning).collect();
    let records: u64 = copy.iter().map(|records| records.len() as u64).sum();
    let result = change_and_verify(copy, records, random);
    let (expected, found) = result.unwrap_or_else(|error| ("a copy".to_owned(), error));
    let passed = expected == found;
    Check::new(
        [
            "changed_byte_is_found",
            "Seal reveals a changed byte",
            "One byte of one entry is changed in a copy of the beginning of the trail. Verifying the copy's seal must name \
             that entry.",
        ],
        [expected, found].map(CheckValue::Text),
        (records, "records"),
        passed,
    )
}

/// Changes a record, and returns the expected result of verifying the seal and the one that was found.
fn change_and_verify(
    copy: Vec<Vec<Entry>>,
    records: u64,
    random: &mut Random,
) -> Result<(String, String), String> {
    if records == 0 {
        return Err("there are no records".to_owned());
    }
    let full = |error: TrailFull| error.to_string();
    let mut at = EntryLocation { writer: 0, position: random.below(records) };
    while at.position >= copy[at.writer].len() as u64 {
        at.position -= copy[at.writer].len() as u64;
        at.writer += 1;
    }
    let copy = Trail::of(copy).map_err(full)?;
    let (byte, bit) = (random.below(16), random.below(8));
    let changed = copy.altered(at, |entry| entry.amount ^= 1 << (byte * 8 + bit)).map_err(full)?;
    let expected = format!("record {} of writer {} changed", at.position, at.writer);
    let found = match Seal::of(&copy).verify(&changed) {
        Ok(()) => "nothing".to_owned(),
        Err(mismatch) => match *mismatch {
            Mismatch::Changed { at: found, .. } if found == at => expected.clone(),
            _ => mismatch.to_string(),
        },
    };
    Ok((expected, found))
}
