//! A report as text: parameters and result first, the checks last.

pub(super) mod table;
mod totals;
pub(super) mod units;

use std::fmt::{self, Write as _};

use crate::model::amounts::grouped;
use crate::scenarios::{AccountRow, Accounts, Check, Event, Fact, Report, Value};

use table::{Align, Table};
use units::{check_value, count, moment, workers};

/// The number of accounts listed.
const ACCOUNTS_SHOWN: usize = 8;

/// Returns the report as text. `unwritten` is why a file of the run could not be written; then the
/// result is not that the run has passed.
pub(super) fn page(report: &Report, unwritten: Option<&str>) -> String {
    let mut text = String::new();
    write(&mut text, report, unwritten).expect("a string takes all that is written to it");
    text
}

/// Returns whether all checks passed, and the first that failed.
pub(super) fn result(report: &Report) -> String {
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.passed).collect();
    let all = report.checks.len();
    match failed.first() {
        None => format!("PASSED: all {all} checks passed."),
        Some(first) => {
            let (failed, values) = (failed.len(), values(first));
            format!("FAILED: {failed} of {all} checks failed. First: {values}.")
        }
    }
}

/// Returns the values that a check expected and found.
fn values(check: &Check) -> String {
    let (expected, found) = (check_value(&check.expected), check_value(&check.found));
    format!("{}: expected {expected}, found {found}", check.title)
}

fn write(text: &mut String, report: &Report, unwritten: Option<&str>) -> fmt::Result {
    let parameters = &report.parameters;
    let (title, workers) = (&report.title, workers(report.workers.len() as u64));
    write!(text, "{title} — {workers}, seed {}", parameters.seed)?;
    write!(text, ", concurrency {}", parameters.concurrency)?;
    for (name, value) in &parameters.own {
        if let Value::Name(choice) = value {
            write!(text, ", {name} {choice}")?;
        }
    }
    writeln!(text, ", {}", moment(report.elapsed_ns))?;
    match unwritten {
        Some(why) if report.passed => writeln!(text, "FAILED: {why}. All checks passed.")?,
        _ => writeln!(text, "{}", result(report))?,
    }
    for flaw in &report.flaws {
        writeln!(text, "{flaw}")?;
    }
    writeln!(text, "{}", report.ended_because)?;

    totals::write(text, report)?;
    events(text, &report.events)?;
    facts(text, &report.facts)?;
    accounts(text, &report.accounts)?;

    writeln!(text, "\nChecks")?;
    for check in &report.checks {
        let result = if check.passed { "pass" } else { "FAIL" };
        let examined = format!("{} {}", count(check.examined), check.unit);
        writeln!(text, "  {result}  {} ({examined})", values(check))?;
    }
    writeln!(text, "\nHealth of the ledger: {}", report.health.status.name())?;
    writeln!(text, "  {}", report.health.message)
}

/// Writes the events with the first messages of each kind.
fn events(text: &mut String, events: &[Event]) -> fmt::Result {
    if events.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nEvents")?;
    for Event { title, count: number, first_at_ns, messages, .. } in events {
        let at = moment(*first_at_ns);
        match number {
            1 => writeln!(text, "  {title}: once, {at} after the start")?,
            many => {
                writeln!(text, "  {title}: {} times, first {at} after the start", count(*many))?
            }
        }
        for message in messages {
            writeln!(text, "    {message}")?;
        }
    }
    Ok(())
}

/// Writes the further results of the scenario.
fn facts(text: &mut String, facts: &[Fact]) -> fmt::Result {
    if facts.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nResults")?;
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Left]);
    for Fact { title, value, unit, .. } in facts {
        table.row([title.clone(), check_value(value), unit.clone()]);
    }
    write!(text, "{table}")
}

