//! Histories and queries equal a scan of the whole trail.
//!
//! The ledger finds them by links, by summaries of chunks, or by scanning from one end, whichever ends
//! first. Here the trail is read entry by entry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ledgerlab::ledger::{Cancellation, Ledger, Writer};
use ledgerlab::model::{Account, AccountFilter, AccountFilterFlags, AccountFlags, Period};
use ledgerlab::model::{QueryFilter, QueryFilterFlags, RESULTS_MAX, Transfer, TransferFlags as F};
use ledgerlab::trail::{EntryKind, EntryRef, StatusFilter, TrailFilter};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::balances;
use super::generators::{any_account_filter, any_query_filter, scripts};
use super::script::{Script, Step};
use crate::common::ledger;

/// More than a chunk of the trail, so that there are chunks with summaries before and after a script.
const FILLERS: u32 = 4_500;

const WRITERS: usize = 3;

/// Balances with their timestamp.
type Balances = (u64, [u128; 4]);

/// What an entry changed: its transfer, or the pending transfer that expired.
#[derive(Clone, Copy)]
struct Change {
    transfer: Transfer,
    resolved: Option<Transfer>,
    expired: bool,
}

/// The trail, read once from its start.
struct Scan<'a> {
    ledger: &'a Ledger,
    entries: Vec<(EntryRef<'a>, Option<Change>)>,
    transfers: BTreeMap<u128, Transfer>,
}

fn parties(transfer: &Transfer) -> [u128; 2] {
    [transfer.debit_account_id, transfer.credit_account_id]
}

/// Returns the first items, or the last ones, the latest first.
fn first<T>(mut all: Vec<T>, reversed: bool, limit: u32) -> Vec<T> {
    if reversed {
        all.reverse();
    }
    all.truncate(limit.min(RESULTS_MAX) as usize);
    all
}

