//! The scrubber: a slow reader of the log of an open store, which notices that a disk has lost what it had.
//!
//! Opening a ledger reads the whole log once; then it is in memory, and nothing reads the disk any more. A block that can no
//! longer be read is noticed at the next start only, maybe after the last good backup was thrown away. So a thread of its own
//! reads every block again from time to time, slowly, and compares the hashes. It takes no lock that a writer or the
//! committer waits for.
//!
//! What is in memory is right whatever the disk has lost, so the ledger goes on. Its health says what was found.
//!
//! The scratch file of a trail that is larger than memory is read after the log, chunk by chunk, and each chunk is compared with
//! the hash that it had in memory.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::backup::read_head;
use super::block::{BlockHeader, HEADER_BYTES, PAGE_BYTES};
use super::error::{Damage, StoreError};
use super::files::{Files, StoreFile};
use super::handle::{Shared, Store};
use super::head::BlockHash;
use super::log_writer::{LogEnd, file_name};
use super::scrub_result::{ScrubResult, Scrubbed};
use super::whole_block::{hash_of, read_whole_block};
use crate::sync::Ordering;
use crate::trail::{CHUNK_BYTES, DamagedChunk, Trail};

/// What the scratch file is called: it has no name.
const SCRATCH_FILE: &str = "the scratch file";

/// Bytes that are read a second: 8 MiB.
const BYTES_PER_SECOND: u64 = 8 << 20;

/// How often a file is opened that cannot be, a second apart.
const OPEN_ATTEMPTS: u32 = 4;

/// Where the next block should be, as far as it is known.
struct Place {
    file: u64,
    offset: u64,
    /// The number of the block before.
    last: u64,
    /// Its hash. `None` if it could not be read.
    previous: Option<BlockHash>,
}

struct Scrubber<D: Files> {
    files: D,
    ledger_id: u128,
    shared: Arc<Shared>,
    trail: Arc<Trail>,
}

impl Store {
    /// Reads the log in `files` from time to time on a thread of its own, at most 8 MiB a second, and compares every block with
    /// its hash; then the scratch file of the trail in the same way, if it has one. `period` is the time between two readings.
    /// [`Store::damage`] and [`Store::scratch_damage`] have what was found. `files` are those of this store, for reading:
    /// [`ReadOnlyFolder`](super::ReadOnlyFolder).
    ///
    /// # Errors
    /// [`StoreError::HasScrubber`] when it was called before, and another [`StoreError`] when the head cannot be read, or no
    /// thread can be started.
    pub fn start_scrubber<D: Files>(&self, files: D, period: Duration) -> Result<(), StoreError> {
        let mut running = self.scrubber();
        if running.is_some() {
            return Err(StoreError::HasScrubber);
        }
        let ledger_id = read_head(&files)?.ledger_id;
        let (shared, trail) = (Arc::clone(&self.shared), Arc::clone(&self.trail));
        let scrubber = Scrubber { files, ledger_id, shared, trail };
        let thread = std::thread::Builder::new().name("ledgerlab-scrubber".to_owned());
        let thread = thread.spawn(move || scrubber.run(period));
        *running = Some(thread.map_err(StoreError::io("start a thread"))?);
        Ok(())
    }

    /// Returns the first damaged blocks that the scrubber has found, up to 16, and the number of all of them.
    pub fn damage(&self) -> (Vec<Damage>, u64) {
        let ScrubResult { named, count } = self.shared.scrubbed(Scrubbed::Log).clone();
        (named, count)
    }

    /// As [`Store::damage`], of the scratch file for older entries of the trail. What is read of them now can be wrong. The log
    /// has them, so they are right again when the ledger is opened again.
    pub fn scratch_damage(&self) -> (Vec<Damage>, u64) {
        let ScrubResult { named, count } = self.shared.scrubbed(Scrubbed::ScratchFile).clone();
        (named, count)
    }
}

impl<D: Files> Scrubber<D> {
    fn run(&self, period: Duration) {
        while self.sleep(period) {
            let Some(found) = self.read_log() else { return };
            *self.shared.scrubbed(Scrubbed::Log) = found;
            let Some(found) = self.read_scratch_file() else { return };
            *self.shared.scrubbed(Scrubbed::ScratchFile) = found;
        }
    }

    /// Sleeps. Returns whether the store is still open.
    fn sleep(&self, time: Duration) -> bool {
        let mut left = time;
        loop {
            if self.shared.is_closing() {
                return false;
            }
            if left.is_zero() {
                return true;
            }
            // Only the end of the store wakes it.
            let part = left.min(Duration::from_secs(1));
            std::thread::park_timeout(part);
            left -= part;
        }
    }

