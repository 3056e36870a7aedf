//! A disk in memory that fails on purpose: to test what a store promises, and to show it.
//!
//! What was written is lost in a crash unless it was synced: each write that was not is kept, dropped or
//! torn at sectors of 512 bytes, independently of the others, as a disk with a cache may do. A file that was created or
//! removed is so after a crash only if the folder was synced. Everything follows from a seed.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::block::forge_blocks;
use super::files::{Files, StoreFile};
use super::format::HEAD_NAME;
use super::head::{Head, HeadFile};

/// Bytes that a disk writes wholly or not at all.
const SECTOR_BYTES: usize = 512;

/// What goes wrong with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and has done a part of its work.
    Fails,
    /// A write goes to another place of the same file, a page later.
    Misdirected,
    /// A write is lost although the disk says that it was done and synced.
    Lost,
    /// The machine stops before it.
    Crash,
}

/// A change of a file that is not synced yet.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { len: usize },
}

#[derive(Clone, Debug, Default)]
struct SimulatedContents {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What is on the disk.
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    /// Bytes from its start for which it has space.
    allocated: usize,
    /// Whether the folder on the disk has its name.
    is_named: bool,
}

#[derive(Debug)]
struct DiskState {
    files: BTreeMap<String, SimulatedContents>,
    /// Files that were removed, as they are on the disk, where the folder was not synced since.
    removed: BTreeMap<String, SimulatedContents>,
    /// Writes, truncations, syncs and removals so far.
    operations: u64,
    fault: Option<(u64, Fault)>,
    /// Whether the machine has stopped.
    is_stopped: bool,
    /// Bytes that files can have together.
    capacity: usize,
}

/// See the [module](self) documentation. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimulatedDisk(Arc<Mutex<DiskState>>);

impl Default for SimulatedDisk {
    fn default() -> Self {
        Self::new()
    }
}

/// An open file of a [`SimulatedDisk`].
#[derive(Clone, Debug)]
pub struct SimulatedFile {
    disk: SimulatedDisk,
    name: String,
}

fn stopped() -> io::Error {
    io::Error::other("the simulated machine has stopped")
}

fn injected() -> io::Error {
    io::Error::other("the simulated disk failed")
}

impl SimulatedDisk {
    /// Returns an empty disk.
    pub fn new() -> Self {
        Self::with_files(BTreeMap::new())
    }

    fn with_files(files: BTreeMap<String, SimulatedContents>) -> Self {
        Self(Arc::new(Mutex::new(DiskState {
            files,
            removed: BTreeMap::new(),
            operations: 0,
            fault: None,
            is_stopped: false,
            capacity: usize::MAX,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, DiskState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the disk answer nothing until what this returns is dropped.
    #[cfg(test)]
    pub(super) fn hold(&self) -> impl Drop {
        self.lock()
    }

    /// Returns the number of writes, truncations, syncs and removals so far.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Lets an operation go wrong: the first has the number 0.
    pub fn inject(&self, operation: u64, fault: Fault) {
        self.lock().fault = Some((operation, fault));
    }

    /// Leaves this much free space beside what the files have.
    pub fn set_free(&self, bytes: usize) {
        let mut state = self.lock();
        state.capacity = state.used_beside("").saturating_add(bytes);
    }

    /// Returns whether an injected crash has stopped the machine.
    pub fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }

    /// Returns the disk as it is after the machine loses its power now. This disk fails from then on.
    pub fn crash(&self, seed: u64) -> Self {
        let mut state = self.lock();
        state.is_stopped = true;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut files = BTreeMap::new();
        let removed = std::mem::take(&mut state.removed);
        for (name, contents) in removed {
            // Whether the removal has reached the disk is open.
            if random.next_u64().is_multiple_of(2) {
                files.insert(name, contents);
            }
        }
        for (name, contents) in &state.files {
            if contents.is_named || random.next_u64() % 2 == 0 {
                files.insert(name.clone(), after_crash(contents, &mut random));
            }
        }
        Self::with_files(files)
    }

    /// Returns the disk as another process finds it after this one was killed: with everything that was written, synced or
    /// not. This handle fails from then on.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut state = self.lock();
        state.is_stopped = true;
        let killed = Self::with_files(state.files.clone());
        killed.lock().removed = state.removed.clone();
        killed
    }

    /// Returns another disk with the same files.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::with_files(self.lock().files.clone())
    }

    /// Makes all hashes right again after [`SimulatedDisk::replace`], as somebody does who forges a store. The head names no
    /// block then, so that it does not contradict what was forged.
    pub fn forge(&self) {
        let mut previous = [0; 32];
        let names: Vec<String> = self.lock().files.keys().cloned().collect();
        for name in names.iter().filter(|name| name.ends_with(".log")) {
            let mut bytes = self.contents(name).unwrap_or_default();
            previous = forge_blocks(&mut bytes, previous);
            self.replace(name, bytes);
        }
        self.forge_head();
    }

    fn forge_head(&self) {
        let Ok((_, Some(head))) = HeadFile::open(self) else { return };
        let head = Head { last_block: 0, last_hash: [0; 32], ..head };
        self.replace(HEAD_NAME, [head.encode(), vec![0; 4096]].concat());
    }

    /// Returns the contents of a file.
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.lock().files.get(name)?.seen.clone())
    }

