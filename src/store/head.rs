//! The head of a store: which ledger it is, and how far it is known to be complete. Two copies in one
//! file are written in turn, so that one of them is always whole.

use std::io;

use super::bytes::{FieldReader, FieldWriter};
use super::error::{Damage, StoreError};
use super::files::{Files, StoreFile};
use super::format::{FORMAT_VERSION, HEAD_NAME};

const MAGIC: [u8; 8] = *b"LDGRHEAD";

/// Bytes from the first copy to the second: a page, so that a torn write reaches one of them only.
const COPY_BYTES: u64 = 4096;

/// Bytes of a copy before its hash.
const HASHED_BYTES: usize = 96;

/// The hash of a block.
pub(crate) type BlockHash = [u8; 32];

/// See the module documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Distinguishes the blocks of this ledger from those of others.
    pub(super) ledger_id: u128,
    /// How often the head was written.
    pub(super) generation: u64,
    /// How often the ledger was opened.
    pub(super) openings: u64,
    /// Segments of the trail, 1 to 256.
    pub(super) segments: u32,
    /// Whether the ledger was closed, and so `last_block` is the last one.
    pub(super) is_closed: bool,
    /// A block that is on the disk, with all before it. 0 for none.
    pub(super) last_block: u64,
    /// The hash of that block.
    pub(super) last_hash: BlockHash,
}

impl Head {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HASHED_BYTES + 32);
        FieldWriter(&mut bytes)
            .bytes(&MAGIC)
            .u32(FORMAT_VERSION)
            .u32(self.segments)
            .u128(self.ledger_id)
            .u64(self.generation)
            .u64(self.openings)
            .u64(self.is_closed.into())
            .u64(self.last_block)
            .bytes(&self.last_hash);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// Returns the head that these bytes are. `Ok(None)` if they are damaged, or none were written.
    fn decode(bytes: &[u8]) -> Result<Option<Self>, StoreError> {
        let whole = bytes.len() >= HASHED_BYTES + 32;
        if !whole
            || blake3::hash(&bytes[..HASHED_BYTES]).as_bytes()[..] != bytes[HASHED_BYTES..][..32]
        {
            return Ok(None);
        }
        let mut fields = FieldReader(bytes);
        let mut read = || -> Option<Result<Self, StoreError>> {
            let (magic, version) = (fields.array::<8>()?, fields.u32()?);
            if magic != MAGIC {
                return None;
            }
            if version != FORMAT_VERSION {
                return Some(Err(StoreError::Version { found: version }));
            }
            let segments = fields.u32()?;
            let ledger_id = fields.u128()?;
            let [generation, openings, is_closed, last_block] =
                [fields.u64()?, fields.u64()?, fields.u64()?, fields.u64()?];
            let (is_closed, last_hash) = (is_closed == 1, fields.array()?);
            Some(Ok(Self {
                ledger_id,
                generation,
                openings,
                segments,
                is_closed,
                last_block,
                last_hash,
            }))
        };
        read().transpose()
    }
}

/// Returns the error of a head with which this is wrong.
fn damaged(what: &str) -> StoreError {
    let (file, what) = (HEAD_NAME.to_owned(), what.to_owned());
    StoreError::Damaged(Damage { file, offset: 0, block: 0, what })
}

/// The file with the two copies.
#[derive(Debug)]
pub(super) struct HeadFile<F> {
    file: F,
}

impl<F: StoreFile> HeadFile<F> {
    /// Returns the head of an open file.
    pub(super) fn of(file: F) -> Self {
        Self { file }
    }

    /// Opens the file, and returns the newest whole copy in it. `None` for a new store.
    ///
    /// # Errors
    /// [`StoreError`] when the folder is no store, both copies are damaged, or the system refuses.
    pub(super) fn open<D: Files<File = F>>(files: &D) -> Result<(Self, Option<Head>), StoreError> {
        let names = files.list().map_err(StoreError::io("list the store's files"))?;
        let is_new = !names.iter().any(|name| name == HEAD_NAME);
        if is_new && let Some(file) = names.first().cloned() {
            return Err(StoreError::NotAStore { file });
        }
        let has_log = !is_new && names.iter().any(|name| name != HEAD_NAME);
        let opened = files.open(HEAD_NAME).map_err(StoreError::io(format!("open {HEAD_NAME}")))?;
        let file = Self::of(opened);
        match file.read() {
            // The machine stopped while the store was being created: its head is on the disk before its log.
            Err(StoreError::Damaged(_)) if !has_log => Ok((file, None)),
            Ok(None) if has_log => Err(damaged("it is empty, and there is a log")),
            head => Ok((file, head?)),
        }
    }

    fn read(&self) -> Result<Option<Head>, StoreError> {
        let read =
            |action: io::Result<usize>| action.map_err(StoreError::io(format!("read {HEAD_NAME}")));
        let mut newest: Option<Head> = None;
        let mut written = false;
        for copy in 0..2 {
            let mut bytes = [0; HASHED_BYTES + 32];
            let len = read(self.file.read_at(&mut bytes, copy * COPY_BYTES))?;
            written |= bytes[..len].iter().any(|&byte| byte != 0);
            let head = Head::decode(&bytes[..len])?;
            newest = newest.into_iter().chain(head).max_by_key(|head| head.generation);
        }
        if newest.is_none() && written {
            return Err(damaged("neither of its two copies is whole"));
        }
        Ok(newest)
    }

    /// Writes the next generation of a head over the older copy, and syncs it.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn write(&self, head: &mut Head) -> io::Result<()> {
        let next = Head { generation: head.generation + 1, ..*head };
        self.file.write_at(&next.encode(), next.generation % 2 * COPY_BYTES)?;
        self.file.sync()?;
        *head = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        ledger_id: 7 << 70,
        generation: 3,
        openings: 2,
        segments: 16,
        is_closed: true,
        last_block: 99,
        last_hash: [5; 32],
    };

    #[test]
    fn head_is_read_as_it_was_written() {
        let bytes = HEAD.encode();
        assert_eq!(bytes.len(), HASHED_BYTES + 32);
        assert_eq!(Head::decode(&bytes).expect("the version is known"), Some(HEAD));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = HEAD.encode();
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(Head::decode(&other), Ok(None)), "bit {bit}");
        }
    }

    #[test]
    fn unknown_version_is_named() {
        let mut bytes = HEAD.encode();
        bytes[8] = 9;
        let hash = blake3::hash(&bytes[..HASHED_BYTES]);
        bytes[HASHED_BYTES..].copy_from_slice(hash.as_bytes());
        let found = Head::decode(&bytes);
        assert!(matches!(found, Err(StoreError::Version { found: 9 })), "{found:?}");
    }
}
