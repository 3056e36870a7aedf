//! The work of each worker of a run: setup, start and batches.

use std::sync::Arc;

use super::state::{BROKEN, CLOSED, OPEN, Run, WorkerResult, lock};
use crate::ledger::{Cancellation, Clock, LedgerError, Writer};
use crate::scenarios::event_kind::DEADLOCK;
use crate::scenarios::events::EventLog;
use crate::scenarios::latency::{self, Histogram};
use crate::scenarios::preallocation::operations_of;
use crate::scenarios::rate_limiter::{self, RateLimiter};
use crate::scenarios::work_error::START_TIMEOUT_NS;
use crate::scenarios::{
    AccountLayout, EndedBy, Header, OperationContext, PerWorker, Phase, Tally, WorkError, Workload,
};
use crate::sync::{Ordering, pause};

/// How often a worker publishes its times.
const PUBLISH_INTERVAL_NS: u64 = 100_000_000;

impl Run {
    /// Does the work of one worker, from 0, on the calling thread. Returns when it is done.
    ///
    /// # Errors
    /// [`WorkError`]. The run is then cancelled and the other workers stop.
    pub fn work(&self, worker: usize, clock: &dyn Clock) -> Result<(), WorkError> {
        let result = self.try_work(worker, clock);
        #[cfg(all(feature = "store", any(feature = "reader", not(target_family = "wasm"))))]
        let result = result.map_err(|error| self.cause_of(error));
        if result.is_err() {
            self.counters.cancel();
            self.start_gate.store(BROKEN, Ordering::Release);
        }
        result
    }

    /// Returns that the disk is full in place of what follows from it.
    #[cfg(all(feature = "store", any(feature = "reader", not(target_family = "wasm"))))]
    fn cause_of(&self, error: WorkError) -> WorkError {
        use crate::store::{Store, StoreStatus};
        let is_full = self.ledger.store().map(Store::status) == Some(StoreStatus::NoSpace);
        match error {
            WorkError::Ledger(LedgerError::OutcomeUnknown) if is_full => {
                WorkError::Ledger(LedgerError::StoreNoSpace)
            }
            other => other,
        }
    }

    fn try_work(&self, worker: usize, clock: &dyn Clock) -> Result<(), WorkError> {
        let workers = self.workers();
        let unavailable = WorkError::WorkerUnavailable { worker, workers };
        if worker >= workers {
            return Err(unavailable);
        }
        let mut writer = self.take_writer(worker + 1).ok_or(unavailable)?;
        let state = self.counters.worker(worker, PerWorker::State);
        let is_first = worker == 0;
        if is_first {
            self.ledger.begin(clock.now_ns());
            let resolution_ns = latency::clock_resolution_ns(clock);
            self.clock_resolution_ns.store(resolution_ns, Ordering::Relaxed);
            self.set_up(clock)?;
        }
        self.preallocation.reserve(worker as u64, &mut writer, &self.counters, clock);
        state.store(1, Ordering::Release);
        match is_first {
            true => self.open_start_gate(clock)?,
            false => self.wait_at_start_gate()?,
        }
        let result = WorkerLoop::new(self, worker, &mut writer, clock).run()?;
        *lock(&self.results[worker]) = Some(result);
        state.store(2, Ordering::Release);
        Ok(())
    }

    fn take_writer(&self, index: usize) -> Option<Writer> {
        lock(&self.writers[index]).take()
    }

    /// Creates the accounts. The attempts of the setup are counted separately.
    fn set_up(&self, clock: &dyn Clock) -> Result<(), WorkError> {
        let mut writer = self.take_writer(0).expect("only the first worker sets up, once");
        let mut tally = Tally::default();
        let mut events = self.new_event_log(0);
        // The run is measured, and not its setup: that waits for the disk once, at its end.
        #[cfg(feature = "store")]
        writer.set_deferred(true);
        let mut context = OperationContext::new(
            &mut writer,
            AccountLayout::WORLD_ID,
            clock,
            self.cancellation(),
            &mut tally,
            &mut events,
        );
        self.layout.create_accounts(&mut context)?;
        #[cfg(feature = "store")]
        {
            writer.sync()?;
            writer.set_deferred(false);
        }
        *lock(&self.issued) = tally.issued;
        self.counters.header(Header::SetupEntries).store(writer.entries(), Ordering::Release);
        // Manual transfers use the writer from now on.
        *lock(&self.writers[0]) = Some(writer);
        Ok(())
    }

