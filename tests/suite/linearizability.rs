//! Checks recorded histories of real threads for linearizability: stateright searches for an order
//! of the operations that respects real time and in which a bank of a few lines gives the same
//! results.
//!
//! Serial replay reads the trail, which the ledger itself wrote. This test uses only what callers
//! see.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use crate::common::{account, limited, open, pay, transfer};
use ledgerlab::ledger::{Ledger, LedgerConfig, Writer};
use ledgerlab::model::{CreateTransferStatus as T, Transfer};
use ledgerlab::scenarios::{Protocol, Random, open_ledger};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

const THREADS: usize = 4;

/// Operations of each thread.
const OPERATIONS: usize = 50;

/// The initial balance of every account but the first, from one payment.
const BEGINNING: i128 = 50;

/// Four accounts: their balances and versions. The first has no limit.
#[derive(Clone, Debug)]
struct Bank([(i128, u64); 4]);

#[derive(Clone, Copy, Debug)]
enum Operation {
    Pay { from: usize, to: usize, amount: u64 },
    Read { account: usize },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Response {
    Paid { status: T, versions: (u64, u64) },
    Has { balance: i128, version: u64 },
}

impl SequentialSpec for Bank {
    type Op = Operation;
    type Ret = Response;

    fn is_valid_step(&mut self, operation: &Operation, response: &Response) -> bool {
        let left = STEPS.get();
        if left == 0 {
            resume_unwind(Box::new("too many steps"));
        }
        STEPS.set(left - 1);
        self.invoke(operation) == *response
    }

    fn invoke(&mut self, operation: &Operation) -> Response {
        match *operation {
            Operation::Pay { from, to, amount } => {
                let amount = i128::from(amount);
                let covered = from == 0 || self.0[from].0 >= amount;
                if covered {
                    self.0[from] = (self.0[from].0 - amount, self.0[from].1 + 1);
                    self.0[to] = (self.0[to].0 + amount, self.0[to].1 + 1);
                }
                let status = if covered { T::Created } else { T::ExceedsCredits };
                Response::Paid { status, versions: (self.0[from].1, self.0[to].1) }
            }
            Operation::Read { account } => {
                let (balance, version) = self.0[account];
                Response::Has { balance, version }
            }
        }
    }
}

/// An operation and its result, between two readings of a shared counter.
#[derive(Clone, Copy, Debug)]
struct Done {
    thread: usize,
    called: u64,
    returned: u64,
    operation: Operation,
    response: Response,
}

fn draw(random: &mut Random) -> Operation {
    let account = random.below(4) as usize;
    if random.below(3) == 0 {
        return Operation::Read { account };
    }
    // The second account is hot.
    let other = if account == 1 { [0, 2, 3][random.below(3) as usize] } else { 1 };
    let (from, to) = if random.below(2) == 0 { (account, other) } else { (other, account) };
    Operation::Pay { from, to, amount: 1 + random.below(40) }
}

fn perform(ledger: &Ledger, writer: &mut Writer, operation: Operation) -> Response {
    let id = |account: usize| 1 + account as u128;
    match operation {
        Operation::Pay { from, to, amount } => {
            let plain = transfer(id(from), id(to), amount.into());
            // Half of them take the slow path by a caller-supplied id.
            let id = if amount % 2 == 0 { writer.new_id() } else { 0 };
            let payment = Transfer { id, ..plain };
            let outcome = writer.create_transfer(&payment);
            let outcome = outcome.expect("the trail has room");
            Response::Paid { status: outcome.status, versions: outcome.versions }
        }
        Operation::Read { account } => {
            let state = ledger.account(id(account)).expect("it is there");
            let balance = state.balance().expect("it is small");
            Response::Has { balance, version: state.version }
        }
    }
}

/// Yields now and then, so that operations overlap even on one processor.
fn maybe_give_way(random: &mut Random, one_of: u64) {
    if one_of > 0 && random.below(one_of) == 0 {
        std::thread::yield_now();
    }
}

/// Records what threads did at a bank under a protocol. Each chooses at random, and yields once per
/// this many operations.
fn history(protocol: Protocol, seed: u64, one_of: u64) -> Vec<Done> {
    let config = LedgerConfig { writers: THREADS, trail_bytes: 4 << 20, ..LedgerConfig::default() };
    let (ledger, mut writers) = open_ledger(&config, protocol).expect("the configuration is sound");
    open(&mut writers[0], &[account(1), limited(2), limited(3), limited(4)]);
    (2..=4).for_each(|id| pay(&mut writers[0], 1, id, BEGINNING as u128));
    let (count, barrier) = (AtomicU64::new(0), Barrier::new(THREADS));
    let mut history = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter_mut()
            .enumerate()
            .map(|(thread, writer)| {
                let (ledger, count, barrier) = (&ledger, &count, &barrier);
                scope.spawn(move || {
                    let mut random = Random::new(seed, thread as u64);
                    let mut done = Vec::with_capacity(OPERATIONS);
                    barrier.wait();
                    for _ in 0..OPERATIONS {
                        let operation = draw(&mut random);
                        let called = count.fetch_add(1, Ordering::SeqCst);
                        maybe_give_way(&mut random, one_of);
                        let response = perform(ledger, writer, operation);
                        maybe_give_way(&mut random, one_of);
                        let returned = count.fetch_add(1, Ordering::SeqCst);
                        done.push(Done { thread, called, returned, operation, response });
                    }
                    done
                })
            })
            .collect();
        for thread in threads {
            history.extend(thread.join().expect("it does not panic"));
        }
    });
    history
}

