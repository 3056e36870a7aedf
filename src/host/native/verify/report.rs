//! A report in a file: whether it has its form, agrees with itself, and with its trail.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;

use super::sums::{PARTS, Told, Verdict};
use super::{Wrong, complain, form, read_seal, seal_file, trail};
use crate::host::native::trail::{budget_bytes, open};
use crate::model::amounts::grouped;
use crate::scenarios::{Accounts, REPORT_VERSION};
use crate::trail::{Digest, Replay};

/// The most bytes of a report: some times what the largest has, which lists 10,000 accounts.
const REPORT_BYTES_MAX: u64 = 32 << 20;

/// Runs the command on a report.
///
/// # Errors
/// What standard output answered.
pub(super) fn verify(file: &str, input: impl Read, chosen: &ArgMatches) -> io::Result<ExitCode> {
    let mut output = io::stdout().lock();
    let told = match read(input) {
        Ok(told) => told,
        Err(wrong) => return Ok(wrong.tell(file)),
    };
    writeln!(output, "{file}: a report of {}, version {REPORT_VERSION}", told.scenario)?;
    writeln!(output, "  ok  form: every field is there and of its kind, and no other")?;
    let hash = || hash(&told, chosen.get_one("trail-hash"));
    for (part, verdict) in PARTS.map(|(part, look)| (part, look(&told))) {
        if let Some(code) = tell(&mut output, file, part, verdict)? {
            return Ok(code);
        }
    }
    if let Some(code) = tell(&mut output, file, "trail hash", hash())? {
        return Ok(code);
    }
    if let Some(trail_file) = chosen.get_one::<String>("trail") {
        match compare(&told, trail_file, chosen) {
            Ok(examined) => {
                for sentence in examined {
                    writeln!(output, "  ok  {sentence}")?;
                }
            }
            Err((file, wrong)) => return Ok(wrong.tell(&file)),
        }
    }
    Ok(match told.failure() {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            let why = format!("it agrees, and says itself that its run failed: {failure}");
            complain(file, &why, 1)
        }
    })
}

/// Says what was looked at, or what is wrong and the exit code that follows.
fn tell(
    output: &mut impl Write,
    file: &str,
    part: &str,
    verdict: Verdict,
) -> io::Result<Option<ExitCode>> {
    match verdict {
        Ok(examined) => writeln!(output, "  ok  {part}: {examined}").map(|()| None),
        Err(why) => Ok(Some(complain(file, &why, 1))),
    }
}

/// Reads a report and checks its form.
fn read(input: impl Read) -> Result<Told, Wrong> {
    let mut bytes = Vec::new();
    let unreadable = |why: String| Wrong::Unreadable(format!("it cannot be read: {why}"));
    input
        .take(REPORT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > REPORT_BYTES_MAX {
        let most = grouped(REPORT_BYTES_MAX.into());
        return Err(unreadable(format!("a report has at most {most} bytes, and it has more")));
    }
    let report: Value =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    match report.get("report") {
        None => {
            return Err(unreadable("it has no field \"report\", so it is no report".to_owned()));
        }
        Some(version) if *version != REPORT_VERSION => {
            return Err(unreadable(format!(
                "its version is {version}, and this program knows version {REPORT_VERSION}"
            )));
        }
        Some(_) => {}
    }
    form::check(&report).map_err(Wrong::Content)?;
    // What is left is an amount past 2^128, of which the sentence is the reader's.
    serde_json::from_value(report).map_err(|error| Wrong::Content(error.to_string()))
}

fn hash(told: &Told, expected: Option<&Digest>) -> Verdict {
    let its = told.trail_hash;
    match expected {
        Some(expected) if *expected != its => Err(format!("trail_hash is {its}, not {expected}")),
        Some(_) => Ok(format!("{its}, as asked for")),
        None => Ok(its.to_string()),
    }
}

/// Compares a report with the trail of its run: what was looked at, or the file that is wrong and why.
fn compare(
    told: &Told,
    trail_file: &str,
    chosen: &ArgMatches,
) -> Result<[String; 3], (String, Wrong)> {
    let in_trail = |wrong| (trail_file.to_owned(), wrong);
    let input = open(trail_file)
        .map_err(|error| in_trail(Wrong::Unreadable(format!("it cannot be opened: {error}"))))?;
    let seal_file = seal_file(trail_file, chosen);
    // The report's hash seals the trail, too; its seal is needed only to name the first wrong entry.
    let has_seal = chosen.contains_id("seal") || std::path::Path::new(&seal_file).exists();
    let seal = match has_seal.then(|| read_seal(&seal_file, Some(&told.trail_hash))).transpose() {
        Ok(seal) => seal,
        Err(wrong) => return Err((seal_file, wrong)),
    };
    // The set-up has a writer of its own.
    let writers = told.workers.len() + 1;
    let judged =
        trail::judge(input, seal.as_ref(), budget_bytes(chosen), writers).map_err(in_trail)?;
    judged.sealed.map_err(|why| in_trail(Wrong::Content(why)))?;
    if judged.trail_hash != told.trail_hash {
        let (its, expected) = (judged.trail_hash, told.trail_hash);
        let why = format!("its hash is {its}, but the report says {expected}");
        return Err(in_trail(Wrong::Content(why)));
    }
    let replay = judged.replayed.map_err(|why| in_trail(Wrong::Content(why)))?;
    let (entries, expected) = (replay.replayed(), told.totals.trail_entries);
    if entries != expected {
        let (entries, expected) = (grouped(entries.into()), grouped(expected.into()));
        let why = format!("it has {entries} entries, but totals.trail_entries is {expected}");
        return Err(in_trail(Wrong::Content(why)));
    }
    let accounts = balances(told, &replay).map_err(|why| in_trail(Wrong::Content(why)))?;
    Ok([
        format!(
            "trail: it is the one whose hash the report has{}",
            match seal {
                Some(_) => ", and as sealed",
                None => "",
            }
        ),
        format!("replay: {} entries are equal to a serial run", grouped(entries.into())),
        format!("balances: {accounts}"),
    ])
}

/// Whether the replay leads to the accounts that the report has.
fn balances(told: &Told, replay: &Replay) -> Verdict {
    let accounts = &told.accounts;
    let replayed: HashMap<u128, [u128; 5]> =
        replay.accounts().iter().map(|state| (state.id, Accounts::numbers(state))).collect();
    let there = replayed.len() as u64;
    if there != accounts.count {
        let (there, count) = (grouped(there.into()), grouped(accounts.count.into()));
        return Err(format!("a replay leads to {there} accounts, but accounts.count is {count}"));
    }
    for row in &accounts.rows {
        if replayed.get(&row.id) != Some(&row.numbers()) {
            let name = &row.name;
            return Err(format!("a replay leads to another balance of {name} than the report has"));
        }
    }
    let listed = accounts.rows.len();
    if accounts.complete {
        return Ok(format!("a replay leads to those of all {} accounts", grouped(listed as u128)));
    }
    // Accounts are numbered in the order in which they are opened, and one writer opens them all.
    let computed = Accounts::hash_of(replay.accounts().iter().map(Accounts::numbers));
    if computed != accounts.hash {
        let its = accounts.hash;
        return Err(format!(
            "a replay leads to accounts whose hash is {computed}, but accounts.hash is {its}"
        ));
    }
    Ok(format!("a replay leads to the hash of all {} accounts", grouped(accounts.count.into())))
}