impl<'a> Scan<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        let mut scan = Self { ledger, entries: Vec::new(), transfers: BTreeMap::new() };
        for recorded in ledger.trail().in_order() {
            let entry = recorded.entry;
            let created = entry.kind == EntryKind::Transfer
                && recorded.entry.status_name() == Some("created");
            let change = match entry.kind {
                EntryKind::Expiry => {
                    let transfer = scan.transfers[&entry.id];
                    Some(Change { transfer, resolved: Some(transfer), expired: true })
                }
                _ if created => {
                    let transfer = ledger.lookup_transfers(&[entry.id])[0];
                    scan.transfers.insert(entry.id, transfer);
                    let resolved = scan.transfers.get(&transfer.pending_id).copied();
                    Some(Change { transfer, resolved, expired: false })
                }
                _ => None,
            };
            scan.entries.push((recorded, change));
        }
        scan
    }

    /// The changes of an account.
    fn changes(&self, id: u128) -> impl Iterator<Item = (&EntryRef<'a>, &Change)> {
        let changes = self.entries.iter().filter_map(|(at, change)| Some((at, change.as_ref()?)));
        changes.filter(move |(_, change)| parties(&change.transfer).contains(&id))
    }

    fn account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        let created = self.changes(filter.account_id).filter(|(_, change)| !change.expired);
        let matching = created.map(|(_, change)| change.transfer).filter(|one| filter.matches(one));
        let found = if filter.is_valid() { matching.collect() } else { Vec::new() };
        first(found, filter.is_reversed(), filter.limit)
    }

    /// The balances of an account after each of its changes, and the transfer that it was.
    fn all_balances(&self, id: u128) -> Vec<(Option<Transfer>, Balances)> {
        let mut sums = [0_u128; 4];
        let after = self.changes(id).map(|(at, Change { transfer, resolved, expired })| {
            let side = if transfer.debit_account_id == id { 0 } else { 2 };
            if let Some(pending) = resolved {
                sums[side] -= pending.amount;
            }
            if !expired && !transfer.flags.contains(F::VOID_PENDING_TRANSFER) {
                let posted = usize::from(!transfer.flags.contains(F::PENDING));
                sums[side + posted] += transfer.amount;
            }
            let timestamp = if *expired { at.entry.timestamp } else { transfer.timestamp };
            ((!expired).then_some(*transfer), (timestamp, sums))
        });
        after.collect()
    }

    fn account_balances(&self, filter: &AccountFilter) -> Vec<Balances> {
        let state = self.ledger.account(filter.account_id);
        if !filter.is_valid()
            || !state.is_some_and(|state| state.flags().contains(AccountFlags::HISTORY))
        {
            return Vec::new();
        }
        let all = self.all_balances(filter.account_id).into_iter();
        let matching = all.filter(|(one, _)| one.is_some_and(|one| filter.matches(&one)));
        let found = matching.map(|(_, balances)| balances).collect();
        first(found, filter.is_reversed(), filter.limit)
    }

    fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        let changes = self.entries.iter().filter_map(|(_, change)| change.as_ref());
        let created = changes.filter(|change| !change.expired).map(|change| change.transfer);
        let matching = created.filter(|transfer| filter.matches_transfer(transfer));
        let found = if filter.is_valid() { matching.collect() } else { Vec::new() };
        first(found, filter.is_reversed(), filter.limit)
    }

    /// All pages of a filter together: positions of entries.
    fn entries(&self, filter: &TrailFilter) -> Vec<(usize, u64)> {
        let is_pending = |pending_id: u128| {
            let pending = self.transfers.get(&pending_id);
            pending
                .is_some_and(|pending| parties(pending).contains(&filter.account_id.unwrap_or(0)))
        };
        let concerns = |at: &EntryRef<'_>, id: u128| match at.entry.kind {
            EntryKind::Account => at.entry.id == id,
            EntryKind::Expiry => is_pending(at.entry.id),
            _ => {
                [at.entry.debit_account_id, at.entry.credit_account_id].contains(&id)
                    || at.extension.is_some_and(|extension| is_pending(extension.id))
            }
        };
        let status = |at: &EntryRef<'_>| {
            let only = |name| filter.status == Some(StatusFilter::named(name).expect("a status"));
            filter.status.is_none() || at.entry.status_name().is_some_and(only)
        };
        let matching = self.entries.iter().map(|(at, _)| at).filter(|at| {
            filter.account_id.is_none_or(|id| concerns(at, id))
                && filter.kind.is_none_or(|kind| kind == at.entry.kind)
                && filter.writer.is_none_or(|writer| writer == at.writer)
                && filter.period.contains(at.entry.timestamp)
                && status(at)
        });
        let mut found: Vec<_> = matching.map(|at| (at.writer, at.position)).collect();
        if filter.reversed {
            found.reverse();
        }
        found
    }
}

fn pages(ledger: &Ledger, mut filter: TrailFilter) -> Vec<(usize, u64)> {
    let mut all = Vec::new();
    loop {
        let page = ledger.select_entries(&filter, &Cancellation::never()).expect("never cancelled");
        assert!(page.next.is_none() || page.entries.len() == filter.limit as usize);
        all.extend(page.entries.iter().map(|at| (at.writer, at.position)));
        filter.after = page.next;
        if page.next.is_none() {
            return all;
        }
    }
}

/// Filters whose periods are given by the positions of entries.
#[derive(Clone, Debug)]
struct Filters {
    account: AccountFilter,
    query: QueryFilter,
    trail: TrailFilter,
    period: [Option<Index>; 2],
}

fn filters() -> impl Strategy<Value = Filters> {
    let kind = prop::sample::select(TrailFilter::KINDS.to_vec());
    let statuses = ["created", "exists", "expired", "credit_account_not_found", "exceeds_credits"];
    let status = prop::sample::select(statuses.to_vec())
        .prop_map(|name| StatusFilter::named(name).expect("there is such a status"));
    let maybe = |weight| prop::option::weighted(weight, any::<Index>());
    let trail = (
        prop::option::weighted(0.3, kind),
        prop::option::weighted(0.3, status),
        prop::option::weighted(0.2, 0..WRITERS),
        prop_oneof![Just(40_u32), Just(700), Just(RESULTS_MAX)],
    );
    let period = (maybe(0.5), maybe(0.5)).prop_map(|(from, to)| [from, to]);
    (any_account_filter(), any_query_filter(), trail, period).prop_map(
        |(account, query, (kind, status, writer, limit), period)| {
            let trail = TrailFilter { kind, status, writer, limit, ..TrailFilter::default() };
            Filters { account, query, trail, period }
        },
    )
}

