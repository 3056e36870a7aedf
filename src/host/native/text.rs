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
    writeln!(text, "{} — {workers}, seed {seed}, {seconds:.3} s", report.title)?;
    writeln!(text, "{}\n", report.ended_because)?;

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
        "\n  {:<8}{:>15}{:>15}{:>13}{:>10}",
        "worker", "attempts", "accepted", "refused", "waits"
    )?;
    for worker in &report.workers {
        writeln!(
            text,
            "  {:<8}{:>15}{:>15}{:>13}{:>10}",
            worker.worker,
            count(worker.attempts),
            count(worker.accepted),
            count(worker.refused),
            count(worker.waits),
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
    Ok(())
}

fn balance(row: &AccountRow) -> String {
    match row.credits_posted.checked_sub(row.debits_posted) {
        Some(surplus) => grouped(surplus),
        None => format!("-{}", grouped(row.debits_posted - row.credits_posted)),
    }
}
