//! The model by tables, one row per status in its own words, and by examples of what the rules say together.
//!
//! Every row is judged on the book for one thread and on the book that many threads share. `tests/oracle` judges the same
//! two by the reference's own tables; these travel with the project.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::type_complexity, reason = "tables of functions")]
#![allow(unreachable_pub, reason = "a part of it is shared with another test")]

mod common;
#[allow(dead_code, reason = "the oracle asks it for more")]
#[path = "oracle/subject.rs"]
mod subject;

use std::sync::atomic::{AtomicU64, Ordering};

use ledgerlab::book::{Clock, Interrupt};
use ledgerlab::model::{Account, AccountFlags as AF, CreateAccountStatus as A};
use ledgerlab::model::{CreateTransferStatus as T, ExpectedVersions, SerialBook};
use ledgerlab::model::{TIMESTAMP_MAX, Transfer, TransferAttempt, TransferFlags as F, UserData};
use subject::{Subject, sums};

const MAX: u128 = u128::MAX;
const SECOND: u64 = 1_000_000_000;

/// One of the two books, with accounts: 1 to 3 owe as they like, 4 cannot owe, 5 can only owe, 6 has another currency,
/// 7 keeps its balances over time.
struct Bank {
    subject: Box<dyn Subject>,
    name: &'static str,
}