impl Filters {
    /// Compares every result, in both directions, with that of a scan.
    fn compare(&self, ledger: &Ledger, scan: &Scan<'_>) -> Result<(), TestCaseError> {
        let timestamp =
            |index: &Index| scan.entries[index.index(scan.entries.len())].0.entry.timestamp;
        let [from, to] = self.period.each_ref().map(|index| index.as_ref().map_or(0, timestamp));
        let given = Period {
            timestamp_min: if to == 0 { from } else { from.min(to) },
            timestamp_max: if to == 0 { 0 } else { from.max(to) },
        };
        for period in [given, self.account.period] {
            for reversed in [false, true] {
                let mut account = AccountFilter { period, ..self.account };
                account.flags.set(AccountFilterFlags::REVERSED, reversed);
                let found = ledger.get_account_transfers(&account);
                prop_assert_eq!(found, scan.account_transfers(&account), "{:?}", account);
                let found = ledger.get_account_balances(&account);
                let found: Vec<_> = found.iter().map(balances).collect();
                prop_assert_eq!(found, scan.account_balances(&account), "{:?}", account);
                let mut query = QueryFilter { period, ..self.query };
                query.flags.set(QueryFilterFlags::REVERSED, reversed);
                let found = ledger.query_transfers(&query);
                prop_assert_eq!(found, scan.query_transfers(&query), "{:?}", query);
            }
        }
        for reversed in [false, true] {
            let account_id =
                Some(self.account.account_id).filter(|id| ![0, u128::MAX].contains(id));
            let trail = TrailFilter { period: given, reversed, account_id, ..self.trail };
            prop_assert_eq!(pages(ledger, trail), scan.entries(&trail), "{:?}", trail);
        }
        let mut followed = Vec::new();
        ledger.follow_account(self.account.account_id, |one| followed.push(balances(one)));
        followed.reverse();
        let all = scan.all_balances(self.account.account_id).into_iter();
        prop_assert_eq!(followed, all.map(|(_, balances)| balances).collect::<Vec<_>>());
        Ok(())
    }
}

/// Writes transfers of which account 1 has nearly all, account 2 many, and the others few; some with user
/// data, some pending and resolved, some rejected.
fn fill(writer: &mut Writer, seed: u32) {
    for number in seed..seed + FILLERS {
        let [from, to] = match number % 512 {
            0 => [3, 4],
            200 => [4, 5],
            300 => [5, 99],
            _ if number % 8 == 0 => [1, 2],
            _ => [1, 6],
        };
        let id = 1 << 64 | u128::from(number);
        let mut transfer = Transfer::new(from, to, 1).with_id(id);
        match number % 97 {
            5 => transfer.user_data.user_data_32 = 1 + number % 7,
            10 => transfer = transfer.pending(0),
            11 => transfer = Transfer::post(id - 1).with_id(id),
            // It was posted.
            12 => transfer = Transfer::void(id - 2).with_id(id),
            13 => transfer.code = 2,
            _ if number % 3 == 0 => transfer.id = 0,
            _ => {}
        }
        writer.create_transfer(&transfer).expect("the trail has room");
    }
}

fn open() -> (Arc<Ledger>, Vec<Writer>) {
    let (ledger, mut writers) = ledger(WRITERS);
    let history = |id| Account::new(id, 1, 1).with_flags(AccountFlags::HISTORY);
    for id in [1, 2, 3, 4, 6] {
        writers[0].create_account(&history(id)).expect("the trail has room");
    }
    (ledger, writers)
}

