//! Races between units: chains, two-phase transfers, caller-supplied ids, expiry and imports, from
//! many threads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::{account, ledger, limited, open, pay, transfer};
use ledgerlab::ledger::{Cancellation, Writer};
use ledgerlab::model::{Account, AccountFlags, CreateTransferStatus as T, ExpectedVersions};
use ledgerlab::model::{Transfer, TransferAttempt, TransferFlags as F};
use ledgerlab::scenarios::Random;
use ledgerlab::trail::replay;

const THREADS: usize = 4;

fn attempt(transfer: Transfer) -> TransferAttempt {
    TransferAttempt { transfer, ..TransferAttempt::default() }
}

/// Runs `body` on all threads at once, each with its own writer, and verifies the trail by serial
/// replay.
fn race(
    accounts: &[Account],
    body: impl Fn(u64, &mut Writer) + Sync,
) -> std::sync::Arc<ledgerlab::ledger::Ledger> {
    let (ledger, mut writers) = ledger(THREADS + 1);
    open(&mut writers[THREADS], accounts);
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for (number, writer) in writers[..THREADS].iter_mut().enumerate() {
            let (barrier, body) = (&barrier, &body);
            scope.spawn(move || {
                barrier.wait();
                body(number as u64, writer);
            });
        }
    });
    let entries = ledger.trail().entries();
    let result = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
    assert_eq!(result.map_err(|divergence| divergence.to_string()), Ok(entries));
    let (mut debits, mut credits) = (0_u128, 0_u128);
    for account in ledger.accounts() {
        assert!(account.is_within_limits(), "{account:?}");
        debits += account.debits_pending + account.debits_posted;
        credits += account.credits_pending + account.credits_posted;
    }
    assert_eq!(debits, credits);
    ledger
}

#[test]
fn caller_supplied_id_is_created_once() {
    const IDS: u128 = 2_000;
    let created = AtomicU64::new(0);
    let ledger = race(&[account(1), account(2)], |_, writer| {
        for id in 1..=IDS {
            let supplied = Transfer { id, ..transfer(1, 2, 1) };
            let status = writer.create_transfer(&supplied);
            match status.expect("the trail has room").status {
                T::Created => created.fetch_add(1, Ordering::Relaxed),
                T::Exists => 0,
                other => panic!("{other}"),
            };
        }
    });
    assert_eq!(created.into_inner(), IDS as u64);
    assert_eq!(ledger.account(2).expect("it is there").credits_posted, IDS);
}

