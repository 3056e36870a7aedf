//! Four threads on one ledger: each has a separate writer, and the result equals a serial run.
//!
//! `cargo run --example threads`

use std::thread;

use ledgerlab::{Account, CreateTransferStatus, Ledger, LedgerConfig, LedgerError, Transfer};

const THREADS: usize = 4;
const ACCOUNTS: u128 = 10;
const TRANSFERS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = LedgerConfig { writers: THREADS, ..LedgerConfig::default() };
    let ledger = Ledger::with_config(&config)?;
    {
        let mut writer = ledger.writer()?;
        for id in 1..=ACCOUNTS {
            writer.create_account(&Account::new(id, 1, 1))?;
        }
        // The writer is dropped here, so one of the threads can have it.
    }

    let created: usize = thread::scope(|scope| {
        let ledger = &ledger;
        let workers: Vec<_> =
            (0..THREADS).map(|number| scope.spawn(move || pay(ledger, number))).collect();
        let counts = workers.into_iter().map(|worker| worker.join().expect("no thread panicked"));
        counts.sum::<Result<usize, LedgerError>>()
    })?;

    // Every account has paid and received, in whatever order the threads met. No amount was lost or
    // made.
    let total: i128 = ledger.accounts().filter_map(|account| account.balance()).sum();
    assert_eq!((created, total), (THREADS * TRANSFERS, 0));
    println!("{created} transfers on {THREADS} threads, {} waits", ledger.contention().waits);
    println!("{} entries equal a serial run", ledger.verify()?);
    Ok(())
}

/// Makes the transfers of one thread.
fn pay(ledger: &std::sync::Arc<Ledger>, number: usize) -> Result<usize, LedgerError> {
    // There are as many writers as threads. One more would be `LedgerError::WritersTaken`.
    let mut writer = ledger.writer()?;
    let mut created = 0;
    for turn in 0..TRANSFERS {
        let from = 1 + (turn + number) as u128 % ACCOUNTS;
        let to = 1 + from % ACCOUNTS;
        let outcome = writer.create_transfer(&Transfer::new(from, to, 1))?;
        created += usize::from(outcome.status == CreateTransferStatus::Created);
    }
    Ok(created)
}
