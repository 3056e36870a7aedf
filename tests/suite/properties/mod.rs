//! The whole ledger against a naive ledger that shares no rule with it, by random scripts of all
//! operations.
//!
//! It runs 256 scripts, or `PROPTEST_CASES`. A failing script is shrunk and printed as lines of
//! JSON, which `ledgerlab apply --verify` replays.

pub(crate) mod generators;
mod history;
pub(crate) mod naive_ledger;
pub(crate) mod script;

use std::cell::RefCell;
use std::collections::BTreeMap;

use ledgerlab::ledger::{Cancellation, Ledger, LedgerConfig, Writer};
use ledgerlab::model::{AccountBalances, CreateAccountStatus, CreateTransferStatus};
use ledgerlab::model::{TransferAttempt, UserData};
use ledgerlab::trail::replay;
use ledgerlab::wire::{Operation, read};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use generators::scripts;
use naive_ledger::{NaiveLedger, NaiveOutcome, sums};
use script::{Script, Step};

/// The maximum number of operations of a script.
const STEPS_MAX: usize = 40;

/// How often each status was returned.
type Tally = BTreeMap<&'static str, u64>;

/// The ledger and the naive ledger, side by side.
struct Pair {
    writer: Writer,
    naive: NaiveLedger,
    /// The number of events, each of which leaves an entry.
    events: u64,
}

impl Pair {
    fn new() -> Self {
        let config =
            LedgerConfig { accounts_max: 64, trail_bytes: 4 << 20, ..LedgerConfig::default() };
        let (_, mut writers) = Ledger::with_writers(&config).expect("the configuration is sound");
        Self { writer: writers.remove(0), naive: NaiveLedger::default(), events: 0 }
    }

    fn step(&mut self, step: &Step, tally: &mut Tally) -> Result<(), TestCaseError> {
        let Self { writer, naive, .. } = self;
        let ledger = writer.ledger().clone();
        let line = step.line();
        match step {
            Step::CreateAccounts(batch) => {
                let done = writer.create_accounts(batch).expect("the trail has room");
                let found = done.iter().map(|one| (one.status.name(), one.timestamp)).collect();
                self.compare(found, |naive| naive.create_accounts(batch), &line, tally)?;
            }
            Step::CreateTransfers(batch) => {
                let done = writer.create_transfers_with(batch, &Cancellation::never());
                let done = done.expect("the trail has room");
                let found = done.iter().map(|one| (one.status.name(), one.timestamp)).collect();
                self.compare(found, |naive| naive.create_transfers(batch), &line, tally)?;
            }
            Step::Pay(requested) => {
                let one = writer.create_transfer(requested).expect("the trail has room");
                let found = vec![(one.status.name(), one.timestamp)];
                let mut transfer = *requested;
                transfer.id = ledger.trail().in_order().last().expect("it was written").entry.id;
                let batch = [TransferAttempt { transfer, ..TransferAttempt::default() }];
                self.compare(found, |naive| naive.create_transfers(&batch), &line, tally)?;
            }
            Step::LookupAccounts(ids) => {
                let expected = naive.lookup_accounts(ids);
                prop_assert_eq!(ledger.lookup_accounts(ids), expected, "{}", line);
            }
            Step::LookupTransfers(ids) => {
                let expected = naive.lookup_transfers(ids);
                prop_assert_eq!(ledger.lookup_transfers(ids), expected, "{}", line);
            }
            Step::GetAccountTransfers(filter) => {
                let expected = naive.get_account_transfers(filter);
                prop_assert_eq!(ledger.get_account_transfers(filter), expected, "{}", line);
            }
            Step::GetAccountBalances(filter) => {
                let expected = naive.get_account_balances(filter);
                let found: Vec<_> =
                    ledger.get_account_balances(filter).iter().map(balances).collect();
                prop_assert_eq!(found, expected, "{}", line);
            }
            Step::QueryAccounts(filter) => {
                let expected = naive.query_accounts(filter);
                prop_assert_eq!(ledger.query_accounts(filter), expected, "{}", line);
            }
            Step::QueryTransfers(filter) => {
                let expected = naive.query_transfers(filter);
                prop_assert_eq!(ledger.query_transfers(filter), expected, "{}", line);
            }
            Step::Tick(nanoseconds) => {
                let now = writer.time() + nanoseconds;
                writer.set_time(now).expect("the trail has room");
                naive.set_time(now);
            }
        }
        self.same_accounts(&line)
    }

    /// Compares results with those of the naive ledger.
    fn compare(
        &mut self,
        found: Vec<NaiveOutcome>,
        expected: impl FnOnce(&mut NaiveLedger) -> Vec<NaiveOutcome>,
        line: &str,
        tally: &mut Tally,
    ) -> Result<(), TestCaseError> {
        self.events += found.len() as u64;
        for (status, _) in &found {
            *tally.entry(status).or_default() += 1;
        }
        prop_assert_eq!(found, expected(&mut self.naive), "{}", line);
        Ok(())
    }

