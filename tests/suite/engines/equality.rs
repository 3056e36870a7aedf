//! Random scripts on two engines: equal statuses, accounts, transfers, balances and query results.
//!
//! Both engines have clocks of their own. So timestamps are compared by the order of the events that they belong to, periods of
//! filters begin and end at events, and a script neither imports nor lets a transfer expire. Each script has ids and ledgers of its
//! own, because a cluster forgets nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledgerlab::engine::{EmbeddedEngine, Engine, Found, Query};
use ledgerlab::ledger::{Clock, Ledger, LedgerConfig};
use ledgerlab::model::{Account, AccountFlags, Period, Transfer, TransferAttempt, TransferFlags};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::unreliable_engine::UnreliableEngine;
use crate::properties::generators::scripts;
use crate::properties::script::{Script, Step};

/// The maximum number of operations of a script.
const STEPS_MAX: usize = 40;

/// The time of the embedded ledger of a script.
#[derive(Debug)]
struct Midday;

impl Clock for Midday {
    fn now_ns(&self) -> u64 {
        1_700_000_000_000_000_000
    }
}

fn embedded() -> EmbeddedEngine<Midday> {
    let config = LedgerConfig { accounts_max: 64, trail_bytes: 4 << 20, ..LedgerConfig::default() };
    let (_, mut writers) = Ledger::with_writers(&config).expect("the configuration is valid");
    EmbeddedEngine::new(writers.remove(0), Midday)
}

/// Two engines and the timestamps of their events.
struct Pair {
    engines: [Arc<dyn Engine>; 2],
    /// The timestamps of the events of this script, on both engines, in order.
    moments: [Vec<u64>; 2],
    script: u128,
    statuses: BTreeMap<&'static str, u64>,
    events: u64,
}

impl Pair {
    /// Gives an id to this script alone, unless it is one that no account or transfer has.
    fn own_id(&self, id: u128) -> u128 {
        if id == 0 || id == u128::MAX { id } else { id | self.script << 64 }
    }

    fn own_ledger(&self, ledger: u32) -> u32 {
        if ledger == 0 { 0 } else { ledger + 4 * self.script as u32 }
    }

    fn account(&self, account: &Account) -> Account {
        let mut flags = account.flags;
        flags.remove(AccountFlags::IMPORTED);
        Account {
            id: self.own_id(account.id),
            ledger: self.own_ledger(account.ledger),
            reserved: 0,
            flags,
            timestamp: account.timestamp.min(1),
            ..*account
        }
    }

    fn transfer(&self, transfer: &Transfer) -> Transfer {
        let mut flags = transfer.flags;
        flags.remove(TransferFlags::IMPORTED);
        Transfer {
            id: self.own_id(transfer.id),
            debit_account_id: self.own_id(transfer.debit_account_id),
            credit_account_id: self.own_id(transfer.credit_account_id),
            pending_id: self.own_id(transfer.pending_id),
            ledger: self.own_ledger(transfer.ledger),
            // Long enough for the script, and the greatest overflows on neither engine.
            timeout: if transfer.timeout == 0 { 0 } else { 1_000_000 + transfer.timeout % 4 },
            flags,
            timestamp: transfer.timestamp.min(1),
            ..*transfer
        }
    }

    /// Returns a period between two events of the script, for each engine.
    fn period(&self, period: Period) -> [Period; 2] {
        let count = self.moments[0].len();
        [0, 1].map(|engine| {
            let moment = |drawn: u64| self.moments[engine][drawn as usize % count];
            let first = self.moments[engine][0];
            Period {
                // A cluster has the events of earlier scripts too.
                timestamp_min: if period.timestamp_min == 0 {
                    first
                } else {
                    moment(period.timestamp_min)
                },
                timestamp_max: if period.timestamp_max == 0 {
                    0
                } else {
                    moment(period.timestamp_max)
                },
            }
        })
    }

    async fn create(&mut self, step: &Step) {
        let outcomes = match step {
            Step::CreateAccounts(batch) => {
                let batch: Vec<Account> = batch.iter().map(|one| self.account(one)).collect();
                let mut both = Vec::new();
                for engine in &self.engines {
                    let done = engine.create_accounts(batch.clone()).await.expect("it answers");
                    let rows = done.iter().map(|one| (one.status.name(), one.timestamp));
                    both.push(rows.collect::<Vec<_>>());
                }
                both
            }
            Step::CreateTransfers(batch) => {
                let attempt =
                    |one: &TransferAttempt| TransferAttempt::from(self.transfer(&one.transfer));
                let batch: Vec<TransferAttempt> = batch.iter().map(attempt).collect();
                let mut both = Vec::new();
                for engine in &self.engines {
                    let done = engine.create_transfers(batch.clone()).await.expect("it answers");
                    let rows = done.iter().map(|one| (one.status.name(), one.timestamp));
                    both.push(rows.collect::<Vec<_>>());
                }
                both
            }
            _ => return,
        };
        for (index, (first, second)) in outcomes[0].iter().zip(&outcomes[1]).enumerate() {
            if first.0 != second.0 {
                self.check_closed(step, index, first.0, second.0).await;
            }
        }
        for (first, second) in outcomes[0].iter().zip(&outcomes[1]) {
            *self.statuses.entry(first.0).or_default() += 1;
            self.events += 1;
            match first.0 {
                "created" => {
                    self.moments[0].push(first.1);
                    self.moments[1].push(second.1);
                }
                "exists" if second.0 == "exists" => {
                    assert_eq!(self.order(0, first.1), self.order(1, second.1), "{step:?}")
                }
                _ => {}
            }
        }
    }

