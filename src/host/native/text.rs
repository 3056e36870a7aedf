//! A report as a page of text.

use std::fmt::{self, Write as _};

use crate::model::amounts::grouped;
use crate::scenarios::{AccountRow, Report};

/// Accounts that the page lists.
const ACCOUNTS_SHOWN: usize = 8;

/// The report as people read it in a terminal.
pub(super) fn page(report: &Report) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("a string takes all that is written to it");
    text
}

fn write(text: &mut String, report: &Report) -> fmt::Result {
    let count = |number: u64| grouped(number.into());
    let totals = &report.totals;
    let seconds = report.elapsed_ns as f64 / 1e9;
    let workers = match report.workers.len() {
        1 => "1 worker".to_owned(),
        many => format!("{many} workers"),
    };
    let seed = report.parameters.get("seed");
    write!(text, "{} — {workers}, seed {seed}", report.title)?;
    for (name, choice) in report.parameters.choices() {
        write!(text, ", {name} {}", choice.name)?;
    }
    writeln!(text, ", {seconds:.3} s")?;
    writeln!(text, "{}", report.ended_because)?;
    for flaw in &report.flaws {
        writeln!(text, "{flaw}")?;
    }
    writeln!(text)?;

    writeln!(text, "  {:<18}{:>15}", "attempts", count(totals.attempts))?;
    writeln!(text, "  {:<18}{:>15}", "per second", count(totals.per_second))?;
    for (status, number) in &totals.by_status {
        writeln!(text, "  {status:<18}{:>15}", count(*number))?;
    }
    let mebibytes = totals.trail_bytes as f64 / f64::from(1 << 20);
    writeln!(
        text,
        "  {:<18}{:>15}  {} by the set-up; {mebibytes:.1} MiB",
        "trail entries",
        count(totals.trail_entries),
        count(totals.setup_entries),
    )?;
    writeln!(text, "  {:<18}  {}", "trail hash", report.trail_hash)?;

    writeln!(
        text,
        "\n  {:<8}{:>15}{:>15}{:>13}{:>10}{:>11}",
        "worker", "attempts", "accepted", "refused", "waits", "conflicts"
    )?;
    for worker in &report.workers {
        writeln!(
            text,
            "  {:<8}{:>15}{:>15}{:>13}{:>10}{:>11}",
            worker.worker,
            count(worker.attempts),
            count(worker.accepted),
            count(worker.refused),
            count(worker.waits),
            count(worker.conflicts),
        )?;
    }

    writeln!(text, "\n  {:<18}{:>22}{:>22}", "account", "balance, coins", "credits posted")?;
    for row in report.accounts.rows.iter().take(ACCOUNTS_SHOWN) {
        let credits = grouped(row.credits_posted);
        writeln!(text, "  {:<18}{:>22}{:>22}", row.name, balance(row), credits)?;
    }
    if report.accounts.count > ACCOUNTS_SHOWN {
        let all = count(report.accounts.count as u64);
        writeln!(text, "  … {all} accounts in all; --json lists them")?;
    }

    writeln!(text)?;
    for check in &report.checks {
        let verdict = if check.passed { "pass" } else { "FAIL" };
        let looked_at = format!("{} {}", count(check.looked_at), check.unit);
        writeln!(
            text,
            "  {verdict}  {}: expected {}, found {} ({looked_at})",
            check.title, check.expected, check.found
        )?;
    }
    writeln!(text, "\n  health  {}: {}", report.health.status.name(), report.health.sentence)
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
    use crate::host::native::{environment, run_on_threads};
    use crate::scenarios::{Request, Run, Value};

    #[test]
    fn a_flaw_stands_at_the_top_with_the_choice_that_has_it() {
        let parameters = [("operations", 10), ("trail_mib", 64)];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), Value::Number(value)));
        let run = Run::prepare(Request {
            scenario: "hft".to_owned(),
            preset: Some("goledger".to_owned()),
            parameters: parameters.into(),
            environment: environment(),
        });
        let run = run.expect("it can be run");
        let mut report = run_on_threads(&run, |_| {}).expect("it is run");
        report.flaws = vec!["Wrong on purpose: it stands for another."];
        let page = page(&report);
        let lines: Vec<_> = page.lines().take(4).collect();
        assert!(lines[0].contains(", isolation ordered, "), "{page}");
        assert_eq!(lines[1], "All operations were done.");
        assert_eq!(lines[2..], ["Wrong on purpose: it stands for another.", ""]);
    }
}
