//! Threads that read a trail while its older entries are moved from memory to the disk.
#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ledgerlab::ledger::BATCH_MAX;
use ledgerlab::trail::{CHUNK_ENTRIES, ENTRY_BYTES, EntryKind};
use ledgerlab::{Account, Ledger, LedgerConfig, Transfer};

use crate::common::program::Folder;

const WRITERS: u64 = 2;
const EACH: u64 = 24 * CHUNK_ENTRIES;

/// Returns what a transfer with this id has besides.
fn amount(id: u128) -> u128 {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 64 | 1
}

#[test]
fn moved_entries_are_read_while_writers_run() {
    let folder = Folder::new("spill-races");
    let trail_bytes = 10 * CHUNK_ENTRIES * ENTRY_BYTES;
    let config = LedgerConfig { writers: WRITERS as usize, trail_bytes, ..LedgerConfig::default() };
    let ledger = Ledger::open_with(folder.file("ledger"), &config).expect("it is new");
    let accounts = [1, 2, 3].map(|id| Account::new(id, 1, 1));
    ledger.writer().expect("free").create_accounts(&accounts).expect("there is room");
    let running = AtomicU64::new(WRITERS);
    let is_running = || running.load(Ordering::Acquire) > 0;
    let check = |entry: &ledgerlab::trail::Entry| {
        if entry.kind == EntryKind::Transfer {
            assert_eq!(entry.amount, amount(entry.id));
        }
    };
    thread::scope(|scope| {
        for number in 0..WRITERS {
            let (ledger, running) = (&ledger, &running);
            scope.spawn(move || {
                let mut writer = ledger.writer().expect("free");
                writer.set_deferred(true);
                let ids = (0..EACH).map(|count| u128::from(number + 1) << 64 | u128::from(count));
                let transfers: Vec<Transfer> =
                    ids.map(|id| Transfer::new(1 + id % 2, 3, amount(id)).with_id(id)).collect();
                for batch in transfers.chunks(BATCH_MAX) {
                    writer.create_transfers(batch).expect("the disk has space");
                }
                writer.sync().expect("the disk works");
                running.fetch_sub(1, Ordering::AcqRel);
            });
        }
        scope.spawn(|| {
            while is_running() {
                ledger.trail().in_order().for_each(|recorded| check(recorded.entry));
            }
        });
        scope.spawn(|| {
            let mut at = 1_u64;
            while is_running() {
                at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let segment = ledger.trail().segments().nth((at >> 60) as usize % WRITERS as usize);
                let segment = segment.expect("there are as many as writers");
                let end = segment.len();
                let start = (at >> 8) % end.max(1);
                segment.chunks(start, end.min(start + 100)).flatten().for_each(check);
                let id = u128::from(1 + at % WRITERS) << 64 | u128::from((at >> 8) % EACH);
                for found in ledger.lookup_transfers(&[id]) {
                    assert_eq!(found.amount, amount(id));
                }
            }
        });
    });
    let trail = ledger.trail();
    assert_eq!(trail.entries(), 3 + WRITERS * EACH);
    let resident = trail.used_bytes() - trail.spilled_bytes();
    assert!(resident <= trail_bytes, "{resident} bytes are in memory");
}
