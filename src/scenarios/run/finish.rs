//! What comes of a run when its workers have stopped.

use super::report_builder::ReportBuilder;
use super::{Run, Share, lock};
use crate::scenarios::events;
use crate::scenarios::latency::Times;
use crate::scenarios::rate_limiter::RateLimiter;
use crate::scenarios::report::{EndedBy, Fact, Latency, Report};
use crate::scenarios::{
    CheckInput, CheckResults, Header, Phase, Tally, WorkError, WorkerObservations, checks,
};
use crate::sync::Ordering;
use crate::trail::Seal;

impl Run {
    /// Replays the trail, computes the checks and tells what came of the run, after every worker has returned.
    ///
    /// # Errors
    /// [`WorkError::Unfinished`] while a worker works, or when one failed.
    pub fn finish(&self) -> Result<Report, WorkError> {
        let shares: Vec<Share> =
            self.shares.iter().filter_map(|share| lock(share).clone()).collect();
        let (done, workers) = (self.done(), self.workers());
        if done < workers {
            return Err(WorkError::Unfinished { done, workers });
        }
        // Nobody moves money by hand while it is judged.
        let _hand = lock(&self.writers[0]);
        let by_hand = self.by_hand.load(Ordering::Relaxed);
        self.counters.set_phase(Phase::Checking);
        let entries = self.ledger.trail().count_entries();
        self.counters.header(Header::ReplayTotal).store(entries, Ordering::Relaxed);
        let replayed = self.counters.header(Header::Replayed);
        let (mut tally, mut observations) = (Tally::default(), WorkerObservations::default());
        let mut times = Times::new();
        for share in &shares {
            tally.merge(&share.tally);
            observations.merge(&share.observations);
            times.merge(&share.times);
        }
        let ended_ns = shares.iter().map(|share| share.ended_ns).max().unwrap_or(0);
        let input = CheckInput {
            ledger: &self.ledger,
            parameters: &self.parameters,
            layout: &self.layout,
            tally: &tally,
            observations: &observations,
            ended_by: shares
                .iter()
                .map(|share| share.ended_by)
                .max()
                .unwrap_or(EndedBy::Operations),
            issued: *lock(&self.issued),
            setup_entries: self.counters.header(Header::SetupEntries).load(Ordering::Acquire),
            entries,
            ended_ns,
            counters: &self.counters,
        };
        let mut checks = checks::compute(&input, |count| replayed.store(count, Ordering::Relaxed));
        // Where the set-up was cut short there is nothing yet that a scenario could speak of. Where money was moved by hand
        // it cannot know what should be.
        let is_its_own = by_hand == 0 && input.issued == self.layout.coins();
        let CheckResults { checks: its_own, mut facts } = match is_its_own {
            true => self.scenario.judge(&input),
            false => CheckResults::default(),
        };
        if by_hand > 0 {
            let title = "Attempts by hand, so the scenario's own checks are left out";
            facts.push(Fact::new("by_hand", title, by_hand.into(), "attempts"));
        }
        checks.extend(its_own);
        let pace = RateLimiter::of(&self.parameters, 0);
        let step_ns = self.clock_step_ns.load(Ordering::Relaxed);
        let told = shares.iter().flat_map(|share| share.told.iter().cloned());
        let description = self.scenario.description();
        let report = ReportBuilder {
            description,
            environment: &self.environment,
            input,
            shares: &shares,
            started_ns: self.started_ns.load(Ordering::Relaxed),
            latency: Latency::new(&times, pace.batch(), pace.is_paced(), step_ns),
            events: events::collect(description.events, &self.counters, told),
            facts,
            checks,
            health: self.ledger.health(ended_ns),
            trail_hash: Seal::of(self.ledger.trail()).trail_hash(),
        }
        .build();
        self.counters.set_phase(Phase::Finished);
        Ok(report)
    }
}
