//! The end of a run: its checks and its report.

use super::assemble::{ReportParts, assemble};
use super::state::{Run, WorkerResult, lock};
use crate::scenarios::check_results::{CheckInput, CheckResults, WorkerObservations};
use crate::scenarios::checks;
use crate::scenarios::counters::{Header, Phase};
use crate::scenarios::events;
use crate::scenarios::latency::Histogram;
use crate::scenarios::rate_limiter::RateLimiter;
use crate::scenarios::report::{EndedBy, Fact, Latency, Report};
use crate::scenarios::tally::Tally;
use crate::scenarios::work_error::WorkError;
use crate::sync::Ordering;
use crate::trail::Seal;

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
        let description = self.scenario.description();
        let input = CheckInput {
            ledger: &self.ledger,
            parameters: &self.parameters,
            layout: &self.layout,
            tally: &tally,
            observations: &observations,
            events: &events::collect(description.events, &self.counters, records),
            ended_by: ended_by.unwrap_or(EndedBy::Operations),
            issued: *lock(&self.issued),
            setup_entries: self.counters.header(Header::SetupEntries).load(Ordering::Acquire),
            entries,
            ended_ns,
        };
        let CheckResults { checks, facts } = self.check(&input);
        let report = assemble(ReportParts {
            description,
            environment: &self.environment,
            input,
            results: &results,
            started_ns: self.started_ns.load(Ordering::Relaxed),
            latency: self.total_latency(&times),
            facts,
            checks,
            health: self.ledger.health(ended_ns),
            trail_hash: Seal::of(self.ledger.trail()).trail_hash(),
        });
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
        let manual_attempts = self.manual_attempts.load(Ordering::Relaxed);
        // A scenario cannot check a run whose setup was cancelled, or in which somebody else moved money.
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
        checks.append(&mut results.checks);
        CheckResults { checks, ..results }
    }

    fn total_latency(&self, times: &Histogram) -> Latency {
        let limiter = RateLimiter::of(&self.parameters, 0);
        let resolution_ns = self.clock_resolution_ns.load(Ordering::Relaxed);
        Latency::new(times, limiter.batch_size(), limiter.has_rate(), resolution_ns)
    }
}