    fn new_event_log(&self, started_ns: u64) -> EventLog {
        EventLog::new(Arc::clone(&self.counters), self.scenario.description().events, started_ns)
    }

    fn cancellation(&self) -> Cancellation<'_> {
        Cancellation::never().with_flag(self.counters.header(Header::Cancel))
    }

    /// Waits until all workers have arrived, and starts the run.
    fn open_start_gate(&self, clock: &dyn Clock) -> Result<(), WorkError> {
        let workers = self.workers();
        let waiting_since_ns = clock.now_ns();
        let mut round = 0;
        loop {
            let states = (0..workers).map(|worker| self.counters.worker(worker, PerWorker::State));
            let arrived = states.filter(|state| state.load(Ordering::Acquire) > 0).count();
            if arrived == workers {
                break;
            }
            if clock.now_ns().saturating_sub(waiting_since_ns) > START_TIMEOUT_NS {
                return Err(WorkError::Missing { arrived, workers });
            }
            pause(round);
            round = round.saturating_add(1);
        }
        self.started_ns.store(clock.now_ns(), Ordering::Relaxed);
        self.counters.set_phase(Phase::Running);
        self.start_gate.store(OPEN, Ordering::Release);
        Ok(())
    }

    fn wait_at_start_gate(&self) -> Result<(), WorkError> {
        let mut round = 0;
        loop {
            match self.start_gate.load(Ordering::Acquire) {
                CLOSED => pause(round),
                OPEN => return Ok(()),
                _ => return Err(WorkError::NotStarted),
            }
            round = round.saturating_add(1);
        }
    }

    /// Publishes the counts of a worker.
    fn publish(&self, worker: usize, total: &Tally, writer: &Writer) {
        let counts = [
            (PerWorker::Attempts, total.attempts()),
            (PerWorker::Accepted, total.accepted()),
            (PerWorker::Refused, total.refused()),
            (PerWorker::Interrupted, total.interrupted()),
            (PerWorker::Entries, writer.entries()),
            (PerWorker::Waits, writer.waits()),
            (PerWorker::Conflicts, writer.conflicts()),
            (PerWorker::Operations, total.operations),
            (PerWorker::Reads, total.reads),
        ];
        for (word, count) in counts {
            self.counters.worker(worker, word).store(count, Ordering::Relaxed);
        }
    }
}

/// One worker between start and end.
struct WorkerLoop<'a> {
    run: &'a Run,
    worker: usize,
    writer: &'a mut Writer,
    clock: &'a dyn Clock,
    workload: Box<dyn Workload>,
    limiter: RateLimiter,
    events: EventLog,
    total: Tally,
    times: Histogram,
    /// Attempts accepted, refused and interrupted in each second.
    seconds: Vec<[u64; 3]>,
    operations_left: u64,
    duration_ns: u64,
    /// The time from the start of a batch to its deadline.
    deadline_ns: u64,
    /// The start of the run plus all pauses, so that elapsed time excludes them.
    started_ns: u64,
    paused_ns: u64,
    now_ns: u64,
    published_ns: u64,
}

impl<'a> WorkerLoop<'a> {
    fn new(run: &'a Run, worker: usize, writer: &'a mut Writer, clock: &'a dyn Clock) -> Self {
        let (parameters, number) = (&run.parameters, worker as u64);
        let started_ns = run.started_ns.load(Ordering::Relaxed);
        Self {
            run,
            worker,
            writer,
            clock,
            workload: run.scenario.workload(parameters, number),
            limiter: RateLimiter::of(parameters, number),
            events: run.new_event_log(started_ns),
            total: Tally::default(),
            times: Histogram::new(),
            seconds: Vec::with_capacity(parameters.get("duration_s") as usize + 1),
            operations_left: operations_of(
                number,
                parameters.get("operations"),
                parameters.get("workers"),
            ),
            duration_ns: parameters.get("duration_s") * 1_000_000_000,
            deadline_ns: parameters.get("deadline_ms") * 1_000_000,
            started_ns,
            paused_ns: 0,
            now_ns: 0,
            published_ns: 0,
        }
    }

