//! Inspects a run's ledger during and after the run: samples, accounts and trail, and manual
//! transfers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::common::runs::{prepare, request};
use ledgerlab::host::native::{NativeClock, run_on_threads};
use ledgerlab::ledger::Rows;
use ledgerlab::model::CreateTransferStatus;
use ledgerlab::scenarios::{AccountOrder, AccountQuery, CheckValue, Phase, Report, Run};
use ledgerlab::trail::TrailFilter;
use serde_json::{Value, json};

fn hft(more: Value) -> Value {
    let mut parameters = json!({ "workers": 2, "operations": 400_000, "seed": 7 });
    for (name, value) in more.as_object().expect("it is an object") {
        parameters[name] = value.clone();
    }
    request("hft", parameters)
}

/// Executes a run on threads, and calls `observe` repeatedly with the run.
fn run_while(run: &Arc<Run>, mut observe: impl FnMut(&Run)) -> Report {
    std::thread::scope(|scope| {
        let done = scope.spawn(|| run_on_threads(run, |_| {}).expect("it is run"));
        while !done.is_finished() {
            observe(run);
            std::thread::sleep(Duration::from_millis(1));
        }
        done.join().expect("no worker panics")
    })
}

#[test]
fn every_sample_accounts_for_all_money() {
    let run = prepare(hft(json!({})));
    let (mut samples, mut last, mut measured) = (0, 0, 0);
    let report = run_while(&run, |run| {
        if run.counters().phase() != Phase::Running {
            return;
        }
        let sample = run.sample(4);
        assert_eq!(sample.difference, CheckValue::Number(0));
        assert!(sample.timestamp.0 >= last, "time goes on");
        assert!(sample.balances.len() <= 4 && sample.accounts <= 4 * sample.accounts_each);
        assert!(sample.balances.iter().sum::<f64>().abs() < 1e-6, "what is owed is held");
        (last, samples, measured) =
            (sample.timestamp.0, samples + 1, measured + sample.latency.count);
    });
    assert!(report.passed && samples > 0);
    let sample = run.sample(usize::MAX);
    assert_eq!((sample.accounts, sample.accounts_each), (report.accounts.count as usize, 1));
    measured += sample.latency.count;
    assert_eq!(measured, report.latency.count, "each measurement is in one look");
    for (row, balance) in report.accounts.rows.iter().zip(&sample.balances) {
        let has = row.credits_posted as f64 - row.debits_posted as f64;
        assert_eq!(has, *balance, "{}", row.name);
    }
    let attempts: f64 = sample.changes.iter().sum();
    assert!(attempts > 2.0 * report.totals.accepted as f64, "each transfer changes two accounts");
}

