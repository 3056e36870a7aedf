//! Reads the tables and runs them on a ledger.

use std::collections::HashMap;
use std::path::PathBuf;

use ledgerlab::ledger::{Ledger, LedgerConfig};
use ledgerlab::model::{Account, SerialLedger, Transfer, TransferAttempt};
use serde::Deserialize;

use crate::row::Row;
use crate::subject::{self, Subject};

#[derive(Deserialize)]
struct Table {
    test: String,
    case: u32,
    rows: Vec<Vec<String>>,
}

fn tables() -> Option<Vec<Table>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/oracle");
    let folder = std::env::var_os("LEDGERLAB_ORACLE").unwrap_or_else(|| beside.into());
    let text =
        std::fs::read_to_string(PathBuf::from(folder).join("tigerbeetle-tables.json")).ok()?;
    let tables: Vec<Table> =
        serde_json::from_str(&text).expect("the tables are JSON of the known format");
    // This ledger has no change feed.
    Some(tables.into_iter().filter(|table| table.test != "get_change_events").collect())
}

/// Runs every table on a ledger of its own. Returns the number of tables and rows.
fn run_tables<S: Subject>(new: impl Fn() -> S) -> (usize, usize) {
    let tables = tables().expect("main has found them");
    let mut mismatches = Vec::new();
    let mut rows = 0;
    for table in &tables {
        rows += table.rows.len();
        let mut ledger = Verified { subject: new(), times: HashMap::new(), mismatches: Vec::new() };
        ledger.run(&table.rows);
        for mismatch in ledger.mismatches {
            mismatches.push(format!("{} ({}): {mismatch}", table.test, table.case));
        }
    }
    assert!(mismatches.is_empty(), "{} rows differ:\n{}", mismatches.len(), mismatches.join("\n"));
    (tables.len(), rows)
}

struct Verified<S> {
    subject: S,
    /// Timestamps of accounts and transfers by kind and id, for rows that refer to them.
    times: HashMap<(&'static str, u128), u64>,
    mismatches: Vec<String>,
}

impl<S: Subject> Verified<S> {
    fn run(&mut self, rows: &[Vec<String>]) {
        let mut pending: Vec<Row> = Vec::new();
        for words in rows {
            let row = Row::new(words);
            match row.kind() {
                "tick" => self.tick(&row),
                "setup" => {
                    self.subject.set_balances(row.number(0), [1, 2, 3, 4].map(|at| row.number(at)))
                }
                "commit" => {
                    self.commit(row.word(0), &pending);
                    pending.clear();
                }
                _ => pending.push(row),
            }
        }
        assert!(pending.is_empty(), "rows after the last commit");
        // Balances that are set directly have no entry in the trail.
        if !rows.iter().any(|row| row[0] == "setup") {
            self.expect("replay", Ok(()), self.subject.verify());
        }
    }

    fn tick(&mut self, row: &Row) {
        let unit: u64 = match row.word(1) {
            "nanoseconds" => 1,
            "seconds" => 1_000_000_000,
            other => panic!("a tick in {other}"),
        };
        let value: i128 = row.word(0).parse().expect("a tick is a number");
        let now = if value < 0 {
            // Relative to the last timestamp.
            (i128::from(ledgerlab::model::TIMESTAMP_MAX) + value * i128::from(unit)) as u64
        } else {
            self.subject.time() + value as u64 * unit
        };
        self.subject.set_time(now);
    }

    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, row: &str, expected: T, found: T) {
        if expected != found {
            self.mismatches.push(format!("{row}: expected {expected:?}, found {found:?}"));
        }
    }

    fn commit(&mut self, operation: &str, rows: &[Row]) {
        match operation {
            "create_accounts" => self.create_accounts(rows),
            "create_transfers" => self.create_transfers(rows),
            "lookup_accounts" => self.lookup_accounts(rows),
            "lookup_transfers" => self.lookup_transfers(rows),
            "get_account_transfers" => {
                let filter = rows[0].account_filter(&self.times);
                let found = self.subject.get_account_transfers(&filter);
                self.expect_ids(&rows[1..], found.iter().map(|transfer| transfer.id));
            }
            "query_transfers" => {
                let filter = rows[0].query_filter(&self.times, "transfer");
                let found = self.subject.query_transfers(&filter);
                self.expect_ids(&rows[1..], found.iter().map(|transfer| transfer.id));
            }
            "query_accounts" => {
                let filter = rows[0].query_filter(&self.times, "account");
                let found = self.subject.query_accounts(&filter);
                self.expect_accounts(&rows[1..], &found);
            }
            "get_account_balances" => {
                let filter = rows[0].account_filter(&self.times);
                let found = self.subject.get_account_balances(&filter);
                let expected: Vec<_> = rows[1..]
                    .iter()
                    .map(|row| {
                        let time = self.times[&("transfer", row.number(0))];
                        (time, [1, 2, 3, 4].map(|at| row.number(at)))
                    })
                    .collect();
                self.expect("get_account_balances", expected, found);
            }
            other => panic!("an operation {other}"),
        }
    }

