//! Correct strategies: strategy by number of threads by shape of load, and the optimistic lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::workloads::{Load, SHAPES, WORLD};
use super::{CORRECT, all_at_once, assert_sound, attempts_in_trail, book_under};
use crate::common::{account, pay, transfer};
use ledgerlab::book::Interrupt;
use ledgerlab::model::{CreateTransferStatus as T, ExpectedVersions, Transfer, TransferAttempt};
use ledgerlab::scenarios::Random;

#[test]
fn whatever_threads_do_is_equal_to_a_serial_run() {
    for shape in &SHAPES {
        for strategy in CORRECT {
            for threads in [1, 2, 4] {
                let what = format!("{}, {strategy:?}, {threads} threads", shape.name);
                let accounts = shape.to_open();
                let (book, mut writers, mut setup) = book_under(strategy, threads, &accounts);
                for id in shape.accounts.clone() {
                    pay(&mut setup, WORLD, id, 1_000);
                }
                let before = attempts_in_trail(&book);
                let made = AtomicU64::new(0);
                all_at_once(&mut writers, |number, writer| {
                    let random = Random::new(11, number);
                    let threads = threads as u64;
                    let mut load = Load { writer, random, number, threads, attempts: 0 };
                    for _ in 0..shape.steps {
                        (shape.step)(&mut load);
                    }
                    made.fetch_add(load.attempts, Ordering::Relaxed);
                });
                assert_eq!(attempts_in_trail(&book), before + made.into_inner(), "{what}");
                assert_sound(&book, &what);
            }
        }
    }
}

/// The optimistic lock: of all threads that saw the same version one writes, and the others are told.
#[test]
fn an_expected_version_is_met_once() {
    const EACH: u64 = 1_000;
    for strategy in CORRECT {
        let (book, mut writers, _) = book_under(strategy, 4, &[account(1), account(2)]);
        let (created, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        all_at_once(&mut writers, |_, writer| {
            for _ in 0..EACH {
                let seen = writer.book().account(1).expect("it is there").version;
                let versions = ExpectedVersions { debit: Some(seen), credit: Some(seen) };
                let transfer = Transfer { id: writer.new_id(), ..transfer(1, 2, 1) };
                let attempt = TransferAttempt { transfer, versions };
                let outcomes = writer.create_transfers(&[attempt], &Interrupt::never());
                let counter = match outcomes.expect("there is room")[0].status {
                    T::Created => &created,
                    T::DebitAccountVersionMismatch => &refused,
                    other => panic!("{strategy:?}: {other}"),
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let (created, refused) = (created.into_inner(), refused.into_inner());
        assert_eq!(created + refused, 4 * EACH, "{strategy:?}");
        for id in [1, 2] {
            let version = book.account(id).expect("it is there").version;
            assert_eq!(version, created, "{strategy:?}: account {id}");
        }
        assert_sound(&book, &format!("{strategy:?}"));
    }
}

/// One that expects a version which has passed is refused, whoever else writes.
#[test]
fn a_version_that_has_passed_is_never_met() {
    for strategy in CORRECT {
        let (book, mut writers, _) = book_under(strategy, 4, &[account(1), account(2)]);
        all_at_once(&mut writers, |number, writer| {
            for _ in 0..500 {
                let versions = ExpectedVersions { debit: Some(0), credit: None };
                let id = writer.new_id();
                let transfer = Transfer { id, ..transfer(1, 2, 1) };
                let versions = if number == 0 { ExpectedVersions::default() } else { versions };
                let attempt = TransferAttempt { transfer, versions };
                writer.create_transfers(&[attempt], &Interrupt::never()).expect("there is room");
            }
        });
        let version = book.account(1).expect("it is there").version;
        assert!((500..=501).contains(&version), "{strategy:?}: {version} changes");
        assert_sound(&book, &format!("{strategy:?}"));
    }
}
