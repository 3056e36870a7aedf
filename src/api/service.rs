//! The service behind the HTTP API: a ledger of coins, its users, and a clock.

use std::fmt;
use std::ops::{Deref, DerefMut};
#[cfg(feature = "http")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use super::clock::{ClockHealth, ServiceClock};
use super::current_users::CurrentUsers;
#[cfg(feature = "http")]
use super::http::{
    AttemptCounts, HostMetric, RECORDS_MAX, ReadHost, Reads, RunHost, Runs, SharedStore,
};
use super::quotas::{Charge, QuotaTable, Quotas, Requester, SessionError};
#[cfg(all(feature = "http", not(target_family = "wasm")))]
use super::remote::RemoteLedger;
#[cfg(feature = "store")]
use super::stored_ledger::StoredLedger;
#[cfg(feature = "http")]
use super::tickets::Tickets;
use super::users::{Users, UsersError};
#[cfg(feature = "http")]
use crate::coins::CoinsHealth;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
use crate::coins::EngineCoinsError;
use crate::coins::{Coins, CoinsError, CoinsSession};
#[cfg(all(feature = "http", not(target_family = "wasm")))]
use crate::engine::EngineError;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
use crate::engine::{Engine, wait};
use crate::ledger::TransferAccounts;
use crate::ledger::{Cancellation, Health, Ledger, LedgerConfig, LedgerError, TrailAccess};
use crate::model::{Account, CreateTransferStatus, TransferAttempt};
use crate::wire::{self, Batch, Results};

/// The size of a service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceConfig {
    /// The number of requests that can change the ledger at the same time, 1 to 255. Further ones wait.
    pub sessions: usize,
    /// The accounts and the memory of the ledger. It has one writer for each session.
    pub ledger: LedgerConfig,
    /// The memory budget of idempotency keys and their responses in bytes. A user's keys take at most a
    /// quarter of it. The key of a single transfer takes about 500 bytes for a day, and 1 KiB more with balances.
    pub idempotency_bytes: usize,
    /// What one user may take of the ledger.
    pub quotas: Quotas,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            sessions: 4,
            ledger: LedgerConfig { trail_bytes: 1 << 30, ..LedgerConfig::default() },
            idempotency_bytes: 512 << 20,
            quotas: Quotas::default(),
        }
    }
}

/// Why a service cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceError {
    /// Its users are invalid.
    Users(UsersError),
    /// Its ledger cannot be opened.
    Ledger(LedgerError),
    /// The remote engine cannot be used.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    Engine(EngineCoinsError),
    /// A user's account cannot be opened on the remote engine.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    EngineAccount {
        /// The name of the user.
        name: String,
        /// The reason.
        error: EngineCoinsError,
    },
    /// A user's account cannot be opened.
    Account {
        /// The name of the user.
        name: String,
        /// The reason.
        error: CoinsError,
    },
}

impl fmt::Display for ServiceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users(error) => error.fmt(formatter),
            Self::Ledger(error) => error.fmt(formatter),
            #[cfg(all(feature = "http", not(target_family = "wasm")))]
            Self::Engine(EngineCoinsError::Engine(EngineError::OutcomeUnknown { why })) => {
                write!(formatter, "{why}; start it, or correct its addresses")
            }
            #[cfg(all(feature = "http", not(target_family = "wasm")))]
            Self::Engine(error) => error.fmt(formatter),
            #[cfg(all(feature = "http", not(target_family = "wasm")))]
            Self::EngineAccount { name, error } => {
                write!(formatter, "the account of {name:?}: {error}")
            }
            Self::Account { name, error } => write!(formatter, "the account of {name:?}: {error}"),
        }
    }
}

impl std::error::Error for ServiceError {}

impl From<LedgerError> for ServiceError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Returns the metrics of the host.
#[cfg(feature = "http")]
type HostMetrics = Box<dyn Fn() -> Vec<HostMetric> + Send + Sync>;

/// A ledger of coins, its users, and a clock.
pub struct Service {
    coins: Arc<Coins>,
    sessions: Box<[Mutex<CoinsSession>]>,
    /// Where the search for a free session begins.
    next_session: AtomicUsize,
    users: CurrentUsers,
    quotas: QuotaTable,
    #[cfg(feature = "http")]
    idempotency: SharedStore,
    #[cfg(feature = "http")]
    runs: Runs,
    #[cfg(feature = "http")]
    host_metrics: OnceLock<HostMetrics>,
    #[cfg(feature = "http")]
    reads: Reads,
    #[cfg(feature = "http")]
    tickets: Tickets,
    #[cfg(feature = "http")]
    attempt_counts: Mutex<AttemptCounts>,
    /// Whether change feeds end instead of waiting for new transfers.
    #[cfg(feature = "http")]
    feeds_end: AtomicBool,
    /// The ledger, if a remote engine keeps it. The embedded one is empty then.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    remote: Option<RemoteLedger>,
    clock: Box<dyn ServiceClock>,
    /// How far the time is ahead of the clock: a stored ledger can have been opened before by a clock that was ahead of this one.
    advance_ns: u64,
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Service({} users, {} sessions)",
            self.users().all().len(),
            self.sessions.len()
        )
    }
}

