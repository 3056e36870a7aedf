//! The latency of histories, look-ups and queries in a ledger of ten million transfers.

use std::hint::black_box;

use ledgerlab::host::native::NativeClock;
use ledgerlab::ledger::{Cancellation, Clock, Ledger, LedgerConfig, Writer};
use ledgerlab::model::{
    Account, AccountFilter, AccountFilterFlags, AccountFlags, CreateTransferStatus, Period,
    QueryFilter, Transfer,
};
use ledgerlab::scenarios::Random;
use ledgerlab::trail::{ENTRY_BYTES, TrailFilter};

use super::bodies::load::{Move, Moves, Pattern};
use super::bodies::rounds::id_of;

/// Transfers for each account: enough for [`RESULTS`] before the middle of its history.
const TRANSFERS_EACH: u64 = 1_000;

/// Results of a history, and ids of a look-up.
const RESULTS: u32 = 100;
const IDS: usize = 1_000;

/// Calls of each kind in one round. Each is of another account.
const CALLS: u64 = 100;

/// The code of the transfers, and one that no transfer has.
const CODE: u16 = 1;
const OTHER_CODE: u16 = 2;

/// The time after which a query is cancelled, in nanoseconds.
const DEADLINE_NS: u64 = 1_000_000;

/// Reports seconds of each kind of call, in this many rounds.
pub(crate) fn measure(transfers: u64, rounds: usize, report: &mut dyn FnMut(&str, f64)) {
    let accounts = transfers / TRANSFERS_EACH;
    let (ledger, ids) = filled(transfers, accounts);
    let query = |code| QueryFilter { code, limit: RESULTS, ..QueryFilter::default() };
    let clock = NativeClock;
    let deadline = clock.now_ns() + DEADLINE_NS;
    let cancellation = Cancellation::never().with_deadline(&clock, deadline);
    let cancelled = ledger.query_transfers_with(&query(OTHER_CODE), &cancellation);
    assert!(cancelled.is_err(), "no query of the whole trail takes less than a millisecond");
    report("history/after-cancellation", 1e-9 * (clock.now_ns() - deadline) as f64);
    let no_match = || assert!(ledger.query_transfers(&query(OTHER_CODE)).is_empty());
    report("history/first-query-without-match", seconds(no_match));
    let middle = {
        let entries = ledger.trail().segments().next().expect("there is one writer");
        entries.get(entries.len() / 2).expect("it is published").timestamp
    };
    let mut random = Random::new(1, 1);
    let flags = AccountFilterFlags::all();
    for _ in 0..rounds {
        let mut each = |name: &str, call: &dyn Fn(AccountFilter) -> usize| {
            let all = seconds(|| {
                for _ in 0..CALLS {
                    let account_id = id_of(random.below(accounts));
                    let filter = AccountFilter {
                        account_id,
                        limit: RESULTS,
                        flags,
                        ..AccountFilter::default()
                    };
                    assert_eq!(call(filter), RESULTS as usize);
                }
            });
            report(name, all / CALLS as f64);
        };
        let period = Period { timestamp_min: 0, timestamp_max: middle };
        each("history/newest", &|filter| ledger.get_account_transfers(&filter).len());
        each("history/middle", &|filter| {
            ledger.get_account_transfers(&AccountFilter { period, ..filter }).len()
        });
        each("history/oldest", &|filter| {
            let flags = AccountFilterFlags::DEBITS | AccountFilterFlags::CREDITS;
            ledger.get_account_transfers(&AccountFilter { flags, ..filter }).len()
        });
        each("history/balances", &|filter| ledger.get_account_balances(&filter).len());
        each("history/entries", &|AccountFilter { account_id, limit, .. }| {
            let account_id = Some(account_id);
            let filter =
                TrailFilter { account_id, limit, reversed: true, ..TrailFilter::default() };
            let page = ledger.select_entries(&filter, &Cancellation::never());
            page.expect("it is not cancelled").entries.len()
        });
        let sample: Vec<u128> = (0..IDS).map(|_| ids[random.below(transfers) as usize]).collect();
        report(
            "history/look-up",
            seconds(|| assert_eq!(ledger.lookup_transfers(&sample).len(), IDS)),
        );
        report("history/query-without-match", seconds(no_match));
        report("history/bare-read", seconds(|| bare_read(&ledger)));
    }
}

fn seconds(call: impl FnOnce()) -> f64 {
    let start = NativeClock.now_ns();
    call();
    1e-9 * (NativeClock.now_ns() - start) as f64
}

/// Reads one word of each cache line of the trail.
fn bare_read(ledger: &Ledger) {
    let mut sum = 0;
    for log in ledger.trail().segments() {
        for entry in log.chunks(0, log.len()).flatten() {
            sum ^= entry.timestamp ^ entry.id as u64;
        }
    }
    black_box(sum);
}

/// Returns a ledger of transfers with random ids of the caller's, and the ids.
fn filled(transfers: u64, accounts: u64) -> (std::sync::Arc<Ledger>, Vec<u128>) {
    let config = LedgerConfig {
        accounts_max: accounts,
        trail_bytes: ENTRY_BYTES * (transfers + 4 * accounts + 16_384),
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) = Ledger::with_writers(&config).expect("it is within its bounds");
    let writer: &mut Writer = &mut writers[0];
    for id in (0..accounts).map(id_of) {
        let account = Account::new(id, 1, 1).with_flags(AccountFlags::HISTORY);
        writer.create_account(&account).expect("the trail has memory");
    }
    let mut moves = Moves::new(Pattern::Shared { accounts }, 0);
    let mut ids = Vec::with_capacity(transfers as usize);
    for number in 0..transfers {
        let Move { debit, credit, amount } = moves.draw();
        // Spread over all ids, and different.
        let id = u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let transfer = Transfer::new(id_of(debit), id_of(credit), amount.into());
        let transfer = transfer.with_id(id).with_code(CODE);
        let outcome = writer.create_transfer(&transfer).expect("the trail has memory");
        assert_eq!(outcome.status, CreateTransferStatus::Created);
        ids.push(id);
    }
    (ledger, ids)
}