    /// Runs batch after batch until the worker is done or something ends the run.
    fn run(mut self) -> Result<WorkerResult, WorkError> {
        self.now_ns = self.clock.now_ns();
        self.published_ns = self.now_ns;
        let ended_by = loop {
            if let Some(ended_by) = self.run_next_batch()? {
                break ended_by;
            }
        };
        self.run.published_times[self.worker].publish_final(&self.times);
        Ok(WorkerResult {
            tally: self.total,
            waits: self.writer.waits(),
            conflicts: self.writer.conflicts(),
            ended_by,
            ended_ns: self.now_ns.saturating_sub(self.paused_ns),
            seconds: self.seconds,
            times: self.times,
            events: self.events.into_records(),
            observations: self.workload.observations(),
        })
    }

    /// Waits for the start of the next batch and runs it. Returns what ended the run, if anything.
    fn run_next_batch(&mut self) -> Result<Option<EndedBy>, WorkError> {
        let counters = &self.run.counters;
        if counters.is_paused() {
            let paused_ns = rate_limiter::sleep_while_paused(self.clock, counters);
            self.started_ns = self.started_ns.saturating_add(paused_ns);
            self.paused_ns += paused_ns;
            self.events.exclude_pause(paused_ns);
            self.now_ns = self.clock.now_ns();
        }
        let end_ns = self.started_ns.saturating_add(self.duration_ns);
        let next_ns = if self.operations_left > 0 { self.limiter.next_start_ns() } else { None };
        let intended_ns = next_ns.map(|after_ns| self.started_ns.saturating_add(after_ns));
        if let Some(intended_ns) = intended_ns {
            self.now_ns = rate_limiter::wait_until(intended_ns.min(end_ns), self.clock, counters);
        }
        if counters.is_cancelled() {
            return Ok(Some(EndedBy::Cancelled));
        }
        if self.operations_left == 0 {
            return Ok(Some(EndedBy::Operations));
        }
        if self.now_ns >= end_ns {
            return Ok(Some(EndedBy::Duration));
        }
        match self.run_batch(intended_ns) {
            Ok(()) => Ok(None),
            Err(LedgerError::TrailFull(_)) => Ok(Some(EndedBy::TrailFull)),
            Err(error) => Err(error.into()),
        }
    }

    fn run_batch(&mut self, intended_ns: Option<u64>) -> Result<(), LedgerError> {
        let (run, begun_ns) = (self.run, self.now_ns);
        let mut tally = Tally::default();
        let deadline_ns = begun_ns.saturating_add(self.deadline_ns);
        let mut context = OperationContext::new(
            self.writer,
            run.layout.world(self.worker as u64),
            self.clock,
            run.cancellation().with_deadline(self.clock, deadline_ns),
            &mut tally,
            &mut self.events,
        );
        let operations = self.operations_left.min(self.limiter.batch);
        let result = self.workload.run_batch(&mut context, operations);
        self.now_ns = self.clock.now_ns();
        self.record_time(intended_ns.unwrap_or(begun_ns));
        if let Some(cycle) = self.writer.take_deadlock_cycle() {
            // Writer 0 is the setup's, so workers counted from 1 have the numbers of their writers.
            let message = || cycle.describe("worker", |id| run.layout.name_or_id(id));
            self.events.record(DEADLOCK, self.now_ns, message);
        }
        self.operations_left = self.operations_left.saturating_sub(tally.operations);
        self.total.merge(&tally);
        let second = begun_ns.saturating_sub(self.started_ns) / 1_000_000_000;
        count_second(&mut self.seconds, second as usize, &tally);
        run.publish(self.worker, &self.total, self.writer);
        result
    }

    fn record_time(&mut self, from_ns: u64) {
        self.times.record(from_ns, self.now_ns);
        if self.now_ns.saturating_sub(self.published_ns) >= PUBLISH_INTERVAL_NS {
            self.published_ns = self.now_ns;
            self.run.published_times[self.worker].publish(&self.times);
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
