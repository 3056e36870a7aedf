//! A TigerBeetle cluster as engine, by its official Rust client.
//!
//! The client never times out: a request waits until the cluster answers, for ever if need be. So no caller awaits it. A
//! task of its own does, and the caller waits for that task until the deadline. What is given up is not taken back: it can still
//! take effect, and its task goes on to wait, so that it is known when the cluster answers again. What waits is bounded by
//! the number of its events. The futures that callers await need no runtime.
//!
//! One client has one request in flight, and puts what arrives meanwhile into the next one. So many callers with single
//! transfers share few clients, and their transfers reach the cluster in batches.

mod conversions;

use std::fmt;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tigerbeetle as tb;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

use super::capabilities::{Capabilities, Capability};
use super::error::EngineError;
use super::interface::{Engine, EngineFuture};
use super::query::{Found, Query};
use super::reachability::Reachability;
use crate::model::{
    Account, CreateAccountStatus, CreateTransferStatus, ExpectedVersions, Outcome, RESULTS_MAX,
    TransferAttempt,
};

/// The name of the engine.
pub const NAME: &str = "tigerbeetle";

/// The maximum number of events and ids that wait for answers, given up or not. Each takes 128 bytes.
const WAITING_MAX: usize = 64 * RESULTS_MAX as usize;

/// The time between two requests that only find out whether the cluster answers.
const PROBE_PERIOD: Duration = Duration::from_secs(1);

/// Where a cluster is, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// The number that the cluster was formatted with.
    pub cluster: u128,
    /// The addresses of its replicas, with commas between them: ports, IPv4 addresses, or both with a colon.
    pub addresses: String,
    /// The number of client sessions, 1 to 32. A cluster has 64 for all its clients.
    pub sessions: usize,
    /// How long a caller waits for an answer.
    pub deadline: Duration,
}

/// The maximum number of client sessions: half of what a cluster has, so that a second server can take over.
pub const SESSIONS_MAX: usize = 32;

/// Why a cluster cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The number of sessions is out of its range.
    Sessions {
        /// The number.
        sessions: usize,
    },
    /// The client cannot be started.
    Client {
        /// The addresses.
        addresses: String,
        /// The client's reason.
        why: String,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sessions { sessions } => write!(
                formatter,
                "the number of client sessions must be 1 to {SESSIONS_MAX}, not {sessions}"
            ),
            Self::Client { addresses, why } => write!(
                formatter,
                "the client for the addresses {addresses:?} cannot be started: {why}; give ports or IPv4 addresses \
                 with commas between them, such as 3001,3002,3003"
            ),
        }
    }
}

impl std::error::Error for ConnectError {}

/// A client, replaced when the cluster has evicted it.
type Session = Mutex<Arc<tb::Client>>;

/// What calls and their tasks share.
struct Connection {
    config: ClusterConfig,
    sessions: Box<[Session]>,
    next: AtomicUsize,
    reachability: Reachability,
    started: Instant,
    waiting: Arc<Semaphore>,
}

/// A TigerBeetle cluster. See the [module](self).
pub struct TigerBeetle {
    connection: Arc<Connection>,
    runtime: Handle,
}

impl fmt::Debug for TigerBeetle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TigerBeetle({})", self.connection.config.addresses)
    }
}

/// Whether a request changes the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Change,
    Read,
}

impl TigerBeetle {
    /// Starts clients of a cluster, which need not answer yet. Answers are awaited on `runtime`, which has timers.
    ///
    /// # Errors
    /// [`ConnectError`] naming the invalid part of `config`.
    pub fn connect(config: ClusterConfig, runtime: Handle) -> Result<Self, ConnectError> {
        if !(1..=SESSIONS_MAX).contains(&config.sessions) {
            return Err(ConnectError::Sessions { sessions: config.sessions });
        }
        let session = |_| Ok(Mutex::new(Arc::new(new_client(&config)?)));
        let sessions = (0..config.sessions).map(session).collect::<Result<_, _>>()?;
        let connection = Arc::new(Connection {
            config,
            sessions,
            next: AtomicUsize::new(0),
            reachability: Reachability::default(),
            started: Instant::now(),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        });
        runtime.spawn(probe(Arc::downgrade(&connection)));
        Ok(Self { connection, runtime })
    }

