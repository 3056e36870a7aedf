//! What requests are answered from.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

#[cfg(feature = "laboratory")]
use super::http::{Answers, RunHost, Runs};
use super::{Users, UsersError};
use crate::coins::{Coins, CoinsError, CoinsSession};
use crate::ledger::{Cancellation, LedgerConfig, LedgerError};
use crate::wire::{Operation, Response, consult, operate};

/// How large a service is.
#[derive(Clone, Copy, Debug)]
pub struct ServiceConfig {
    /// Requests that change the ledger at the same time; more wait for their turn. 1 to 255.
    pub sessions: usize,
    /// Accounts and memory of its ledger; the number of writers is that of the sessions.
    pub ledger: LedgerConfig,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            sessions: 4,
            ledger: LedgerConfig { trail_bytes: 1 << 30, ..LedgerConfig::default() },
        }
    }
}

/// Why a service cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceError {
    /// Its users.
    Users(UsersError),
    /// Its ledger.
    Ledger(LedgerError),
    /// The account of a user.
    Account {
        /// Whose.
        name: String,
        /// Why not.
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

/// What requests are answered from: a ledger of coins, those who may ask, and a clock.
pub struct Service {
    coins: Arc<Coins>,
    sessions: Box<[Mutex<CoinsSession>]>,
    /// Which session is asked first.
    turn: AtomicUsize,
    users: Users,
    #[cfg(feature = "laboratory")]
    answers: Answers,
    #[cfg(feature = "laboratory")]
    runs: Runs,
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
    /// Opens the account of every user. `now_ns` tells the time in nanoseconds since 1970.
    ///
    /// # Errors
    /// [`ServiceError`] naming what cannot be.
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
            turn: AtomicUsize::new(0),
            users,
            #[cfg(feature = "laboratory")]
            answers: Answers::default(),
            #[cfg(feature = "laboratory")]
            runs: Runs::default(),
            now_ns: Box::new(now_ns),
        }))
    }

    /// The coins, to be read.
    pub fn coins(&self) -> &Coins {
        &self.coins
    }

    /// Those who may ask.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Lends a place for scenario runs; without one there are none. Only the first one counts.
    #[cfg(feature = "laboratory")]
    pub fn lend(&self, host: Box<dyn RunHost>) {
        self.runs.lend(host);
    }

    /// Asks the run that goes on, if there is one, to end.
    #[cfg(feature = "laboratory")]
    pub fn cancel_runs(&self) {
        self.runs.all().iter().for_each(|underway| underway.counters().cancel());
    }

    #[cfg(feature = "laboratory")]
    pub(super) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Answers that were given under idempotency keys.
    #[cfg(feature = "laboratory")]
    pub(super) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Nanoseconds since 1970.
    pub fn now_ns(&self) -> u64 {
        (self.now_ns)()
    }

    /// Does an operation. A session is only held by one that changes the ledger: a query can take long, and nobody waits
    /// for it. Time is that of the service's clock: a `tick` moves nothing.
    ///
    /// # Errors
    /// What the ledger answered.
    pub fn operate(&self, operation: Operation) -> Result<Response, LedgerError> {
        // Also for one that reads: what is due by now has expired before it does.
        let mut session = self.session()?;
        let operation = match operation {
            changes @ (Operation::CreateAccounts(_) | Operation::CreateTransfers(_)) => {
                return operate(session.writer(), changes, &Cancellation::never());
            }
            Operation::Tick { .. } => return Ok(Response::Time(session.writer().time())),
            reads => reads,
        };
        drop(session);
        let answer = consult(self.coins.ledger(), operation);
        Ok(answer.unwrap_or_else(|_| unreachable!("nothing else here changes the ledger")))
    }

    /// All sessions, so that nobody writes until they are let go. Whoever asks for one waits; the sessions are taken in
    /// one order, so that two who ask for all do not wait for each other.
    pub(super) fn all_sessions(&self) -> Vec<MutexGuard<'_, CoinsSession>> {
        let all = self.sessions.iter();
        all.map(|session| session.lock().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// A session who is free, or the next one to become free; told the time. Nobody who has one waits for anything, so
    /// this takes microseconds.
    ///
    /// # Errors
    /// [`LedgerError`] when an expiry that is due cannot be written down.
    pub(crate) fn session(&self) -> Result<MutexGuard<'_, CoinsSession>, LedgerError> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.sessions.len();
        let free = (0..count).find_map(|place| {
            match self.sessions[(first + place) % count].try_lock() {
                Ok(session) => Some(session),
                // A panic elsewhere does not make a session wrong: the ledger's own latches would stop it.
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
