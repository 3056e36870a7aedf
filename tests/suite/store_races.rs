//! Threads that share a stored ledger: what returned is on the disk, and another opening finds it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ledgerlab::{Account, CreateTransferStatus, Ledger, LedgerConfig, Transfer};

use crate::common::program::Folder;

const THREADS: u128 = 4;
const EACH: u128 = 100;

#[test]
fn threads_find_their_durable_transfers_again() {
    let folder = Folder::new("stored-races");
    let config = LedgerConfig { writers: 6, trail_bytes: 32 << 20, ..LedgerConfig::default() };
    let ledger = Ledger::open_with(folder.file("ledger"), &config).expect("it is new");
    let accounts = [1, 2, 3].map(|id| Account::new(id, 1, 1));
    ledger.writer().expect("free").create_accounts(&accounts).expect("there is room");
    let shown = AtomicU64::new(0);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let ledger = &ledger;
            scope.spawn(move || {
                let mut writer = ledger.writer().expect("free");
                // Half of them return at once, and wait for all at the end.
                writer.set_deferred(number % 2 == 1);
                for count in 0..EACH {
                    let id = (number + 1) << 64 | count;
                    let transfer =
                        Transfer::new(1 + number % 3, 1 + (number + 1) % 3, 1).with_id(id);
                    let created = writer.create_transfer(&transfer).expect("there is room");
                    assert_eq!(created.status, CreateTransferStatus::Created);
                    let store = ledger.store().expect("it is stored");
                    let is_last = count + 1 == EACH;
                    if is_last {
                        writer.sync().expect("the disk works");
                    }
                    if number % 2 == 0 || is_last {
                        let mark = store.mark();
                        store.wait(&mark).expect("the disk works");
                        assert!(store.has_synced(&mark));
                    }
                }
            });
        }
        // A reader that waits for what it has seen.
        scope.spawn(|| {
            let store = ledger.store().expect("it is stored");
            for _ in 0..50 {
                let balance = ledger.lookup_accounts(&[2])[0].credits_posted;
                store.wait(&store.mark()).expect("the disk works");
                shown.fetch_max(balance as u64, Ordering::Relaxed);
            }
        });
    });
    // Without closing it: another opening of the same files, as after a crash.
    let copy = Folder::new("stored-races-copy");
    for name in ["ledger.head", "00000001.log"] {
        std::fs::copy(folder.file(&format!("ledger/{name}")), copy.file(name))
            .expect("there is space");
    }
    let again = Ledger::open_with(copy.file("."), &config).expect("it is whole");
    assert_eq!(again.verify().expect("serial replay agrees"), 3 + (THREADS * EACH) as u64);
    let states = |ledger: &Ledger| ledger.accounts().collect::<Vec<_>>();
    assert_eq!(states(&again), states(&ledger));
    assert!(again.lookup_accounts(&[2])[0].credits_posted >= u128::from(shown.into_inner()));
}