fn accounts(text: &mut String, accounts: &Accounts) -> fmt::Result {
    let rows = &accounts.rows[..accounts.rows.len().min(ACCOUNTS_SHOWN)];
    let has_pending = rows.iter().any(|row| row.debits_pending > 0 || row.credits_pending > 0);
    let columns = if has_pending { 5 } else { 3 };
    let mut table =
        Table::new(&[Align::Left, Align::Right, Align::Right, Align::Right, Align::Right]);
    let heads = ["account", "balance, coins", "credits", "pending debits", "pending credits"];
    table.row(heads.into_iter().take(columns));
    for row in rows {
        let cells = [
            row.name.clone(),
            balance(row),
            grouped(row.credits_posted),
            grouped(row.debits_pending),
            grouped(row.credits_pending),
        ];
        table.row(cells.into_iter().take(columns));
    }
    write!(text, "\nAccounts\n{table}")?;
    if accounts.count > rows.len() as u64 {
        let listed = count(accounts.rows.len() as u64);
        let which =
            if accounts.complete { "all".to_owned() } else { format!("the first {listed}") };
        let all = count(accounts.count);
        writeln!(text, "  … of {all} accounts; --json lists {which}")?;
    }
    Ok(())
}

fn balance(row: &AccountRow) -> String {
    match row.credits_posted.checked_sub(row.debits_posted) {
        Some(surplus) => grouped(surplus),
        None => format!("-{}", grouped(row.debits_posted - row.credits_posted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::threads::{environment, run_on_threads};
    use crate::scenarios::{CheckValue, Request, Run};

    fn report() -> Report {
        let parameters = [("operations", 10), ("trail_mib", 64), ("workers", 2)];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), Value::Number(value)));
        let run = Run::prepare(Request {
            scenario: "hft".to_owned(),
            preset: Some("goledger".to_owned()),
            parameters: parameters.into(),
            environment: environment(),
        });
        run_on_threads(&run.expect("it can be run"), |_| {}).expect("it is run")
    }

    #[test]
    fn failure_is_reported_first() {
        let mut report = report();
        let page = super::page(&report, None);
        assert_eq!(page.lines().nth(1), Some("PASSED: all 4 checks passed."), "{page}");
        report.flaws = vec!["Incorrect on purpose: it stands for another.".to_owned()];
        report.checks[3].passed = false;
        report.checks[3].found = CheckValue::Text("entry 7".to_owned());
        let page = super::page(&report, None);
        let lines: Vec<_> = page.lines().take(4).collect();
        assert!(
            lines[0].starts_with("Trading floor — 2 workers, seed 42, concurrency ordered-locks, ")
        );
        assert_eq!(
            lines[1..],
            [
                "FAILED: 1 of 4 checks failed. First: Serial replay: expected identical, found entry \
                 7.",
                "Incorrect on purpose: it stands for another.",
                "All operations were done."
            ],
        );
    }

    #[test]
    fn events_and_facts_are_written_if_present() {
        let mut report = report();
        let plain = page(&report, None);
        assert!(!plain.contains("Events") && !plain.contains("Results"), "{plain}");
        let dry = |count, messages| Event {
            name: "dry".to_owned(),
            title: "Reserve dry".to_owned(),
            count,
            first_at_ns: 1_203_400_000,
            messages,
        };
        report.events = vec![dry(1, vec!["The bank has 7 coins.".to_owned()]), dry(1_200, vec![])];
        report.facts = vec![
            Fact::new("lost", "Lost", -1_200, "coins"),
            Fact::new("seen", "Depositors seen", 7, ""),
        ];
        let page = page(&report, None);
        let part = "\
Events
  Reserve dry: once, 1.203 s after the start
    The bank has 7 coins.
  Reserve dry: 1,200 times, first 1.203 s after the start

Results
  Lost             -1,200  coins
  Depositors seen       7

Accounts
";
        assert!(page.contains(part), "no {part}in\n{page}");
    }

    #[test]
    fn pending_amounts_have_columns_only_if_present() {
        let mut report = report();
        report.accounts.rows[1].credits_pending = 1_234;
        report.accounts.rows[1].debits_posted = 5_000_000;
        let page = page(&report, None);
        assert!(page.contains("pending debits  pending credits\n"), "{page}");
        assert!(page.contains("0            1,234\n"), "{page}");
        assert!(page.contains("-3,"), "a balance below zero has its sign:\n{page}");
    }
}