    fn create_accounts(&mut self, rows: &[Row]) {
        let batch: Vec<Account> = rows.iter().map(Row::account).collect();
        let before = self.subject.time();
        let decided = self.subject.create_accounts(&batch);
        assert_eq!(decided.len(), rows.len());
        for (at, (row, (status, timestamp))) in rows.iter().zip(decided).enumerate() {
            self.expect(row.text(), row.last(), status);
            let imported = batch[at].timestamp != 0;
            if status == "created" {
                self.times.insert(("account", batch[at].id), timestamp);
            }
            self.expect_time(
                row,
                status,
                before,
                at,
                timestamp,
                imported,
                ("account", batch[at].id),
            );
        }
    }

    fn create_transfers(&mut self, rows: &[Row]) {
        let batch: Vec<TransferAttempt> = rows
            .iter()
            .map(|row| TransferAttempt { transfer: row.transfer(), ..TransferAttempt::default() })
            .collect();
        let before = self.subject.time();
        let decided = self.subject.create_transfers(&batch);
        assert_eq!(decided.len(), rows.len());
        for (at, (row, (status, timestamp))) in rows.iter().zip(decided).enumerate() {
            self.expect(row.text(), row.last(), status);
            let transfer: &Transfer = &batch[at].transfer;
            if status == "created" {
                self.times.insert(("transfer", transfer.id), timestamp);
            }
            let imported = transfer.timestamp != 0;
            self.expect_time(
                row,
                status,
                before,
                at,
                timestamp,
                imported,
                ("transfer", transfer.id),
            );
        }
    }

    /// A created event must have a new timestamp, a retry that of the first attempt.
    #[allow(clippy::too_many_arguments, reason = "they are the columns of one row")]
    fn expect_time(
        &mut self,
        row: &Row,
        status: &str,
        before: u64,
        at: usize,
        timestamp: u64,
        imported: bool,
        key: (&'static str, u128),
    ) {
        match status {
            "created" | "linked_event_failed" if !imported => {
                self.expect(row.text(), before + at as u64 + 1, timestamp);
            }
            "exists" => {
                if let Some(&first) = self.times.get(&key) {
                    self.expect(row.text(), first, timestamp);
                }
            }
            _ => {}
        }
    }

    fn lookup_accounts(&mut self, rows: &[Row]) {
        let ids: Vec<u128> = rows.iter().map(|row| row.number(0)).collect();
        let found = self.subject.lookup_accounts(&ids);
        let present: Vec<Row> = rows.iter().filter(|row| row.word(1) != "_").cloned().collect();
        self.expect_accounts(&present, &found);
    }

    /// Rows of an id, four sums and the closed flag.
    fn expect_accounts(&mut self, rows: &[Row], found: &[Account]) {
        let expected: Vec<_> = rows
            .iter()
            .map(|row| {
                (row.number(0), [1, 2, 3, 4].map(|at| row.number(at)), row.word(5) == "CLSD")
            })
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|account| {
                let closed = account.flags.contains(ledgerlab::model::AccountFlags::CLOSED);
                (account.id, subject::sums(account), closed)
            })
            .collect();
        self.expect("accounts", expected, found);
    }

    fn lookup_transfers(&mut self, rows: &[Row]) {
        for row in rows {
            let found = self.subject.lookup_transfers(&[row.number(0)]);
            let found = found.first();
            match row.word(1) {
                "exists" => self.expect(row.text(), row.word(2) == "true", found.is_some()),
                "amount" => {
                    self.expect(
                        row.text(),
                        Some(row.number(2)),
                        found.map(|transfer| transfer.amount),
                    );
                }
                "timestamp" => {
                    let timestamp = found.map(|transfer| u128::from(transfer.timestamp));
                    self.expect(row.text(), Some(row.number(2)), timestamp);
                }
                other => panic!("a lookup of {other}"),
            }
        }
    }

    fn expect_ids(&mut self, rows: &[Row], found: impl Iterator<Item = u128>) {
        let expected: Vec<u128> = rows.iter().map(|row| row.number(0)).collect();
        self.expect("transfers", expected, found.collect());
    }
}

/// Runs the tables on every ledger. Prints a result line like libtest's, so that the rows are
/// counted.
pub fn main() {
    if tables().is_none() {
        println!("TigerBeetle's tables are missing; set LEDGERLAB_ORACLE to their folder");
        println!("test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        return;
    }
    let (tables, rows) = run_tables(SerialLedger::default);
    println!("serial ledger: {tables} tables, {rows} rows");
    let (tables, rows) = run_tables(|| {
        let (_, mut writers) =
            Ledger::with_writers(&LedgerConfig::default()).expect("the default is valid");
        writers.remove(0)
    });
    println!("ordered latches: {tables} tables, {rows} rows");
    println!("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}
