//! `ledgerlab apply`: a million transfers with ids of the caller's own, from a file and through a pipe.

use std::fs::File;
use std::io::{self, Read, Write, pipe};
use std::thread;
use std::time::Instant;

use ledgerlab::host::native::apply;
use ledgerlab::ledger::{BATCH_MAX, Ledger, LedgerConfig};
use ledgerlab::model::Account;
use ledgerlab::scenarios::Random;

const ACCOUNTS: u64 = 10_000;

/// Reports the seconds that `transfers` transfers take, once per round.
pub(crate) fn measure(transfers: usize, rounds: usize, report: &mut dyn FnMut(&str, f64)) {
    let operations = operations(transfers);
    let mut file = tempfile::tempfile().expect("a file can be created");
    file.write_all(operations.as_bytes()).expect("it can be written");
    for _ in 0..rounds {
        // Seconds of a million, also if there are fewer.
        let mut report = |name, seconds: f64| report(name, seconds * 1e6 / transfers as f64);
        report("apply/file", seconds(rewound(&mut file)));
        let (reader, mut writer) = pipe().expect("a pipe can be opened");
        let piped = thread::scope(|scope| {
            scope.spawn(|| {
                writer.write_all(operations.as_bytes()).expect("the other end reads");
                drop(writer);
            });
            seconds(reader)
        });
        report("apply/pipe", piped);
    }
}

fn rewound(file: &mut File) -> &mut File {
    io::Seek::rewind(file).expect("a file has a beginning");
    file
}

/// Returns lines of batches of the greatest size.
fn operations(transfers: usize) -> String {
    let mut random = Random::new(1, 0);
    let mut event = || {
        let id = (u128::from(random.below(1 << 60)) << 64) + u128::from(random.below(1 << 63)) + 1;
        let debit = random.below(ACCOUNTS);
        let credit = (debit + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
        let amount = 1 + random.below(1_000);
        let (debit, credit) = (debit + 1, credit + 1);
        format!(
            r#"{{"id":"{id}","debit_account_id":{debit},"credit_account_id":{credit},"amount":{amount},"ledger":1,"code":1}}"#
        )
    };
    let mut text = String::new();
    for batch in (0..transfers).step_by(BATCH_MAX) {
        let events: Vec<_> = (batch..transfers.min(batch + BATCH_MAX)).map(|_| event()).collect();
        text += &format!("{{\"op\":\"create_transfers\",\"events\":[{}]}}\n", events.join(","));
    }
    text
}

/// Returns the seconds that a new ledger takes to apply an input.
fn seconds(input: impl Read) -> f64 {
    let config =
        LedgerConfig { accounts_max: ACCOUNTS, trail_bytes: 1 << 30, ..LedgerConfig::default() };
    let (_ledger, mut writers) = Ledger::with_writers(&config).expect("it can be opened");
    for id in 1..=ACCOUNTS {
        let account = Account::new(id.into(), 1, 1);
        writers[0].create_account(&account).expect("the trail has memory");
    }
    let began = Instant::now();
    apply::apply(input, io::sink(), &mut writers[0]).expect("every line is valid");
    began.elapsed().as_secs_f64()
}
