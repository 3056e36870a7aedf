//! The chunks of a trail that were moved to its scratch file, and their hashes.
//!
//! What is mapped cannot be verified when it is read. So each chunk is hashed while it is still in memory, and a thread that
//! has time for it reads the file again and compares. The hash finds what a disk does by accident, ten times as fast as one
//! that also withstands somebody who looks for a collision: who can write to the file of a process can write to its memory.

use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::quality::FixedState;

use super::sizes::{CHUNK_BYTES, CHUNK_ENTRIES};

/// A chunk that was moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct MovedChunk {
    writer: u32,
    /// Its number in the segment.
    number: u32,
    /// Where in the file it is.
    offset: u64,
    hash: u64,
}

/// A moved chunk that can no longer be read as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DamagedChunk {
    /// Where in the file it is.
    pub(crate) offset: u64,
    /// What is wrong, and with which records: a clause.
    pub(crate) what: String,
}

/// The moved chunks, in the order in which they were moved.
#[derive(Debug, Default)]
pub(super) struct MovedChunks(Mutex<Vec<MovedChunk>>);

fn hash_of(bytes: &[u8]) -> u64 {
    // In memory only, so it need not be the same in the next version of the library.
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

impl MovedChunk {
    /// Returns the chunk of a segment that will be moved to this place, with the hash of its bytes.
    pub(super) fn new(writer: usize, number: u64, offset: u64, bytes: &[u8]) -> Self {
        let [writer, number] = [writer as u32, number as u32];
        Self { writer, number, offset, hash: hash_of(bytes) }
    }

    /// Reads the chunk again, and compares it with its hash.
    fn check(&self, read: io::Result<&[u8]>) -> Result<(), DamagedChunk> {
        let Self { writer, number, offset, hash } = *self;
        let why = match read {
            Ok(bytes) if hash_of(bytes) == hash => return Ok(()),
            Ok(_) => "do not have their hash".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        let first = u64::from(number) * CHUNK_ENTRIES;
        let last = first + CHUNK_ENTRIES - 1;
        let what = format!("the records {first} to {last} of writer {writer} {why}");
        Err(DamagedChunk { offset, what })
    }
}

impl MovedChunks {
    fn lock(&self) -> MutexGuard<'_, Vec<MovedChunk>> {
        // It is locked for a moment only, and never while the disk is waited for.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, chunk: MovedChunk) {
        self.lock().push(chunk);
    }

    /// Reads a chunk again with `read`, which is given its place and a buffer for it. `None` if fewer were moved.
    pub(super) fn check(
        &self,
        at: usize,
        file: &File,
        read: impl FnOnce(&File, &mut [u8], u64) -> io::Result<()>,
    ) -> Option<Result<(), DamagedChunk>> {
        let chunk = self.lock().get(at).copied()?;
        let mut bytes = vec![0; CHUNK_BYTES as usize];
        let read = read(file, &mut bytes, chunk.offset);
        Some(chunk.check(read.map(|()| &bytes[..])))
    }
}
