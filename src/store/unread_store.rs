//! A store whose head was read, and whose log was not.

use std::sync::Arc;

use super::bytes::FieldWriter;
use super::committer::Committer;
use super::error::StoreError;
use super::files::Files;
use super::format::HEAD_NAME;
use super::handle::{Shared, Store};
use super::head::{Head, HeadFile};
use super::log_contents::{LogContents, RecordSink};
use super::log_reader::read_log;
use super::log_tail::{cut_off, rewrite_unproven};
use super::log_writer::LogWriter;
use super::watermark::Watermark;
use crate::sync::Log;
use crate::trail::{Entry, IdSeed, Trail};

/// See the module documentation.
pub(crate) struct UnreadStore<D: Files> {
    files: D,
    head_file: HeadFile<D::File>,
    head: Head,
}

impl<D: Files> UnreadStore<D> {
    /// Opens the head of a store, or creates a new one with a random `ledger_id`.
    pub(crate) fn open(files: D, ledger_id: u128) -> Result<Self, StoreError> {
        let (head_file, head) = HeadFile::open(&files)?;
        let new = Head {
            ledger_id,
            generation: 0,
            openings: 0,
            segments: 1,
            is_closed: true,
            last_block: 0,
            last_hash: [0; 32],
        };
        Ok(Self { files, head_file, head: head.unwrap_or(new) })
    }

    /// Returns whether there was nothing yet.
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(crate) fn is_new(&self) -> bool {
        self.head.generation == 0
    }

    /// Returns the number of segments that its trail has.
    pub(crate) fn segments(&self) -> usize {
        self.head.segments as usize
    }

    /// Returns how often it was opened before.
    pub(crate) fn openings(&self) -> u64 {
        self.head.openings
    }

    /// Returns the seed of the ids that its next opening generates. That of the first one is `seed`. Each later one has another,
    /// which nobody can predict without the folder.
    pub(crate) fn id_seed(&self, seed: IdSeed) -> IdSeed {
        if self.head.openings == 0 {
            return seed;
        }
        let mut bytes = Vec::new();
        FieldWriter(&mut bytes).u128(self.head.ledger_id).u64(self.head.openings).u32(seed.0);
        let hash = *blake3::hash(&bytes).as_bytes();
        IdSeed(u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]))
    }

    /// Returns a new file for the older records of its trail. `None` if the host has none, or cannot create one:
    /// the trail ends with its memory then, and nothing else depends on the file.
    pub(crate) fn spill_file(&self) -> Option<std::fs::File> {
        self.files.spill_file().ok().flatten()
    }

    /// Reads the log without changing anything.
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(crate) fn read(&self, sink: &mut dyn RecordSink) -> Result<LogContents, StoreError> {
        Ok(read_log(&self.files, &self.head, sink)?.1)
    }

    /// Reads the log, cuts a torn end off, and opens it for writing. What is in the trail already is committed by
    /// the first steps.
    pub(crate) fn recover(
        self,
        trail: &Arc<Trail>,
        sink: &mut dyn RecordSink,
    ) -> Result<(Store, Committer<D>, LogContents), StoreError> {
        let Self { files, head_file, mut head } = self;
        let (end, contents) = read_log(&files, &head, sink)?;
        if contents.torn.is_some() {
            cut_off(&files, end)?;
        }
        rewrite_unproven(&files, &contents, end)?;
        let segments = u32::try_from(trail.segments().len()).unwrap_or(u32::MAX);
        head = Head {
            openings: head.openings.saturating_add(1),
            segments: head.segments.max(segments),
            is_closed: false,
            last_block: end.block,
            last_hash: end.hash,
            ..head
        };
        // A new one gets both copies, so that later ones find space whatever the disk has.
        let is_new = head.generation == 0;
        let mut written = head_file.write(&mut head);
        if is_new {
            written = written.and_then(|()| head_file.write(&mut head));
        }
        let written = written.and_then(|()| files.sync_folder());
        written.map_err(StoreError::io(format!("write {}", HEAD_NAME)))?;
        #[cfg(not(target_family = "wasm"))]
        let place = files.place();
        let log = LogWriter::open(files, head.ledger_id, end);
        let log = log.map_err(StoreError::io("open the log for writing"))?;
        // What the trail of a new store has was not read, and is to be committed.
        let committed = |segment: &Log<Entry>| if is_new { 0 } else { segment.len() };
        let records: Vec<u64> = trail.segments().map(committed).collect();
        let watermark = Watermark::new(&records);
        let shared = Arc::new(Shared::new(watermark, contents.bytes, end.block));
        let store = Store::new(
            Arc::clone(&shared),
            Arc::clone(trail),
            #[cfg(not(target_family = "wasm"))]
            place,
        );
        let opened = (contents.bytes, records);
        let committer = Committer::new(log, (head_file, head), Arc::clone(trail), shared, opened);
        Ok((store, committer, contents))
    }
}