    /// Sends a request of this many events, and returns its answer or what is known at the deadline.
    fn call<T, F>(
        &self,
        effect: Effect,
        events: usize,
        request: impl FnOnce(&tb::Client) -> F,
    ) -> EngineFuture<'_, T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, tb::Error>> + Send + 'static,
    {
        match self.connection.send(&self.runtime, effect, events, request) {
            // Without a sender the runtime has ended.
            Ok(receiver) => Box::pin(async move {
                let no_answer = || self.connection.no_answer(effect, self.connection.now_ns());
                receiver.await.unwrap_or_else(|_| Err(no_answer()))
            }),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }
}

fn new_client(config: &ClusterConfig) -> Result<tb::Client, ConnectError> {
    tb::Client::new(config.cluster, &config.addresses).map_err(|error| ConnectError::Client {
        addresses: config.addresses.clone(),
        why: error.to_string(),
    })
}

impl Connection {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Sends a request of this many events. Returns what receives its answer, or at the deadline, that there is none yet.
    fn send<T, F>(
        self: &Arc<Self>,
        runtime: &Handle,
        effect: Effect,
        events: usize,
        request: impl FnOnce(&tb::Client) -> F,
    ) -> Result<oneshot::Receiver<Result<T, EngineError>>, EngineError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, tb::Error>> + Send + 'static,
    {
        if events > RESULTS_MAX as usize {
            return Err(EngineError::TooManyEvents { events });
        }
        let sent_ns = self.now_ns();
        // While a request waits for its answer, that answer says that the engine is back. If none does, one is sent to find out.
        let none_waits = self.waiting.available_permits() == WAITING_MAX;
        if let Some(unreachable_ns) = self.reachability.unreachable_ns(sent_ns)
            && !(none_waits && effect == Effect::Read)
        {
            return Err(EngineError::Unreachable { since_ms: unreachable_ns / 1_000_000 });
        }
        let waiting = Arc::clone(&self.waiting).try_acquire_many_owned(events.max(1) as u32);
        let waiting = waiting.map_err(|_| EngineError::Busy { events_max: WAITING_MAX })?;
        let index = self.next.fetch_add(1, Ordering::Relaxed) % self.sessions.len();
        let client =
            Arc::clone(&self.sessions[index].lock().unwrap_or_else(PoisonError::into_inner));
        self.reachability.sent(sent_ns);
        // The client has it now, whatever becomes of the future.
        let answer = request(&client);
        let (sender, receiver) = oneshot::channel();
        let connection = Arc::clone(self);
        runtime.spawn(async move {
            let mut answer = pin!(answer);
            let deadline = connection.config.deadline;
            // A caller who has gone receives nothing.
            match tokio::time::timeout(deadline, answer.as_mut()).await {
                Ok(answer) => {
                    connection.observe(index, &client, sent_ns, &answer);
                    let _ = sender.send(answer.map_err(|error| error_of(error, effect, events)));
                }
                Err(_) => {
                    connection.reachability.given_up(sent_ns);
                    let _ = sender.send(Err(connection.no_answer(effect, sent_ns)));
                    let answer = answer.await;
                    connection.observe(index, &client, sent_ns, &answer);
                }
            }
            drop(waiting);
        });
        Ok(receiver)
    }

    /// Learns from an answer whether the cluster answers, and replaces a client that it has evicted.
    fn observe<T>(
        &self,
        index: usize,
        client: &Arc<tb::Client>,
        sent_ns: u64,
        answer: &Result<T, tb::Error>,
    ) {
        match answer {
            Ok(_) => self.reachability.answered(self.now_ns()),
            Err(tb::Error::TooMuchData) => {}
            // The client has ended, and the next one may as well: the probe finds out.
            Err(_) => {
                self.reachability.given_up(sent_ns);
                let session = &self.sessions[index];
                let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
                // Unless another task has done so.
                if Arc::ptr_eq(&session, client)
                    && let Ok(new) = new_client(&self.config)
                {
                    *session = Arc::new(new);
                }
            }
        }
    }

