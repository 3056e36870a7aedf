//! The totals of a run: operations, attempts by status, workers and latency.

use std::fmt::{self, Write as _};

use super::table::{Align, Table};
use super::units::{count, duration, percent};
use crate::model::CreateTransferStatus;
use crate::scenarios::{Latency, Report, Totals, WorkerTotals};

pub(super) fn write(text: &mut String, report: &Report) -> fmt::Result {
    write!(text, "\n{}", totals(&report.totals, report.elapsed_ns))?;
    writeln!(text, "  trail hash  {}", report.trail_hash)?;
    write!(text, "\nWorkers\n{}", workers(&report.workers))?;
    write!(text, "\nLatency\n{}", latency(&report.latency))?;
    writeln!(text, "  {}", report.latency.description)
}

fn totals(totals: &Totals, elapsed_ns: u64) -> Table {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right, Align::Left]);
    let rate = |per_second| format!("{} per s", count(per_second));
    let operations = rate(totals.operations_per_second);
    table.row(["operations".to_owned(), count(totals.operations), operations]);
    table.row(["attempts".to_owned(), count(totals.attempts), rate(totals.per_second)]);
    for (name, number) in &totals.by_status {
        let share = percent(*number, totals.attempts);
        table.row([format!("  {name}"), count(*number), share, outcome(name).to_owned()]);
    }
    if totals.reads > 0 {
        let per_second = u128::from(totals.reads) * 1_000_000_000 / u128::from(elapsed_ns.max(1));
        let reads = rate(u64::try_from(per_second).unwrap_or(u64::MAX));
        table.row(["reads".to_owned(), count(totals.reads), reads]);
    }
    let mebibytes = totals.trail_bytes as f64 / f64::from(1 << 20);
    let setup = format!("{} of them from the setup", count(totals.setup_entries));
    let memory = format!("{mebibytes:.1} MiB");
    table.row(["trail entries".to_owned(), count(totals.trail_entries), memory, setup]);
    table
}

/// Returns the outcome that a status stands for.
fn outcome(name: &str) -> &'static str {
    let known = CreateTransferStatus::ALL.iter().find(|status| status.name() == name);
    match known {
        Some(CreateTransferStatus::Created) => "accepted",
        Some(status) if status.is_interruption() => "interrupted",
        _ => "refused",
    }
}

fn workers(workers: &[WorkerTotals]) -> Table {
    let heads =
        ["worker", "operations", "accepted", "refused", "interrupted", "waits", "conflicts"];
    let mut table = Table::new(&[Align::Right; 7]);
    table.row(heads);
    for worker in workers {
        let counts = [
            worker.operations,
            worker.accepted,
            worker.refused,
            worker.interrupted,
            worker.waits,
            worker.conflicts,
        ];
        table.row(std::iter::once(worker.worker.to_string()).chain(counts.map(count)));
    }
    table
}

fn latency(latency: &Latency) -> Table {
    let mut table = Table::new(&[Align::Right; 5]);
    table.row(["p50", "p90", "p99", "p99.9", "maximum"]);
    let &Latency { p50_ns, p90_ns, p99_ns, p999_ns, max_ns, .. } = latency;
    table.row([p50_ns, p90_ns, p99_ns, p999_ns, max_ns].map(duration));
    table
}
