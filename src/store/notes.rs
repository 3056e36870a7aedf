//! Notes: small records of a host that go through the log in order with the entries.
//!
//! A note that is made *before* an entry is written is never in a later commit than the entry: the claim of an
//! idempotency key is there wherever its payment is. A note that is made *after* something was decided is never in an earlier
//! commit: the answer of a key is only there where its payment is, and the name of an account where the account is.

use std::collections::VecDeque;
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
    /// Notes that follow something that was decided: the records of each writer that must be committed with them or before,
    /// and the note.
    after: VecDeque<(Vec<u64>, NoteKind, Vec<u8>)>,
    /// Such notes made so far.
    made_after: u64,
}

/// The notes of a store.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Queue>);

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a note.
    pub(super) fn add(&self, kind: NoteKind, note: &[u8]) {
        assert!(note.len() <= NOTE_BYTES_MAX, "a note of {} bytes", note.len());
        let mut queue = self.lock();
        push(&mut queue.blocks, kind, note);
        queue.made += 1;
    }

    /// Adds a note that follows these records of each writer.
    pub(super) fn add_after(&self, records: Vec<u64>, kind: NoteKind, note: &[u8]) {
        assert!(note.len() <= NOTE_BYTES_MAX, "a note of {} bytes", note.len());
        let mut queue = self.lock();
        queue.after.push_back((records, kind, note.to_vec()));
        queue.made_after += 1;
    }

    /// Returns how many notes were made, before and after something.
    pub(super) fn made(&self) -> [u64; 2] {
        let queue = self.lock();
        [queue.made, queue.made_after]
    }

    /// Takes the notes that can be committed with these records of each writer, each list for one block. Returns them with
    /// the numbers of those that are committed then.
    pub(super) fn take(&self, records: &[u64]) -> (Vec<Vec<u8>>, [u64; 2]) {
        let mut queue = self.lock();
        let is_covered =
            |needed: &[u64]| needed.iter().zip(records).all(|(needed, has)| needed <= has);
        let mut blocks = std::mem::take(&mut queue.blocks);
        while queue.after.front().is_some_and(|(needed, ..)| is_covered(needed)) {
            let (_, kind, note) = queue.after.pop_front().expect("there is a first");
            push(&mut blocks, kind, &note);
        }
        let numbers = [queue.made, queue.made_after - queue.after.len() as u64];
        (blocks, numbers)
    }
}

/// Adds a note to the last block that has room for it.
fn push(blocks: &mut Vec<Vec<u8>>, kind: NoteKind, note: &[u8]) {
    let needed = OVERHEAD_BYTES + note.len();
    if blocks.last().is_none_or(|last| last.len() + needed > NOTES_BYTES_MAX) {
        blocks.push(Vec::new());
    }
    let last = blocks.last_mut().expect("one was added if there was none");
    FieldWriter(last).u32(kind as u32).u32(note.len() as u32).bytes(note);
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
        notes.add(NoteKind::Name, b"aaron");
        notes.add(NoteKind::KeyReleased, b"");
        let (blocks, made) = notes.take(&[]);
        assert_eq!((blocks.len(), made, notes.made()), (1, [2, 0], [2, 0]));
        let expected = [(NoteKind::Name, &b"aaron"[..]), (NoteKind::KeyReleased, b"")];
        assert_eq!(read_notes(&blocks[0]).as_deref(), Some(&expected[..]));
        assert_eq!(read_notes(&blocks[0][..blocks[0].len() - 1]), None);
        assert_eq!(notes.take(&[]), (Vec::new(), [2, 0]));
    }

    #[test]
    fn note_after_something_waits_until_that_is_committed() {
        let notes = Notes::default();
        notes.add_after(vec![3, 1], NoteKind::KeyAnswered, b"answer");
        notes.add(NoteKind::KeyClaimed, b"claim");
        let (blocks, made) = notes.take(&[3, 0]);
        assert_eq!(read_notes(&blocks[0]).expect("valid"), [(NoteKind::KeyClaimed, &b"claim"[..])]);
        assert_eq!((made, notes.made()), ([1, 0], [1, 1]));
        let (blocks, made) = notes.take(&[4, 1]);
        assert_eq!(
            read_notes(&blocks[0]).expect("valid"),
            [(NoteKind::KeyAnswered, &b"answer"[..])]
        );
        assert_eq!(made, [1, 1]);
    }

    #[test]
    fn large_notes_are_divided_among_blocks() {
        let notes = Notes::default();
        let large = vec![1; NOTES_BYTES_MAX / 2];
        for _ in 0..3 {
            notes.add(NoteKind::KeyAnswered, &large);
        }
        let (blocks, made) = notes.take(&[]);
        assert_eq!(made, [3, 0]);
        assert!(blocks.iter().all(|block| block.len() <= NOTES_BYTES_MAX));
        let read: usize = blocks.iter().map(|block| read_notes(block).expect("valid").len()).sum();
        assert_eq!(read, 3);
    }
}