/// Executes the steps that write, each by the next writer.
fn write(Script(steps): &Script, writers: &mut [Writer]) {
    for (number, step) in steps.iter().enumerate() {
        let writer = &mut writers[number % WRITERS];
        match step {
            Step::CreateAccounts(batch) => drop(writer.create_accounts(batch).expect("room")),
            Step::CreateTransfers(batch) => {
                writer.create_transfers_with(batch, &Cancellation::never()).expect("room");
            }
            Step::Pay(transfer) => {
                writer.create_transfer(transfer).expect("room");
            }
            Step::Tick(nanoseconds) => {
                writer.set_time(writer.time() + nanoseconds).expect("room");
            }
            _ => {}
        }
    }
}

/// The stack of a thread that draws scripts and filters, in bytes. A tree of them is large.
const STACK_BYTES: usize = 64 << 20;

#[test]
fn histories_and_queries_equal_a_scan() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let config = ProptestConfig { cases: config.cases / 8, max_shrink_iters: 200, ..config };
    let drawn = || (scripts(40), vec(filters(), 4), any::<[bool; 2]>());
    let check = |(script, filters, fills): (Script, Vec<Filters>, [bool; 2])| {
        let (ledger, mut writers) = open();
        if fills[0] {
            fill(&mut writers[1], 0);
        }
        write(&script, &mut writers);
        if fills[1] {
            fill(&mut writers[2], FILLERS);
        }
        let scan = Scan::of(&ledger);
        filters.iter().try_for_each(|filters| filters.compare(&ledger, &scan))
    };
    let run = move || TestRunner::new(config).run(&drawn(), check);
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    let result = thread.expect("a thread starts").join().expect("it does not panic");
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn histories_are_read_while_writers_run() {
    let (ledger, mut writers) = open();
    let done = AtomicBool::new(false);
    let ids = |filter: &AccountFilter| {
        let timestamps = |one: &Transfer| one.timestamp;
        ledger.get_account_transfers(filter).iter().map(timestamps).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let writing: Vec<_> = (0..)
            .zip(&mut writers)
            .map(|(number, writer)| {
                scope.spawn(move || {
                    (0..2).for_each(|round| fill(writer, (3 * round + number) * FILLERS))
                })
            })
            .collect();
        scope.spawn(|| {
            writing.into_iter().for_each(|thread| thread.join().expect("it works"));
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            for account_id in [1, 2, 3] {
                let both = AccountFilterFlags::DEBITS | AccountFilterFlags::CREDITS;
                let all = AccountFilter {
                    account_id,
                    limit: 500,
                    flags: both,
                    ..AccountFilter::default()
                };
                let newest = AccountFilter { flags: AccountFilterFlags::all(), ..all };
                let (oldest, newest) = (ids(&all), ids(&newest));
                assert!(oldest.is_sorted() && newest.iter().rev().is_sorted());
                // The oldest ones stay the same, and none is missing among the newest.
                assert_eq!(ids(&all)[..oldest.len()], oldest);
                if let [last, .., first] = newest[..] {
                    let period = Period { timestamp_min: first, timestamp_max: last };
                    assert_eq!(ids(&AccountFilter { period, ..all }).len(), newest.len());
                }
                let balances = ledger.get_account_balances(&all);
                let total = |sums: [u128; 4]| sums.iter().all(|sum| *sum < 1 << 40);
                assert!(balances.iter().all(|one| total(super::balances(one).1)), "{balances:?}");
            }
        }
    });
    let scan = Scan::of(&ledger);
    for account_id in [1, 2, 3, 4, 6] {
        for flags in [3, 7].map(AccountFilterFlags::from_bits_retain) {
            let filter =
                AccountFilter { account_id, limit: 900, flags, ..AccountFilter::default() };
            assert_eq!(ledger.get_account_transfers(&filter), scan.account_transfers(&filter));
            let found: Vec<_> = ledger.get_account_balances(&filter).iter().map(balances).collect();
            assert_eq!(found, scan.account_balances(&filter));
        }
        for reversed in [false, true] {
            let account_id = Some(account_id);
            let filter = TrailFilter { account_id, limit: 900, reversed, ..TrailFilter::default() };
            assert_eq!(pages(&ledger, filter), scan.entries(&filter));
        }
    }
}
