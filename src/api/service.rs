//! The service behind the HTTP API: a ledger of coins, its users, and a clock.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

#[cfg(feature = "laboratory")]
use super::http::{HostMetric, RunHost, Runs, SharedStore};
use super::users::{Users, UsersError};
use crate::coins::{Coins, CoinsError, CoinsSession};
use crate::ledger::{Cancellation, Health, Ledger, LedgerConfig, LedgerError};
use crate::model::{Account, TransferAttempt};
use crate::wire::{self, Batch, Results};

/// The size of a service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceConfig {
    /// The number of requests that can change the ledger at the same time, 1 to 255. Further ones wait.
    pub sessions: usize,
    /// The accounts and the memory of the ledger. It has one writer for each session.
    pub ledger: LedgerConfig,
    /// The memory budget of idempotency keys and their responses in bytes. A user's keys take at most a
    /// quarter of it. The key of a single transfer takes about 500 bytes for a day.
    pub idempotency_bytes: usize,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            sessions: 4,
            ledger: LedgerConfig { trail_bytes: 1 << 30, ..LedgerConfig::default() },
            idempotency_bytes: 512 << 20,
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
#[cfg(feature = "laboratory")]
type HostMetrics = Box<dyn Fn() -> Vec<HostMetric> + Send + Sync>;

/// A ledger of coins, its users, and a clock.
pub struct Service {
    coins: Arc<Coins>,
    sessions: Box<[Mutex<CoinsSession>]>,
    /// Where the search for a free session begins.
    next_session: AtomicUsize,
    users: Users,
    #[cfg(feature = "laboratory")]
    idempotency: SharedStore,
    #[cfg(feature = "laboratory")]
    runs: Runs,
    #[cfg(feature = "laboratory")]
    host_metrics: OnceLock<HostMetrics>,
    now_ns: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Service({} users, {} sessions)",
            self.users.all().len(),
            self.sessions.len()
        )
    }
}

impl Service {
    /// Opens a ledger, and an account for each user. `now_ns` returns the time in nanoseconds since 1970.
    ///
    /// # Errors
    /// [`ServiceError`] naming the invalid part.
    pub fn open(
        config: ServiceConfig,
        users: Users,
        now_ns: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<Arc<Self>, ServiceError> {
        let ledger = LedgerConfig { writers: config.sessions, ..config.ledger };
        let (coins, mut sessions) = Coins::open(&ledger)?;
        for session in &mut sessions {
            session.set_time(now_ns())?;
        }
        for user in users.all() {
            let opened = sessions[0].open(&user.name, user.coins);
            opened.map_err(|error| ServiceError::Account { name: user.name.clone(), error })?;
        }
        Ok(Arc::new(Self {
            coins,
            sessions: sessions.into_iter().map(Mutex::new).collect(),
            next_session: AtomicUsize::new(0),
            users,
            #[cfg(feature = "laboratory")]
            idempotency: SharedStore::new(config.idempotency_bytes),
            #[cfg(feature = "laboratory")]
            runs: Runs::default(),
            #[cfg(feature = "laboratory")]
            host_metrics: OnceLock::new(),
            now_ns: Box::new(now_ns),
        }))
    }

    /// The coins, for reading.
    pub fn coins(&self) -> &Coins {
        &self.coins
    }

    /// The users.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Sets the host that executes scenario runs. Without one there are no runs. Only the first call has an effect.
    #[cfg(feature = "laboratory")]
    pub fn set_run_host(&self, host: Box<dyn RunHost>) {
        self.runs.set_run_host(host);
    }

    /// Sets the metrics of the host, which `/metrics` contains. Only the first call has an effect.
    #[cfg(feature = "laboratory")]
    pub fn set_host_metrics(&self, metrics: impl Fn() -> Vec<HostMetric> + Send + Sync + 'static) {
        self.host_metrics.get_or_init(|| Box::new(metrics));
    }

    #[cfg(feature = "laboratory")]
    pub(super) fn host_metrics(&self) -> Vec<HostMetric> {
        self.host_metrics.get().map_or_else(Vec::new, |metrics| metrics())
    }

    /// Cancels the active run, if there is one.
    #[cfg(feature = "laboratory")]
    pub fn cancel_runs(&self) {
        self.runs.all().iter().for_each(|run| run.counters.cancel());
    }

    #[cfg(feature = "laboratory")]
    pub(super) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// The responses that are stored under idempotency keys.
    #[cfg(feature = "laboratory")]
    pub(super) fn idempotency(&self) -> &SharedStore {
        &self.idempotency
    }

    /// The time in nanoseconds since 1970.
    pub fn now_ns(&self) -> u64 {
        (self.now_ns)()
    }

    /// Returns the health of the ledger now.
    pub fn health(&self) -> Health {
        self.coins.ledger().health(self.now_ns())
    }

    /// Creates accounts at the time of the service's clock.
    ///
    /// # Errors
    /// [`CoinsError::IdReserved`] when an account has an id that stands for unknown
    /// users, and
    /// [`CoinsError::Ledger`] when the ledger cannot take them; in that case none was created.
    pub fn create_accounts(&self, batch: Batch<Account>) -> Result<Results, CoinsError> {
        self.coins.check_ids(&batch.events)?;
        Ok(wire::create_accounts(self.session()?.writer(), batch)?)
    }

    /// Creates transfers at the time of the service's clock.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger cannot take them; in that case none was attempted.
    pub fn create_transfers(&self, batch: Batch<TransferAttempt>) -> Result<Results, LedgerError> {
        wire::create_transfers(self.session()?.writer(), batch, &Cancellation::never())
    }

    /// Returns the ledger for reading, after all pending transfers that are due have expired. It holds no session, because a
    /// query can take long.
    ///
    /// # Errors
    /// [`LedgerError`] when an expiry cannot be recorded.
    pub fn current_ledger(&self) -> Result<&Ledger, LedgerError> {
        drop(self.session()?);
        Ok(self.coins.ledger())
    }

    /// Locks all sessions, so that writers wait until they are released. The order is always the same, so that two callers do
    /// not deadlock.
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
        let first = self.next_session.fetch_add(1, Ordering::Relaxed);
        let count = self.sessions.len();
        let free = (0..count).find_map(|offset| {
            match self.sessions[(first + offset) % count].try_lock() {
                Ok(session) => Some(session),
                // A panic elsewhere does not invalidate a session; the ledger's latches protect its data.
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        });
        let mut session = free.unwrap_or_else(|| {
            self.sessions[first % count].lock().unwrap_or_else(PoisonError::into_inner)
        });
        session.set_time(self.now_ns())?;
        Ok(session)
    }
}
