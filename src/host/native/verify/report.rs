//! Verifies a report in a file: its fields, its totals, and its trail if that is given.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use super::options::VerifyOptions;
use super::trail;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::lines::open;
use crate::host::native::output::stdout;
use crate::host::native::trail::seal;
use crate::model::amounts::grouped;
use crate::scenarios::report::{ParseError, REPORT_BYTES_MAX, parse};
use crate::scenarios::{Accounts, Report};
use crate::trail::{Digest, Replay};

/// Runs the command on a report.
pub(super) fn run(options: &VerifyOptions, input: impl Read) -> CommandResult {
    let file = &options.file;
    let failed = |why: String| CommandError::Failed(why).in_file(file);
    let mut output = stdout();
    let report = read(input).map_err(|error| error.in_file(file))?;
    writeln!(output, "{}: a report of {}", file.display(), report.scenario)?;
    writeln!(output, "  ok  fields: all are present and valid")?;
    let hash = || ("trail hash", verify_hash(&report, options.trail_hash.as_ref()));
    for (part, result) in report.verify().chain(std::iter::once_with(hash)) {
        writeln!(output, "  ok  {part}: {}", result.map_err(failed)?)?;
    }
    if let Some(trail_file) = &options.trail {
        for message in compare(&report, trail_file, options)? {
            writeln!(output, "  ok  {message}")?;
        }
    }
    match report.failure() {
        None => Ok(ExitCode::SUCCESS),
        Some(why) => Err(failed(format!("the report is valid, but its run failed: {why}"))),
    }
}

fn read(input: impl Read) -> Result<Report, CommandError> {
    let mut bytes = Vec::new();
    let read = input.take(REPORT_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| CommandError::InvalidInput(format!("it cannot be read: {error}")))?;
    parse(&bytes).map_err(|error| match error {
        ParseError::NotAReport(why) => CommandError::InvalidInput(why),
        ParseError::Field(why) => CommandError::Failed(why),
    })
}

fn verify_hash(report: &Report, expected: Option<&Digest>) -> Result<String, String> {
    let found = report.trail_hash;
    match expected {
        Some(expected) if *expected != found => {
            Err(format!("trail_hash is {found}, not {expected}"))
        }
        Some(_) => Ok(format!("{found}, as expected")),
        None => Ok(found.to_string()),
    }
}

/// Compares a report with the trail of its run. Returns a message for each part that agrees.
fn compare(
    report: &Report,
    trail_file: &Path,
    options: &VerifyOptions,
) -> Result<[String; 3], CommandError> {
    let differs = |why: String| CommandError::Failed(why).in_file(trail_file);
    let input = open(trail_file)?;
    let seal_file = seal::file(trail_file, options.seal.as_deref());
    // The hash in the report suffices. Only a seal tells which entry was changed.
    let has_seal = options.seal.is_some() || seal_file.exists();
    let seal = has_seal.then(|| seal::read(&seal_file, Some(&report.trail_hash))).transpose()?;
    // The setup has a separate writer.
    let writers = report.workers.len() + 1;
    let results = trail::verify(input, seal.as_ref(), options, writers);
    let results = results.map_err(|error| error.in_file(trail_file))?;
    results.sealed.map_err(differs)?;
    if results.trail_hash != report.trail_hash {
        let (found, expected) = (results.trail_hash, report.trail_hash);
        return Err(differs(format!("its hash is {found}, but the report has {expected}")));
    }
    let replay = results.replayed.map_err(differs)?;
    let entries = grouped(replay.replayed().into());
    if replay.replayed() != report.totals.trail_entries {
        let stated = grouped(report.totals.trail_entries.into());
        let why = format!("it has {entries} entries, but totals.trail_entries is {stated}");
        return Err(differs(why));
    }
    let balances = compare_balances(&report.accounts, &replay).map_err(differs)?;
    let sealed = if seal.is_some() { ", and it agrees with its seal" } else { "" };
    Ok([
        format!("trail: its hash is that of the report{sealed}"),
        format!("replay: {entries} entries are equal to a serial run"),
        format!("balances: {balances}"),
    ])
}

/// Compares the accounts of a report with those of a replay.
fn compare_balances(accounts: &Accounts, replay: &Replay) -> Result<String, String> {
    let replayed: HashMap<u128, [u128; 5]> =
        replay.accounts().iter().map(|state| (state.id, Accounts::numbers(state))).collect();
    let (found, stated) = (replayed.len() as u64, accounts.count);
    let count = grouped(stated.into());
    if found != stated {
        let found = grouped(found.into());
        return Err(format!("the replay has {found} accounts, but accounts.count is {count}"));
    }
    if let Some(row) =
        accounts.rows.iter().find(|row| replayed.get(&row.id) != Some(&row.numbers()))
    {
        let name = &row.name;
        return Err(format!("the balance of {name} in the replay differs from that in the report"));
    }
    if accounts.complete {
        return Ok(format!("all {count} accounts have the balances of the replay"));
    }
    // One writer creates all accounts, so their numbers are in the order of the trail.
    let computed = Accounts::hash_of(replay.accounts().iter().map(Accounts::numbers));
    if computed != accounts.hash {
        let stated = accounts.hash;
        return Err(format!(
            "the hash of the accounts in the replay is {computed}, but accounts.hash is {stated}"
        ));
    }
    Ok(format!("all {count} accounts have the hash of the replay"))
}
