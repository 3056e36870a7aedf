//! Correct protocols: every protocol by number of threads by workload, and expected versions.

use std::sync::atomic::{AtomicU64, Ordering};

use super::workloads::{Load, SHAPES, WORLD};
use super::{CORRECT, all_at_once, assert_verified, attempts_in_trail, ledger_under};
use crate::common::{account, pay, transfer};
use ledgerlab::ledger::Cancellation;
use ledgerlab::model::{CreateTransferStatus as T, ExpectedVersions, Transfer, TransferAttempt};
use ledgerlab::scenarios::Random;

#[test]
fn concurrent_run_equals_a_serial_run() {
    for shape in &SHAPES {
        for protocol in CORRECT {
            for threads in [1, 2, 4] {
                let what = format!("{}, {protocol:?}, {threads} threads", shape.name);
                let accounts = shape.to_open();
                let (ledger, mut writers, mut setup) = ledger_under(protocol, threads, &accounts);
                for id in shape.accounts.clone() {
                    pay(&mut setup, WORLD, id, 1_000);
                }
                let before = attempts_in_trail(&ledger);
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
                assert_eq!(attempts_in_trail(&ledger), before + made.into_inner(), "{what}");
                assert_verified(&ledger, &what);
            }
        }
    }
}

/// Of all threads that expect the same version one writes, and the others get a status.
#[test]
fn expected_version_matches_once() {
    const EACH: u64 = 1_000;
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 4, &[account(1), account(2)]);
        let (created, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        all_at_once(&mut writers, |_, writer| {
            for _ in 0..EACH {
                let seen = writer.ledger().account(1).expect("it is there").version;
                let versions = ExpectedVersions { debit: Some(seen), credit: Some(seen) };
                let transfer = Transfer { id: writer.new_id(), ..transfer(1, 2, 1) };
                let attempt = TransferAttempt { transfer, versions };
                let outcomes = writer.create_transfers_with(&[attempt], &Cancellation::never());
                let counter = match outcomes.expect("the trail has room")[0].status {
                    T::Created => &created,
                    T::DebitAccountVersionMismatch => &refused,
                    other => panic!("{protocol:?}: {other}"),
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let (created, refused) = (created.into_inner(), refused.into_inner());
        assert_eq!(created + refused, 4 * EACH, "{protocol:?}");
        for id in [1, 2] {
            let version = ledger.account(id).expect("it is there").version;
            assert_eq!(version, created, "{protocol:?}: account {id}");
        }
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// An attempt that expects an old version is rejected while other threads write.
#[test]
fn stale_version_never_matches() {
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 4, &[account(1), account(2)]);
        all_at_once(&mut writers, |number, writer| {
            for _ in 0..500 {
                let versions = ExpectedVersions { debit: Some(0), credit: None };
                let id = writer.new_id();
                let transfer = Transfer { id, ..transfer(1, 2, 1) };
                let versions = if number == 0 { ExpectedVersions::default() } else { versions };
                let attempt = TransferAttempt { transfer, versions };
                writer
                    .create_transfers_with(&[attempt], &Cancellation::never())
                    .expect("the trail has room");
            }
        });
        let version = ledger.account(1).expect("it is there").version;
        assert!((500..=501).contains(&version), "{protocol:?}: {version} changes");
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}
