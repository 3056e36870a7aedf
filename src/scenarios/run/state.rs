//! The shared state of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::ledger::{
    ACCOUNT_BYTES, ACCOUNTS_MAX, IdSeed, Ledger, LedgerConfig, TrailMemory, Writer,
};
use crate::model::AccountState;
use crate::scenarios::events::EventRecord;
use crate::scenarios::latency::{Histogram, PublishedHistogram};
use crate::scenarios::preallocation::Preallocation;
use crate::scenarios::{
    AccountLayout, Counters, EndedBy, Environment, Header, Parameters, Protocol, RequestError,
    Scenario, Tally, Value, WorkerObservations, find,
};
use crate::sync::{AtomicU64, Ordering};
use crate::trail::ENTRY_BYTES;

/// A host's request for a run.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// The name of the scenario.
    pub scenario: String,
    /// The name of the preset; the default one where it is absent.
    pub preset: Option<String>,
    /// Values in place of the preset's.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Where the run takes place.
    pub environment: Environment,
}

#[derive(Clone, Debug)]
pub(super) struct WorkerResult {
    pub(super) tally: Tally,
    pub(super) waits: u64,
    pub(super) conflicts: u64,
    pub(super) ended_by: EndedBy,
    pub(super) ended_ns: u64,
    /// Attempts accepted, refused and interrupted in each second.
    pub(super) seconds: Vec<[u64; 3]>,
    pub(super) times: Histogram,
    pub(super) events: Vec<EventRecord>,
    pub(super) observations: WorkerObservations,
}

/// Values of the start gate, at which the workers wait for each other.
pub(super) const CLOSED: u64 = 0;
pub(super) const OPEN: u64 = 1;
pub(super) const BROKEN: u64 = 2;

/// One run of a scenario, shared by its workers and the host.
pub struct Run {
    pub(super) scenario: &'static dyn Scenario,
    pub(super) parameters: Parameters,
    pub(super) environment: Environment,
    pub(super) layout: AccountLayout,
    pub(super) ledger: Arc<Ledger>,
    /// The writer of the setup, which manual transfers reuse, followed by one writer per worker.
    /// `None` once it is taken, and for a ledger that was read from its store.
    pub(super) writers: Vec<Mutex<Option<Writer>>>,
    pub(super) results: Vec<Mutex<Option<WorkerResult>>>,
    pub(super) counters: Arc<Counters>,
    pub(super) start_gate: AtomicU64,
    pub(super) started_ns: AtomicU64,
    pub(super) issued: Mutex<i128>,
    pub(super) clock_resolution_ns: AtomicU64,
    pub(super) preallocation: Preallocation,
    /// The times of each worker.
    pub(super) published_times: Vec<PublishedHistogram>,
    /// The published times at the last sample.
    pub(super) sampled_times: Mutex<Histogram>,
    pub(super) manual_attempts: AtomicU64,
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.scenario.description().name;
        write!(formatter, "Run({name}, {:?}, {:?})", self.counters.phase(), self.parameters)
    }
}

impl Run {
    /// Prepares a run. This is quick: the first worker creates the accounts.
    ///
    /// # Errors
    /// [`RequestError`] naming what is unknown or not accepted.
    pub fn prepare(request: Request) -> Result<Arc<Self>, RequestError> {
        Self::prepare_scenario(find(&request.scenario)?, request)
    }

    /// Like [`Run::prepare`], for a run whose ledger will be stored ([`Ledger::store_in`]) before it begins: its
    /// trail can be larger than its memory then.
    ///
    /// # Errors
    /// The same as [`Run::prepare`].
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    pub fn prepare_stored(request: Request) -> Result<Arc<Self>, RequestError> {
        Self::prepare_with(find(&request.scenario)?, request, TrailMemory::Window)
    }

    /// Like [`Run::prepare`], for a scenario that need not be in the catalogue. Ignores the request's name of a scenario.
    ///
    /// # Errors
    /// The same as [`Run::prepare`].
    pub fn prepare_scenario(
        scenario: &'static dyn Scenario,
        request: Request,
    ) -> Result<Arc<Self>, RequestError> {
        Self::prepare_with(scenario, request, TrailMemory::Whole)
    }

    fn prepare_with(
        scenario: &'static dyn Scenario,
        request: Request,
        trail_memory: TrailMemory,
    ) -> Result<Arc<Self>, RequestError> {
        let description = scenario.description();
        let parameters = Parameters::resolve(
            description.parameters,
            description.preset(request.preset.as_deref())?,
            &request.parameters,
            request.environment.workers_available,
        )?;
        scenario.validate(&parameters)?;
        let layout = scenario.layout(&parameters);
        let (ledger, writers) = open_run_ledger(&parameters, layout.account_count(), trail_memory)?;
        let workers = parameters.get("workers") as usize;
        let writers = writers.into_iter().map(|writer| Mutex::new(Some(writer))).collect();
        let run = (scenario, parameters, request.environment);
        Ok(Self::with_ledger(run, layout, ledger, writers, workers))
    }

