//! One run of a scenario, on any host: prepared once, worked on by every worker, finished once.
//!
//! ```text
//! prepare ── work(0) opens the accounts, gets memory ─┐
//!            work(1) gets memory ─────────────────────┼─ gate ── batches until done, cancelled, late or full ── finish
//!            work(n) gets memory ─────────────────────┘
//! ```
//!
//! Memory for the trail is got before the gate opens, so that the time that is measured is the book's and not the system's.
//! The host lends threads and a clock, and reads the [`Counters`] meanwhile.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::desk::Limits;
use super::events::{self, DEADLOCK, Events, Told, deadlock};
use super::latency::{self, Latency, Times};
use super::pace::{self, Pace};
use super::report::{self, EndedBy, Environment, Report};
use super::room::{Room, operations_of};
use super::{Cast, Counters, Desk, Header, Parameters, PerWorker, Phase, RequestError, Scenario};
use super::{
    Evidence, Findings, Strategy, Tally, Value, Witness, WorkError, checks, find, open_book,
};
use crate::book::{ACCOUNTS_MAX, Book, BookConfig, BookError, Clock, IdSeed, Writer};
use crate::sync::{AtomicU64, Ordering, pause};
use crate::trail::{ENTRY_BYTES, Seal};

/// How long the first worker waits for the others before it gives the run up.
pub(super) const GATE_NS: u64 = 10_000_000_000;

/// What a host asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the preset; the default one where none is given.
    pub preset: Option<String>,
    /// Values in place of the preset's.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Where the run takes place.
    pub environment: Environment,
}

/// What one worker has done.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) tally: Tally,
    pub(super) waits: u64,
    pub(super) conflicts: u64,
    pub(super) ended_by: EndedBy,
    pub(super) ended_ns: u64,
    /// Attempts accepted, refused and interrupted in each second.
    pub(super) seconds: Vec<[u64; 3]>,
    times: Times,
    told: Vec<Told>,
    witness: Witness,
}

/// The gate at which the workers meet.
const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const BROKEN: u64 = 2;

/// One run of a scenario. See the module's text.
pub struct Run {
    scenario: &'static dyn Scenario,
    parameters: Parameters,
    environment: Environment,
    cast: Cast,
    book: Arc<Book>,
    /// The set-up's writer, then one for each worker, until it is taken.
    writers: Vec<Mutex<Option<Writer>>>,
    shares: Vec<Mutex<Option<Share>>>,
    counters: Arc<Counters>,
    gate: AtomicU64,
    started_ns: AtomicU64,
    issued: Mutex<i128>,
    clock_step_ns: AtomicU64,
    room: Room,
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.scenario.description().name;
        write!(formatter, "Run({name}, {:?}, {:?})", self.counters.phase(), self.parameters)
    }
}

impl Run {
    /// Makes a run of what was asked for. Quick: the accounts are opened by the first worker.
    ///
    /// # Errors
    /// [`RequestError`] naming what does not exist or is not taken.
    pub fn prepare(request: Request) -> Result<Arc<Self>, RequestError> {
        let scenario = find(&request.scenario)?;
        let description = scenario.description();
        let parameters = Parameters::choose(
            description.parameters,
            description.preset(request.preset.as_deref())?,
            &request.parameters,
            request.environment.workers_available,
        )?;
        scenario.accept(&parameters)?;
        let cast = scenario.cast(&parameters);
        let workers = parameters.get("workers") as usize;
        let trail_mib = parameters.get("trail_mib");
        let needed = Room::needed_mib(cast.size(), workers as u64);
        if trail_mib < needed {
            let sentence = format!(
                "trail_mib must be at least {needed} for {} accounts and {workers} workers, not {trail_mib}",
                cast.size(),
            );
            return Err(RequestError::Pair { sentence });
        }
        let config = BookConfig {
            writers: workers + 1,
            // Twice as many as there will be: a book that is just large enough would be called full all the time.
            accounts_max: (cast.size() * 2).min(ACCOUNTS_MAX),
            trail_bytes: trail_mib << 20,
            id_seed: IdSeed(parameters.get("seed") as u32),
            ..BookConfig::default()
        };
        let (book, writers) = open_book(&config, Strategy::of(&parameters))
            .map_err(|error| RequestError::Pair { sentence: error.to_string() })?;
        let room = Room::of(&parameters, cast.size(), scenario.records_per_operation());
        let counters = Arc::new(Counters::new(workers));
        let known = [
            (Header::Workers, workers as u64),
            (Header::Operations, parameters.get("operations")),
            (Header::DurationNs, parameters.get("duration_s") * 1_000_000_000),
            (Header::EntryBytes, ENTRY_BYTES),
        ];
        for (word, value) in known {
            counters.header(word).store(value, Ordering::Relaxed);
        }
        Ok(Arc::new(Self {
            scenario,
            parameters,
            environment: request.environment,
            cast,
            book,
            writers: writers.into_iter().map(|writer| Mutex::new(Some(writer))).collect(),
            shares: (0..workers).map(|_| Mutex::new(None)).collect(),
            counters,
            gate: AtomicU64::new(CLOSED),
            started_ns: AtomicU64::new(0),
            issued: Mutex::new(0),
            clock_step_ns: AtomicU64::new(0),
            room,
        }))
    }

