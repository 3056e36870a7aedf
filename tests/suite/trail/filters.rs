//! Filters return what a full scan of the trail would, page by page and in both directions.

use ledgerlab::model::{CreateTransferStatus, Period, RESULTS_MAX, TIMESTAMP_MAX};
use ledgerlab::trail::TrailFilter;
use ledgerlab::trail::{Entry, EntryFlags, EntryKind, EntryRef, FilterError, StatusFilter, Trail};
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fixtures::{everything, trail};
use crate::common::{account, ledger, open, transfer};

const ALL: TrailFilter = TrailFilter {
    account_id: None,
    id: None,
    status: None,
    kind: None,
    writer: None,
    period: Period { timestamp_min: 0, timestamp_max: 0 },
    after: None,
    limit: RESULTS_MAX,
    reversed: false,
};

fn named(name: &str) -> Option<StatusFilter> {
    Some(StatusFilter::named(name).expect("there is such a status"))
}

/// The positions of a page's entries.
fn places(entries: &[EntryRef<'_>]) -> Vec<(usize, u64)> {
    entries.iter().map(|recorded| (recorded.writer, recorded.position)).collect()
}

/// Returns all pages of a filter in sequence.
fn pages(trail: &Trail, mut filter: TrailFilter) -> Vec<(usize, u64)> {
    let mut all = Vec::new();
    loop {
        let page = trail.select(&filter).expect("it is within its bounds");
        assert!(page.entries.len() <= filter.limit as usize);
        assert!(page.next.is_none() || page.entries.len() == filter.limit as usize);
        all.extend(places(&page.entries));
        if page.next.is_none() {
            return all;
        }
        filter.after = page.next;
    }
}

/// Returns the ids that a filter finds in the trail with entries of every kind.
fn found(filter: TrailFilter) -> Vec<u128> {
    let ledger = everything();
    let page = ledger.trail().select(&filter).expect("it is within its bounds");
    page.entries.iter().map(|recorded| recorded.entry.id).collect()
}

#[test]
fn account_filter_finds_every_related_attempt() {
    let of_three = found(TrailFilter { account_id: Some(3), ..ALL });
    let brought: Vec<u128> = of_three.iter().copied().filter(|id| *id < 1_000).collect();
    // The opening itself; the pending transfer to it, its post and its void; both ends of two
    // chains; and the expiry of 902. The pending transfers are found although their posts and voids
    // did not name the account.
    assert_eq!(brought, [3, 900, 901, 902, 910, 911, 912, 921, 923, 902]);
    assert_eq!(
        of_three.len(),
        brought.len() + 2,
        "two plain transfers have ids of the ledger's making"
    );
    assert_eq!(found(TrailFilter { account_id: Some(4), ..ALL }), [4]);
    assert_eq!(found(TrailFilter { account_id: Some(5), ..ALL }), []);
    assert_eq!(found(TrailFilter { account_id: Some(77), ..ALL }).len(), 1, "it was named in vain");
}

#[test]
fn status_kind_and_id_filters_differ() {
    let of = |name: &str, kind| found(TrailFilter { status: named(name), kind, ..ALL });
    assert_eq!(of("created", Some(EntryKind::Account)), [1, 2, 3, 4]);
    assert_eq!(of("linked_event_chain_open", None), [6]);
    assert_eq!(of("reserved_field", None), [u128::MAX - 1]);
    assert_eq!(of("linked_event_failed", None), [922]);
    assert_eq!(of("pending_transfer_already_voided", None), [912]);
    assert_eq!(of("expired", None), [902]);
    assert_eq!(found(TrailFilter { kind: Some(EntryKind::Expiry), ..ALL }), [902]);
    assert_eq!(found(TrailFilter { id: Some(902), ..ALL }), [902, 902]);
    assert_eq!(found(TrailFilter { id: Some(4), ..ALL }), [4]);
    assert_eq!(found(TrailFilter { id: Some(0), ..ALL }), []);
    let number = CreateTransferStatus::LinkedEventFailed as u16;
    let numbered = Some(StatusFilter::numbered(number));
    assert_eq!(
        found(TrailFilter { status: numbered, kind: Some(EntryKind::Transfer), ..ALL }),
        [922]
    );
}

#[test]
fn generated_id_is_found_with_its_retries() {
    let (ledger, mut writers) = ledger(2);
    open(&mut writers[0], &[account(1), account(2)]);
    for _ in 0..10 {
        writers[1].create_transfer(&transfer(1, 2, 5)).expect("the ledger has capacity");
    }
    writers[1].create_transfer(&transfer(1, 2, 6)).expect("the ledger has capacity");
    let id = ledger.trail().in_order().last().expect("there are entries").entry.id;
    let retry = ledgerlab::model::Transfer { id, ..transfer(1, 2, 6) };
    writers[0].create_transfer(&retry).expect("the ledger has capacity");
    let filter = TrailFilter { id: Some(id), ..ALL };
    let page = ledger.trail().select(&filter).expect("it is within its bounds");
    assert_eq!(places(&page.entries), [(1, 10), (0, 2)]);
    let statuses: Vec<_> = page.entries.iter().map(|one| one.entry.status_name()).collect();
    assert_eq!(statuses, [Some("created"), Some("exists")]);
}

#[test]
fn out_of_bounds_filters_are_rejected() {
    let trail = trail(vec![Vec::new(), Vec::new()]);
    let period = |timestamp_min, timestamp_max| Period { timestamp_min, timestamp_max };
    let past = TIMESTAMP_MAX + 1;
    for (filter, sentence) in [
        (TrailFilter { limit: 0, ..ALL }, "limit must be 1 to 8189, not 0"),
        (TrailFilter { limit: 8_190, ..ALL }, "limit must be 1 to 8189, not 8190"),
        (TrailFilter { writer: Some(2), ..ALL }, "writer must be below 2, not 2"),
        (TrailFilter { account_id: Some(0), ..ALL }, "account_id must be 1 to 2^128 - 2, not 0"),
        (
            TrailFilter { account_id: Some(u128::MAX), ..ALL },
            "account_id must be 1 to 2^128 - 2, not 340282366920938463463374607431768211455",
        ),
        (
            TrailFilter { kind: Some(EntryKind::Extension), ..ALL },
            "kind must be account, transfer or expiry; an extension comes with its entry",
        ),
        (
            TrailFilter { period: period(5, 4), ..ALL },
            "timestamp_min must be at most timestamp_max (4), not 5",
        ),
        (
            TrailFilter { period: period(past, 0), ..ALL },
            "timestamp_min must be at most 9223372036854775807, not 9223372036854775808",
        ),
        (
            TrailFilter { period: period(0, past), ..ALL },
            "timestamp_max must be at most 9223372036854775807, not 9223372036854775808",
        ),
        (
            TrailFilter { after: Some(u64::MAX), ..ALL },
            "after must be at most 9223372036854775807, not 18446744073709551615",
        ),
    ] {
        let error = trail.select(&filter).expect_err(sentence);
        assert_eq!(error.to_string(), sentence);
    }
    let unknown = StatusFilter::named("creatd").expect_err("there is no such status");
    assert_eq!(unknown, FilterError::Status { found: "creatd".to_owned() });
    assert_eq!(unknown.to_string(), "status must be the name of a status, not \"creatd\"");
    for filter in [
        ALL,
        TrailFilter { period: period(TIMESTAMP_MAX, TIMESTAMP_MAX), ..ALL },
        TrailFilter { after: Some(TIMESTAMP_MAX), ..ALL },
        TrailFilter { after: Some(0), reversed: true, ..ALL },
    ] {
        assert!(trail.select(&filter).expect("it is within its bounds").entries.is_empty());
    }
}

#[test]
fn pages_are_read_while_writers_run() {
    let (ledger, mut writers) = ledger(2);
    open(&mut writers[0], &[account(1), account(2)]);
    let done = AtomicBool::new(false);
    let filter = TrailFilter { account_id: Some(1), limit: 7, ..ALL };
    std::thread::scope(|scope| {
        let writing: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                scope.spawn(move || {
                    for _ in 0..5_000 {
                        let paid = writer.create_transfer(&transfer(1, 2, 1));
                        paid.expect("the ledger has capacity");
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            writing.into_iter().for_each(|thread| thread.join().expect("it works"));
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            for reversed in [false, true] {
                let filter = TrailFilter { reversed, ..filter };
                let page = ledger.trail().select(&filter).expect("it is within its bounds");
                let times: Vec<_> = page.entries.iter().map(|one| one.entry.timestamp).collect();
                let ordered =
                    if reversed { times.iter().rev().is_sorted() } else { times.is_sorted() };
                assert!(ordered, "{times:?}");
            }
        }
    });
    assert_eq!(pages(ledger.trail(), TrailFilter { limit: 1_000, ..filter }).len(), 10_001);
}

/// Few ids, statuses and timestamps, so that filters match. A quarter of the entries have
/// extensions that name what they resolve.
fn rows() -> impl Strategy<Value = Vec<Vec<Entry>>> {
    let entry = (0_u8..3, 1_u128..5, 1_u128..5, 1_u128..5, 0_u16..3, any::<bool>(), 0_u128..5);
    let entries = prop::collection::vec((0_usize..3, 1_u64..4, entry), 0..60);
    entries.prop_map(|drawn| {
        let mut rows = vec![Vec::new(); 3];
        let mut timestamp = 0;
        for (writer, step, (kind, id, debit, credit, status, pending, extension)) in drawn {
            timestamp += step;
            let kind = [EntryKind::Account, EntryKind::Transfer, EntryKind::Expiry][kind as usize];
            let mut entry = Entry { id, timestamp, status, kind, ..Entry::default() };
            if kind == EntryKind::Transfer {
                (entry.debit_account_id, entry.credit_account_id) = (debit, credit);
                entry.flags = u16::from(pending) << 1;
            }
            if extension != 0 {
                entry.entry_flags = EntryFlags::HAS_EXTENSION.bits();
            }
            rows[writer].push(entry);
            if extension != 0 {
                let kind = EntryKind::Extension;
                rows[writer].push(Entry { id: extension, timestamp, kind, ..Entry::default() });
            }
        }
        rows
    })
}

fn filters() -> impl Strategy<Value = TrailFilter> {
    let maybe = |range: std::ops::Range<u128>| prop::option::weighted(0.4, range);
    let status = prop::option::weighted(0.3, 0_u16..3).prop_map(|s| s.map(StatusFilter::numbered));
    let kind = prop::option::weighted(
        0.3,
        prop::sample::select(vec![EntryKind::Account, EntryKind::Transfer, EntryKind::Expiry]),
    );
    let period = (0_u64..80, 0_u64..80);
    let writer = prop::option::weighted(0.3, 0_usize..3);
    (maybe(1..5), maybe(1..5), status, kind, writer, period, 1_u32..9, any::<bool>()).prop_map(
        |(account_id, id, status, kind, writer, (start, length), limit, reversed)| {
            let timestamp_max = if length == 0 { 0 } else { start + length };
            let period = Period { timestamp_min: start, timestamp_max };
            TrailFilter {
                account_id,
                id,
                status,
                kind,
                writer,
                period,
                after: None,
                limit,
                reversed,
            }
        },
    )
}

/// Returns a filter's result by a full scan.
fn by_looking(rows: &[Vec<Entry>], filter: &TrailFilter) -> Vec<(usize, u64)> {
    let all = rows.iter().flatten();
    let account = filter.account_id.unwrap_or(0);
    let touches = |e: &Entry| e.debit_account_id == account || e.credit_account_id == account;
    let is_held = |id: u128| {
        let holds = |e: &&Entry| e.kind == EntryKind::Transfer && e.flags & 2 != 0 && touches(e);
        all.clone().filter(holds).any(|entry| entry.id == id)
    };
    let mut found = Vec::new();
    for (writer, row) in rows.iter().enumerate() {
        for (place, entry) in row.iter().enumerate() {
            let extension = row.get(place + 1).filter(|next| next.kind == EntryKind::Extension);
            let concerns = match entry.kind {
                EntryKind::Extension => continue,
                EntryKind::Account => entry.id == account,
                EntryKind::Transfer => touches(entry) || extension.is_some_and(|a| is_held(a.id)),
                EntryKind::Expiry => is_held(entry.id),
            };
            let status = filter.status.is_none_or(|status| {
                entry.kind != EntryKind::Expiry && status == StatusFilter::numbered(entry.status)
            });
            let matches = (filter.account_id.is_none() || concerns)
                && filter.id.is_none_or(|id| id == entry.id)
                && filter.kind.is_none_or(|kind| kind == entry.kind)
                && filter.writer.is_none_or(|only| only == writer)
                && filter.period.contains(entry.timestamp)
                && status;
            if matches {
                found.push((entry.timestamp, writer, place as u64));
            }
        }
    }
    found.sort_unstable();
    if filter.reversed {
        found.reverse();
    }
    found.into_iter().map(|(_, writer, place)| (writer, place)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn pages_equal_a_full_scan(rows in rows(), filter in filters()) {
        let expected = by_looking(&rows, &filter);
        prop_assert_eq!(pages(&trail(rows), filter), expected);
    }
}

#[test]
fn last_page_has_no_next_page() {
    let entry = |timestamp: u64| Entry {
        id: timestamp.into(),
        timestamp,
        kind: EntryKind::Transfer,
        ..Entry::default()
    };
    let trail = Trail::of(vec![(1..=6).map(entry).collect()]).expect("there is memory");
    for (limit, more) in [(5, true), (6, false), (7, false)] {
        let filter = TrailFilter { limit, ..TrailFilter::default() };
        let page = trail.select(&filter).expect("it is within its bounds");
        assert_eq!(page.next.is_some(), more, "{limit}");
    }
}
