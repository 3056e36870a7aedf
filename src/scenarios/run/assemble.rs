//! The report of a run, assembled from the results of its workers and its checks.

use super::state::{Run, WorkerResult};
use crate::ledger::Ledger;
use crate::model::AccountState;
use crate::scenarios::latency::Histogram;
use crate::scenarios::rate_limiter::RateLimiter;
use crate::scenarios::{
    AccountLayout, AccountRow, Accounts, CheckInput, CheckResults, Environment, Latency, Parameter,
    Parameters, REPORT_VERSION, ROWS_MAX, Report, ReportEnvironment, ReportParameters, Series,
    Totals, WorkerTotals, common,
};
use crate::sync::Ordering;
use crate::trail::{ENTRY_BYTES, Seal};

impl Run {
    /// Assembles the report. `times` are those of all workers.
    pub(super) fn assemble(
        &self,
        input: &CheckInput<'_>,
        results: &[WorkerResult],
        CheckResults { checks, facts, .. }: CheckResults,
        times: &Histogram,
    ) -> Report {
        let description = self.scenario.description();
        let elapsed_ns = input.ended_ns.saturating_sub(self.started_ns.load(Ordering::Relaxed));
        let flaws = self.parameters.choices().filter_map(|(_, choice)| choice.flaw);
        let limiter = RateLimiter::of(&self.parameters, 0);
        let resolution_ns = self.clock_resolution_ns.load(Ordering::Relaxed);
        Report {
            report: REPORT_VERSION,
            scenario: description.name.to_owned(),
            title: description.title.to_owned(),
            parameters: report_parameters(&self.parameters),
            flaws: flaws.map(str::to_owned).collect(),
            environment: report_environment(&self.environment),
            started_at_ms: self.environment.started_at_ms,
            elapsed_ns,
            ended_by: input.ended_by,
            ended_because: input.ended_by.description().to_owned(),
            totals: totals(input, elapsed_ns),
            workers: (1..).zip(results).map(worker_totals).collect(),
            series: series(results),
            latency: Latency::new(times, limiter.batch, limiter.has_rate(), resolution_ns),
            events: input.events.to_vec(),
            facts,
            passed: checks.iter().all(|check| check.passed),
            trail_hash: Seal::of(self.ledger.trail()).trail_hash(),
            accounts: accounts(&self.ledger, &self.layout),
            checks,
            health: self.ledger.health(input.ended_ns),
        }
    }
}

fn report_parameters(parameters: &Parameters) -> ReportParameters {
    let number = |parameter: Parameter| parameters.get(parameter.name);
    let is_common = |name: &str| common::ALL.iter().any(|parameter| parameter.name == name);
    let own = parameters.values().filter(|(name, _)| !is_common(name));
    ReportParameters {
        workers: number(common::WORKERS),
        concurrency: parameters.choice(common::CONCURRENCY.name).name.to_owned(),
        operations: number(common::OPERATIONS),
        duration_s: number(common::DURATION_S),
        rate_per_s: number(common::RATE_PER_S),
        seed: number(common::SEED),
        deadline_ms: number(common::DEADLINE_MS),
        batch: number(common::BATCH),
        trail_mib: number(common::TRAIL_MIB),
        own: own.map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

fn report_environment(environment: &Environment) -> ReportEnvironment {
    let Environment { host, workers_available, started_at_ms, user_agent } = environment.clone();
    ReportEnvironment {
        ledgerlab: env!("CARGO_PKG_VERSION").to_owned(),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        host,
        workers_available,
        started_at_ms,
        user_agent,
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
        operations: tally.operations,
        reads: tally.reads,
        setup_entries: input.setup_entries,
        trail_entries: input.entries,
        trail_bytes: input.ledger.trail().len() * ENTRY_BYTES,
        per_second: per_second(tally.attempts()),
        operations_per_second: per_second(tally.operations),
        by_status: tally
            .by_status()
            .map(|(status, count)| (status.name().to_owned(), count))
            .collect(),
    }
}

fn worker_totals((worker, result): (u64, &WorkerResult)) -> WorkerTotals {
    let WorkerResult { tally, waits, conflicts, .. } = result;
    WorkerTotals {
        worker,
        operations: tally.operations,
        reads: tally.reads,
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
    let (mut count, mut rows) = (0_u64, Vec::new());
    let listed = ledger.accounts().inspect(|account| {
        count += 1;
        if rows.len() < ROWS_MAX {
            rows.push(account_row(layout, account));
        }
    });
    let hash = Accounts::hash_of(listed.map(|account| Accounts::numbers(&account)));
    Accounts { count, complete: rows.len() as u64 == count, hash, rows }
}