fn banks() -> [Bank; 2] {
    let serial: Box<dyn Subject> = Box::new(SerialBook::default());
    let shared: Box<dyn Subject> = Box::new(common::book(1).1.remove(0));
    [("serial book", serial), ("shared book", shared)].map(|(name, subject)| {
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

    /// Carries out one transfer that must succeed.
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

/// A row: what came before, what is asked for, and what becomes of the event at a place of it.
struct Row<S, E> {
    status: S,
    words: &'static str,
    before: fn(&mut Bank),
    batch: Vec<E>,
    at: usize,
}

fn nothing(_: &mut Bank) {}

/// A row about one event.
fn row<S, E>(status: S, words: &'static str, before: fn(&mut Bank), event: E) -> Row<S, E> {
    Row { status, words, before, batch: vec![event], at: 0 }
}

/// Judges all rows on both books: the status, that a refusal changes nothing, and that a replay agrees.
fn judge<S: Copy + PartialEq + std::fmt::Display, E>(
    rows: Vec<Row<S, E>>,
    elsewhere: &[S],
    all: &[S],
    create: fn(&mut Bank, &[E]) -> Vec<(&'static str, u64)>,
) {
    for row in &rows {
        let answers = banks().map(|mut bank| {
            (row.before)(&mut bank);
            let before = bank.everything();
            let answer = create(&mut bank, &row.batch);
            let (name, words) = (bank.name, row.words);
            assert_eq!(answer[row.at].0, row.status.to_string(), "{words}, {name}");
            if answer.iter().all(|(status, _)| *status != "created") {
                assert_eq!(bank.everything(), before, "{words}, {name}: something changed");
            }
            bank.subject.verify().unwrap_or_else(|why| panic!("{words}, {name}: {why}"));
            answer.into_iter().map(|(status, _)| status).collect::<Vec<_>>()
        });
        assert_eq!(answers[0], answers[1], "{}: the books differ", row.words);
    }
    for status in all {
        let rows = rows.iter().filter(|row| row.status == *status).count();
        assert!(rows > 0 || elsewhere.contains(status), "{status} has no row");
    }
}

#[test]
fn accounts_by_status() {
    let new = common::account(9);
    let flagged = |flags| Account { flags, ..new };
    let dated = |timestamp| Account { timestamp, ..flagged(AF::IMPORTED) };
    let there = Account { user_data: data(7, 8, 9), ..new };
    let open: fn(&mut Bank) = |bank| {
        bank.open(&[Account { user_data: data(7, 8, 9), ..common::account(9) }]);
    };
    let later: fn(&mut Bank) = |bank| bank.subject.set_time(1_000);
    let plain = |status, words, account| row(status, words, nothing, account);
    let again = |status, words, account| row(status, words, open, account);
    let mut rows = vec![
        plain(A::Created, "a new account", new),
        plain(A::Created, "one that begins closed", flagged(AF::CLOSED)),
        plain(A::TimestampMustBeZero, "with a time of its own", Account { timestamp: 1, ..new }),
        row(A::Created, "from the past", later, dated(500)),
        row(A::ImportedEventTimestampOutOfRange, "from no time at all", later, dated(0)),
        row(A::ImportedEventTimestampOutOfRange, "after the end of time", later, dated(1 << 63)),
        row(
            A::ImportedEventTimestampMustNotAdvance,
            "from the future",
            later,
            dated(TIMESTAMP_MAX),
        ),
        row(A::ImportedEventTimestampMustNotAdvance, "from this moment", later, dated(1_001)),
        plain(A::ReservedField, "a field that is not there yet", Account { reserved: 1, ..new }),
        plain(A::ReservedFlag, "a flag that is not there", flagged(AF::from_bits_retain(1 << 6))),
        plain(A::IdMustNotBeZero, "without an id", Account { id: 0, ..new }),
        plain(A::IdMustNotBeIntMax, "of the greatest id", Account { id: MAX, ..new }),
        again(A::Exists, "the same again", there),
        again(A::ExistsWithDifferentFlags, "other flags", Account { flags: AF::HISTORY, ..there }),
        again(
            A::ExistsWithDifferentUserData128,
            "for another order",
            Account { user_data: data(6, 8, 9), ..there },
        ),
        again(
            A::ExistsWithDifferentUserData64,
            "of another time",
            Account { user_data: data(7, 7, 9), ..there },
        ),
        again(
            A::ExistsWithDifferentUserData32,
            "of another place",
            Account { user_data: data(7, 8, 8), ..there },
        ),
        again(A::ExistsWithDifferentLedger, "of another currency", Account { ledger: 2, ..there }),
        again(A::ExistsWithDifferentCode, "of another kind", Account { code: 2, ..there }),
        plain(
            A::FlagsAreMutuallyExclusive,
            "that can neither owe nor have",
            flagged(AF::DEBITS_MUST_NOT_EXCEED_CREDITS | AF::CREDITS_MUST_NOT_EXCEED_DEBITS),
        ),
        plain(A::DebitsPendingMustBeZero, "debits held", Account { debits_pending: 1, ..new }),
        plain(A::DebitsPostedMustBeZero, "debits", Account { debits_posted: 1, ..new }),
        plain(A::CreditsPendingMustBeZero, "credits held", Account { credits_pending: 1, ..new }),
        plain(A::CreditsPostedMustBeZero, "credits", Account { credits_posted: 1, ..new }),
        plain(A::LedgerMustNotBeZero, "of no currency", Account { ledger: 0, ..new }),
        plain(A::CodeMustNotBeZero, "of no kind", Account { code: 0, ..new }),
        row(A::ImportedEventTimestampMustNotRegress, "before the last one", later, dated(7)),
        row(
            A::ImportedEventTimestampMustNotRegress,
            "at the time of a transfer",
            |bank| {
                bank.done(pay(1, 1, 2, 5));
                bank.subject.set_time(1_000);
            },
            dated(8),
        ),
    ];
    let linked = |account: Account| Account { flags: account.flags | AF::LINKED, ..account };
    let chain = |status, words, batch, at| Row { status, words, before: nothing, batch, at };
    let wrong = Account { id: 0, ..new };
    rows.push(chain(A::LinkedEventFailed, "linked to a wrong one", vec![linked(new), wrong], 0));
    rows.push(chain(A::LinkedEventFailed, "a wrong one goes before", vec![linked(wrong), new], 1));
    rows.push(chain(A::LinkedEventChainOpen, "linked to nothing", vec![linked(new)], 0));
    rows.push(Row {
        before: later,
        ..chain(A::ImportedEventExpected, "among imports", vec![dated(500), common::account(10)], 1)
    });
    rows.push(Row {
        before: later,
        ..chain(A::ImportedEventNotExpected, "an import", vec![common::account(10), dated(500)], 1)
    });
    judge(rows, &[], A::ALL, |bank, batch| bank.subject.create_accounts(batch));
}

/// Rows of transfers that depend on nothing that came before.
fn rows_of_transfers_alone() -> Vec<Row<T, TransferAttempt>> {
    let five = pay(9, 1, 2, 5);
    let posts = post(9, 8, 5);
    let plain = |status, words, transfer| row(status, words, nothing, attempt(transfer));
    let later: fn(&mut Bank) = |bank| bank.subject.set_time(1_000);
    let dated =
        |status, words, timestamp| row(status, words, later, attempt(imported(timestamp, five)));
    let to = |status, words, from, to| plain(status, words, pay(9, from, to, 5));
    vec![
        plain(T::Created, "a payment", five),
        plain(T::Created, "a payment of nothing", pay(9, 1, 2, 0)),
        plain(T::Created, "a payment of all there is", pay(9, 1, 2, MAX)),
        plain(T::TimestampMustBeZero, "with a time of its own", Transfer { timestamp: 1, ..five }),
        dated(T::Created, "from the past", 500),
        dated(T::ImportedEventTimestampOutOfRange, "from no time at all", 0),
        dated(T::ImportedEventTimestampOutOfRange, "after the end of time", 1 << 63),
        dated(T::ImportedEventTimestampMustNotAdvance, "from this moment", 1_001),
        plain(T::ReservedFlag, "a flag that is not there", with(F::from_bits_retain(1 << 9), five)),
        plain(T::IdMustNotBeZero, "without an id", pay(0, 1, 2, 5)),
        plain(T::IdMustNotBeIntMax, "of the greatest id", pay(MAX, 1, 2, 5)),
        plain(
            T::FlagsAreMutuallyExclusive,
            "both posted and voided",
            with(F::VOID_PENDING_TRANSFER, posts),
        ),
        plain(T::FlagsAreMutuallyExclusive, "posted and held", with(F::PENDING, posts)),
        plain(T::FlagsAreMutuallyExclusive, "posted to balance", with(F::BALANCING_DEBIT, posts)),
        plain(T::FlagsAreMutuallyExclusive, "posted to close", with(F::CLOSING_CREDIT, posts)),
        to(T::DebitAccountIdMustNotBeZero, "from 0", 0, 2),
        to(T::DebitAccountIdMustNotBeIntMax, "from the greatest id", MAX, 2),
        to(T::CreditAccountIdMustNotBeZero, "to 0", 1, 0),
        to(T::CreditAccountIdMustNotBeIntMax, "to the greatest id", 1, MAX),
        to(T::AccountsMustBeDifferent, "to oneself", 1, 1),
        to(T::AccountsMustBeDifferent, "to oneself who is nobody", 99, 99),
        plain(T::PendingIdMustBeZero, "a payment of a hold", Transfer { pending_id: 8, ..five }),
        plain(T::PendingIdMustNotBeZero, "a post of nothing", post(9, 0, 5)),
        plain(T::PendingIdMustNotBeIntMax, "a post of the greatest id", post(9, MAX, 5)),
        plain(T::PendingIdMustBeDifferent, "a post of itself", post(9, 9, 5)),
        plain(
            T::TimeoutReservedForPendingTransfer,
            "a payment that expires",
            Transfer { timeout: 1, ..five },
        ),
        plain(
            T::TimeoutReservedForPendingTransfer,
            "a post that expires",
            Transfer { timeout: 1, ..posts },
        ),
        plain(T::ClosingTransferMustBePending, "closing at once", with(F::CLOSING_DEBIT, five)),
        plain(T::LedgerMustNotBeZero, "of no currency", Transfer { ledger: 0, ..five }),
        plain(T::CodeMustNotBeZero, "of no kind", Transfer { code: 0, ..five }),
        to(T::DebitAccountNotFound, "from nobody", 99, 2),
        to(T::DebitAccountNotFound, "from nobody to nobody", 99, 98),
        to(T::CreditAccountNotFound, "to nobody", 1, 99),
        to(T::AccountsMustHaveTheSameLedger, "from one currency to another", 1, 6),
        plain(
            T::TransferMustHaveTheSameLedgerAsAccounts,
            "of a third currency",
            Transfer { ledger: 3, ..five },
        ),
        plain(T::PendingTransferNotFound, "a post of what is not there", posts),
        row(
            T::OverflowsTimeout,
            "a hold beyond the end of time",
            |bank| bank.subject.set_time(TIMESTAMP_MAX - 10 * SECOND),
            attempt(Transfer { timeout: 10, ..hold(9, 1, 2, 5) }),
        ),
        row(
            T::Created,
            "a hold to the end of time",
            |bank| bank.subject.set_time(TIMESTAMP_MAX - 10 * SECOND - 1),
            attempt(Transfer { timeout: 10, ..hold(9, 1, 2, 5) }),
        ),
        to(T::ExceedsCredits, "of what one does not have", 4, 2),
        to(T::ExceedsDebits, "of what one does not owe", 1, 5),
    ]
}

/// Rows about an id that was used before.
fn rows_of_retries() -> Vec<Row<T, TransferAttempt>> {
    fn first() -> Transfer {
        let timed = Transfer { timeout: 10, ..hold(9, 1, 2, 5) };
        Transfer { user_data: data(7, 8, 9), ..timed }
    }
    let again =
        |status, words, transfer| row(status, words, |bank| bank.done(first()), attempt(transfer));
    vec![
        again(T::Exists, "the same again", first()),
        again(T::ExistsWithDifferentFlags, "not held", with(F::LINKED, first())),
        again(T::ExistsWithDifferentTimeout, "held longer", Transfer { timeout: 11, ..first() }),
        again(
            T::ExistsWithDifferentDebitAccountId,
            "from another",
            Transfer { debit_account_id: 3, ..first() },
        ),
        again(
            T::ExistsWithDifferentCreditAccountId,
            "to another",
            Transfer { credit_account_id: 3, ..first() },
        ),
        again(T::ExistsWithDifferentAmount, "of more", Transfer { amount: 6, ..first() }),
        again(
            T::ExistsWithDifferentUserData128,
            "for another order",
            Transfer { user_data: data(6, 8, 9), ..first() },
        ),
        again(
            T::ExistsWithDifferentUserData64,
            "of another time",
            Transfer { user_data: data(7, 7, 9), ..first() },
        ),
        again(
            T::ExistsWithDifferentUserData32,
            "of another place",
            Transfer { user_data: data(7, 8, 8), ..first() },
        ),
        again(
            T::ExistsWithDifferentLedger,
            "of another currency",
            Transfer { ledger: 2, ..first() },
        ),
        again(T::ExistsWithDifferentCode, "of another kind", Transfer { code: 2, ..first() }),
        row(
            T::ExistsWithDifferentPendingId,
            "of another hold",
            |bank| {
                bank.done(hold(8, 1, 2, 5));
                bank.done(post(9, 8, 5));
            },
            attempt(post(9, 7, 5)),
        ),
        row(
            T::IdAlreadyFailed,
            "an id that failed",
            |bank| {
                assert_eq!(bank.one(pay(9, 4, 1, 5)), "exceeds_credits");
                bank.done(pay(8, 1, 4, 5));
            },
            attempt(pay(9, 4, 1, 5)),
        ),
    ]
    .into_iter()
    .map(|row: Row<T, TransferAttempt>| {
        // The one whose flags differ is followed by another, so that it is not an open chain.
        let mut row = row;
        if row.status == T::ExistsWithDifferentFlags {
            row.batch.push(attempt(pay(10, 1, 2, 5)));
        }
        row
    })
    .collect()
}

/// Rows about what pending transfers, closed accounts, imports and great sums leave behind.
fn rows_of_what_came_before() -> Vec<Row<T, TransferAttempt>> {
    let after = |status, words, before: fn(&mut Bank), transfer| {
        row(status, words, before, attempt(transfer))
    };
    let held: fn(&mut Bank) = |bank| bank.done(Transfer { timeout: 1, ..hold(8, 1, 2, 5) });
    let on = |status, words, transfer| after(status, words, held, transfer);
    let resolved = |status, words, before| after(status, words, before, post(9, 8, 5));
    vec![
        after(
            T::PendingTransferNotPending,
            "a post of a payment",
            |bank| bank.done(pay(8, 1, 2, 5)),
            post(9, 8, 5),
        ),
        on(
            T::PendingTransferHasDifferentDebitAccountId,
            "a post from another",
            Transfer { debit_account_id: 3, ..post(9, 8, 5) },
        ),
        on(
            T::PendingTransferHasDifferentCreditAccountId,
            "a post to another",
            Transfer { credit_account_id: 3, ..post(9, 8, 5) },
        ),
        on(
            T::PendingTransferHasDifferentLedger,
            "a post in another currency",
            Transfer { ledger: 2, ..post(9, 8, 5) },
        ),
        on(
            T::PendingTransferHasDifferentCode,
            "a post of another kind",
            Transfer { code: 2, ..post(9, 8, 5) },
        ),
        on(T::ExceedsPendingTransferAmount, "a post of more", post(9, 8, 6)),
        on(
            T::PendingTransferHasDifferentAmount,
            "a void of a part",
            Transfer { amount: 4, ..void(9, 8) },
        ),
        resolved(T::PendingTransferAlreadyPosted, "a second post", |bank| {
            bank.done(hold(8, 1, 2, 5));
            bank.done(post(10, 8, 1));
        }),
        resolved(T::PendingTransferAlreadyVoided, "a post after a void", |bank| {
            bank.done(hold(8, 1, 2, 5));
            bank.done(void(10, 8));
        }),
        resolved(T::PendingTransferExpired, "a post that comes late", |bank| {
            bank.done(Transfer { timeout: 1, ..hold(8, 1, 2, 5) });
            bank.subject.set_time(bank.subject.time() + SECOND);
        }),
        after(
            T::ImportedEventTimestampMustNotRegress,
            "before the last import",
            |bank| {
                bank.subject.set_time(1_000);
                bank.done(imported(500, pay(8, 1, 2, 5)));
            },
            imported(500, pay(9, 1, 2, 5)),
        ),
        after(
            T::ImportedEventTimestampMustNotRegress,
            "at the time of an account",
            |bank| bank.subject.set_time(1_000),
            imported(7, pay(9, 1, 2, 5)),
        ),
        after(
            T::ImportedEventTimestampMustPostdateDebitAccount,
            "older than its debit account",
            |bank| {
                bank.subject.set_time(1_000);
                bank.open(&[common::account(8)]);
            },
            imported(900, pay(9, 8, 2, 5)),
        ),
        after(
            T::ImportedEventTimestampMustPostdateCreditAccount,
            "older than its credit account",
            |bank| {
                bank.subject.set_time(1_000);
                bank.open(&[common::account(8)]);
            },
            imported(900, pay(9, 2, 8, 5)),
        ),
        after(
            T::ImportedEventTimeoutMustBeZero,
            "an import that expires",
            |bank| bank.subject.set_time(1_000),
            imported(500, Transfer { timeout: 1, ..hold(9, 1, 2, 5) }),
        ),
        after(
            T::DebitAccountAlreadyClosed,
            "from a closed account",
            |bank| bank.done(with(F::CLOSING_DEBIT, hold(8, 1, 2, 0))),
            pay(9, 1, 2, 5),
        ),
        after(
            T::CreditAccountAlreadyClosed,
            "to a closed account",
            |bank| bank.done(with(F::CLOSING_CREDIT, hold(8, 1, 2, 0))),
            pay(9, 1, 2, 5),
        ),
        after(
            T::OverflowsDebitsPending,
            "holds beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            hold(9, 1, 3, 1),
        ),
        after(
            T::OverflowsCreditsPending,
            "holds for one beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            hold(9, 3, 2, 1),
        ),
        after(
            T::OverflowsDebitsPosted,
            "debits beyond the greatest sum",
            |bank| bank.done(pay(8, 1, 2, MAX)),
            pay(9, 1, 3, 1),
        ),
        after(
            T::OverflowsCreditsPosted,
            "credits beyond the greatest sum",
            |bank| bank.done(pay(8, 1, 2, MAX)),
            pay(9, 3, 2, 1),
        ),
        after(
            T::OverflowsDebits,
            "debits and holds beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            pay(9, 1, 3, 1),
        ),
        after(
            T::OverflowsCredits,
            "credits and holds beyond the greatest sum",
            |bank| bank.done(hold(8, 1, 2, MAX)),
            pay(9, 3, 2, 1),
        ),
        after(
            T::ExceedsCredits,
            "of what one has, but is held",
            |bank| {
                bank.done(pay(7, 1, 4, 100));
                bank.done(hold(8, 4, 2, 60));
            },
            pay(9, 4, 2, 41),
        ),
        after(
            T::ExceedsCredits,
            "of what one is only to get",
            |bank| bank.done(hold(8, 1, 4, 100)),
            pay(9, 4, 2, 1),
        ),
    ]
}

/// Rows about versions and about the place in a batch.
fn rows_of_batches() -> Vec<Row<T, TransferAttempt>> {
    let expecting = |debit, credit| TransferAttempt {
        transfer: pay(9, 1, 2, 5),
        versions: ExpectedVersions { debit, credit },
    };
    let moved: fn(&mut Bank) = |bank| bank.done(pay(8, 1, 3, 5));
    let chain = |status, words, batch: [Transfer; 2], at| Row {
        status,
        words,
        before: |bank: &mut Bank| bank.subject.set_time(1_000),
        batch: batch.map(attempt).to_vec(),
        at,
    };
    let (five, wrong) = (pay(9, 1, 2, 5), pay(10, 4, 2, 5));
    let six = pay(11, 1, 2, 6);
    vec![
        row(T::Created, "seen as it is", moved, expecting(Some(1), Some(0))),
        row(T::DebitAccountVersionMismatch, "seen too early", moved, expecting(Some(0), Some(0))),
        row(T::CreditAccountVersionMismatch, "seen too late", moved, expecting(Some(1), Some(1))),
        chain(T::LinkedEventFailed, "linked to a wrong one", [with(F::LINKED, five), wrong], 0),
        chain(T::LinkedEventFailed, "a wrong one goes before", [with(F::LINKED, wrong), five], 1),
        chain(T::LinkedEventChainOpen, "linked to nothing", [five, with(F::LINKED, six)], 1),
        chain(T::ImportedEventExpected, "among imports", [imported(500, five), six], 1),
        chain(T::ImportedEventNotExpected, "an import", [five, imported(500, six)], 1),
    ]
}

#[test]
fn transfers_by_status() {
    let mut rows = rows_of_transfers_alone();
    rows.extend(rows_of_retries());
    rows.extend(rows_of_what_came_before());
    rows.extend(rows_of_batches());
    // These two come from outside; the next test has their rows.
    let interruptions = [T::Cancelled, T::DeadlineExceeded];
    judge(rows, &interruptions, T::ALL, |bank, batch| bank.subject.create_transfers(batch));
    assert_eq!((A::ALL.len(), T::ALL.len()), (27, 72));
}

/// A clock that is past every deadline.
struct Late;

impl Clock for Late {
    fn now_ns(&self) -> u64 {
        u64::MAX
    }
}

/// An attempt is taken back whatever it asks for, and is late only where it must wait.
#[test]
fn interruptions_by_status() {
    let (book, mut writers) = common::book(2);
    common::open(&mut writers[0], &[common::account(1), common::account(2)]);
    let raised = AtomicU64::new(1);
    let cancelled = Interrupt::never().cancelled_by(&raised);
    let late = Interrupt::never().late_after(&Late, 0);
    let mut one = |transfer: Transfer, interrupt: &Interrupt<'_>| {
        let before = book.account(1);
        let outcome = writers[0].create_transfer(&transfer, interrupt).expect("there is room");
        assert!(outcome.status == T::Created || book.account(1) == before);
        outcome.status
    };
    for asked in [pay(0, 1, 2, 5), pay(9, 1, 2, 5), pay(0, 1, 1, 5), pay(0, 98, 99, 5)] {
        assert_eq!(one(asked, &cancelled), T::Cancelled, "{asked:?}");
    }
    assert_eq!(one(pay(9, 1, 2, 5), &late), T::Created, "an id that was taken back is not burnt");
    assert_eq!(one(pay(0, 1, 2, 5), &late), T::Created, "nobody had to wait");

    let (late_writer, busy_writer) = writers.split_at_mut(1);
    let done = AtomicU64::new(0);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while done.load(Ordering::Relaxed) == 0 && busy_writer[0].entries() < 4_000_000 {
                let paid = busy_writer[0].create_transfer(&pay(0, 1, 2, 1), &Interrupt::never());
                assert_eq!(paid.expect("there is room").status, T::Created);
            }
        });
        let mut seen = false;
        for _ in 0..4_000_000 {
            let outcome = late_writer[0].create_transfer(&pay(0, 1, 2, 1), &late);
            seen = outcome.expect("there is room").status == T::DeadlineExceeded;
            if seen {
                break;
            }
        }
        done.store(1, Ordering::Relaxed);
        assert!(seen, "it never met the other one");
    });
    let verdict = ledgerlab::trail::Referee::judge(book.trail(), book.accounts(), |_| {});
    assert_eq!(verdict, Ok(book.trail().entries()));
}

