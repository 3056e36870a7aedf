//! The report of a run, assembled from the results of its workers and its checks.

use super::state::WorkerResult;
use crate::ledger::{Health, Ledger};
use crate::model::AccountState;
use crate::scenarios::account_layout::AccountLayout;
use crate::scenarios::check_results::CheckInput;
use crate::scenarios::description::Description;
use crate::scenarios::latency::Latency;
use crate::scenarios::report::{
    AccountRow, Accounts, Check, Environment, Fact, REPORT_VERSION, ROWS_MAX, Report,
    ReportEnvironment, Series, Totals, WorkerTotals,
};
use crate::trail::{Digest, ENTRY_BYTES};

/// The parts of a report.
pub(super) struct ReportParts<'a> {
    pub(super) description: &'static Description,
    pub(super) environment: &'a Environment,
    pub(super) input: CheckInput<'a>,
    pub(super) results: &'a [WorkerResult],
    pub(super) started_ns: u64,
    pub(super) latency: Latency,
    pub(super) facts: Vec<Fact>,
    pub(super) checks: Vec<Check>,
    pub(super) health: Health,
    pub(super) trail_hash: Digest,
}

pub(super) fn assemble(parts: ReportParts<'_>) -> Report {
    let CheckInput { ledger, parameters, layout, ended_by, ended_ns, .. } = parts.input;
    let elapsed_ns = ended_ns.saturating_sub(parts.started_ns);
    Report {
        report: REPORT_VERSION,
        scenario: parts.description.name,
        title: parts.description.title,
        parameters: parameters.clone(),
        flaws: parameters.choices().filter_map(|(_, choice)| choice.flaw).collect(),
        environment: ReportEnvironment {
            ledgerlab: env!("CARGO_PKG_VERSION"),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            host: parts.environment.clone(),
        },
        started_at_ms: parts.environment.started_at_ms,
        elapsed_ns,
        ended_by,
        ended_because: ended_by.description(),
        totals: totals(&parts.input, elapsed_ns),
        workers: parts.results.iter().enumerate().map(worker_totals).collect(),
        series: series(parts.results),
        latency: parts.latency,
        events: parts.input.events.to_vec(),
        facts: parts.facts,
        passed: parts.checks.iter().all(|check| check.passed),
        trail_hash: parts.trail_hash,
        accounts: accounts(ledger, layout),
        checks: parts.checks,
        health: parts.health,
    }
}

fn totals(input: &CheckInput<'_>, elapsed_ns: u64) -> Totals {
    let tally = input.tally;
    let per_second = |count: u64| {
        let rate = u128::from(count) * 1_000_000_000 / u128::from(elapsed_ns.max(1));
        u64::try_from(rate).unwrap_or(u64::MAX)
    };
    Totals {
        attempts: tally.attempts(),
        accepted: tally.accepted(),
        refused: tally.refused(),
        interrupted: tally.interrupted(),
        operations: tally.operations(),
        reads: tally.reads(),
        setup_entries: input.setup_entries,
        trail_entries: input.entries,
        trail_bytes: input.ledger.trail().len() * ENTRY_BYTES,
        per_second: per_second(tally.attempts()),
        operations_per_second: per_second(tally.operations()),
        by_status: tally.by_status().map(|(status, count)| (status.name(), count)).collect(),
    }
}

fn worker_totals((worker, result): (usize, &WorkerResult)) -> WorkerTotals {
    let WorkerResult { tally, waits, conflicts, .. } = result;
    WorkerTotals {
        worker: worker + 1,
        operations: tally.operations(),
        reads: tally.reads(),
        attempts: tally.attempts(),
        accepted: tally.accepted(),
        refused: tally.refused(),
        interrupted: tally.interrupted(),
        waits: *waits,
        conflicts: *conflicts,
    }
}

fn series(results: &[WorkerResult]) -> Series {
    let seconds = results.iter().map(|result| result.seconds.len()).max().unwrap_or(0);
    let mut sums = vec![[0; 3]; seconds];
    for result in results {
        for (sum, counts) in sums.iter_mut().zip(&result.seconds) {
            *sum = std::array::from_fn(|kind| sum[kind] + counts[kind]);
        }
    }
    let of_kind = |kind: usize| sums.iter().map(|sum| sum[kind]).collect();
    Series {
        interval_ns: 1_000_000_000,
        accepted: of_kind(0),
        refused: of_kind(1),
        interrupted: of_kind(2),
    }
}

pub(super) fn account_row(layout: &AccountLayout, account: &AccountState) -> AccountRow {
    AccountRow {
        id: account.id,
        name: layout.name_or_id(account.id),
        issuer: layout.is_world(account.id),
        debits_pending: account.debits_pending,
        debits_posted: account.debits_posted,
        credits_pending: account.credits_pending,
        credits_posted: account.credits_posted,
    }
}

fn accounts(ledger: &Ledger, layout: &AccountLayout) -> Accounts {
    let (mut count, mut rows) = (0, Vec::new());
    let listed = ledger.accounts().inspect(|account| {
        count += 1;
        if rows.len() < ROWS_MAX {
            rows.push(account_row(layout, account));
        }
    });
    let hash = Accounts::hash_of(listed.map(|account| Accounts::numbers(&account)));
    Accounts { count, complete: rows.len() == count, hash, rows }
}
