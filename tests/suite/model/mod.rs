//! The model's rules: a row per status, and examples of interactions.
//!
//! Every row runs on the ledger for one thread and on the shared ledger. `tests/oracle` tests the
//! same two with TigerBeetle's tables; these rows are part of the project.

mod accounts;
mod interactions;
mod precedence;
mod stateful_statuses;
#[allow(dead_code, reason = "the oracle asks it for more")]
#[path = "../../oracle/subject.rs"]
mod subject;
mod transfers;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::common;
use ledgerlab::ledger::{Cancellation, Clock};
use ledgerlab::model::{Account, AccountFlags as AF, CreateAccountStatus as A};
use ledgerlab::model::{CreateTransferStatus as T, ExpectedVersions, SerialLedger};
use ledgerlab::model::{TIMESTAMP_MAX, Transfer, TransferAttempt, TransferFlags as F, UserData};
use subject::{Subject, sums};

const MAX: u128 = u128::MAX;
const SECOND: u64 = 1_000_000_000;

/// One of the two ledgers, with accounts: 1 to 3 are unlimited, 4 has a debit limit, 5 a credit
/// limit, 6 another ledger, 7 a history of balances.
struct Bank {
    subject: Box<dyn Subject>,
    name: &'static str,
}

fn banks() -> [Bank; 2] {
    let serial: Box<dyn Subject> = Box::new(SerialLedger::default());
    let shared: Box<dyn Subject> = Box::new(common::ledger(1).1.remove(0));
    [("serial ledger", serial), ("shared ledger", shared)].map(|(name, subject)| {
        let mut bank = Bank { subject, name };
        let limited = |id, flags| Account { flags, ..common::account(id) };
        bank.open(&[
            common::account(1),
            common::account(2),
            common::account(3),
            limited(4, AF::DEBITS_MUST_NOT_EXCEED_CREDITS),
            limited(5, AF::CREDITS_MUST_NOT_EXCEED_DEBITS),
            Account { ledger: 2, ..common::account(6) },
            limited(7, AF::HISTORY),
        ]);
        bank
    })
}

impl Bank {
    fn open(&mut self, batch: &[Account]) {
        for (status, _) in self.subject.create_accounts(batch) {
            assert_eq!(status, "created");
        }
    }

    fn batch(&mut self, batch: &[Transfer]) -> Vec<(&'static str, u64)> {
        let attempts: Vec<_> = batch.iter().map(|transfer| attempt(*transfer)).collect();
        self.subject.create_transfers(&attempts)
    }

    fn statuses(&mut self, batch: &[Transfer]) -> Vec<&'static str> {
        self.batch(batch).into_iter().map(|(status, _)| status).collect()
    }

    fn one(&mut self, transfer: Transfer) -> &'static str {
        self.statuses(&[transfer])[0]
    }

    /// Executes one transfer, which must succeed.
    fn done(&mut self, transfer: Transfer) {
        assert_eq!(self.one(transfer), "created", "{}: {transfer:?}", self.name);
    }

    fn sums(&self, id: u128) -> [u128; 4] {
        sums(&self.subject.lookup_accounts(&[id])[0])
    }

    fn is_closed(&self, id: u128) -> bool {
        self.subject.lookup_accounts(&[id])[0].flags.contains(AF::CLOSED)
    }

    fn found(&self, id: u128) -> Transfer {
        self.subject.lookup_transfers(&[id])[0]
    }

    fn everything(&self) -> Vec<Account> {
        self.subject.lookup_accounts(&(1..200).collect::<Vec<_>>())
    }
}

fn attempt(transfer: Transfer) -> TransferAttempt {
    TransferAttempt { transfer, ..TransferAttempt::default() }
}

fn pay(id: u128, from: u128, to: u128, amount: u128) -> Transfer {
    Transfer { id, ..common::transfer(from, to, amount) }
}

fn hold(id: u128, from: u128, to: u128, amount: u128) -> Transfer {
    Transfer { flags: F::PENDING, ..pay(id, from, to, amount) }
}

fn post(id: u128, pending_id: u128, amount: u128) -> Transfer {
    Transfer { id, pending_id, amount, flags: F::POST_PENDING_TRANSFER, ..Transfer::default() }
}

fn void(id: u128, pending_id: u128) -> Transfer {
    Transfer { id, pending_id, flags: F::VOID_PENDING_TRANSFER, ..Transfer::default() }
}

fn with(flags: F, transfer: Transfer) -> Transfer {
    Transfer { flags: transfer.flags | flags, ..transfer }
}

fn imported(timestamp: u64, transfer: Transfer) -> Transfer {
    with(F::IMPORTED, Transfer { timestamp, ..transfer })
}

fn data(user_data_128: u128, user_data_64: u64, user_data_32: u32) -> UserData {
    UserData { user_data_128, user_data_64, user_data_32 }
}

/// A status and a timestamp per event.
type Answers = Vec<(&'static str, u64)>;

/// A row: the setup, the batch, and the status of the event at one position.
struct Row<S, E> {
    status: S,
    words: &'static str,
    before: fn(&mut Bank),
    batch: Vec<E>,
    at: usize,
}

fn nothing(_: &mut Bank) {}

/// Returns a row about one event.
fn row<S, E>(status: S, words: &'static str, before: fn(&mut Bank), event: E) -> Row<S, E> {
    Row { status, words, before, batch: vec![event], at: 0 }
}

/// Runs all rows on both ledgers. Checks the status, that a rejection changes nothing, and that
/// replay agrees.
fn check_rows<S: Copy + PartialEq + std::fmt::Display, E>(
    rows: Vec<Row<S, E>>,
    elsewhere: &[S],
    all: &[S],
    create: fn(&mut Bank, &[E]) -> Answers,
) {
    for row in &rows {
        let answers = banks().map(|mut bank| {
            (row.before)(&mut bank);
            let before = bank.everything();
            let outcomes = create(&mut bank, &row.batch);
            let (name, words) = (bank.name, row.words);
            assert_eq!(outcomes[row.at].0, row.status.to_string(), "{words}, {name}");
            if outcomes.iter().all(|(status, _)| *status != "created") {
                assert_eq!(bank.everything(), before, "{words}, {name}: something changed");
            }
            bank.subject.verify().unwrap_or_else(|why| panic!("{words}, {name}: {why}"));
            outcomes.into_iter().map(|(status, _)| status).collect::<Vec<_>>()
        });
        assert_eq!(answers[0], answers[1], "{}: the ledgers differ", row.words);
    }
    for status in all {
        let rows = rows.iter().filter(|row| row.status == *status).count();
        assert!(rows > 0 || elsewhere.contains(status), "{status} has no row");
    }
}