    /// Replaces the contents of a file, as a person does who damages it.
    pub fn replace(&self, name: &str, bytes: Vec<u8>) {
        let contents = SimulatedContents {
            seen: bytes.clone(),
            synced: bytes,
            unsynced: Vec::new(),
            allocated: 0,
            is_named: true,
        };
        self.lock().files.insert(name.to_owned(), contents);
    }
}

fn after_crash(contents: &SimulatedContents, random: &mut Xoshiro256PlusPlus) -> SimulatedContents {
    let mut bytes = contents.synced.clone();
    for change in &contents.unsynced {
        match (change, random.next_u64() % 3) {
            (_, 0) => {}
            (Change::Truncate { len }, _) => bytes.resize(*len, 0),
            (Change::Write { offset, bytes: written }, 1) => write(&mut bytes, *offset, written),
            (Change::Write { offset, bytes: written }, _) => {
                for (sector, part) in written.chunks(SECTOR_BYTES).enumerate() {
                    if random.next_u64().is_multiple_of(2) {
                        write(&mut bytes, offset + sector * SECTOR_BYTES, part);
                    }
                }
            }
        }
    }
    let seen = bytes.clone();
    SimulatedContents { seen, synced: bytes, unsynced: Vec::new(), allocated: 0, is_named: true }
}

fn write(contents: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    contents[offset..end].copy_from_slice(bytes);
}

impl DiskState {
    /// Returns the bytes that all files but this one take.
    fn used_beside(&self, name: &str) -> usize {
        let others = self.files.iter().filter(|(other, _)| *other != name);
        others.map(|(_, contents)| contents.seen.len().max(contents.allocated)).sum()
    }

    /// Begins an operation. Returns what goes wrong with it.
    fn begin(&mut self) -> io::Result<Option<Fault>> {
        if self.is_stopped {
            return Err(stopped());
        }
        let number = self.operations;
        self.operations += 1;
        let fault =
            self.fault.filter(|(operation, _)| *operation == number).map(|(_, fault)| fault);
        if fault == Some(Fault::Crash) {
            self.is_stopped = true;
            return Err(stopped());
        }
        Ok(fault)
    }
}

impl Files for SimulatedDisk {
    type File = SimulatedFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let state = self.lock();
        if state.is_stopped {
            return Err(stopped());
        }
        Ok(state.files.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        let mut state = self.lock();
        if state.is_stopped {
            return Err(stopped());
        }
        state.files.entry(name.to_owned()).or_default();
        Ok(SimulatedFile { disk: self.clone(), name: name.to_owned() })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        if state.begin()?.is_some() {
            return Err(injected());
        }
        if let Some(contents) = state.files.remove(name) {
            state.removed.insert(name.to_owned(), contents);
        }
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.begin()?.is_some() {
            return Err(injected());
        }
        state.removed.clear();
        state.files.values_mut().for_each(|contents| contents.is_named = true);
        Ok(())
    }
}

impl SimulatedFile {
    /// Changes the file as an operation.
    fn change(
        &self,
        change: impl FnOnce(&mut SimulatedContents, Option<Fault>, usize) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.disk.lock();
        let fault = state.begin()?;
        let free = state.capacity.saturating_sub(state.used_beside(&self.name));
        // A file that was removed while it was open is nobody's any more.
        let Some(contents) = state.files.get_mut(&self.name) else { return Ok(()) };
        change(contents, fault, free)
    }
}

impl StoreFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        let state = self.disk.lock();
        Ok(state.files.get(&self.name).map_or(0, |contents| contents.seen.len()) as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.lock();
        if state.is_stopped {
            return Err(stopped());
        }
        let seen = state.files.get(&self.name).map_or(&[][..], |contents| &contents.seen);
        let rest = seen.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        bytes[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(|contents, fault, free| {
            let (mut offset, mut bytes) = (offset as usize, bytes);
            let result = match fault {
                Some(Fault::Fails) => {
                    bytes = &bytes[..bytes.len() / 2];
                    Err(injected())
                }
                Some(Fault::Misdirected) => {
                    offset += 4096;
                    Ok(())
                }
                Some(Fault::Lost) => return Ok(()),
                _ if offset + bytes.len() > free.max(contents.allocated) => {
                    bytes = &bytes[..free.saturating_sub(offset).min(bytes.len())];
                    Err(io::ErrorKind::StorageFull.into())
                }
                _ => Ok(()),
            };
            write(&mut contents.seen, offset, bytes);
            contents.unsynced.push(Change::Write { offset, bytes: bytes.to_vec() });
            result
        })
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.change(|contents, fault, _| {
            if fault.is_some() {
                return Err(injected());
            }
            contents.seen.resize(len as usize, 0);
            contents.unsynced.push(Change::Truncate { len: len as usize });
            Ok(())
        })
    }

    fn allocate(&self, offset: u64, len: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        if state.is_stopped {
            return Err(stopped());
        }
        let (used, end) = (state.used_beside(&self.name), (offset + len) as usize);
        if used.saturating_add(end) > state.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Some(contents) = state.files.get_mut(&self.name) {
            contents.allocated = contents.allocated.max(end);
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.change(|contents, fault, _| {
            if fault == Some(Fault::Fails) {
                // As Linux does: what could not be written counts as written.
                contents.unsynced.clear();
                return Err(injected());
            }
            contents.synced.clone_from(&contents.seen);
            contents.unsynced.clear();
            Ok(())
        })
    }
}
