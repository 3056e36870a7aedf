//! The end of a run: its checks and its report.

use super::state::{Run, WorkerResult, lock};
use crate::scenarios::latency::Histogram;
use crate::scenarios::{CheckInput, CheckResults, EndedBy, Fact, Header, Phase, Report, Tally};
use crate::scenarios::{WorkError, WorkerObservations, checks, events};
use crate::sync::Ordering;

impl Run {
    /// Replays the trail, computes the checks and creates the report. All workers must have returned.
    ///
    /// # Errors
    /// [`WorkError::Unfinished`] when a worker is still running or has failed.
    pub fn finish(&self) -> Result<Report, WorkError> {
        self.ensure_finished()?;
        let results: Vec<WorkerResult> =
            self.results.iter().filter_map(|result| lock(result).clone()).collect();
        // The lock keeps manual transfers out while the run is checked.
        let _manual_writer = lock(&self.writers[0]);
        self.counters.set_phase(Phase::Checking);
        let entries = self.ledger.trail().count_entries();
        self.counters.header(Header::ReplayTotal).store(entries, Ordering::Relaxed);
        let (mut tally, mut observations) = (Tally::default(), WorkerObservations::default());
        let mut times = Histogram::new();
        for result in &results {
            tally.merge(&result.tally);
            observations.merge(&result.observations);
            times.merge(&result.times);
        }
        let ended_ns = results.iter().map(|result| result.ended_ns).max().unwrap_or(0);
        let ended_by = results.iter().map(|result| result.ended_by).max();
        let records = results.iter().flat_map(|result| result.events.iter().cloned());
        let events = self.scenario.description().events;
        let input = CheckInput {
            ledger: &self.ledger,
            parameters: &self.parameters,
            layout: &self.layout,
            tally: &tally,
            observations: &observations,
            events: &events::collect(events, &self.counters, records),
            ended_by: ended_by.unwrap_or(EndedBy::Operations),
            issued: *lock(&self.issued),
            setup_entries: self.counters.header(Header::SetupEntries).load(Ordering::Acquire),
            entries,
            ended_ns,
        };
        let report = self.assemble(&input, &results, self.check(&input), &times);
        self.counters.set_phase(Phase::Finished);
        Ok(report)
    }

    /// Returns an error unless all workers have finished.
    pub(super) fn ensure_finished(&self) -> Result<(), WorkError> {
        let (done, workers) = (self.finished_workers(), self.workers());
        match done < workers {
            true => Err(WorkError::Unfinished { done, workers }),
            false => Ok(()),
        }
    }

    /// Computes the common checks and the scenario's own.
    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        let replayed = self.counters.header(Header::Replayed);
        let mut checks = checks::compute(input, |count| replayed.store(count, Ordering::Relaxed));
        let balances_are_right = checks.iter().all(|check| check.passed);
        let manual_attempts = self.manual_attempts.load(Ordering::Relaxed);
        // A scenario cannot check a run whose setup was cancelled, or that has manual transfers.
        let can_check = manual_attempts == 0 && input.issued == self.layout.initial_coins();
        let mut results = match can_check {
            true => self.scenario.check(input),
            false => CheckResults::default(),
        };
        if manual_attempts > 0 {
            let title = "Manual transfers, so the scenario's own checks are left out";
            results.facts.push(Fact::new(
                "manual_transfers",
                title,
                manual_attempts.into(),
                "attempts",
            ));
        }
        if balances_are_right {
            results.facts.append(&mut results.balance_facts);
        } else if !results.balance_facts.is_empty() {
            let title = "Figures left out, because they depend on balances that are wrong";
            let left_out = results.balance_facts.len() as i128;
            results.facts.push(Fact::new("left_out", title, left_out, ""));
        }
        #[cfg(all(feature = "store", any(feature = "reader", not(target_family = "wasm"))))]
        if let Some(store) = self.ledger.store() {
            checks.push(checks::stored(store));
        }
        checks.append(&mut results.checks);
        CheckResults { checks, ..results }
    }
}
