//! The share of each worker of a run.

use std::sync::Arc;

use super::{BROKEN, CLOSED, OPEN, Run, Share, lock};
use crate::ledger::{Clock, LedgerError, Writer};
use crate::scenarios::events::{DEADLOCK, Events, deadlock};
use crate::scenarios::latency::{self, Times};
use crate::scenarios::operation_context::Limits;
use crate::scenarios::preallocation::operations_of;
use crate::scenarios::rate_limiter::{self, RateLimiter};
use crate::scenarios::report::EndedBy;
use crate::scenarios::{
    AccountLayout, Header, OperationContext, PerWorker, Phase, Tally, WorkError,
};
use crate::sync::{Ordering, pause};

/// How long the first worker waits for the others before it gives the run up.
pub(in crate::scenarios) const GATE_NS: u64 = 10_000_000_000;

/// How often a worker shows how long its operations took.
const TIMES_SHOWN_NS: u64 = 100_000_000;

impl Run {
    /// Does the share of one worker, from 0, on the calling thread; returns when it is done.
    ///
    /// # Errors
    /// [`WorkError`]; the run is cancelled then, and the other workers stop.
    pub fn work(&self, worker: usize, clock: &dyn Clock) -> Result<(), WorkError> {
        let done = self.try_work(worker, clock);
        if done.is_err() {
            self.counters.cancel();
            self.gate.store(BROKEN, Ordering::Release);
        }
        done
    }

    fn try_work(&self, worker: usize, clock: &dyn Clock) -> Result<(), WorkError> {
        let workers = self.workers();
        let no_such_share = WorkError::NoSuchShare { worker, workers };
        if worker >= workers {
            return Err(no_such_share);
        }
        let mut writer = self.take_writer(worker + 1).ok_or(no_such_share)?;
        let state = self.counters.worker(worker, PerWorker::State);
        if worker == 0 {
            self.ledger.begin(clock.now_ns());
            self.clock_step_ns.store(latency::step_ns(clock), Ordering::Relaxed);
            self.set_up(clock)?;
            self.room.get(worker as u64, &mut writer, &self.counters, clock);
            state.store(1, Ordering::Release);
            self.open_gate(clock)?;
        } else {
            self.room.get(worker as u64, &mut writer, &self.counters, clock);
            state.store(1, Ordering::Release);
            self.wait_at_gate()?;
        }
        let share = self.share(worker, &mut writer, clock)?;
        *lock(&self.shares[worker]) = Some(share);
        state.store(2, Ordering::Release);
        Ok(())
    }

    fn take_writer(&self, place: usize) -> Option<Writer> {
        lock(&self.writers[place]).take()
    }

    /// Opens the accounts, which is no worker's attempt and is counted apart.
    fn set_up(&self, clock: &dyn Clock) -> Result<(), WorkError> {
        let mut writer = self.take_writer(0).expect("only the first worker sets up, once");
        let mut tally = Tally::default();
        let mut events = Events::new(Arc::clone(&self.counters), 0);
        let limits = self.limits(clock, None);
        let mut context = OperationContext::new(
            &mut writer,
            AccountLayout::WORLD_ID,
            limits,
            &mut tally,
            &mut events,
        );
        self.layout.open(&mut context)?;
        *lock(&self.issued) = tally.issued();
        self.counters.header(Header::SetupEntries).store(writer.entries(), Ordering::Release);
        // From now on it is the hand's.
        *lock(&self.writers[0]) = Some(writer);
        Ok(())
    }

    /// What ends an attempt: that the run is cancelled, or a deadline.
    fn limits<'a>(&'a self, clock: &'a dyn Clock, deadline_ns: Option<u64>) -> Limits<'a> {
        Limits { clock, cancel: self.counters.header(Header::Cancel), deadline_ns }
    }

    /// Waits until all workers are there, so that they begin together.
    fn open_gate(&self, clock: &dyn Clock) -> Result<(), WorkError> {
        let workers = self.workers();
        let since = clock.now_ns();
        let mut round = 0;
        loop {
            let states = (0..workers).map(|worker| self.counters.worker(worker, PerWorker::State));
            let arrived = states.filter(|state| state.load(Ordering::Acquire) > 0).count();
            if arrived == workers {
                break;
            }
            if clock.now_ns().saturating_sub(since) > GATE_NS {
                return Err(WorkError::Missing { arrived, workers });
            }
            pause(round);
            round = round.saturating_add(1);
        }
        self.started_ns.store(clock.now_ns(), Ordering::Relaxed);
        self.counters.set_phase(Phase::Running);
        self.gate.store(OPEN, Ordering::Release);
        Ok(())
    }

    fn wait_at_gate(&self) -> Result<(), WorkError> {
        let mut round = 0;
        loop {
            match self.gate.load(Ordering::Acquire) {
                CLOSED => pause(round),
                OPEN => return Ok(()),
                _ => return Err(WorkError::NotStarted),
            }
            round = round.saturating_add(1);
        }
    }