#[test]
fn paused_run_stands_still_and_is_not_timed() {
    let run = prepare(hft(json!({ "operations": 3_000_000, "duration_s": 600 })));
    let rested = AtomicBool::new(false);
    let before = std::time::Instant::now();
    let report = run_while(&run, |run| {
        let counters = run.counters();
        let done = || counters.sum(ledgerlab::scenarios::PerWorker::Operations);
        if rested.load(Ordering::Relaxed) || done() == 0 {
            return;
        }
        counters.pause(true);
        // Batches in progress finish first.
        let mut seen = done();
        loop {
            std::thread::sleep(Duration::from_millis(100));
            if std::mem::replace(&mut seen, done()) == seen {
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(done(), seen, "all workers have finished");
        assert!(seen < 3_000_000, "it was paused before its end");
        counters.pause(false);
        rested.store(true, Ordering::Relaxed);
    });
    assert!(rested.into_inner() && report.passed);
    assert_eq!(report.totals.operations, 3_000_000);
    let outside_ns = before.elapsed().as_nanos() as u64;
    assert!(report.elapsed_ns + 300_000_000 < outside_ns, "{} of {outside_ns}", report.elapsed_ns);
}

#[test]
fn paused_run_can_be_cancelled() {
    let run = prepare(hft(json!({ "operations": 100_000_000, "duration_s": 3_600 })));
    run.counters().pause(true);
    let report = run_while(&run, |run| {
        if run.counters().phase() == Phase::Running {
            run.counters().cancel();
        }
    });
    assert!(report.passed);
    assert_eq!(report.totals.operations, 0);
}

#[test]
fn manual_transfers_are_counted_and_replayed() {
    let run = prepare(hft(json!({})));
    let early = run.transfer_manually(1, 2, 5).expect_err("no account is open");
    assert!(early.to_string().contains("not open yet"), "{early}");
    let moved = AtomicU64::new(0);
    let (bank, trader) = (run.layout().id(0, 0), run.layout().id(1, 0));
    let report = run_while(&run, |run| {
        if run.counters().phase() != Phase::Running || moved.load(Ordering::Relaxed) > 20 {
            return;
        }
        for (from, to, amount, status) in [
            (1, trader, 5, "created"),
            (trader, 1, 2, "created"),
            (bank, trader, u64::MAX, "exceeds_credits"),
            (trader, 9_999_999, 1, "credit_account_not_found"),
        ] {
            let done = run.transfer_manually(from, to, amount);
            assert_eq!(done.expect("the trail has room").status, status);
            moved.fetch_add(1, Ordering::Relaxed);
        }
    });
    let moved = moved.into_inner();
    assert!(moved > 0 && report.passed, "{:?}", report.checks);
    let fact =
        report.facts.iter().find(|fact| fact.name == "manual_transfers").expect("it is reported");
    assert_eq!(fact.value, CheckValue::Number(moved.into()));
    // The ledger can still be used after the report.
    let done = run.transfer_manually(1, trader, 7).expect("the trail has room");
    let entries = run.ledger().trail().count_entries();
    assert_eq!(entries, report.totals.trail_entries + 1);
    let result = run.verify_again(&NativeClock, |_| {}).expect("all is done");
    assert_eq!(result.expect("it is serial"), entries);
    let last = TrailFilter { reversed: true, limit: 1, ..TrailFilter::default() };
    let last = run.ledger().trail().select(&last).expect("the filter is sound").entries[0];
    assert_eq!((last.entry.timestamp, last.entry.amount), (done.timestamp.0, 7));
    assert_eq!(run.sample(1).difference, CheckValue::Number(0));
}

#[test]
fn accounts_are_searched_sorted_and_distributed() {
    let run = prepare(hft(json!({ "operations": 20_000 })));
    let report = run_on_threads(&run, |_| {}).expect("it is run");
    let find = |text: &str, order, descending, first, limit| {
        let text = text.to_owned();
        run.find_accounts(&AccountQuery { text, order, descending, first, limit })
    };
    let all = find("", AccountOrder::Place, false, 0, 1_000);
    assert_eq!(all.found, report.accounts.count as usize);
    let names: Vec<&str> = all.rows.iter().map(|line| line.row.name.as_str()).collect();
    let expected: Vec<&str> = report.accounts.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, expected[..names.len()]);
    let traders = find("TRADER_1", AccountOrder::Balance, true, 0, 1_000);
    assert!(
        traders.found > 1 && traders.rows.iter().all(|line| line.row.name.contains("trader_1"))
    );
    let has =
        |figure: &CheckValue| figure.to_string().replace(',', "").parse::<i128>().expect("digits");
    assert!(traders.rows.is_sorted_by(|one, other| has(&one.balance) >= has(&other.balance)));
    let second = find("TRADER_1", AccountOrder::Balance, true, 1, 1);
    assert_eq!(second.rows[0].row.id, traders.rows[1].row.id);
    assert_eq!(find("2", AccountOrder::Name, false, 0, 0).rows.len(), 0);
    let named = |descending| {
        let lines = find("trader", AccountOrder::Name, descending, 0, 1_000).rows;
        lines.into_iter().map(|line| line.row.name).collect::<Vec<_>>()
    };
    let (up, mut down) = (named(false), named(true));
    assert!(up.is_sorted() && up.len() == 1_000, "{} traders", up.len());
    down.reverse();
    assert_eq!(up, down);
    let by_changes = find("", AccountOrder::Changes, false, 0, 1_000);
    assert!(by_changes.rows.is_sorted_by_key(|line| line.changes));
    let backward = find("", AccountOrder::Place, true, 0, 1);
    assert_eq!(backward.rows[0].row.name, *expected.last().expect("there are accounts"));

    for bars in [1, 2, 24, 1_000] {
        let spread = run.balance_distribution(bars);
        let holders = report.accounts.rows.iter().filter(|row| !row.issuer).count() as u64;
        assert_eq!(spread.accounts, holders);
        assert_eq!(spread.bars.iter().map(|bar| bar.accounts).sum::<u64>(), holders);
        assert!(spread.bars.len() as u64 <= bars);
        assert_eq!(spread.bars.last().map(|bar| &bar.up_to), Some(&spread.maximum));
        assert!(has(&spread.minimum) <= has(&spread.median));
        assert!(has(&spread.median) <= has(&spread.maximum));
    }
}

#[test]
fn account_history_ends_at_its_balance() {
    let run = prepare(hft(json!({ "operations": 20_000 })));
    let report = run_on_threads(&run, |_| {}).expect("it is run");
    let busiest = report
        .accounts
        .rows
        .iter()
        .find(|row| !row.issuer)
        .expect("there is an account that holds coins");
    let history = run.history(busiest.id, 10_000).expect("it is there");
    let balance = |row: &ledgerlab::scenarios::AccountRow| {
        CheckValue::signed(row.credits_posted as i128 - row.debits_posted as i128)
    };
    assert!(history.transfers > 100);
    assert_eq!(history.balances.len() as u64, history.transfers.min(10_000));
    for points in [1, 2, 7, 64] {
        let few = run.history(busiest.id, points).expect("it is there");
        assert_eq!(few.transfers, history.transfers);
        assert!((1..=points).contains(&few.balances.len()), "{} of {points}", few.balances.len());
        assert!(few.balances.len() * 4 >= points, "{} of {points}", few.balances.len());
        assert_eq!(few.balances.last(), Some(&balance(busiest)));
        assert!(few.timestamps.is_sorted_by_key(|at| at.0));
    }
    assert_eq!(run.history(9_999_999, 5), None);
}

#[test]
fn trail_rows_are_the_entries_and_filter_by_account() {
    let run = prepare(hft(json!({ "operations": 20_000 })));
    let report = run_on_threads(&run, |_| {}).expect("it is run");
    let ledger = run.ledger();
    let mut rows = Rows::new(ledger, &TrailFilter::default()).expect("the filter is sound");
    rows.find(ledger, u64::MAX);
    assert_eq!(rows.count(), report.totals.trail_entries);
    let id = run.layout().id(1, 3);
    let filter = TrailFilter { account_id: Some(id), ..TrailFilter::default() };
    let mut own = Rows::new(ledger, &filter).expect("the filter is sound");
    own.find(ledger, u64::MAX);
    let created = own.read(ledger, 0, 4_096).into_iter().filter(|recorded| {
        let entry = recorded.entry;
        assert!([entry.id, entry.debit_account_id, entry.credit_account_id].contains(&id));
        entry.transfer_status() == Some(CreateTransferStatus::Created)
    });
    let history = run.history(id, 10_000).expect("it is there");
    assert_eq!(created.count() as u64, history.transfers);
}

#[test]
fn divergence_is_an_entry_or_an_account() {
    let parameters = json!({
        "concurrency": "no-locks", "accounts": 2, "operations": 2_000_000, "batch": 1_024,
    });
    let run = prepare(hft(parameters));
    assert!(run.ledger().divergence().is_none(), "nothing was replayed");
    let report = run_on_threads(&run, |_| {}).expect("it is run");
    assert!(!report.passed, "two workers meet at few accounts");
    let divergence = run.ledger().divergence().expect("serial replay has found it");
    assert!(divergence.to_string().contains("a serial run says"), "{divergence}");
    match (divergence.timestamp(), divergence.account_id()) {
        (Some(at), None) => {
            let ledger = run.ledger();
            let mut rows = Rows::new(ledger, &TrailFilter::default()).expect("the filter is sound");
            rows.find(ledger, u64::MAX);
            let found = rows.read(ledger, rows.at(ledger, at), 1);
            assert_eq!(found[0].entry.timestamp, at);
        }
        (None, Some(id)) => assert!(run.ledger().account(id).is_some()),
        other => panic!("{other:?}"),
    }
}
