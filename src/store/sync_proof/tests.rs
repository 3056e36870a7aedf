use std::io;
use std::sync::Arc;

use super::*;
use crate::ledger::{Ledger, LedgerConfig};
use crate::model::{Account, Transfer};
use crate::store::format::HEAD_NAME;
use crate::store::repair;
use crate::store::simulated_disk::{SimulatedDisk, SimulatedFile};
use crate::sync::{AtomicU64, Ordering};

/// A disk that counts the reads of its files.
struct CountingDisk(SimulatedDisk, Arc<AtomicU64>);

struct CountingFile(SimulatedFile, Arc<AtomicU64>);

impl CountingDisk {
    fn new(disk: &SimulatedDisk) -> (Self, Arc<AtomicU64>) {
        let reads = Arc::new(AtomicU64::new(0));
        (Self(disk.clone(), Arc::clone(&reads)), reads)
    }
}

impl Files for CountingDisk {
    type File = CountingFile;

    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }

    fn open(&self, name: &str) -> io::Result<CountingFile> {
        Ok(CountingFile(self.0.open(name)?, Arc::clone(&self.1)))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.0.sync_folder()
    }
}

impl StoreFile for CountingFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }

    fn allocate(&self, offset: u64, len: u64) -> io::Result<()> {
        self.0.allocate(offset, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}

const CONFIG: fn() -> LedgerConfig =
    || LedgerConfig { trail_bytes: 4 << 20, ..LedgerConfig::default() };

/// Makes a closed store of so many blocks, whose head names none of them.
fn store(blocks: u64) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let (ledger, mut committer) = Ledger::open_files(disk.clone(), &CONFIG()).expect("it is new");
    let mut writer = ledger.writer().expect("it is free");
    writer.set_deferred(true);
    writer.create_accounts(&[1, 2].map(|id| Account::new(id, 1, 1))).expect("there is room");
    for _ in 0..blocks {
        writer.create_transfer(&Transfer::new(1, 2, 1)).expect("there is room");
        committer.step();
    }
    committer.close();
    disk.forge();
    disk
}

/// Each damaged block of a repair searched the whole rest of the log again: a zeroed file of 256 MiB took two billion
/// reads.
#[test]
fn repair_reads_the_log_for_proofs_once() {
    const BLOCKS: u64 = 600;
    let disk = store(BLOCKS);
    let backup = disk.copy();
    let logs: Vec<String> =
        disk.list().expect("it works").into_iter().filter(|name| name != HEAD_NAME).collect();
    let whole = |disk: &SimulatedDisk| -> Vec<_> {
        logs.iter().map(|log| disk.contents(log).expect("it is there")).collect()
    };
    let before = whole(&disk);
    for (log, bytes) in logs.iter().zip(&before) {
        let mut zeroed = vec![0; bytes.len()];
        if log == logs.last().expect("there are logs") {
            let last = bytes.len() - PAGE_BYTES as usize;
            zeroed[last..].copy_from_slice(&bytes[last..]);
        }
        disk.replace(log, zeroed);
    }
    let (counting, reads) = CountingDisk::new(&disk);
    let repaired = repair(&counting, &backup).expect("the backup has all of it");
    assert_eq!(repaired.replaced.len() as u64, BLOCKS - 1);
    assert!(before == whole(&disk), "it is not as before");
    // Each block twice when it is found damaged, and its two parts when it is whole again; few for the proofs.
    let reads = reads.load(Ordering::Relaxed);
    assert!(reads < 5 * BLOCKS, "{reads} reads");
}

/// Each page was read alone.
#[test]
fn opening_reads_zeros_in_large_pieces() {
    const BYTES: usize = 64 << 20;
    let disk = store(3);
    let log = file_name(1);
    let mut bytes = disk.contents(&log).expect("it is there");
    let whole = bytes.len();
    bytes.resize(BYTES, 0);
    disk.replace(&log, bytes);
    let (counting, reads) = CountingDisk::new(&disk);
    let (ledger, mut committer) = Ledger::open_files(counting, &CONFIG()).expect("it is torn");
    assert_eq!(ledger.lookup_accounts(&[2])[0].credits_posted, 3);
    committer.close();
    assert_eq!(disk.contents(&log).expect("it is there").len(), whole);
    let reads = reads.load(Ordering::Relaxed);
    assert!(reads < 1_000, "{reads} reads for {} pages", BYTES as u64 / PAGE_BYTES);
}

#[test]
fn proof_is_found_wherever_it_is() {
    let disk = store(40);
    let ledger_id = crate::store::backup::read_head(&disk).expect("it has one").ledger_id;
    let files: Vec<_> = disk.list().expect("it works");
    let numbers: Vec<u64> =
        files.iter().filter_map(|name| crate::store::log_writer::file_number(name)).collect();
    assert!(numbers.len() > 2, "{numbers:?}");
    let log = (&disk, &numbers[..], ledger_id);
    let per_file = disk.contents(&file_name(1)).expect("it is there").len() as u64 / PAGE_BYTES;
    // A block of one page says of all before it that they were synced.
    let mut search = SyncProofSearch::default();
    for block in 0..40 {
        let (file, page) = (1 + block / per_file, block % per_file);
        let next = LogEnd { file, offset: page * PAGE_BYTES, block, hash: [0; 32] };
        let proof = search.find(log, next).expect("it can be read");
        assert_eq!(proof, SyncProofSearch::default().find(log, next).expect("it can be read"));
        assert_eq!(proof, (block < 39).then_some(block + 2), "after block {block}");
    }
}
