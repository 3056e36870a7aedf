//! An engine of the tests' own: the naive ledger, which shares no rule with the embedded one, behind a connection that
//! fails as it is told.

use std::fmt;
use std::future::ready;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledgerlab::engine::{Capabilities, Engine, EngineError, EngineFuture, Found, Query};
use ledgerlab::model::{Account, AccountBalances, CreateAccountStatus, CreateTransferStatus};
use ledgerlab::model::{Outcome, TransferAttempt};

use crate::properties::naive_ledger::{NaiveLedger, NaiveOutcome};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is executed and answered.
    Answered,
    /// It is executed, and the answer is lost.
    AnswerLost,
    /// It is lost, and never executed.
    RequestLost,
    /// Nothing is sent: the engine has not answered for some time.
    Unreachable,
}

/// An engine without any capability. See the [module](self).
pub(crate) struct UnreliableEngine {
    ledger: Mutex<NaiveLedger>,
    /// Decides what becomes of each change since it was told to fail, by its number from 0.
    fate: Box<dyn Fn(u64) -> Fate + Send + Sync>,
    fails: AtomicBool,
    /// Whether reads get no answer.
    fails_reads: AtomicBool,
    /// Whether they will get none once a change was executed.
    fails_reads_next: AtomicBool,
    changes: AtomicU64,
}

impl fmt::Debug for UnreliableEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UnreliableEngine")
    }
}

impl UnreliableEngine {
    pub(crate) fn new(fate: impl Fn(u64) -> Fate + Send + Sync + 'static) -> Self {
        let mut ledger = NaiveLedger::default();
        ledger.set_time(1_700_000_000_000_000_000);
        Self {
            ledger: Mutex::new(ledger),
            fate: Box::new(fate),
            fails: AtomicBool::new(false),
            fails_reads: AtomicBool::new(false),
            fails_reads_next: AtomicBool::new(false),
            changes: AtomicU64::new(0),
        }
    }

    /// Until now everything was answered.
    pub(crate) fn start_to_fail(&self) {
        self.fails.store(true, Ordering::Relaxed);
    }

    /// Reads get no answer once a change was executed from now on.
    pub(crate) fn fail_reads_after_changes(&self) {
        self.fails_reads_next.store(true, Ordering::Relaxed);
    }

    /// Reads get no answer from now on, or get one again.
    pub(crate) fn fail_reads(&self, fail: bool) {
        self.fails_reads.store(fail, Ordering::Relaxed);
    }

    fn next_fate(&self, count: u64) -> Fate {
        match self.fails.load(Ordering::Relaxed) {
            true => (self.fate)(self.changes.fetch_add(count, Ordering::Relaxed)),
            false => Fate::Answered,
        }
    }

    pub(crate) fn reliable() -> Self {
        Self::new(|_| Fate::Answered)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, NaiveLedger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<S: Copy>(
        &self,
        ids: Vec<u128>,
        all: &[S],
        name: impl Fn(S) -> &'static str,
        execute: impl FnOnce(&mut NaiveLedger) -> Vec<NaiveOutcome>,
    ) -> Result<Vec<Outcome<S>>, EngineError> {
        let unknown = EngineError::OutcomeUnknown { why: "the answer was lost".to_owned() };
        let fate = self.next_fate(1);
        match fate {
            Fate::RequestLost => return Err(unknown),
            Fate::Unreachable => return Err(EngineError::Unreachable { since_ms: 0 }),
            Fate::Answered | Fate::AnswerLost => {}
        }
        let done = execute(&mut self.ledger());
        if self.fails_reads_next.swap(false, Ordering::Relaxed) {
            self.fail_reads(true);
        }
        if fate == Fate::AnswerLost {
            return Err(unknown);
        }
        let status = |wanted: &str| {
            all.iter().copied().find(|status| name(*status) == wanted).expect("it is a status")
        };
        let outcome = |(id, (wanted, timestamp))| Outcome {
            id,
            status: status(wanted),
            timestamp,
            versions: (0, 0),
        };
        Ok(ids.into_iter().zip(done).map(outcome).collect())
    }
}

impl Engine for UnreliableEngine {
    fn name(&self) -> &'static str {
        "unreliable"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none()
    }

    fn create_accounts(
        &self,
        events: Vec<Account>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateAccountStatus>>> {
        let ids = events.iter().map(|event| event.id).collect();
        let execute = |ledger: &mut NaiveLedger| ledger.create_accounts(&events);
        let all = CreateAccountStatus::ALL;
        Box::pin(ready(self.change(ids, all, CreateAccountStatus::name, execute)))
    }

    fn create_transfers(
        &self,
        events: Vec<TransferAttempt>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateTransferStatus>>> {
        let ids = events.iter().map(|event| event.transfer.id).collect();
        let execute = |ledger: &mut NaiveLedger| ledger.create_transfers(&events);
        let all = CreateTransferStatus::ALL;
        Box::pin(ready(self.change(ids, all, CreateTransferStatus::name, execute)))
    }

    fn find(&self, query: Query) -> EngineFuture<'_, Found> {
        if self.fails_reads.load(Ordering::Relaxed) {
            return Box::pin(ready(Err(EngineError::NoAnswer { waited_ms: 0 })));
        }
        let ledger = self.ledger();
        let balances = |(timestamp, sums): (u64, [u128; 4])| AccountBalances {
            timestamp,
            debits_pending: sums[0],
            debits_posted: sums[1],
            credits_pending: sums[2],
            credits_posted: sums[3],
        };
        let found = match query {
            Query::LookupAccounts(ids) => Found::Accounts(ledger.lookup_accounts(&ids)),
            Query::LookupTransfers(ids) => Found::Transfers(ledger.lookup_transfers(&ids)),
            Query::AccountTransfers(filter) => {
                Found::Transfers(ledger.get_account_transfers(&filter))
            }
            Query::AccountBalances(filter) => {
                let rows = ledger.get_account_balances(&filter);
                Found::Balances(rows.into_iter().map(balances).collect())
            }
            Query::QueryAccounts(filter) => Found::Accounts(ledger.query_accounts(&filter)),
            Query::QueryTransfers(filter) => Found::Transfers(ledger.query_transfers(&filter)),
        };
        Box::pin(ready(Ok(found)))
    }

    fn unreachable_ns(&self) -> Option<u64> {
        (self.next_fate(0) == Fate::Unreachable).then_some(0)
    }
}