    /// Reads everything that is synced now. Returns what is damaged, and `None` when the store was closed meanwhile.
    fn read_log(&self) -> Option<ScrubResult> {
        let last = self.shared.synced_block.load(Ordering::Acquire);
        let LogEnd { file, offset, block, hash } = LogEnd::EMPTY;
        let mut place = Place { file, offset, last: block, previous: Some(hash) };
        let mut found = ScrubResult::default();
        let mut file = None;
        while place.last < last {
            let number = place.file;
            let open = match file.take() {
                Some((of, open)) if of == number => Ok(open),
                _ => self.open(&file_name(number)),
            };
            let read = match &open {
                Ok(open) => self.read_block(open, &mut place),
                Err(error) => Err(format!("its file cannot be opened: {error}")),
            };
            let bytes = read.unwrap_or_else(|what| {
                let (file, offset) = (file_name(place.file), place.offset);
                let damage = Damage { file, offset, block: place.last + 1, what };
                self.report(Scrubbed::Log, &mut found, damage);
                self.find_next(open.as_ref().ok(), &mut place, last)
            });
            file = open.ok().map(|open| (number, open));
            if !self.sleep_after(bytes) {
                return None;
            }
        }
        Some(found)
    }

    /// Reads every chunk that was moved to the scratch file until now. Returns the same as [`Scrubber::read_log`].
    fn read_scratch_file(&self) -> Option<ScrubResult> {
        let mut found = ScrubResult::default();
        // Not those that are moved meanwhile, which can be more than are read.
        let moved = self.trail.spilled_bytes() / CHUNK_BYTES;
        for number in 0..moved {
            let Some(checked) = self.trail.check_moved(number as usize) else { break };
            if let Err(DamagedChunk { offset, what }) = checked {
                let damage = Damage { file: SCRATCH_FILE.to_owned(), offset, block: 0, what };
                self.report(Scrubbed::ScratchFile, &mut found, damage);
            }
            if !self.sleep_after(CHUNK_BYTES) {
                return None;
            }
        }
        Some(found)
    }

    /// Adds a damage to those of this reading, and makes it known at once: a large file takes hours. What an earlier reading
    /// has found stays until this one is complete.
    fn report(&self, what: Scrubbed, found: &mut ScrubResult, damage: Damage) {
        found.add(damage);
        let mut known = self.shared.scrubbed(what);
        if found.count > known.count {
            known.clone_from(found);
        }
    }

    /// Sleeps for as long as so many bytes may take. Returns whether the store is still open.
    fn sleep_after(&self, bytes: u64) -> bool {
        self.sleep(Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND as f64))
    }

    /// Opens a file. Tries a few times, because the process may have too many open files for a moment.
    fn open(&self, name: &str) -> io::Result<D::File> {
        let mut opened = self.files.open(name);
        for _ in 1..OPEN_ATTEMPTS {
            match &opened {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                _ => break,
            }
            if !self.sleep(Duration::from_secs(1)) {
                break;
            }
            opened = self.files.open(name);
        }
        opened.inspect(StoreFile::forget_cached)
    }

    /// Reads the next block, and moves the place after it. Returns its bytes. The error is a clause.
    fn read_block(&self, file: &D::File, place: &mut Place) -> Result<u64, String> {
        let cannot = |error: io::Error| format!("it cannot be read: {error}");
        if place.offset >= file.len().map_err(cannot)? && place.offset > 0 {
            let next = file_name(place.file + 1);
            if self.files.list().map_err(cannot)?.contains(&next) {
                (place.file, place.offset) = (place.file + 1, 0);
                return Ok(0);
            }
            return Err("it is missing".to_owned());
        }
        let (header, block) = read_whole_block(file, place.offset).map_err(cannot)??;
        let is_here = (header.ledger_id, header.file, header.offset, header.number)
            == (self.ledger_id, place.file, place.offset, place.last + 1);
        if !is_here {
            return Err(format!("block {} is in its place", header.number));
        }
        if place.previous.is_some_and(|previous| previous != header.previous) {
            return Err("the block before it is not the one that it was written after".to_owned());
        }
        (place.offset, place.last) = (header.end(), header.number);
        place.previous = Some(hash_of(&block));
        Ok(block.len() as u64)
    }

    /// Moves the place to the next header of the file, or to the next file. Returns the bytes that were read.
    fn find_next(&self, file: Option<&D::File>, place: &mut Place, last: u64) -> u64 {
        place.previous = None;
        let length = file.and_then(|file| file.len().ok()).unwrap_or(0);
        let mut bytes = 0;
        let mut offset = place.offset + PAGE_BYTES;
        while let Some(file) = file.filter(|_| offset < length && !self.shared.is_closing()) {
            let mut header = [0; HEADER_BYTES];
            // A disk that fails takes seconds for each attempt.
            let Ok(read) = file.read_at(&mut header, offset) else { break };
            bytes += PAGE_BYTES;
            let header = BlockHeader::decode(&header[..read]).filter(|header| {
                header.ledger_id == self.ledger_id
                    && (header.file, header.offset) == (place.file, offset)
                    && header.number > place.last + 1
            });
            if let Some(header) = header {
                (place.offset, place.last) = (offset, header.number - 1);
                return bytes;
            }
            offset += PAGE_BYTES;
        }
        let next = file_name(place.file + 1);
        if self.files.list().is_ok_and(|names| names.contains(&next)) {
            (place.file, place.offset) = (place.file + 1, 0);
            // Its first block says what was missing.
            let first = self.files.open(&next).and_then(|file| {
                let mut header = [0; HEADER_BYTES];
                let read = file.read_at(&mut header, 0)?;
                Ok(BlockHeader::decode(&header[..read]))
            });
            let number = first.ok().flatten().map_or(place.last + 2, |header| header.number);
            place.last = number.max(place.last + 2) - 1;
        } else {
            place.last = last;
        }
        bytes
    }
}