impl Service {
    /// Opens a ledger, and an account for each user. `clock` can be a function that returns the time in nanoseconds since
    /// 1970.
    ///
    /// # Errors
    /// [`ServiceError`] naming the invalid part.
    pub fn open(
        config: ServiceConfig,
        users: Users,
        clock: impl ServiceClock + 'static,
    ) -> Result<Arc<Self>, ServiceError> {
        let ledger = LedgerConfig { writers: config.sessions, ..config.ledger };
        let (coins, mut sessions) = Coins::open(&ledger)?;
        for session in &mut sessions {
            session.set_time(clock.now_ns())?;
        }
        for user in users.all() {
            let opened = sessions[0].open(&user.name, user.coins);
            opened.map_err(|error| ServiceError::Account { name: user.name.clone(), error })?;
        }
        Ok(Arc::new(Self::on(config, coins, sessions, users, clock)))
    }

    /// Makes a service of a ledger that is stored, and opens an account for each user who has none. Responses are sent
    /// when what they show is on the disk. The service's time continues after the ledger's last timestamp.
    ///
    /// `config.ledger` is the configuration that the ledger was opened with.
    ///
    /// # Errors
    /// [`ServiceError`] naming the invalid part.
    #[cfg(feature = "store")]
    pub fn open_stored(
        config: ServiceConfig,
        stored: StoredLedger,
        users: Users,
        clock: impl ServiceClock + 'static,
    ) -> Result<Arc<Self>, ServiceError> {
        let StoredLedger { ledger, names, .. } = &stored;
        let (coins, mut sessions) = Coins::on_ledger(ledger, names, config.ledger.id_seed)?;
        let advance_ns = ledger.trail().last_timestamp().saturating_sub(clock.now_ns());
        for session in &mut sessions {
            session.set_time(clock.now_ns() + advance_ns)?;
        }
        for user in users.all() {
            let opened = sessions[0].open_or_complete(&user.name, user.coins);
            opened.map_err(|error| ServiceError::Account { name: user.name.clone(), error })?;
        }
        let mut service = Self::on(config, coins, sessions, users, clock);
        service.advance_ns = advance_ns;
        #[cfg(feature = "http")]
        service.idempotency.restore(stored.keys, Arc::clone(&stored.ledger), service.now_ns());
        Ok(Arc::new(service))
    }

