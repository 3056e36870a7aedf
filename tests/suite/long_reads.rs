//! Long reads end when they are cancelled, and read no further than they must.

use std::cell::Cell;

use crate::common::{account, ledger, open, pay, transfer};
use ledgerlab::ledger::{Cancellation, Clock, Interrupted, Ledger};
use ledgerlab::model::TransferFlags as F;
use ledgerlab::model::{Account, QueryFilterFlags, Transfer};
use ledgerlab::model::{AccountFilter, AccountFilterFlags, AccountFlags, QueryFilter};
use ledgerlab::trail::TrailFilter;

/// More than ten times the number of entries between two checks.
const TRANSFERS: u128 = 45_000;

/// A clock that counts how often it is read. It passes the deadline at the reading `ends_at`.
struct Checks {
    made: Cell<u64>,
    ends_at: u64,
}

impl Clock for Checks {
    fn now_ns(&self) -> u64 {
        self.made.set(self.made.get() + 1);
        u64::from(self.made.get() >= self.ends_at)
    }
}

type Read<'a> = &'a dyn Fn(&Cancellation<'_>) -> Result<usize, Interrupted>;

/// Executes a read that is cancelled at check `ends_at`. Returns its result and the number of checks.
fn checks(read: Read<'_>, ends_at: u64) -> (Result<usize, Interrupted>, u64) {
    let clock = Checks { made: Cell::new(0), ends_at };
    let result = read(&Cancellation::never().with_deadline(&clock, 0));
    (result, clock.made.get())
}

fn filled() -> std::sync::Arc<Ledger> {
    let (ledger, mut writers) = ledger(2);
    let history = |id| Account { flags: AccountFlags::HISTORY, ..account(id) };
    open(&mut writers[0], &[history(1), history(2)]);
    for number in 0..TRANSFERS {
        pay(&mut writers[usize::from(number % 7 == 0)], 1, 2, 1);
    }
    ledger
}

#[test]
fn long_reads_are_cancelled_midway() {
    let ledger = filled();
    let flags = AccountFilterFlags::all();
    let of_account =
        AccountFilter { account_id: 1, code: 77, limit: 9, flags, ..AccountFilter::default() };
    let of_all = QueryFilter { code: 77, limit: 9, ..QueryFilter::default() };
    let reversed = QueryFilter { flags: QueryFilterFlags::REVERSED, ..of_all };
    let entries = TrailFilter { id: Some(77), limit: 9, ..TrailFilter::default() };
    let reads: [(&str, Read<'_>); 6] = [
        ("query", &|c| ledger.query_transfers_with(&of_all, c).map(|found| found.len())),
        ("reversed query", &|c| ledger.query_transfers_with(&reversed, c).map(|found| found.len())),
        ("transfers", &|c| {
            ledger.get_account_transfers_with(&of_account, c).map(|found| found.len())
        }),
        ("balances", &|c| {
            ledger.get_account_balances_with(&of_account, c).map(|found| found.len())
        }),
        ("entries", &|c| ledger.select_entries(&entries, c).map(|page| page.entries.len())),
        ("verification", &|c| {
            let verification = ledger.verify_beside_writers(1, c)?;
            Ok(usize::from(verification.result.is_err()))
        }),
    ];
    for (name, read) in reads {
        let (result, all) = checks(read, u64::MAX);
        assert_eq!(result, Ok(0), "{name}");
        assert!(all >= 10, "{name} was checked {all} times");
        assert_eq!(checks(read, 3), (Err(Interrupted::DeadlineExceeded), 3), "{name}");
    }
}

#[test]
fn reversed_query_reads_no_further_than_its_limit() {
    let ledger = filled();
    let flags = AccountFilterFlags::all();
    let of_account = AccountFilter { account_id: 1, limit: 9, flags, ..AccountFilter::default() };
    let of_all =
        QueryFilter { limit: 9, flags: QueryFilterFlags::REVERSED, ..QueryFilter::default() };
    let reads: [Read<'_>; 2] =
        [&|c| ledger.query_transfers_with(&of_all, c).map(|found| found.len()), &|c| {
            ledger.get_account_transfers_with(&of_account, c).map(|found| found.len())
        }];
    for read in reads {
        let (result, all) = checks(read, u64::MAX);
        assert_eq!(result, Ok(9));
        assert!(all <= 2, "one for each writer's segment, not {all}");
    }
}

#[test]
fn entries_of_an_account_include_what_resolves_its_pending_transfers() {
    let (ledger, mut writers) = ledger(1);
    let writer = &mut writers[0];
    open(writer, &[account(1), account(2), account(3)]);
    let mut create = |transfer| {
        writer.create_transfer(&transfer).expect("the trail has room");
    };
    let pending = |id, from| Transfer { id, timeout: 1, flags: F::PENDING, ..transfer(from, 3, 5) };
    let post = |id, pending_id| Transfer {
        id,
        pending_id,
        amount: 5,
        flags: F::POST_PENDING_TRANSFER,
        ..Transfer::default()
    };
    create(pending(10, 1));
    create(pending(20, 2));
    create(post(11, 10));
    create(post(21, 20));
    create(pending(12, 1));
    create(pending(22, 2));
    writer.set_time(10_000_000_000).expect("the trail has room");
    for reversed in [false, true] {
        let filter =
            TrailFilter { account_id: Some(1), limit: 9, reversed, ..TrailFilter::default() };
        let page =
            ledger.select_entries(&filter, &Cancellation::never()).expect("it is not cancelled");
        let mut ids: Vec<_> = page.entries.iter().map(|one| one.entry.id).collect();
        if reversed {
            ids.reverse();
        }
        // The account, two pending transfers, a post, and an expiry.
        assert_eq!((ids, page.next), (vec![1, 10, 11, 12, 12], None));
    }
}