#[cfg(all(test, feature = "laboratory"))]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, LedgerConfig};
    use crate::model::{Account, Transfer};
    use crate::store::scrub_result::NAMED_MAX;
    use crate::store::simulated_disk::SimulatedDisk;

    /// Makes a store with many blocks in several files. Returns its scrubber and its disk.
    fn store() -> (Scrubber<SimulatedDisk>, SimulatedDisk, u64) {
        let disk = SimulatedDisk::new();
        let config = LedgerConfig { trail_bytes: 4 << 20, ..LedgerConfig::default() };
        let (ledger, mut committer) = Ledger::open_files(disk.clone(), &config).expect("it is new");
        let mut writer = ledger.writer().expect("it is free");
        writer.set_deferred(true);
        writer.create_accounts(&[1, 2].map(|id| Account::new(id, 1, 1))).expect("there is room");
        for _ in 0..60 {
            writer.create_transfer(&Transfer::new(1, 2, 1)).expect("there is room");
            committer.step();
        }
        let store = ledger.store().expect("it has one");
        let shared = Arc::clone(&store.shared);
        let blocks = shared.synced_block.load(Ordering::Acquire);
        assert_eq!(blocks, 60);
        let ledger_id = read_head(&disk).expect("it has one").ledger_id;
        let trail = Arc::clone(&store.trail);
        // The committer is not dropped, which would end the store.
        std::mem::forget((committer, writer, Arc::clone(&ledger)));
        (Scrubber { files: disk.clone(), ledger_id, shared, trail }, disk, blocks)
    }

    fn change(disk: &SimulatedDisk, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = disk.contents(file).expect("it is there");
        change(&mut bytes);
        disk.replace(file, bytes);
    }

    #[test]
    fn whole_log_has_no_damage() {
        let (scrubber, ..) = store();
        assert_eq!(scrubber.read_log(), Some(ScrubResult::default()));
    }

    #[test]
    fn damaged_blocks_are_named_one_by_one() {
        let (scrubber, disk, _) = store();
        let two = "00000002.log";
        let at = 3 * 4096;
        // The contents of one, the header of another, and one that was swapped for an older one.
        change(&disk, "00000001.log", |bytes| bytes[4096 + 300] ^= 1);
        change(&disk, "00000001.log", |bytes| bytes[5 * 4096 + 3] ^= 1);
        change(&disk, two, |bytes| bytes.copy_within(0..4096, at));
        let found = scrubber.read_log().expect("it is open");
        let places: Vec<_> = found.named.iter().map(|one| (one.block, one.offset)).collect();
        let first_of_two =
            1 + disk.contents("00000001.log").expect("it is there").len() as u64 / 4096;
        assert_eq!(places, [(2, 4096), (6, 5 * 4096), (first_of_two + 3, at as u64)]);
        assert!(found.named[2].to_string().contains("is in its place"), "{:?}", found.named[2]);
        // What is found is known at once, and what is whole again is forgotten after the next reading.
        assert_eq!(*scrubber.shared.scrubbed(Scrubbed::Log), found);
    }

    #[test]
    fn lost_files_and_ends_are_named() {
        let (scrubber, disk, blocks) = store();
        change(&disk, "00000001.log", |bytes| bytes.truncate(2 * 4096));
        let found = scrubber.read_log().expect("it is open");
        assert_eq!((found.count, found.named[0].block), (1, 3), "{found:?}");
        let names = Files::list(&disk).expect("it works");
        let last =
            names.iter().rfind(|name| name.ends_with(".log")).expect("there are logs").clone();
        change(&disk, &last, |bytes| bytes.clear());
        let found = scrubber.read_log().expect("it is open");
        assert_eq!(found.count, 2, "{found:?}");
        assert!(found.named[1].block <= blocks);
    }

    #[test]
    fn many_damaged_blocks_are_counted_and_some_named() {
        let (scrubber, disk, _) = store();
        for log in
            Files::list(&disk).expect("it works").iter().filter(|name| name.ends_with(".log"))
        {
            change(&disk, log, |bytes| {
                let length = bytes.len();
                (0..length).step_by(8192).for_each(|at| bytes[at + 200] ^= 1);
            });
        }
        let found = scrubber.read_log().expect("it is open");
        assert!(found.count > NAMED_MAX as u64 && found.named.len() == NAMED_MAX, "{found:?}");
        // Another reading finds the same, and counts nothing twice.
        assert_eq!(scrubber.read_log().as_ref(), Some(&found));
        assert_eq!(*scrubber.shared.scrubbed(Scrubbed::Log), found);
    }
}
