//! Ledgers of runs that were read from their store, for inspection.

use std::sync::Arc;

use ledgerlab::scenarios::{AccountQuery, Phase, Request, Run};
use ledgerlab::{Ledger, LedgerConfig};
use serde_json::json;

use crate::common::program::{Folder, ledgerlab, text};

/// Runs the trading floor with 5 traders and 2 exchanges, and reads its ledger from its folder.
fn ledger_of_run(folder: &Folder) -> Arc<Ledger> {
    let path = folder.file("ledger");
    let run = ["run", "hft", "--workers", "1", "--operations", "500", "--seed", "7"];
    let accounts = ["--accounts", "5", "--exchanges", "2", "--data", &path];
    let stored = ledgerlab(&[&run[..], &accounts].concat());
    assert_eq!(stored.status.code(), Some(0), "{}", text(&stored.stderr));
    Ledger::read_at(&path, u64::MAX, &LedgerConfig::default()).expect("it is whole")
}

fn request(scenario: &str, accounts: u64) -> Request {
    serde_json::from_value(json!({
        "scenario": scenario,
        "parameters": { "accounts": accounts, "workers": 1, "exchanges": 2 },
        "environment": { "host": "chromium", "workers_available": 1 },
    }))
    .expect("it is a request")
}

/// Returns the names of the accounts.
fn names(run: &Run) -> Vec<String> {
    let found = run.find_accounts(&AccountQuery { limit: 100, ..AccountQuery::default() });
    found.rows.into_iter().map(|line| line.row.name).collect()
}

#[test]
fn accounts_have_the_names_of_the_run_that_fits_them() {
    let folder = Folder::new("opened-ledger");
    let ledger = ledger_of_run(&folder);
    let named = Run::of_ledger(Some(request("hft", 5)), Arc::clone(&ledger));
    let expected = [
        "@world",
        "exchange_1",
        "exchange_2",
        "trader_1",
        "trader_2",
        "trader_3",
        "trader_4",
        "trader_5",
    ];
    assert_eq!(names(&named), expected);

    let ids: Vec<String> = (1..=8).map(|id| id.to_string()).collect();
    let too_few = Some(request("hft", 4));
    let unknown = Some(request("no-such-scenario", 5));
    let out_of_range = Some(request("hft", u64::MAX));
    for request in [None, too_few, unknown, out_of_range] {
        let run = Run::of_ledger(request.clone(), Arc::clone(&ledger));
        assert_eq!(names(&run), ids, "{request:?}");
        let sample = run.sample(4);
        assert_eq!((sample.accounts, sample.difference.number()), (8, Some(0)));
        assert!(run.history(2, 10).is_some_and(|history| history.transfers > 0));
    }
}

#[test]
fn nobody_writes_to_an_opened_ledger() {
    let folder = Folder::new("opened-ledger-manual");
    let run = Run::of_ledger(Some(request("hft", 5)), ledger_of_run(&folder));
    let entries = run.ledger().trail().entries();
    // Another run can begin beside it.
    assert_eq!(run.counters().phase(), Phase::Finished);
    assert!(run.transfer_manually(1, 2, 5).is_err());
    assert_eq!(run.ledger().trail().entries(), entries);
}