    /// Through which it is watched and cancelled.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// What it was asked to do.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// How many workers it needs at the same time.
    pub fn workers(&self) -> usize {
        self.shares.len()
    }

    /// The book that the workers share.
    pub fn book(&self) -> &Book {
        &self.book
    }

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
            self.book.begin(clock.now_ns());
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
        let mut desk = Desk::new(&mut writer, Cast::WORLD_ID, limits, &mut tally, &mut events);
        self.cast.open(&mut desk)?;
        *lock(&self.issued) = tally.issued();
        self.counters.header(Header::SetupEntries).store(writer.entries(), Ordering::Release);
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
        let mut pace = Pace::of(&self.parameters, worker as u64);
        let mut load = self.scenario.load(&self.parameters, worker as u64);
        let started_ns = self.started_ns.load(Ordering::Relaxed);
        let end_ns = started_ns.saturating_add(duration_ns);
        let world = self.cast.world(worker as u64);
        let mut events = Events::new(Arc::clone(&self.counters), started_ns);
        let mut total = Tally::default();
        let mut times = Times::new();
        let mut seconds = Vec::with_capacity(get("duration_s") as usize + 1);
        let mut now_ns = clock.now_ns();
        let ended_by = loop {
            let intended_ns = if left > 0 { pace.next_ns() } else { None };
            let intended_ns = intended_ns.map(|after| started_ns.saturating_add(after));
            if let Some(intended_ns) = intended_ns {
                now_ns = pace::wait(intended_ns.min(end_ns), clock, &self.counters);
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
            let mut desk = Desk::new(writer, world, limits, &mut tally, &mut events);
            let done = load.batch(&mut desk, left.min(pace.batch()));
            let begun_ns = now_ns;
            now_ns = clock.now_ns();
            times.add(intended_ns.unwrap_or(begun_ns), now_ns);
            if let Some(circle) = writer.take_circle() {
                let sentence = || deadlock(&circle, |id| self.cast.call(id));
                events.happened(DEADLOCK, now_ns, sentence);
            }
            left = left.saturating_sub(tally.operations());
            total.merge(&tally);
            let second = begun_ns.saturating_sub(started_ns) / 1_000_000_000;
            count_second(&mut seconds, second as usize, &tally);
            self.show(worker, &total, writer);
            match done {
                Ok(()) => {}
                Err(BookError::TrailFull(_)) => break EndedBy::TrailFull,
                Err(error) => return Err(error.into()),
            }
        };
        Ok(Share {
            tally: total,
            waits: writer.waits(),
            conflicts: writer.conflicts(),
            ended_by,
            ended_ns: now_ns,
            seconds,
            times,
            told: events.told(),
            witness: load.witness(),
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

    /// Replays the trail, computes the checks and tells what came of the run, after every worker has returned.
    ///
    /// # Errors
    /// [`WorkError::Unfinished`] while a worker works, or when one failed.
    pub fn finish(&self) -> Result<Report, WorkError> {
        let shares: Vec<Share> =
            self.shares.iter().filter_map(|share| lock(share).clone()).collect();
        if shares.len() < self.workers() {
            let (done, workers) = (shares.len(), self.workers());
            return Err(WorkError::Unfinished { done, workers });
        }
        self.counters.set_phase(Phase::Checking);
        let entries = self.book.trail().count_entries();
        self.counters.header(Header::ReplayTotal).store(entries, Ordering::Relaxed);
        let replayed = self.counters.header(Header::Replayed);
        let (mut tally, mut witness) = (Tally::default(), Witness::default());
        let mut times = Times::new();
        for share in &shares {
            tally.merge(&share.tally);
            witness.merge(&share.witness);
            times.merge(&share.times);
        }
        let ended_ns = shares.iter().map(|share| share.ended_ns).max().unwrap_or(0);
        let evidence = Evidence {
            book: &self.book,
            parameters: &self.parameters,
            cast: &self.cast,
            tally: &tally,
            witness: &witness,
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
        let mut checks =
            checks::compute(&evidence, |count| replayed.store(count, Ordering::Relaxed));
        // Where the set-up was cut short there is nothing yet that a scenario could speak of.
        let Findings { checks: its_own, facts } = match evidence.issued == self.cast.coins() {
            true => self.scenario.judge(&evidence),
            false => Findings::default(),
        };
        checks.extend(its_own);
        let pace = Pace::of(&self.parameters, 0);
        let step_ns = self.clock_step_ns.load(Ordering::Relaxed);
        let told = shares.iter().flat_map(|share| share.told.iter().cloned());
        let description = self.scenario.description();
        let report = report::assemble(report::Parts {
            description,
            environment: &self.environment,
            evidence,
            shares: &shares,
            started_ns: self.started_ns.load(Ordering::Relaxed),
            latency: Latency::new(&times, pace.batch(), pace.is_paced(), step_ns),
            events: events::collect(description.events, &self.counters, told),
            facts,
            checks,
            health: self.book.health(ended_ns),
            trail_hash: Seal::of(self.book.trail()).trail_hash(),
        });
        self.counters.set_phase(Phase::Finished);
        Ok(report)
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

/// A panic elsewhere does not make what is behind a lock wrong: each is written in one step.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