    /// Makes a service of the ledger that a remote engine keeps, and opens an account there for each user who has none.
    /// Waits for the engine, so not on a thread of its runtime.
    ///
    /// Endpoints that need what the engine does not have refuse by name. The embedded ledger is empty: of `config.ledger`, only
    /// the memory budget is used, for runs.
    ///
    /// # Errors
    /// [`ServiceError`] naming the invalid part, or that the engine does not answer.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    pub fn open_on_engine(
        config: ServiceConfig,
        engine: Arc<dyn Engine>,
        users: Users,
        clock: impl ServiceClock + 'static,
    ) -> Result<Arc<Self>, ServiceError> {
        let ledger = LedgerConfig { writers: config.sessions, ..config.ledger };
        let (coins, sessions) = Coins::open(&ledger)?;
        let remote = wait(RemoteLedger::open(engine, clock.now_ns()));
        let remote = remote.map_err(ServiceError::Engine)?;
        for user in users.all() {
            wait(remote.coins().open_account(&user.name, user.coins))
                .map_err(|error| ServiceError::EngineAccount { name: user.name.clone(), error })?;
        }
        let mut service = Self::on(config, coins, sessions, users, clock);
        service.remote = Some(remote);
        Ok(Arc::new(service))
    }

    /// The ledger, if a remote engine keeps it.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    pub fn remote(&self) -> Option<&RemoteLedger> {
        self.remote.as_ref()
    }

    /// Whether the ledger is in this process, as always in a browser.
    #[cfg(feature = "http")]
    pub(super) fn is_embedded(&self) -> bool {
        #[cfg(not(target_family = "wasm"))]
        let is_embedded = self.remote.is_none();
        #[cfg(target_family = "wasm")]
        let is_embedded = true;
        is_embedded
    }

    fn on(
        config: ServiceConfig,
        coins: Arc<Coins>,
        sessions: Vec<CoinsSession>,
        users: Users,
        clock: impl ServiceClock + 'static,
    ) -> Self {
        Self {
            quotas: QuotaTable::new(config.quotas, coins.ledger().trail().capacity_bytes()),
            coins,
            sessions: sessions.into_iter().map(Mutex::new).collect(),
            next_session: AtomicUsize::new(0),
            users: CurrentUsers::new(users),
            #[cfg(feature = "http")]
            idempotency: SharedStore::new(config.idempotency_bytes),
            #[cfg(feature = "http")]
            runs: Runs::default(),
            #[cfg(feature = "http")]
            host_metrics: OnceLock::new(),
            #[cfg(feature = "http")]
            reads: Reads::default(),
            #[cfg(feature = "http")]
            tickets: Tickets::default(),
            #[cfg(feature = "http")]
            attempt_counts: Mutex::default(),
            #[cfg(feature = "http")]
            feeds_end: AtomicBool::new(false),
            #[cfg(all(feature = "http", not(target_family = "wasm")))]
            remote: None,
            clock: Box::new(clock),
            advance_ns: 0,
        }
    }

    /// Waits until everything that was decided until now is on the disk. Without a store it returns at once.
    ///
    /// # Errors
    /// [`LedgerError::OutcomeUnknown`] when the store failed before.
    #[cfg(feature = "store")]
    pub(super) async fn until_synced(&self) -> Result<(), LedgerError> {
        let Some(store) = self.coins.ledger().store() else { return Ok(()) };
        store.wait_async(&store.mark()).await.map_err(|_| LedgerError::OutcomeUnknown)
    }

    /// Closes the store, if there is one: waits until everything is on the disk.
    ///
    /// # Errors
    /// The reason why not everything is.
    #[cfg(feature = "store")]
    pub fn close_store(&self) -> Result<(), String> {
        let Some(store) = self.coins.ledger().store() else { return Ok(()) };
        let failure = || store.failure().unwrap_or_else(|| "it was closed before".to_owned());
        store.close().map_err(|_| failure())
    }

    /// The coins, for reading.
    pub fn coins(&self) -> &Coins {
        &self.coins
    }

    /// The users now.
    pub fn users(&self) -> Arc<Users> {
        self.users.get()
    }

    pub(super) fn current_users(&self) -> &CurrentUsers {
        &self.users
    }

    /// Sets the host that executes scenario runs. Without one there are no runs. Only the first call has an effect.
    #[cfg(feature = "http")]
    pub fn set_run_host(&self, host: Box<dyn RunHost>) {
        self.runs.set_run_host(host);
    }

    /// Sets the metrics of the host, which `/metrics` contains. Only the first call has an effect.
    #[cfg(feature = "http")]
    pub fn set_host_metrics(&self, metrics: impl Fn() -> Vec<HostMetric> + Send + Sync + 'static) {
        self.host_metrics.get_or_init(|| Box::new(metrics));
    }

    #[cfg(feature = "http")]
    pub(super) fn host_metrics(&self) -> Vec<HostMetric> {
        self.host_metrics.get().map_or_else(Vec::new, |metrics| metrics())
    }

    /// Cancels the active run, if there is one.
    #[cfg(feature = "http")]
    pub fn cancel_runs(&self) {
        self.runs.all().iter().for_each(|run| run.counters.cancel());
    }

    /// Lets change feeds that wait for new transfers end, because the host stops.
    #[cfg(feature = "http")]
    pub fn end_feeds(&self) {
        self.feeds_end.store(true, Ordering::Relaxed);
    }

    #[cfg(feature = "http")]
    pub(super) fn feeds_end(&self) -> bool {
        self.feeds_end.load(Ordering::Relaxed)
    }

    /// Sets the host that executes long reads. Without one they run where the request is handled. Only the first call has an
    /// effect.
    #[cfg(feature = "http")]
    pub fn set_read_host(&self, host: Box<dyn ReadHost>) {
        self.reads.set_host(host);
    }

    /// Counts the attempts in the trail that were not counted yet, for the metrics.
    #[cfg(feature = "http")]
    pub fn count_attempts(&self) {
        // The lock is free between two steps, so that a request for metrics waits for one step only.
        while !self.attempt_counts().catch_up(self.coins.ledger().trail(), RECORDS_MAX) {}
    }

    #[cfg(feature = "http")]
    pub(super) fn attempt_counts(&self) -> MutexGuard<'_, AttemptCounts> {
        self.attempt_counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "http")]
    pub(super) fn reads(&self) -> &Reads {
        &self.reads
    }

    #[cfg(feature = "http")]
    pub(super) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Lets auditors and operators get tickets for event streams, which go into URLs.
    #[cfg(feature = "http")]
    pub fn allow_tickets(&self) {
        self.tickets.allow();
    }

    #[cfg(feature = "http")]
    pub(super) fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    /// The responses that are stored under idempotency keys.
    #[cfg(feature = "http")]
    pub(super) fn idempotency(&self) -> &SharedStore {
        &self.idempotency
    }

    /// The ledger's time in nanoseconds since 1970. It does not jump with the wall clock.
    pub fn now_ns(&self) -> u64 {
        self.clock.now_ns().saturating_add(self.advance_ns)
    }

    /// Returns how far the wall clock is from the ledger's.
    pub fn clock_health(&self) -> ClockHealth {
        ClockHealth::of(self.now_ns(), self.clock.wall_ns())
    }

    /// Returns the health of the ledger now.
    pub fn health(&self) -> Health {
        self.coins.ledger().health(self.now_ns())
    }

    /// Returns the health of the ledger now in GoLedger's format.
    #[cfg(feature = "http")]
    pub(super) fn coins_health(&self) -> CoinsHealth {
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = self.remote() {
            return remote.health(self.now_ns()).coins();
        }
        CoinsHealth::from(&self.health())
    }

    /// Creates accounts at the time of the service's clock, for an operator.
    ///
    /// # Errors
    /// [`CoinsError::IdReserved`] when an account has an id that stands for unknown
    /// users, and
    /// [`CoinsError::Ledger`] when the ledger cannot take them; in that case none was created.
    pub fn create_accounts(&self, batch: Batch<Account>) -> Result<Results, CoinsError> {
        self.coins.check_ids(&batch.events)?;
        let mut session = self.session()?;
        session.writer().set_access(TrailAccess::Operator);
        let results = wire::create_accounts(session.writer(), batch);
        session.writer().set_access(TrailAccess::Ordinary);
        Ok(results?)
    }

    /// Creates transfers at the time of the service's clock.
    ///
    /// # Errors
    /// [`SessionError`] when the requester's quotas do not suffice or the ledger cannot take them; in that case none was
    /// attempted.
    pub fn create_transfers(
        &self,
        requester: Requester<'_>,
        batch: Batch<TransferAttempt>,
    ) -> Result<Results, SessionError> {
        let expires = |attempt: &TransferAttempt| attempt.transfer.expires_at().is_some();
        let can_expire: Vec<usize> = (0..)
            .zip(&batch.events)
            .filter(|(_, event)| expires(event))
            .map(|(index, _)| index)
            .collect();
        let mut session = self.session_for(requester, batch.events.len(), can_expire.len())?;
        let created = wire::create_transfers(session.writer(), batch, &Cancellation::never());
        if created == Err(LedgerError::OutcomeUnknown) {
            // Each may be there.
            session.expiries = can_expire.len() as u64;
        }
        let results = created?;
        let is_created = |index: &&usize| {
            results.results[**index].status() == CreateTransferStatus::Created.name()
        };
        session.expiries = can_expire.iter().filter(is_created).count() as u64;
        Ok(results)
    }

    /// Returns what [`Service::create_transfers`] would result in now: the outcomes, and the accounts of
    /// each transfer right after it. It counts towards the requester's attempts a second.
    ///
    /// # Errors
    /// [`SessionError`] when that quota does not suffice or the batch is refused.
    pub(crate) fn dry_run_transfers(
        &self,
        requester: Requester<'_>,
        batch: Batch<TransferAttempt>,
    ) -> Result<(Results, Vec<TransferAccounts>), SessionError> {
        let mut session = self.session_for(requester, batch.events.len(), 0)?;
        Ok(wire::dry_run_transfers(session.writer(), batch)?)
    }

    /// Returns the ledger for reading. It needs no session: pending transfers that are due expire before if one is free and
    /// the trail has memory, and otherwise when it has.
    pub fn current_ledger(&self) -> &Ledger {
        let (ledger, now_ns) = (self.coins.ledger(), self.now_ns());
        if ledger.has_due_expiry(now_ns)
            && let Some(mut session) = self.free_session()
        {
            // A full trail does not stop a read, and the next session tries again.
            let _ = session.set_time(now_ns);
        }
        ledger
    }

    /// Locks all sessions, so that writers wait until they are released.
    #[cfg(test)]
    pub(super) fn all_sessions(&self) -> Vec<MutexGuard<'_, CoinsSession>> {
        let all = self.sessions.iter();
        all.map(|session| session.lock().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// Locks a free session, or waits for one, and sets its time. No caller waits while it holds a session, so this takes
    /// microseconds.
    ///
    /// # Errors
    /// [`LedgerError`] when an expiry that is due cannot be recorded.
    pub(crate) fn session(&self) -> Result<MutexGuard<'_, CoinsSession>, LedgerError> {
        let mut session = self.free_session().unwrap_or_else(|| {
            let next = self.next_session.load(Ordering::Relaxed) % self.sessions.len();
            self.sessions[next].lock().unwrap_or_else(PoisonError::into_inner)
        });
        session.set_time(self.now_ns())?;
        Ok(session)
    }

    /// Locks a session as [`Service::session`] does, for `attempts` attempts of a requester, of which `expiries` can be
    /// pending transfers that expire. It takes them from the requester's quotas.
    ///
    /// # Errors
    /// [`SessionError`] when a quota does not suffice, or an expiry that is due cannot be recorded.
    pub(crate) fn session_for(
        &self,
        requester: Requester<'_>,
        attempts: usize,
        expiries: usize,
    ) -> Result<RequesterSession<'_>, SessionError> {
        let (access, charge) = match requester {
            Requester::Trusted => (TrailAccess::Operator, None),
            Requester::User(name) => {
                let charge =
                    self.quotas.take(name, attempts as u64, expiries as u64, self.now_ns())?;
                (TrailAccess::Ordinary, Some(charge))
            }
        };
        let mut session = match self.session() {
            Ok(session) => session,
            Err(error) => {
                charge.inspect(|charge| charge.settle(0));
                return Err(error.into());
            }
        };
        session.writer().set_access(access);
        let records_before = session.writer().records();
        Ok(RequesterSession { session, charge, records_before, expiries: 0 })
    }

    /// Lets each session pass the time of now. Returns it: no transfer with a timestamp up to it will be published any more,
    /// except imported ones, which have timestamps of the past.
    ///
    /// It waits for the calls of the sessions that are in progress, and for no further ones.
    ///
    /// # Errors
    /// [`LedgerError`] when an expiry that is due cannot be recorded.
    #[cfg(feature = "http")]
    pub(super) fn settle(&self) -> Result<u64, LedgerError> {
        let now_ns = self.now_ns();
        for session in &self.sessions {
            session.lock().unwrap_or_else(PoisonError::into_inner).set_time(now_ns)?;
        }
        Ok(now_ns)
    }

    /// Takes attempts from the quotas of a requester, for a remote engine. They take no share of a trail.
    ///
    /// # Errors
    /// [`SessionError`] when a quota does not suffice.
    #[cfg(all(feature = "http", not(target_family = "wasm")))]
    pub(super) fn charge(
        &self,
        requester: Requester<'_>,
        attempts: usize,
    ) -> Result<(), SessionError> {
        if let Requester::User(name) = requester {
            self.quotas.take(name, attempts as u64, 0, self.now_ns())?.settle(0);
        }
        Ok(())
    }

    /// Locks a session that is free.
    fn free_session(&self) -> Option<MutexGuard<'_, CoinsSession>> {
        let first = self.next_session.fetch_add(1, Ordering::Relaxed);
        let count = self.sessions.len();
        (0..count).find_map(|offset| {
            match self.sessions[(first + offset) % count].try_lock() {
                Ok(session) => Some(session),
                // A panic elsewhere does not invalidate a session; the ledger's latches protect its data.
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        })
    }
}

/// A session for the attempts of one requester. At its end it charges the requester's quota with what was written.
pub(crate) struct RequesterSession<'a> {
    session: MutexGuard<'a, CoinsSession>,
    charge: Option<Charge<'a>>,
    records_before: u64,
    /// The pending transfers that it has created and that can expire.
    expiries: u64,
}

impl Deref for RequesterSession<'_> {
    type Target = CoinsSession;

    fn deref(&self) -> &CoinsSession {
        &self.session
    }
}

impl DerefMut for RequesterSession<'_> {
    fn deref_mut(&mut self) -> &mut CoinsSession {
        &mut self.session
    }
}

impl Drop for RequesterSession<'_> {
    fn drop(&mut self) {
        let writer = self.session.writer();
        writer.set_access(TrailAccess::Ordinary);
        if let Some(charge) = &self.charge {
            charge.settle(writer.records() - self.records_before + self.expiries);
        }
    }
}