    /// Returns the run of a ledger that was read from its store: for inspection, without workers. The request says which run
    /// wrote it, and so what its accounts are called. Without one, or where it is none of a run that fits the ledger, accounts
    /// have their ids only.
    #[cfg(feature = "reader")]
    pub fn of_ledger(request: Option<Request>, ledger: Arc<Ledger>) -> Arc<Self> {
        let layout = request.and_then(|request| layout_of(&request, &ledger));
        let scenario = crate::scenarios::ALL[0];
        let description = scenario.description();
        let parameters = Parameters::resolve(
            description.parameters,
            &description.presets[0],
            &BTreeMap::new(),
            1,
        );
        let parameters = parameters.expect("the first preset of a scenario is valid");
        let run = (scenario, parameters, Environment::default());
        let layout = layout.unwrap_or_else(AccountLayout::unknown);
        let opened = Self::with_ledger(run, layout, ledger, vec![Mutex::new(None)], 0);
        opened.counters.set_phase(crate::scenarios::Phase::Finished);
        opened
    }

    fn with_ledger(
        (scenario, parameters, environment): (&'static dyn Scenario, Parameters, Environment),
        layout: AccountLayout,
        ledger: Arc<Ledger>,
        writers: Vec<Mutex<Option<Writer>>>,
        workers: usize,
    ) -> Arc<Self> {
        let accounts = layout.account_count();
        Arc::new(Self {
            scenario,
            environment,
            layout,
            ledger,
            writers,
            results: (0..workers).map(|_| Mutex::new(None)).collect(),
            counters: new_counters(&parameters),
            start_gate: AtomicU64::new(CLOSED),
            started_ns: AtomicU64::new(0),
            issued: Mutex::new(0),
            clock_resolution_ns: AtomicU64::new(0),
            preallocation: Preallocation::new(
                &parameters,
                accounts,
                scenario.records_per_operation(),
            ),
            published_times: (0..workers).map(|_| PublishedHistogram::default()).collect(),
            sampled_times: Mutex::new(Histogram::new()),
            manual_attempts: AtomicU64::new(0),
            parameters,
        })
    }

    /// The most memory that the run's trail and accounts can take, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        let accounts = self.layout.account_count().saturating_mul(ACCOUNT_BYTES);
        self.ledger.trail().memory_bytes().saturating_add(accounts)
    }

    /// The counters, through which a host watches and cancels the run.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The number of workers, each of which needs a thread of its own.
    pub fn workers(&self) -> usize {
        self.results.len()
    }

    /// The number of workers that have finished.
    pub(super) fn finished_workers(&self) -> usize {
        self.results.iter().filter(|result| lock(result).is_some()).count()
    }

    /// The accounts.
    pub fn layout(&self) -> &AccountLayout {
        &self.layout
    }

    /// The ledger that the workers share.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// Returns the accounts of a requested run, if there is such a scenario and the ledger has no others.
#[cfg(feature = "reader")]
fn layout_of(request: &Request, ledger: &Ledger) -> Option<AccountLayout> {
    let scenario = find(&request.scenario).ok()?;
    let description = scenario.description();
    let preset = description.preset(request.preset.as_deref()).ok()?;
    let workers = request.environment.workers_available;
    let parameters =
        Parameters::resolve(description.parameters, preset, &request.parameters, workers).ok()?;
    scenario.validate(&parameters).ok()?;
    let layout = scenario.layout(&parameters);
    ledger.accounts().all(|account| layout.name(account.id).is_some()).then_some(layout)
}

fn open_run_ledger(
    parameters: &Parameters,
    accounts: u64,
    trail_memory: TrailMemory,
) -> Result<(Arc<Ledger>, Vec<Writer>), RequestError> {
    let (workers, trail_mib) = (parameters.get("workers"), parameters.get("trail_mib"));
    let needed = Preallocation::needed_mib(accounts, workers);
    if trail_mib < needed {
        let message = format!(
            "trail_mib must be at least {needed} for {accounts} accounts and {workers} workers, not {trail_mib}"
        );
        return Err(RequestError(message));
    }
    let config = LedgerConfig {
        writers: workers as usize + 1,
        // Twice as many as needed: a ledger without spare accounts would be reported as almost full.
        accounts_max: (accounts * 2).min(ACCOUNTS_MAX),
        trail_bytes: trail_mib << 20,
        id_seed: IdSeed(parameters.get("seed") as u32),
        ..LedgerConfig::default()
    };
    Ledger::with_protocol(&config, Protocol::of(parameters), trail_memory)
        .map_err(|error| RequestError(error.to_string()))
}

fn new_counters(parameters: &Parameters) -> Arc<Counters> {
    let workers = parameters.get("workers");
    let counters = Counters::new(workers as usize);
    let constants = [
        (Header::Workers, workers),
        (Header::Operations, parameters.get("operations")),
        (Header::DurationNs, parameters.get("duration_s") * 1_000_000_000),
        (Header::EntryBytes, ENTRY_BYTES),
    ];
    for (word, value) in constants {
        counters.header(word).store(value, Ordering::Relaxed);
    }
    Arc::new(counters)
}

/// Returns the balance of an account; 0 on overflow, which only a protocol that is incorrect on purpose can cause.
pub(super) fn balance(account: &AccountState) -> i128 {
    account.balance().unwrap_or(0)
}

/// Locks a mutex. A panic of another thread leaves no partial value behind, so poisoning is ignored.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
