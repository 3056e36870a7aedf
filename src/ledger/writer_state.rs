//! What a writer owns, and what it shows to others.

use super::timestamp_generator::TimestampGenerator;
use crate::sync::AtomicU64;
use crate::trail::{IdGenerator, IdSeed, SegmentWriter};

/// How often a writer contended with others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContentionStats {
    /// Latches that were locked by another thread.
    pub(super) waits: u64,
    /// Attempts decided again because an account had changed meanwhile.
    pub(super) conflicts: u64,
    /// The number of the writer.
    pub(super) writer: usize,
}

impl ContentionStats {
    /// Returns the counts: waits and conflicts.
    #[inline(always)]
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.waits, self.conflicts)
    }
}

/// What a writer owns: a segment of the trail, and the generators of timestamps and of ids.
///
/// Aligned to two cache lines, so that the writers of two threads never share one.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct WriterState {
    pub(super) segment_writer: SegmentWriter,
    pub(super) ids: IdGenerator,
    pub(super) timestamps: TimestampGenerator,
    pub(super) contention: ContentionStats,
    /// The number of transfer ids for which memory is reserved.
    pub(super) reserved_ids: u64,
    /// The counts of `contention` that others can see.
    pub(super) published: (u64, u64),
}

impl WriterState {
    /// Returns the state of writer `number` of `writers`, which has written nothing.
    pub(super) fn new(
        segment_writer: SegmentWriter,
        number: usize,
        writers: usize,
        seed: IdSeed,
    ) -> Self {
        Self {
            segment_writer,
            ids: IdGenerator::new(number, seed),
            timestamps: TimestampGenerator::new(number, writers),
            contention: ContentionStats { writer: number, ..ContentionStats::default() },
            reserved_ids: 0,
            published: (0, 0),
        }
    }

    /// Takes the state and leaves one that cannot write.
    pub(super) fn take(&mut self) -> Self {
        let Self { ids, timestamps, contention, reserved_ids, published, .. } = *self;
        let detached = SegmentWriter::detached();
        let segment_writer = std::mem::replace(&mut self.segment_writer, detached);
        Self { segment_writer, ids, timestamps, contention, reserved_ids, published }
    }
}

/// The counts that a writer shows to others, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct WriterStats {
    pub(super) waits: AtomicU64,
    pub(super) conflicts: AtomicU64,
    /// Not 0 once the trail had no memory for an attempt.
    pub(super) trail_full: AtomicU64,
}