    fn no_answer(&self, effect: Effect, sent_ns: u64) -> EngineError {
        let waited_ms = self.now_ns().saturating_sub(sent_ns) / 1_000_000;
        match effect {
            Effect::Change => EngineError::OutcomeUnknown {
                why: format!("the engine did not answer within {waited_ms} ms"),
            },
            Effect::Read => EngineError::NoAnswer { waited_ms },
        }
    }
}

/// Returns what an error of the client means for a request that was sent.
fn error_of(error: tb::Error, effect: Effect, events: usize) -> EngineError {
    match (error, effect) {
        // The replicas can be set to smaller messages. The client checks it first.
        (tb::Error::TooMuchData, _) => EngineError::TooManyEvents { events },
        // The request may have been executed before.
        (error, Effect::Change) => {
            EngineError::OutcomeUnknown { why: format!("the engine's client has ended ({error})") }
        }
        (error, Effect::Read) => EngineError::ClientEnded(error.to_string()),
    }
}

/// Finds out, from time to time, whether the cluster answers, until the engine is dropped. One request at a time: while one
/// waits, it is known already.
async fn probe(connection: Weak<Connection>) {
    loop {
        tokio::time::sleep(PROBE_PERIOD).await;
        let Some(connection) = connection.upgrade() else { return };
        let lookup = |client: &tb::Client| client.lookup_accounts(&[1]);
        let sent = connection.send(&Handle::current(), Effect::Read, 1, lookup);
        if let Ok(receiver) = sent {
            let _ = receiver.await;
        }
    }
}

impl Engine for TigerBeetle {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none()
    }

    fn create_accounts(
        &self,
        events: Vec<Account>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateAccountStatus>>> {
        let ids: Vec<u128> = events.iter().map(|event| event.id).collect();
        let sent = match conversions::accounts_out(&events) {
            Ok(sent) => sent,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let answer = self.call(Effect::Change, ids.len(), |client| client.create_accounts(&sent));
        Box::pin(async move { conversions::account_outcomes(&ids, &answer.await?) })
    }

    fn create_transfers(
        &self,
        events: Vec<TransferAttempt>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateTransferStatus>>> {
        if events.iter().any(|event| event.versions != ExpectedVersions::default()) {
            let capability = Capability::Versions;
            let error = EngineError::NotSupported { engine: NAME, capability };
            return Box::pin(ready(Err(error)));
        }
        let ids: Vec<u128> = events.iter().map(|event| event.transfer.id).collect();
        let sent: Vec<tb::Transfer> =
            events.iter().map(|event| conversions::transfer_out(&event.transfer)).collect();
        let answer = self.call(Effect::Change, ids.len(), |client| client.create_transfers(&sent));
        Box::pin(async move { conversions::transfer_outcomes(&ids, &answer.await?) })
    }

    fn find(&self, query: Query) -> EngineFuture<'_, Found> {
        use conversions as c;
        let accounts =
            |found: Vec<tb::Account>| Found::Accounts(found.iter().map(c::account_in).collect());
        let transfers =
            |found: Vec<tb::Transfer>| Found::Transfers(found.iter().map(c::transfer_in).collect());
        match query {
            Query::LookupAccounts(ids) => {
                let answer =
                    self.call(Effect::Read, ids.len(), |client| client.lookup_accounts(&ids));
                Box::pin(async move { Ok(accounts(answer.await?)) })
            }
            Query::LookupTransfers(ids) => {
                let answer =
                    self.call(Effect::Read, ids.len(), |client| client.lookup_transfers(&ids));
                Box::pin(async move { Ok(transfers(answer.await?)) })
            }
            Query::AccountTransfers(filter) => {
                let filter = c::account_filter_out(&filter);
                let answer =
                    self.call(Effect::Read, 1, |client| client.get_account_transfers(filter));
                Box::pin(async move { Ok(transfers(answer.await?)) })
            }
            Query::AccountBalances(filter) => {
                let filter = c::account_filter_out(&filter);
                let answer =
                    self.call(Effect::Read, 1, |client| client.get_account_balances(filter));
                Box::pin(async move {
                    Ok(Found::Balances(answer.await?.iter().map(c::balances_in).collect()))
                })
            }
            Query::QueryAccounts(filter) => {
                let filter = c::query_filter_out(&filter);
                let answer = self.call(Effect::Read, 1, |client| client.query_accounts(filter));
                Box::pin(async move { Ok(accounts(answer.await?)) })
            }
            Query::QueryTransfers(filter) => {
                let filter = c::query_filter_out(&filter);
                let answer = self.call(Effect::Read, 1, |client| client.query_transfers(filter));
                Box::pin(async move { Ok(transfers(answer.await?)) })
            }
        }
    }

    fn unreachable_ns(&self) -> Option<u64> {
        self.connection.reachability.unreachable_ns(self.connection.now_ns())
    }
}
