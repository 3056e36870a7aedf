//! Threads that share a stored ledger: what returned is on the disk, and another opening finds it.

use std::io::{Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ledgerlab::ledger::OpenError;
use ledgerlab::store::{ReadOnlyFolder, StoreError};
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

#[test]
fn scrubber_reads_beside_writers_and_notices_what_is_lost() {
    let folder = Folder::new("scrubbed-races");
    let path = folder.file("ledger");
    let config = LedgerConfig { writers: 3, trail_bytes: 32 << 20, ..LedgerConfig::default() };
    let ledger = Ledger::open_with(&path, &config).expect("it is new");
    let accounts = [1, 2].map(|id| Account::new(id, 1, 1));
    ledger.writer().expect("free").create_accounts(&accounts).expect("there is room");
    let store = ledger.store().expect("it is stored");
    let files = ReadOnlyFolder::new(&path);
    store.start_scrubber(files.clone(), Duration::from_millis(1)).expect("it is a store");
    // The first one went on, and nothing waited for its end.
    let refused = store.start_scrubber(files, Duration::from_millis(1));
    assert!(matches!(refused, Err(StoreError::HasScrubber)), "{refused:?}");
    let write = |count: u32| {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut writer = ledger.writer().expect("free");
                    for _ in 0..count {
                        writer.create_transfer(&Transfer::new(1, 2, 1)).expect("there is room");
                    }
                });
            }
        });
    };
    write(100);
    assert_eq!(store.damage(), (Vec::new(), 0), "nothing is lost");
    let log = folder.file("ledger/00000001.log");
    let mut file = std::fs::File::options().write(true).open(&log).expect("it is there");
    file.seek(SeekFrom::Start(4096 + 250)).expect("it is longer");
    file.write_all(b"?").expect("it can be written");
    let began = Instant::now();
    while store.damage().1 == 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing was noticed");
        thread::sleep(Duration::from_millis(1));
    }
    let (named, count) = store.damage();
    assert_eq!((named[0].block, named[0].offset, count), (2, 4096, 1), "{named:?}");
    write(20);
    store.close().expect("the disk works");
    ledger.verify().unwrap_or_else(|divergence| panic!("{divergence}"));
}

/// Both calls wrote a store, and the end of the second one's committer stopped the attempts of the ledger for good.
#[test]
fn ledger_gets_one_store_whoever_is_first() {
    for round in 0..20 {
        let folder = Folder::new(&format!("stored-at-once-{round}"));
        let ledger = Ledger::in_memory();
        let accounts = [1, 2].map(|id| Account::new(id, 1, 1));
        ledger.writer().expect("free").create_accounts(&accounts).expect("there is room");
        let store = |name: &str| ledger.store_in(folder.file(name));
        let results = thread::scope(|scope| {
            let threads = ["a", "b", "c"].map(|name| scope.spawn(move || (name, store(name))));
            threads.map(|thread| thread.join().expect("it does not panic"))
        });
        let (stored, refused): (Vec<_>, Vec<_>) =
            results.into_iter().partition(|(_, result)| result.is_ok());
        assert_eq!(stored.len(), 1, "{refused:?}");
        for (name, result) in refused {
            assert!(matches!(result, Err(OpenError::HasStore)), "{result:?}");
            assert!(!std::path::Path::new(&folder.file(name)).exists(), "nothing is left of it");
        }
        let mut writer = ledger.writer().expect("free");
        writer.create_transfer(&Transfer::new(1, 2, 5)).expect("its store works");
        drop((writer, ledger));
        let again = Ledger::open(folder.file(stored[0].0)).expect("it is whole");
        assert_eq!(again.lookup_accounts(&[2])[0].credits_posted, 5);
    }
}

/// More records than one thread applies alone when a ledger is opened.
#[test]
fn large_ledger_is_opened_by_two_threads() {
    const PAIRS: u128 = 6_000;
    let folder = Folder::new("stored-large");
    let config = LedgerConfig { writers: 2, trail_bytes: 32 << 20, ..LedgerConfig::default() };
    let ledger = Ledger::open_with(folder.file("ledger"), &config).expect("it is new");
    let mut writer = ledger.writer().expect("free");
    let accounts = [1, 2, 3].map(|id| Account::new(id, 1, 1));
    writer.create_accounts(&accounts).expect("there is room");
    let pair = |id| {
        // Half of the pending transfers are posted, and the others expire.
        let pending = Transfer::new(1 + id % 2, 3, 2).with_id(id).pending(1);
        let other = Transfer::new(1, 2, 1).with_id(PAIRS * 4 + id);
        [pending, if id % 2 == 0 { Transfer::post(id) } else { other }]
    };
    let ids: Vec<u128> = (1..=PAIRS).collect();
    for ids in ids.chunks(1_000) {
        let batch: Vec<Transfer> = ids.iter().flat_map(|&id| pair(id)).collect();
        let outcomes = writer.create_transfers(&batch).expect("there is room");
        assert!(outcomes.iter().all(|one| one.status == CreateTransferStatus::Created));
        writer.set_time(writer.time() + 2_000_000_000).expect("there is room");
    }
    drop(writer);
    let expected: Vec<_> = ledger.accounts().collect();
    let entries = ledger.trail().entries();
    assert!(entries > 14_000 && ledger.trail().len() > 1 << 14, "{entries} entries");
    drop(ledger);
    let ledger = Ledger::open_with(folder.file("ledger"), &config).expect("it was closed");
    assert_eq!((ledger.accounts().collect(), ledger.trail().entries()), (expected, entries));
    assert_eq!(ledger.lookup_transfers(&ids).len(), ids.len());
    ledger.verify().expect("it is a serial run");
}