    /// Checks that two statuses differ because of the only known difference: a cluster compares whether an account has been closed
    /// when it is created again.
    async fn check_closed(&self, step: &Step, index: usize, first: &str, second: &str) {
        let Step::CreateAccounts(batch) = step else { panic!("{first} and {second}: {step:?}") };
        let wanted = self.account(&batch[index]);
        let found = self.engines[0].find(Query::LookupAccounts(vec![wanted.id])).await;
        let found = found.expect("it answers").accounts();
        let difference = found.first().map(|found| found.flags.symmetric_difference(wanted.flags));
        assert!(
            first.starts_with("exists")
                && second == "exists_with_different_flags"
                && difference == Some(AccountFlags::CLOSED),
            "{first} and {second} with {difference:?}: {step:?}"
        );
    }

    /// The number of the event with this timestamp.
    fn order(&self, engine: usize, timestamp: u64) -> usize {
        let found = self.moments[engine].binary_search(&timestamp);
        found.unwrap_or_else(|_| panic!("engine {engine}: no event of the script has {timestamp}"))
    }

    /// Returns what was found, with the numbers of events in place of timestamps.
    fn numbered(&self, engine: usize, found: Found) -> Found {
        let number = |timestamp: &mut u64| *timestamp = self.order(engine, *timestamp) as u64;
        match found {
            Found::Accounts(mut rows) => {
                rows.iter_mut().for_each(|row| number(&mut row.timestamp));
                Found::Accounts(rows)
            }
            Found::Transfers(mut rows) => {
                rows.iter_mut().for_each(|row| number(&mut row.timestamp));
                Found::Transfers(rows)
            }
            Found::Balances(mut rows) => {
                rows.iter_mut().for_each(|row| number(&mut row.timestamp));
                Found::Balances(rows)
            }
        }
    }

    async fn find(&mut self, queries: [Query; 2]) {
        let text = format!("{:?}", queries[0]);
        let mut both = Vec::new();
        for (index, query) in queries.into_iter().enumerate() {
            let found = self.engines[index].find(query).await.expect("it answers");
            both.push(self.numbered(index, found));
        }
        assert_eq!(both[0], both[1], "{text}");
    }

    async fn step(&mut self, step: &Step) {
        let ids = |ids: &[u128]| -> Vec<u128> { ids.iter().map(|id| self.own_id(*id)).collect() };
        match step {
            Step::CreateAccounts(_) | Step::CreateTransfers(_) => self.create(step).await,
            Step::LookupAccounts(wanted) => {
                let query = Query::LookupAccounts(ids(wanted));
                self.find([query.clone(), query]).await;
            }
            Step::LookupTransfers(wanted) => {
                let query = Query::LookupTransfers(ids(wanted));
                self.find([query.clone(), query]).await;
            }
            _ if self.moments[0].is_empty() => {}
            Step::GetAccountTransfers(filter) | Step::GetAccountBalances(filter) => {
                let account_id = self.own_id(filter.account_id);
                let filters = self.period(filter.period).map(|period| {
                    let mut filter = *filter;
                    (filter.account_id, filter.period) = (account_id, period);
                    filter
                });
                self.find(filters.map(match step {
                    Step::GetAccountTransfers(_) => Query::AccountTransfers,
                    _ => Query::AccountBalances,
                }))
                .await;
            }
            Step::QueryAccounts(filter) | Step::QueryTransfers(filter) => {
                let ledger = self.own_ledger(filter.ledger);
                let filters = self.period(filter.period).map(|period| {
                    let mut filter = *filter;
                    (filter.ledger, filter.period) = (ledger, period);
                    filter
                });
                self.find(filters.map(match step {
                    Step::QueryAccounts(_) => Query::QueryAccounts,
                    _ => Query::QueryTransfers,
                }))
                .await;
            }
            Step::Pay(_) | Step::Tick(_) => {}
        }
    }
}

/// Runs random scripts on an embedded ledger of each script, and on the other engine, until there were this many events. Returns
/// how often each status was returned.
pub(super) async fn compare(
    other: Arc<dyn Engine>,
    events_min: u64,
) -> BTreeMap<&'static str, u64> {
    let mut runner = TestRunner::deterministic();
    let (mut statuses, mut events) = (BTreeMap::new(), 0);
    for script in 1.. {
        let Script(steps) =
            scripts(STEPS_MAX).new_tree(&mut runner).expect("a script is drawn").current();
        let mut pair = Pair {
            engines: [Arc::new(embedded()), Arc::clone(&other)],
            moments: [Vec::new(), Vec::new()],
            script,
            statuses,
            events,
        };
        for step in &steps {
            pair.step(step).await;
        }
        (statuses, events) = (pair.statuses, pair.events);
        if events >= events_min {
            return statuses;
        }
    }
    unreachable!("there are always more scripts")
}

#[tokio::test]
async fn naive_engine_equals_the_embedded_one() {
    let statuses = compare(Arc::new(UnreliableEngine::reliable()), 5_000).await;
    assert!(statuses.len() >= 35, "{statuses:?}");
    assert!(statuses["created"] >= 1_000, "{statuses:?}");
}
