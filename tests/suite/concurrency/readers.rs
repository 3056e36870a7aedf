//! Concurrent reads are consistent and never from the future.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{CORRECT, all_at_once, assert_verified, attempt, ledger_under};
use crate::common::{account, transfer};
use ledgerlab::ledger::Cancellation;
use ledgerlab::model::{AccountState, CreateTransferStatus as T, Transfer, TransferFlags as F};

/// Sums that carry into their upper word every few payments, so that a torn read is far from any
/// valid sum.
const AMOUNT: u128 = (1 << 64) / 3;

/// An account that only receives payments of one amount, so that version and balance give the same
/// count.
fn assert_whole(state: &AccountState) {
    let AccountState { debits_posted, credits_posted, version, .. } = *state;
    let moved = debits_posted + credits_posted;
    assert_eq!(moved, u128::from(version) * AMOUNT, "account {} is torn", state.id);
}

/// Reads balances one by one, as a scan, and by lookups and queries, while others write them.
#[test]
fn account_reads_are_never_torn() {
    for protocol in CORRECT {
        let accounts = [account(1), account(2), account(3)];
        let (ledger, mut writers, _) = ledger_under(protocol, 3, &accounts);
        let reading = AtomicU64::new(2);
        all_at_once(&mut writers, |number, writer| {
            if number == 2 {
                let mut last = [0; 3];
                for _ in 0..20_000 {
                    for (id, last) in (1..=3).zip(&mut last) {
                        let state = ledger.account(id).expect("it is there");
                        assert_whole(&state);
                        assert!(state.version >= *last, "account {id} went back");
                        *last = state.version;
                    }
                    ledger.accounts().for_each(|state| assert_whole(&state));
                    for account in ledger.lookup_accounts(&[3, 1]) {
                        let moved = account.debits_posted + account.credits_posted;
                        assert_eq!(moved % AMOUNT, 0, "account {} is torn", account.id);
                    }
                }
                reading.store(0, Ordering::Relaxed);
            }
            while reading.load(Ordering::Relaxed) > 0 && writer.entries() < 1_000_000 {
                let payment = transfer(1 + u128::from(number), 3, AMOUNT);
                let outcome = writer.create_transfer(&payment);
                assert_eq!(outcome.expect("the trail has room").status, T::Created);
            }
        });
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// Every visible change of an account is in the trail: the number of published entries that change
/// it is at least its version, and repeated reads of the trail are in order.
#[test]
fn account_matches_the_trail() {
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 3, &[account(1), account(2)]);
        let done = AtomicBool::new(false);
        all_at_once(&mut writers, |number, writer| {
            if number == 2 {
                for _ in 0..60 {
                    let seen = ledger.account(1).expect("it is there");
                    let mut last = 0;
                    let mut versions = HashMap::new();
                    for recorded in ledger.trail().in_order() {
                        let entry = recorded.entry;
                        assert!(entry.timestamp > last, "{} after {last}", entry.timestamp);
                        last = entry.timestamp;
                        if entry.transfer_status() == Some(T::Created) {
                            let one = entry.debit_account_id == 1;
                            let version =
                                if one { entry.debit_version } else { entry.credit_version };
                            let before = versions.insert(version, entry.timestamp);
                            assert_eq!(before, None, "version {version} came about twice");
                        }
                    }
                    // Every version up to the one seen has its entry.
                    for version in 1..=seen.version {
                        assert!(versions.contains_key(&version), "{protocol:?}: {version}");
                    }
                    std::thread::yield_now();
                }
                done.store(true, Ordering::Relaxed);
            }
            while !done.load(Ordering::Relaxed) && writer.entries() < 10_000 {
                let (from, to) = if number == 0 { (1, 2) } else { (2, 1) };
                let outcome = writer.create_transfer(&transfer(from, to, 1));
                assert_eq!(outcome.expect("the trail has room").status, T::Created);
            }
        });
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// An acknowledged transfer is immediately visible to every thread, and a visible one has updated its
/// accounts.
#[test]
fn acknowledged_transfers_are_visible_to_others() {
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 3, &[account(1), account(2)]);
        let acknowledged = AtomicU64::new(0);
        all_at_once(&mut writers, |number, writer| {
            if number < 2 {
                for round in 0..1_500_u128 {
                    let id = 1 + round * 2 + u128::from(number);
                    let flags = if round % 3 == 0 { F::PENDING } else { F::empty() };
                    let one = attempt(Transfer { id, flags, ..transfer(1, 2, 1) });
                    writer
                        .create_transfers_with(&[one], &Cancellation::never())
                        .expect("the trail has room");
                    acknowledged.fetch_max(id as u64, Ordering::Release);
                }
                return;
            }
            while acknowledged.load(Ordering::Acquire) < 2_999 {
                let latest = u128::from(acknowledged.load(Ordering::Acquire));
                if latest > 0 {
                    let found = ledger.lookup_transfers(&[latest]);
                    assert_eq!(found.len(), 1, "{protocol:?}: {latest}");
                    let state = ledger.account(1).expect("it is there");
                    let moved = state.debits_posted + state.debits_pending;
                    assert!(moved >= latest / 2, "{protocol:?}: {latest} is not in its account");
                }
            }
        });
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}
