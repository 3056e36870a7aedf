//! One run of a scenario, on any host: prepared once, worked on by every worker, finished once.
//!
//! ```text
//! prepare ── work(0) opens the accounts, gets memory ─┐
//!            work(1) gets memory ─────────────────────┼─ gate ── batches until done, cancelled, late or full ── finish
//!            work(n) gets memory ─────────────────────┘
//! ```
//!
//! Memory for the trail is got before the gate opens, so that the time that is measured is the ledger's and not the system's.
//! The host lends threads and a clock, and reads the [`Counters`] meanwhile.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::events::Told;
use super::latency::{ShownTimes, Times};
use super::preallocation::Preallocation;
use super::report::{EndedBy, Environment};
use super::{AccountLayout, Counters, Header, Parameters, RequestError, Scenario};
use super::{Protocol, Tally, Value, WorkerObservations, find, open_ledger};
use crate::ledger::{ACCOUNTS_MAX, IdSeed, Ledger, LedgerConfig, Writer};
use crate::model::AccountState;
use crate::sync::{AtomicU64, Ordering};
use crate::trail::ENTRY_BYTES;

mod accounts;
mod finish;
mod manual_transfer;
mod report_builder;
mod sample;
mod work;

pub use accounts::{AccountLine, AccountLines, AccountOrder, AccountQuery, Bar, History, Spread};
pub use manual_transfer::{ManualTransfer, ManualTransferError};
pub use sample::{Sample, Waits};
pub(super) use work::GATE_NS;

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
    observations: WorkerObservations,
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
    layout: AccountLayout,
    ledger: Arc<Ledger>,
    /// The set-up's writer, which is the hand's when all is set up, then one for each worker, until it is taken.
    writers: Vec<Mutex<Option<Writer>>>,
    shares: Vec<Mutex<Option<Share>>>,
    counters: Arc<Counters>,
    gate: AtomicU64,
    started_ns: AtomicU64,
    issued: Mutex<i128>,
    clock_step_ns: AtomicU64,
    room: Preallocation,
    /// What each worker shows of its times.
    times: Vec<ShownTimes>,
    /// All that had been shown at the last look.
    looked: Mutex<Times>,
    /// Attempts that were made by hand.
    by_hand: AtomicU64,
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
        let layout = scenario.layout(&parameters);
        let workers = parameters.get("workers") as usize;
        let trail_mib = parameters.get("trail_mib");
        let needed = Preallocation::needed_mib(layout.size(), workers as u64);
        if trail_mib < needed {
            let description = format!(
                "trail_mib must be at least {needed} for {} accounts and {workers} workers, not {trail_mib}",
                layout.size(),
            );
            return Err(RequestError::Pair { description });
        }
        let config = LedgerConfig {
            writers: workers + 1,
            // Twice as many as there will be: a ledger that is just large enough would be called full all the time.
            accounts_max: (layout.size() * 2).min(ACCOUNTS_MAX),
            trail_bytes: trail_mib << 20,
            id_seed: IdSeed(parameters.get("seed") as u32),
            ..LedgerConfig::default()
        };
        let (ledger, writers) = open_ledger(&config, Protocol::of(&parameters))
            .map_err(|error| RequestError::Pair { description: error.to_string() })?;
        let room = Preallocation::of(&parameters, layout.size(), scenario.records_per_operation());
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
            layout,
            ledger,
            writers: writers.into_iter().map(|writer| Mutex::new(Some(writer))).collect(),
            shares: (0..workers).map(|_| Mutex::new(None)).collect(),
            counters,
            gate: AtomicU64::new(CLOSED),
            started_ns: AtomicU64::new(0),
            issued: Mutex::new(0),
            clock_step_ns: AtomicU64::new(0),
            room,
            times: (0..workers).map(|_| ShownTimes::default()).collect(),
            looked: Mutex::new(Times::new()),
            by_hand: AtomicU64::new(0),
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

    /// How many workers have done their share.
    fn done(&self) -> usize {
        self.shares.iter().filter(|share| lock(share).is_some()).count()
    }

    /// Who takes part.
    pub fn layout(&self) -> &AccountLayout {
        &self.layout
    }

    /// The ledger that the workers share.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// What an account has. Amounts of a scenario are small, and a ledger that is wrong on purpose may say anything.
fn balance(account: &AccountState) -> i128 {
    account.balance().unwrap_or(0)
}

/// A panic elsewhere does not make what is behind a lock wrong: each is written in one step.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