    /// Makes batch after batch until the share is done or something ends it.
    fn share(
        &self,
        worker: usize,
        writer: &mut Writer,
        clock: &dyn Clock,
    ) -> Result<Share, WorkError> {
        let get = |name| self.parameters.get(name);
        let duration_ns = get("duration_s") * 1_000_000_000;
        let deadline_ns = get("deadline_ms") * 1_000_000;
        let mut left = operations_of(worker as u64, get("operations"), self.workers() as u64);
        let mut pace = RateLimiter::of(&self.parameters, worker as u64);
        let mut load = self.scenario.workload(&self.parameters, worker as u64);
        // It moves on by the time that the run is paused, so that all that counts from it leaves that out.
        let mut started_ns = self.started_ns.load(Ordering::Relaxed);
        let mut rested_ns = 0;
        let world = self.layout.world(worker as u64);
        let mut events = Events::new(Arc::clone(&self.counters), started_ns);
        let mut total = Tally::default();
        let mut times = Times::new();
        let mut seconds = Vec::with_capacity(get("duration_s") as usize + 1);
        let mut now_ns = clock.now_ns();
        let mut shown_ns = now_ns;
        let ended_by = loop {
            if self.counters.is_paused() {
                let rested = rate_limiter::rest_while_paused(clock, &self.counters);
                (started_ns, rested_ns) = (started_ns.saturating_add(rested), rested_ns + rested);
                events.stood_still(rested);
                now_ns = clock.now_ns();
            }
            let end_ns = started_ns.saturating_add(duration_ns);
            let intended_ns = if left > 0 { pace.next_ns() } else { None };
            let intended_ns = intended_ns.map(|after| started_ns.saturating_add(after));
            if let Some(intended_ns) = intended_ns {
                now_ns = rate_limiter::wait(intended_ns.min(end_ns), clock, &self.counters);
            }
            if self.counters.is_cancelled() {
                break EndedBy::Cancelled;
            }
            if left == 0 {
                break EndedBy::Operations;
            }
            if now_ns >= end_ns {
                break EndedBy::Duration;
            }
            let mut tally = Tally::default();
            let limits = self.limits(clock, Some(now_ns.saturating_add(deadline_ns)));
            let mut context = OperationContext::new(writer, world, limits, &mut tally, &mut events);
            let done = load.batch(&mut context, left.min(pace.batch()));
            let begun_ns = now_ns;
            now_ns = clock.now_ns();
            times.add(intended_ns.unwrap_or(begun_ns), now_ns);
            if now_ns.saturating_sub(shown_ns) >= TIMES_SHOWN_NS {
                shown_ns = now_ns;
                self.times[worker].show(&times);
            }
            if let Some(circle) = writer.take_deadlock_cycle() {
                let description = || deadlock(&circle, |id| self.layout.call(id));
                events.happened(DEADLOCK, now_ns, description);
            }
            left = left.saturating_sub(tally.operations());
            total.merge(&tally);
            let second = begun_ns.saturating_sub(started_ns) / 1_000_000_000;
            count_second(&mut seconds, second as usize, &tally);
            self.show(worker, &total, writer);
            match done {
                Ok(()) => {}
                Err(LedgerError::TrailFull(_)) => break EndedBy::TrailFull,
                Err(error) => return Err(error.into()),
            }
        };
        self.times[worker].show(&times);
        Ok(Share {
            tally: total,
            waits: writer.waits(),
            conflicts: writer.conflicts(),
            ended_by,
            ended_ns: now_ns.saturating_sub(rested_ns),
            seconds,
            times,
            told: events.told(),
            observations: load.observations(),
        })
    }

    /// Lets the host see what a worker has done.
    fn show(&self, worker: usize, total: &Tally, writer: &Writer) {
        let shown = [
            (PerWorker::Attempts, total.attempts()),
            (PerWorker::Accepted, total.accepted()),
            (PerWorker::Refused, total.refused()),
            (PerWorker::Interrupted, total.interrupted()),
            (PerWorker::Entries, writer.entries()),
            (PerWorker::Waits, writer.waits()),
            (PerWorker::Conflicts, writer.conflicts()),
            (PerWorker::Operations, total.operations()),
            (PerWorker::Reads, total.reads()),
        ];
        for (word, value) in shown {
            self.counters.worker(worker, word).store(value, Ordering::Relaxed);
        }
    }
}

fn count_second(seconds: &mut Vec<[u64; 3]>, second: usize, tally: &Tally) {
    if seconds.len() <= second {
        seconds.resize(second + 1, [0; 3]);
    }
    let counts = [tally.accepted(), tally.refused(), tally.interrupted()];
    for (sum, count) in seconds[second].iter_mut().zip(counts) {
        *sum += count;
    }
}