/// Money moves in chains of three. A chain that would overdraw an account changes none of the
/// three.
#[test]
fn chains_are_atomic_across_threads() {
    let (carried, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let accounts = [account(9), limited(1), limited(2), limited(3), limited(4)];
    race(&accounts, |number, writer| {
        for id in 1..=4 {
            pay(writer, 9, id, 50);
        }
        let mut random = Random::new(7, number);
        for _ in 0..3_000 {
            let mut unit = Vec::new();
            for step in 0..3 {
                let from = 1 + u128::from(random.below(4));
                let to = 1 + (from + u128::from(random.below(3))) % 4;
                let flags = if step < 2 { F::LINKED } else { F::empty() };
                let id = writer.new_id();
                let amount = u128::from(random.below(90));
                unit.push(attempt(Transfer { id, flags, ..transfer(from, to, amount) }));
            }
            let outcomes = writer.create_transfers_with(&unit, &Cancellation::never());
            let outcomes = outcomes.expect("the trail has room");
            let made = outcomes.iter().filter(|one| one.status == T::Created).count();
            assert!(made == 0 || made == 3, "{outcomes:?}");
            let counter = if made == 3 { &carried } else { &refused };
            counter.fetch_add(1, Ordering::Relaxed);
            // Plain transfers between the same accounts take the fast path.
            let plain = transfer(1, 2, 1);
            writer.create_transfer(&plain).expect("the trail has room");
        }
    });
    assert!(carried.into_inner() > 100 && refused.into_inner() > 100, "one kind never happened");
}

/// Every thread tries to post or void what any thread made pending, while some transfers expire.
#[test]
fn pending_transfer_is_resolved_once() {
    const EACH: u128 = 1_500;
    let pending_id = |number: u64, index: u128| 1 + u128::from(number) * EACH + index;
    let (posted, voided) = (AtomicU64::new(0), AtomicU64::new(0));
    let accounts = [account(9), limited(1), limited(2)];
    let ledger = race(&accounts, |number, writer| {
        let mut random = Random::new(3, number);
        for index in 0..EACH {
            pay(writer, 9, 1, 10);
            let id = pending_id(number, index);
            let timeout = random.below(3) as u32;
            let hold = Transfer { id, timeout, flags: F::PENDING, ..transfer(1, 2, 5) };
            writer.create_transfer(&hold).expect("the trail has room");
            let any =
                pending_id(random.below(THREADS as u64), random.below(index as u64 + 1).into());
            let voids = random.below(2) == 0;
            let flags = if voids { F::VOID_PENDING_TRANSFER } else { F::POST_PENDING_TRANSFER };
            let amount = if voids { 0 } else { u128::from(random.below(6)) };
            let resolve = Transfer { id: 0, pending_id: any, flags, amount, ..Transfer::default() };
            let outcome = writer.create_transfer(&resolve);
            if outcome.expect("the trail has room").status == T::Created {
                let counter = if voids { &voided } else { &posted };
                counter.fetch_add(1, Ordering::Relaxed);
            }
            let now = writer.time() + random.below(4_000_000);
            writer.set_time(now).expect("the trail has room");
        }
    });
    let resolved = posted.into_inner() + voided.into_inner();
    let ended = |status: &str| {
        let entries = ledger.trail().in_order();
        entries.filter(|one| one.entry.status_name() == Some(status)).count() as u64
    };
    assert!(resolved > 500, "{resolved} were resolved");
    assert!(ended("expired") > 100, "time ran out for none");
    // What is pending at the end was neither resolved nor expired.
    let held = ledger.account(1).expect("it is there").debits_pending;
    let made = THREADS as u128 * EACH;
    assert_eq!(held, 5 * (made - u128::from(resolved) - u128::from(ended("expired"))));
}

/// Of all threads that expect the same version, one writes.
#[test]
fn expected_version_matches_once() {
    let created = AtomicU64::new(0);
    let ledger = race(&[account(1), account(2)], |_, writer| {
        for version in 0..1_000 {
            let versions = ExpectedVersions { debit: Some(version), credit: None };
            loop {
                let seen = writer.ledger().account(1).expect("it is there").version;
                if seen != version {
                    break;
                }
                let transfer = Transfer { id: writer.new_id(), ..transfer(1, 2, 1) };
                let attempt = TransferAttempt { transfer, versions };
                let outcomes = writer.create_transfers_with(&[attempt], &Cancellation::never());
                match outcomes.expect("the trail has room")[0].status {
                    T::Created => created.fetch_add(1, Ordering::Relaxed),
                    T::DebitAccountVersionMismatch => 0,
                    other => panic!("{other}"),
                };
            }
        }
    });
    assert_eq!(created.into_inner(), ledger.account(1).expect("it is there").version);
}

/// Imports read every transfer, while other threads create transfers and accounts.
#[test]
fn imports_keep_timestamp_order() {
    let imported = AtomicU64::new(0);
    race(&[account(1), account(2)], |number, writer| {
        let mut random = Random::new(5, number);
        for round in 0..400_u64 {
            let id = u128::from(1_000 + number * 1_000 + round);
            if number == 0 {
                let timestamp = writer.time().saturating_sub(random.below(40));
                let old = Transfer { id, timestamp, flags: F::IMPORTED, ..transfer(1, 2, 1) };
                let outcome = writer.create_transfer(&old);
                let made = outcome.expect("the trail has room").status == T::Created;
                imported.fetch_add(u64::from(made), Ordering::Relaxed);
            } else if number == 1 && round % 4 == 0 {
                let timestamp = writer.time().saturating_sub(random.below(40));
                let flags = AccountFlags::IMPORTED;
                let old = Account { timestamp, flags, ..account(id) };
                writer.create_account(&old).expect("the trail has room");
            } else {
                let plain = transfer(1 + u128::from(number % 2), 2 - u128::from(number % 2), 1);
                writer.create_transfer(&plain).expect("the trail has room");
            }
        }
    });
    assert!(imported.into_inner() > 0, "nothing was imported");
}

/// Concurrent reads are never torn, and lookups find acknowledged transfers.
#[test]
fn readers_see_acknowledged_transfers() {
    race(&[account(1), account(2)], |_, writer| {
        for round in 0..500_u128 {
            let id = writer.new_id();
            let made = Transfer { id, ..transfer(1, 2, round) };
            writer.create_transfer(&made).expect("the trail has room");
            let ledger = writer.ledger();
            assert_eq!(ledger.lookup_transfers(&[id])[0].amount, round);
            let [one, other] = [1, 2].map(|id| ledger.account(id).expect("it is there"));
            assert!(one.debits_posted <= other.credits_posted, "{one:?} {other:?}");
        }
    });
}

#[test]
fn uncontended_writers_report_no_waits() {
    let (_, mut writers) = ledger(1);
    open(&mut writers[0], &[account(1), account(2)]);
    for id in 1..=10 {
        let supplied = Transfer { id, ..transfer(1, 2, 1) };
        writers[0].create_transfer(&supplied).expect("the trail has room");
    }
    assert_eq!((writers[0].waits(), writers[0].conflicts()), (0, 0));
}