    fn same_accounts(&self, line: &str) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.writer.time(), self.naive.time(), "time after {}", line);
        let states = self.writer.ledger().accounts();
        let found: Vec<_> =
            states.map(|state| (state.to_account(UserData::default()), state.version)).collect();
        let expected = self.naive.accounts.iter().map(|(account, version)| {
            let mut account = *account;
            account.user_data = UserData::default();
            (account, *version)
        });
        prop_assert_eq!(found, expected.collect::<Vec<_>>(), "accounts after {}", line);
        Ok(())
    }

    /// Checks the final state.
    fn end(&self) -> Result<(), TestCaseError> {
        let ledger = self.writer.ledger();
        let ids: Vec<u128> = (0..200).chain([u128::MAX]).collect();
        let accounts = self.naive.lookup_accounts(&ids);
        prop_assert_eq!(ledger.lookup_accounts(&ids), &accounts[..]);
        prop_assert_eq!(ledger.lookup_transfers(&ids), self.naive.lookup_transfers(&ids));
        for ledger in [1, 2] {
            let own: Vec<_> =
                accounts.iter().filter(|one| one.ledger == ledger).map(sums).collect();
            let sum = |at: usize| own.iter().fold(0_u128, |sum, sums| sum.wrapping_add(sums[at]));
            prop_assert_eq!((sum(0), sum(1)), (sum(2), sum(3)), "debits and credits");
        }
        match replay::verify(ledger.trail(), ledger.accounts(), |_| {}) {
            Ok(replayed) => {
                prop_assert!(replayed >= self.events, "{} of {}", replayed, self.events);
                prop_assert_eq!(replayed, ledger.trail().entries());
                Ok(())
            }
            Err(divergence) => Err(TestCaseError::fail(format!("serial replay: {divergence}"))),
        }
    }
}

fn balances(row: &AccountBalances) -> (u64, [u128; 4]) {
    let sums = [row.debits_pending, row.debits_posted, row.credits_pending, row.credits_posted];
    (row.timestamp, sums)
}

fn run(Script(steps): &Script, tally: &mut Tally) -> Result<(), TestCaseError> {
    let mut pair = Pair::new();
    for step in steps {
        pair.step(step, tally)?;
    }
    pair.end()
}

#[test]
fn ledger_matches_the_naive_ledger() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = config.cases;
    let tally = RefCell::new(Tally::new());
    let mut runner = TestRunner::new(config);
    let result = runner.run(&scripts(STEPS_MAX), |script| run(&script, &mut tally.borrow_mut()));
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let tally = tally.into_inner();
    println!("{cases} scripts, {} events:", tally.values().sum::<u64>());
    for (status, events) in &tally {
        println!("{events:>9} {status}");
    }
    // Scripts that reach few statuses would prove little. Two statuses are set by the caller, never
    // by a script.
    let all = CreateTransferStatus::ALL.iter().map(|status| status.name());
    let all = all.chain(CreateAccountStatus::ALL.iter().map(|status| status.name()));
    let never: Vec<_> = all.filter(|name| !tally.contains_key(name)).collect();
    let allowed = match cases {
        0..256 => usize::MAX,
        256..10_000 => 20,
        _ => 2,
    };
    assert!(never.len() <= allowed, "never returned: {never:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The printed form of a failing script is the script.
    #[test]
    fn script_round_trips_through_its_lines(script in scripts(STEPS_MAX)) {
        for step in &script.0 {
            let line = step.line();
            let operation = read(&line).map_err(|bad| TestCaseError::fail(format!("{line}: {bad}")))?;
            let found = match operation {
                Operation::CreateAccounts(batch) => Step::CreateAccounts(batch.events),
                Operation::CreateTransfers(batch) if batch.unnamed == [0] => {
                    Step::Pay(batch.events[0].transfer)
                }
                Operation::CreateTransfers(batch) => Step::CreateTransfers(batch.events),
                Operation::LookupAccounts(ids) => Step::LookupAccounts(ids),
                Operation::LookupTransfers(ids) => Step::LookupTransfers(ids),
                Operation::GetAccountTransfers(filter) => Step::GetAccountTransfers(filter),
                Operation::GetAccountBalances(filter) => Step::GetAccountBalances(filter),
                Operation::QueryAccounts(filter) => Step::QueryAccounts(filter),
                Operation::QueryTransfers(filter) => Step::QueryTransfers(filter),
                Operation::Tick { nanoseconds } => Step::Tick(nanoseconds),
                other => panic!("{line} is {other:?}"),
            };
            prop_assert_eq!(&found, step, "{}", line);
        }
    }
}