/// What is wrong in every way is told its faults one after the other, in the order of the statuses.
#[test]
fn faults_are_told_in_their_order() {
    for mut bank in banks() {
        let mut account = Account {
            id: 0,
            debits_pending: 1,
            debits_posted: 1,
            credits_pending: 1,
            credits_posted: 1,
            reserved: 1,
            ledger: 0,
            code: 0,
            flags: AF::from_bits_retain(1 << 7)
                | AF::DEBITS_MUST_NOT_EXCEED_CREDITS
                | AF::CREDITS_MUST_NOT_EXCEED_DEBITS,
            timestamp: 1,
            ..Account::default()
        };
        let mends: [(A, fn(&mut Account)); 12] = [
            (A::TimestampMustBeZero, |account| account.timestamp = 0),
            (A::ReservedField, |account| account.reserved = 0),
            (A::ReservedFlag, |account| account.flags &= AF::all()),
            (A::IdMustNotBeZero, |account| account.id = MAX),
            (A::IdMustNotBeIntMax, |account| account.id = 100),
            (A::FlagsAreMutuallyExclusive, |account| account.flags = AF::empty()),
            (A::DebitsPendingMustBeZero, |account| account.debits_pending = 0),
            (A::DebitsPostedMustBeZero, |account| account.debits_posted = 0),
            (A::CreditsPendingMustBeZero, |account| account.credits_pending = 0),
            (A::CreditsPostedMustBeZero, |account| account.credits_posted = 0),
            (A::LedgerMustNotBeZero, |account| account.ledger = 1),
            (A::CodeMustNotBeZero, |account| account.code = 1),
        ];
        assert!(mends.is_sorted_by_key(|(status, _)| *status));
        for (status, mend) in mends {
            assert_eq!(bank.subject.create_accounts(&[account])[0].0, status.name());
            mend(&mut account);
        }
        assert_eq!(bank.subject.create_accounts(&[account])[0].0, "created");

        let mut transfer = Transfer {
            pending_id: 1,
            timeout: 1,
            flags: F::from_bits_retain(1 << 15) | F::CLOSING_DEBIT,
            timestamp: 1,
            amount: 5,
            ..Transfer::default()
        };
        let mends: [(T, fn(&mut Transfer)); 18] = [
            (T::TimestampMustBeZero, |transfer| transfer.timestamp = 0),
            (T::ReservedFlag, |transfer| transfer.flags &= F::all()),
            (T::IdMustNotBeZero, |transfer| transfer.id = MAX),
            (T::IdMustNotBeIntMax, |transfer| transfer.id = 100),
            (T::DebitAccountIdMustNotBeZero, |transfer| transfer.debit_account_id = MAX),
            (T::DebitAccountIdMustNotBeIntMax, |transfer| transfer.debit_account_id = 99),
            (T::CreditAccountIdMustNotBeZero, |transfer| transfer.credit_account_id = MAX),
            (T::CreditAccountIdMustNotBeIntMax, |transfer| transfer.credit_account_id = 99),
            (T::AccountsMustBeDifferent, |transfer| transfer.credit_account_id = 98),
            (T::PendingIdMustBeZero, |transfer| transfer.pending_id = 0),
            (T::TimeoutReservedForPendingTransfer, |transfer| transfer.timeout = 0),
            (T::ClosingTransferMustBePending, |transfer| transfer.flags = F::PENDING),
            (T::LedgerMustNotBeZero, |transfer| transfer.ledger = 3),
            (T::CodeMustNotBeZero, |transfer| transfer.code = 1),
            (T::DebitAccountNotFound, |t| (t.id, t.debit_account_id) = (101, 4)),
            (T::CreditAccountNotFound, |t| (t.id, t.credit_account_id) = (102, 6)),
            (T::AccountsMustHaveTheSameLedger, |transfer| transfer.credit_account_id = 2),
            (T::TransferMustHaveTheSameLedgerAsAccounts, |transfer| transfer.ledger = 1),
        ];
        assert!(mends.is_sorted_by_key(|(status, _)| *status));
        for (status, mend) in mends {
            assert_eq!(bank.one(transfer), status.name(), "{}", bank.name);
            mend(&mut transfer);
        }
        assert_eq!(bank.one(transfer), "exceeds_credits");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn a_post_or_a_void_takes_what_it_leaves_out_from_the_hold() {
    for mut bank in banks() {
        let own = data(70, 80, 90);
        for (id, user_data) in [(20, own), (21, own), (22, own), (23, UserData::default())] {
            let held = Transfer { user_data, code: 5, timeout: 60, ..hold(id, 1, 2, 10) };
            bank.done(held);
        }
        bank.done(post(30, 20, MAX));
        bank.done(void(31, 21));
        bank.done(Transfer { user_data: data(0, 81, 0), ..post(32, 22, 4) });
        bank.done(Transfer { user_data: data(71, 0, 91), ..post(33, 23, 0) });
        let found = [30, 31, 32, 33].map(|id| bank.found(id));
        assert_eq!(found.map(|one| one.amount), [10, 10, 4, 0], "what was moved or let go");
        assert_eq!(
            found.map(|one| one.user_data),
            [own, own, data(70, 81, 90), data(71, 0, 91)],
            "each field that is 0 comes from the hold"
        );
        for one in found {
            let accounts = (one.debit_account_id, one.credit_account_id);
            assert_eq!((accounts, one.ledger, one.code), ((1, 2), 1, 5), "{}", bank.name);
            assert_eq!(one.timeout, 0, "the timeout stays with the hold");
            assert_eq!(one.pending_id, one.id - 10);
        }
        assert_eq!(bank.sums(1), [0, 14, 0, 0]);
        assert_eq!(bank.sums(2), [0, 0, 0, 14]);
        // A retry may say again what it left out, or leave it out again.
        assert_eq!(bank.one(post(30, 20, MAX)), "exists");
        assert_eq!(bank.one(post(30, 20, 10)), "exists");
        assert_eq!(bank.one(post(30, 20, 9)), "exists_with_different_amount");
        assert_eq!(bank.one(Transfer { user_data: own, code: 5, ..void(31, 21) }), "exists");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn an_account_is_closed_by_a_hold_and_reopened_by_its_void() {
    for mut bank in banks() {
        bank.done(with(F::CLOSING_DEBIT | F::CLOSING_CREDIT, hold(20, 1, 2, 3)));
        assert!(bank.is_closed(1) && bank.is_closed(2) && !bank.is_closed(3));
        assert_eq!(bank.one(post(21, 20, 3)), "debit_account_already_closed");
        assert_eq!(bank.one(hold(22, 3, 2, 1)), "credit_account_already_closed");
        bank.done(void(23, 20));
        assert!(!bank.is_closed(1) && !bank.is_closed(2));
        bank.done(pay(24, 1, 2, 1));
        // So does expiry.
        bank.done(with(F::CLOSING_DEBIT, Transfer { timeout: 1, ..hold(25, 1, 2, 3) }));
        assert!(bank.is_closed(1));
        bank.subject.set_time(bank.subject.time() + SECOND);
        assert!(!bank.is_closed(1), "{}", bank.name);
        // One that began closed has nothing to be reopened by, and may be asked for again either way.
        bank.open(&[Account { flags: AF::CLOSED, ..common::account(50) }]);
        assert_eq!(bank.one(pay(26, 1, 50, 1)), "credit_account_already_closed");
        assert_eq!(bank.subject.create_accounts(&[common::account(50)])[0].0, "exists");
        assert_eq!(bank.sums(1), [0, 1, 0, 0]);
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn a_hold_expires_at_its_nanosecond() {
    for mut bank in banks() {
        bank.subject.set_time(1_000);
        // At 1,001 and 1,002.
        bank.done(Transfer { timeout: 2, ..hold(20, 1, 2, 7) });
        bank.done(Transfer { timeout: 2, ..hold(21, 1, 2, 9) });
        let due = 1_001 + 2 * SECOND;
        assert_eq!(bank.found(20).timestamp, 1_001);
        bank.subject.set_time(due - 2);
        assert_eq!(bank.sums(1), [16, 0, 0, 0]);
        // The event's own place in time is the nanosecond before.
        bank.done(post(30, 21, 1));
        assert_eq!(bank.found(30).timestamp, due - 1);
        // And now it is the nanosecond itself, though nobody has told the time.
        assert_eq!(bank.one(post(31, 20, 1)), "pending_transfer_expired");
        bank.subject.set_time(due);
        assert_eq!((bank.sums(1), bank.sums(2)), ([0, 1, 0, 0], [0, 0, 0, 1]), "{}", bank.name);
        assert_eq!(bank.one(void(32, 20)), "pending_transfer_expired");
        assert_eq!(bank.one(void(33, 21)), "pending_transfer_already_posted");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn a_balancing_transfer_takes_what_there_is() {
    for mut bank in banks() {
        bank.done(pay(20, 1, 4, 100));
        bank.done(hold(21, 4, 2, 30));
        bank.done(with(F::BALANCING_DEBIT, pay(22, 4, 2, MAX)));
        assert_eq!((bank.found(22).amount, bank.sums(4)), (70, [30, 70, 0, 100]));
        // Nothing is left, and nothing moves; it is a transfer all the same.
        bank.done(with(F::BALANCING_DEBIT, pay(23, 4, 2, 5)));
        assert_eq!(bank.found(23).amount, 0);
        bank.done(pay(24, 3, 1, 40));
        bank.done(with(F::BALANCING_CREDIT, pay(25, 2, 3, 25)));
        assert_eq!(bank.found(25).amount, 25, "no more than was asked for");
        bank.done(with(F::BALANCING_DEBIT | F::BALANCING_CREDIT, hold(26, 2, 3, MAX)));
        assert_eq!((bank.found(26).amount, bank.sums(3)), (15, [0, 40, 15, 25]));
        // A retry that would have moved as much is the same; one that could not have is not.
        assert_eq!(bank.one(with(F::BALANCING_DEBIT, pay(22, 4, 2, 71))), "exists");
        let less = with(F::BALANCING_DEBIT, pay(22, 4, 2, 69));
        assert_eq!(bank.one(less), "exists_with_different_amount");
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn imports_keep_their_own_time() {
    for mut bank in banks() {
        bank.subject.set_time(1_000);
        let old = |id, timestamp| Account { timestamp, flags: AF::IMPORTED, ..common::account(id) };
        let opened = bank.subject.create_accounts(&[old(50, 100), old(51, 200), old(52, 200)]);
        assert_eq!(opened[0], ("created", 100));
        assert_eq!(opened[1], ("created", 200));
        assert_eq!(opened[2].0, "imported_event_timestamp_must_not_regress");
        let batch = [
            imported(200, pay(20, 50, 51, 5)),
            imported(300, pay(21, 50, 51, 5)),
            imported(250, pay(22, 50, 51, 5)),
            imported(301, hold(23, 50, 51, 5)),
            imported(302, post(24, 23, 5)),
        ];
        let moved = bank.batch(&batch);
        assert_eq!(moved[0].0, "imported_event_timestamp_must_not_regress", "an account's time");
        assert_eq!(moved[1], ("created", 300));
        assert_eq!(moved[2].0, "imported_event_timestamp_must_not_regress", "before the last");
        assert_eq!([moved[3], moved[4]], [("created", 301), ("created", 302)]);
        assert_eq!(bank.found(21).timestamp, 300);
        assert_eq!(bank.one(imported(299, pay(21, 50, 51, 5))), "exists");
        assert_eq!(bank.sums(50), [0, 10, 0, 0]);
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn a_retry_is_told_of_the_first_attempt() {
    for mut bank in banks() {
        let first = bank.batch(&[pay(20, 1, 2, 5)])[0];
        bank.subject.set_time(5_000);
        assert_eq!(bank.batch(&[pay(20, 1, 2, 5)])[0], ("exists", first.1));
        assert_eq!(bank.sums(1), [0, 5, 0, 0], "it was done once");
        let opened = bank.subject.lookup_accounts(&[1])[0].timestamp;
        let again = bank.subject.create_accounts(&[common::account(1)]);
        assert_eq!(again, [("exists", opened)]);
        // Reasons that pass burn the id; others do not.
        for (refused, burnt) in [
            (pay(30, 99, 2, 5), true),
            (pay(31, 1, 99, 5), true),
            (post(32, 99, 5), true),
            (pay(33, 4, 2, 5), true),
            (pay(34, 1, 5, 5), true),
            (pay(35, 1, 1, 5), false),
            (pay(36, 1, 6, 5), false),
            (post(37, 20, 5), false),
        ] {
            assert_ne!(bank.one(refused), "created");
            let retry = bank.one(pay(refused.id, 1, 2, 5));
            let expected = if burnt { "id_already_failed" } else { "created" };
            assert_eq!(retry, expected, "{} {refused:?}", bank.name);
            assert_eq!(bank.subject.lookup_transfers(&[refused.id]).len(), usize::from(!burnt));
        }
        bank.subject.verify().expect("a replay agrees");
    }
}

#[test]
fn a_chain_is_done_whole_or_not_at_all() {
    for mut bank in banks() {
        let linked = |transfer| with(F::LINKED, transfer);
        bank.done(pay(20, 1, 4, 10));
        // Three accounts pass it on; each sees what the one before it did.
        let done = bank.statuses(&[
            linked(pay(21, 4, 2, 10)),
            linked(hold(22, 2, 3, 10)),
            post(23, 22, 10),
            pay(24, 1, 4, 1),
        ]);
        assert_eq!(done, ["created"; 4]);
        assert_eq!((bank.sums(2), bank.sums(3)), ([0, 10, 0, 10], [0, 0, 0, 10]));
        let before = bank.everything();
        let broken = bank.statuses(&[
            linked(pay(31, 1, 2, 5)),
            linked(void(32, 22)),
            linked(pay(33, 4, 2, 99)),
            pay(34, 1, 2, 5),
            pay(35, 4, 2, 99),
        ]);
        assert_eq!(
            broken,
            [
                "linked_event_failed",
                "pending_transfer_already_posted",
                "linked_event_failed",
                "linked_event_failed",
                "exceeds_credits",
            ]
        );
        assert_eq!(bank.everything(), before, "{}", bank.name);
        assert_eq!(bank.subject.lookup_transfers(&[31, 32, 33, 34, 35]), []);
        // Only the one that was refused for a reason that passes is burnt.
        assert_eq!(bank.statuses(&[pay(31, 1, 2, 5), pay(34, 1, 2, 5)]), ["created"; 2]);
        assert_eq!(bank.one(pay(35, 1, 2, 5)), "id_already_failed");
        let accounts = [60, 61, 0].map(|id| Account { flags: AF::LINKED, ..common::account(id) });
        let opened = bank.subject.create_accounts(&[accounts[0], accounts[1], accounts[2]]);
        let opened: Vec<_> = opened.into_iter().map(|(status, _)| status).collect();
        assert_eq!(opened[..2], ["linked_event_failed"; 2]);
        assert_eq!(opened[2], "linked_event_chain_open");
        assert_eq!(bank.subject.lookup_accounts(&[60, 61]), []);
        bank.subject.verify().expect("a replay agrees");
    }
}
