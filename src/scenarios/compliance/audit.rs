//! What the auditor does when the day is over: looks for every attempt, and tries the seal.

use std::collections::BTreeMap;

use super::DAY_NS;
use crate::model::{CreateTransferStatus, Period, RESULTS_MAX};
use crate::scenarios::report::{Check, CheckValue};
use crate::scenarios::{CheckInput, CheckResults, Fact, Random, Remembered};
use crate::sync::Log;
use crate::trail::{Entry, EntryKind, Mismatch, Seal, StatusFilter, Trail, TrailFilter, TrailFull};

/// Accounts whose history is asked for through the trail's filter, and ids: each question reads the trail once.
const ASKED_MAX: usize = 32;

/// Records of each writer in the copy in which a byte is changed.
const COPIED_MAX: u64 = 1 << 16;

pub(super) fn audit(input: &CheckInput<'_>) -> CheckResults {
    let attempts = &input.observations.attempts;
    let trail = input.ledger.trail();
    let mut by_status = BTreeMap::new();
    for attempt in attempts {
        *by_status.entry(attempt.status.name()).or_insert(0_u64) += 1;
    }
    let seal = Seal::of(trail);
    let (seed, writer_of) = (input.parameters.get("seed"), attempts.len());
    CheckResults {
        checks: vec![
            every_attempt(trail, attempts),
            by_id(trail, attempts, &mut Random::new(seed, 0)),
            by_account(trail, attempts, input),
            by_filter_of_status(trail, &by_status, input),
            by_hour(trail, input),
            sealed(&seal, trail),
            changed(trail, &mut Random::new(seed, 1)),
        ],
        facts: vec![
            Fact::new(
                "remembered",
                "Attempts that were looked for one by one",
                writer_of as i128,
                "",
            ),
            Fact::new(
                "cancelled",
                "Of these, taken back by their callers",
                by_status.get(CreateTransferStatus::Cancelled.name()).copied().unwrap_or(0).into(),
                "",
            ),
        ],
    }
}

