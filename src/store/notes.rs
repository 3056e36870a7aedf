//! Notes: small records of a host that go through the log in order with the entries.
//!
//! A note that was made before an entry was written is never in a later commit than the entry. So a host
//! that makes a note first, such as the name of an account, finds it again wherever it finds the entry.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::block::NOTES_BYTES_MAX;
use super::bytes::{FieldReader, FieldWriter};

/// What a note is about. The host that made it knows the form of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum NoteKind {
    /// The name of an account.
    Name = 1,
    /// A request with an idempotency key has begun.
    KeyClaimed = 2,
    /// The response to a request with an idempotency key.
    KeyAnswered = 3,
    /// A request with an idempotency key was refused, and did nothing.
    KeyReleased = 4,
}

impl NoteKind {
    const ALL: [Self; 4] = [Self::Name, Self::KeyClaimed, Self::KeyAnswered, Self::KeyReleased];

    fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == number)
    }
}

/// Bytes of a note beside its own: its kind and its length.
const OVERHEAD_BYTES: usize = 8;

/// The maximum number of bytes of a note.
pub(super) const NOTE_BYTES_MAX: usize = NOTES_BYTES_MAX - OVERHEAD_BYTES;

/// Notes that are not in the log yet.
#[derive(Debug, Default)]
struct Queue {
    /// The notes, for one block each.
    blocks: Vec<Vec<u8>>,
    /// Notes made so far.
    made: u64,
}

/// The notes of a store.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Queue>);

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a note. Returns how many were made so far.
    pub(super) fn add(&self, kind: NoteKind, note: &[u8]) -> u64 {
        assert!(note.len() <= NOTE_BYTES_MAX, "a note of {} bytes", note.len());
        let mut queue = self.lock();
        let needed = OVERHEAD_BYTES + note.len();
        if queue.blocks.last().is_none_or(|last| last.len() + needed > NOTES_BYTES_MAX) {
            queue.blocks.push(Vec::new());
        }
        let last = queue.blocks.last_mut().expect("one was added if there was none");
        FieldWriter(last).u32(kind as u32).u32(note.len() as u32).bytes(note);
        queue.made += 1;
        queue.made
    }

    /// Returns how many notes were made.
    pub(super) fn made(&self) -> u64 {
        self.lock().made
    }

    /// Takes all notes, each list for one block, and returns how many were made until now.
    pub(super) fn take(&self) -> (Vec<Vec<u8>>, u64) {
        let mut queue = self.lock();
        (std::mem::take(&mut queue.blocks), queue.made)
    }
}

/// Returns the notes of a block. `None` if they have another form.
pub(super) fn read_notes(bytes: &[u8]) -> Option<Vec<(NoteKind, &[u8])>> {
    let mut fields = FieldReader(bytes);
    let mut notes = Vec::new();
    while !fields.0.is_empty() {
        let (kind, len) = (NoteKind::of(fields.u32()?)?, fields.u32()?);
        notes.push((kind, fields.bytes(len as usize)?));
    }
    Some(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_as_they_were_made() {
        let notes = Notes::default();
        assert_eq!(notes.add(NoteKind::Name, b"aaron"), 1);
        assert_eq!(notes.add(NoteKind::KeyReleased, b""), 2);
        let (blocks, made) = notes.take();
        assert_eq!((blocks.len(), made, notes.made()), (1, 2, 2));
        let expected = [(NoteKind::Name, &b"aaron"[..]), (NoteKind::KeyReleased, b"")];
        assert_eq!(read_notes(&blocks[0]).as_deref(), Some(&expected[..]));
        assert_eq!(read_notes(&blocks[0][..blocks[0].len() - 1]), None);
        assert_eq!(notes.take(), (Vec::new(), 2));
    }

    #[test]
    fn large_notes_are_divided_among_blocks() {
        let notes = Notes::default();
        let large = vec![1; NOTES_BYTES_MAX / 2];
        for _ in 0..3 {
            notes.add(NoteKind::KeyAnswered, &large);
        }
        let (blocks, made) = notes.take();
        assert_eq!(made, 3);
        assert!(blocks.iter().all(|block| block.len() <= NOTES_BYTES_MAX));
        let read: usize = blocks.iter().map(|block| read_notes(block).expect("valid").len()).sum();
        assert_eq!(read, 3);
    }
}