thread_local! {
    /// The steps that the tester has left.
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// The steps after which a history is undecided. The tester remembers no order that it tried, so
/// with many overlaps it might never end.
const STEPS_MAX: u64 = 20_000;

/// Returns whether a sequential bank gives the same results, or none if the search takes too many
/// steps.
fn is_linearizable(history: &[Done]) -> Option<bool> {
    let mut tester = LinearizabilityTester::new(Bank([
        (-3 * BEGINNING, 3),
        (BEGINNING, 1),
        (BEGINNING, 1),
        (BEGINNING, 1),
    ]));
    let calls = history.iter().map(|done| (done.called, done, false));
    let returns = history.iter().map(|done| (done.returned, done, true));
    let mut events: Vec<_> = calls.chain(returns).collect();
    events.sort_unstable_by_key(|(at, ..)| *at);
    for (_, done, is_return) in events {
        let recorded = if is_return {
            tester.on_return(done.thread, done.response)
        } else {
            tester.on_invoke(done.thread, done.operation)
        };
        recorded.expect("a thread does one thing after the other");
    }
    STEPS.set(STEPS_MAX);
    // The tester cannot be interrupted, so its bank unwinds.
    catch_unwind(AssertUnwindSafe(|| tester.is_consistent())).ok()
}

/// Returns the number of operations that overlap with another.
fn overlaps(history: &[Done]) -> usize {
    history.iter().filter(|done| done.returned > done.called + 1).count()
}

#[test]
fn correct_protocols_are_linearizable() {
    for protocol in [Protocol::OrderedLocks, Protocol::GlobalLock, Protocol::Optimistic] {
        let (mut accepted, mut overlapping) = (0, 0);
        for seed in 0..40 {
            let history = history(protocol, seed, 16);
            assert_eq!(history.len(), THREADS * OPERATIONS);
            match is_linearizable(&history) {
                Some(true) => accepted += 1,
                Some(false) => panic!("{protocol:?}, seed {seed} is refused: {history:?}"),
                None => continue,
            }
            overlapping += overlaps(&history);
        }
        println!("{protocol:?}: {accepted} histories, {overlapping} operations overlap");
        assert!(accepted >= 10, "{protocol:?}: only {accepted} histories were decided");
        assert!(overlapping >= 50, "{protocol:?}: only {overlapping} operations overlap");
    }
}

#[test]
fn no_locks_is_not_linearizable() {
    let refused = (0..10_000).find(|&seed| {
        let history = history(Protocol::NoLocks, seed, 16);
        is_linearizable(&history) == Some(false)
    });
    println!("refused: the history of seed {refused:?}");
    assert!(refused.is_some(), "no history was refused");
}

/// Tests the tester: a result that no bank gives is rejected at any position.
#[test]
fn wrong_result_is_not_linearizable() {
    let valid = history(Protocol::OrderedLocks, 1, 0);
    for index in (0..valid.len()).step_by(20) {
        let mut invalid = valid.clone();
        invalid[index].response = match invalid[index].response {
            Response::Paid { status, versions } => {
                Response::Paid { status, versions: (versions.0 + 200, versions.1) }
            }
            Response::Has { balance, version } => Response::Has { balance: balance + 1, version },
        };
        assert_ne!(is_linearizable(&invalid), Some(true), "place {index}");
    }
}

/// Readers take no latch. Of two accounts that change together, the one read later is not older.
#[test]
fn later_read_is_never_older() {
    let config = LedgerConfig { writers: 1, trail_bytes: 4 << 20, ..LedgerConfig::default() };
    for protocol in [Protocol::OrderedLocks, Protocol::GlobalLock, Protocol::Optimistic] {
        let (ledger, mut writers) =
            open_ledger(&config, protocol).expect("the configuration is sound");
        open(&mut writers[0], &[account(1), account(2)]);
        let (barrier, ledger) = (Barrier::new(3), Arc::clone(&ledger));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    barrier.wait();
                    loop {
                        // The second account is read later, so its version is at least as high.
                        let [first, second] =
                            [1, 2].map(|id| ledger.account(id).expect("it is there").version);
                        assert!(first <= second, "{protocol:?}: {first} before {second}");
                        if first == 20_000 {
                            break;
                        }
                    }
                });
            }
            barrier.wait();
            for _ in 0..20_000 {
                pay(&mut writers[0], 2, 1, 1);
            }
        });
    }
}