/// A check that is about a number of things that should be 0.
fn none_of(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    (examined, unit): (u64, &'static str),
    wrong: Vec<String>,
) -> Check {
    let found = match wrong.first() {
        None => CheckValue::Number(0),
        Some(first) => CheckValue::Text(format!("{}: {first}", wrong.len())),
    };
    let passed = wrong.is_empty();
    Check::new([name, title, description], [CheckValue::Number(0), found], (examined, unit), passed)
}

/// One pass over the trail: every attempt is there once, as its caller was told.
fn every_attempt(trail: &Trail, attempts: &[Remembered]) -> Check {
    let mut told: Vec<_> = attempts.to_vec();
    told.sort_unstable_by_key(|attempt| attempt.id);
    let mut times = vec![0_u32; told.len()];
    let mut wrong = Vec::new();
    for recorded in trail.in_order() {
        let entry = recorded.entry;
        if entry.kind != EntryKind::Transfer {
            continue;
        }
        let Ok(place) = told.binary_search_by_key(&entry.id, |attempt| attempt.id) else {
            continue;
        };
        times[place] += 1;
        let attempt = told[place];
        let same = entry.transfer_status() == Some(attempt.status)
            && entry.debit_account_id == attempt.debit_account_id
            && entry.credit_account_id == attempt.credit_account_id;
        if !same {
            let found = entry.status_name().unwrap_or("no status");
            wrong.push(format!(
                "attempt {} was told {}, and its entry says {found}",
                attempt.id,
                attempt.status.name()
            ));
        }
    }
    let counted = told.iter().zip(&times).filter(|(_, times)| **times != 1);
    wrong.extend(
        counted.map(|(attempt, times)| format!("attempt {} has {times} entries", attempt.id)),
    );
    none_of(
        "every_attempt_has_its_entry",
        "RequestService attempt in the trail",
        "Attempts that are not in the trail once, with the accounts and the status that their callers were told.",
        (told.len() as u64, "attempts"),
        wrong,
    )
}

/// How many entries a filter finds, page by page.
fn count(trail: &Trail, filter: TrailFilter) -> Result<u64, String> {
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

/// Asks the trail one question after the other, each with the number that it must answer.
fn ask(
    trail: &Trail,
    questions: impl Iterator<Item = (String, TrailFilter, u64)>,
) -> (u64, Vec<String>) {
    let mut asked = 0;
    let mut wrong = Vec::new();
    for (what, filter, expected) in questions {
        asked += 1;
        match count(trail, filter) {
            Ok(found) if found == expected => {}
            Ok(found) => wrong.push(format!("{what} has {found} entries, not {expected}")),
            Err(error) => wrong.push(format!("{what}: {error}")),
        }
    }
    (asked, wrong)
}

/// Some attempts, looked for by their ids.
fn by_id(trail: &Trail, attempts: &[Remembered], random: &mut Random) -> Check {
    let some = (0..attempts.len().min(ASKED_MAX)).map(|place| {
        let attempt = match attempts.len() {
            few if few <= ASKED_MAX => attempts[place],
            many => attempts[random.below(many as u64) as usize],
        };
        let status = StatusFilter::numbered(attempt.status as u16);
        let filter =
            TrailFilter { id: Some(attempt.id), status: Some(status), ..TrailFilter::default() };
        (format!("attempt {}", attempt.id), filter, 1)
    });
    let (asked, wrong) = ask(trail, some);
    none_of(
        "found_by_id",
        "Found by id",
        "Attempts, some of all, that the trail does not answer once when it is asked for their id and status.",
        (asked, "questions"),
        wrong,
    )
}

/// The history of some accounts, the first ones: what they were told, and what opened them.
fn by_account(trail: &Trail, attempts: &[Remembered], input: &CheckInput<'_>) -> Check {
    let first = input.layout.id(super::AUDITOR, 0);
    let accounts = (input.parameters.get("accounts") + 1).min(ASKED_MAX as u64);
    let everything = attempts.len() as u64 == input.tally.attempts();
    let questions = (0..accounts).map(|number| {
        let id = first + u128::from(number);
        let told = attempts
            .iter()
            .filter(|attempt| attempt.debit_account_id == id || attempt.credit_account_id == id);
        // It was opened and given its coins.
        let expected = told.count() as u64 + 2;
        let filter = TrailFilter { account_id: Some(id), ..TrailFilter::default() };
        (input.layout.call(id), filter, expected)
    });
    // Where not all was remembered, nobody knows how long a history is.
    let (asked, wrong) = ask(trail, questions.filter(|_| everything));
    none_of(
        "found_by_account",
        "Found by account",
        "Accounts, some of all, whose history in the trail is not as long as it was told.",
        (asked, "questions"),
        wrong,
    )
}

/// RequestService status that occurred.
fn by_filter_of_status(
    trail: &Trail,
    by_status: &BTreeMap<&'static str, u64>,
    input: &CheckInput<'_>,
) -> Check {
    let everything = by_status.values().sum::<u64>() == input.tally.attempts();
    let questions = CreateTransferStatus::ALL.iter().filter(|_| everything).map(|status| {
        let told = by_status.get(status.name()).copied().unwrap_or(0);
        // The set-up's transfers are there too: one for each account that was given coins, all of them created.
        let issued = match status {
            CreateTransferStatus::Created => input.parameters.get("accounts") + 1,
            _ => 0,
        };
        let filter = TrailFilter {
            status: Some(StatusFilter::numbered(*status as u16)),
            kind: Some(EntryKind::Transfer),
            ..TrailFilter::default()
        };
        (status.name().to_owned(), filter, told + issued)
    });
    let (asked, wrong) = ask(trail, questions);
    none_of(
        "found_by_status",
        "Found by status",
        "Statuses that the trail has more or less often than it was told.",
        (asked, "questions"),
        wrong,
    )
}

/// The hours of the day have all entries, and none twice.
fn by_hour(trail: &Trail, input: &CheckInput<'_>) -> Check {
    const HOUR_NS: u64 = DAY_NS / 24;
    let mut wrong = Vec::new();
    let mut sum = 0;
    for hour in 0..24 {
        // The last one has what was written after the day's end, too.
        let end = if hour == 23 { 0 } else { (hour + 1) * HOUR_NS - 1 };
        let period = Period { timestamp_min: hour * HOUR_NS, timestamp_max: end };
        match count(trail, TrailFilter { period, ..TrailFilter::default() }) {
            Ok(entries) => sum += entries,
            Err(error) => wrong.push(format!("hour {hour}: {error}")),
        }
    }
    if sum != input.entries {
        wrong.push(format!("the hours have {sum} entries, and the trail {}", input.entries));
    }
    none_of(
        "found_by_hour",
        "Found by the hour",
        "Differences between the entries of the 24 hours of the ledger's day and those of the whole trail.",
        (24, "questions"),
        wrong,
    )
}

/// The trail is what was sealed.
fn sealed(seal: &Seal, trail: &Trail) -> Check {
    let verdict = seal.verify(trail);
    let found = verdict.as_ref().err().map_or("as sealed".to_owned(), |b| b.to_string());
    Check::new(
        ["sealed", "As sealed", "The trail against its seal, hash by hash."],
        ["as sealed".to_owned(), found].map(CheckValue::Text),
        (seal.records(), "records"),
        verdict.is_ok(),
    )
}

/// In a copy one byte is changed, and the seal names the entry.
fn changed(trail: &Trail, random: &mut Random) -> Check {
    let beginning =
        |log: &Log<Entry>| (0..log.len().min(COPIED_MAX)).filter_map(|at| log.get(at)).collect();
    let copied: Vec<Vec<Entry>> = trail.segments().map(beginning).collect();
    let records: u64 = copied.iter().map(|records| records.len() as u64).sum();
    let (expected, found, passed) = match change_and_verify(copied, records, random) {
        Ok((expected, found)) => (expected, found.1, found.0),
        Err(why) => ("a copy".to_owned(), why, false),
    };
    Check::new(
        [
            "changed_byte_is_found",
            "A changed byte is found",
            "One byte of one entry is changed in a copy of the trail's beginning, which is verified against the \
                   copy's seal.",
        ],
        [expected, found].map(CheckValue::Text),
        (records, "records"),
        passed,
    )
}

type Found = (bool, String);

fn change_and_verify(
    mut copied: Vec<Vec<Entry>>,
    records: u64,
    random: &mut Random,
) -> Result<(String, Found), String> {
    if records == 0 {
        return Err("there is nothing to change".to_owned());
    }
    let full = |error: TrailFull| error.to_string();
    let seal = Seal::of(&*Trail::of(copied.clone()).map_err(full)?);
    let mut place = random.below(records) as usize;
    let mut writer = 0;
    while place >= copied[writer].len() {
        place -= copied[writer].len();
        writer += 1;
    }
    let (byte, bit) = (random.below(16), random.below(8));
    copied[writer][place].amount ^= 1 << (byte * 8 + bit);
    let told = format!("record {place} of writer {writer} changed");
    let changed = Trail::of(copied).map_err(full)?;
    Ok(match seal.verify(&changed) {
        Ok(()) => (told, (false, "nothing".to_owned())),
        Err(broken) => {
            let named = match *broken {
                Mismatch::Changed { at, .. } => Some(at),
                _ => None,
            };
            let same = named.is_some_and(|at| at.writer == writer && at.place == place as u64);
            (told.clone(), (same, if same { told } else { broken.to_string() }))
        }
    })
}
