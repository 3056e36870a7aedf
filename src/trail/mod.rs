//! The trail: one entry for every attempt, accepted or rejected, and serial replay, which verifies
//! it.
//!
//! Each writer appends to a segment of its own; readers see what was published. Writers share no
//! lock. The trail knows the model, and nothing of the ledger that writes it.
#![forbid(unsafe_code)]

mod audit_trail;
mod divergence;
mod entry;
mod filter;
mod id_generator;
mod merge;
pub mod replay;
mod reverse_order;
mod rows;
mod seal;

pub use audit_trail::{CHUNK_ENTRIES, ENTRY_BYTES, SegmentWriter, Trail, TrailAccess, TrailFull};
pub use divergence::Divergence;
pub use entry::{Entry, EntryFlags, EntryKind, EntryLocation};
pub use filter::{FilterError, Page, StatusFilter, TrailFilter};
pub use id_generator::IdSeed;
pub(crate) use id_generator::{IdGenerator, has_seed};
pub(crate) use merge::first_not_before;
pub use merge::{EntryRef, InOrder};
pub use replay::Replay;
pub use rows::{ROWS_READ_MAX, Rows};
pub use seal::{BLOCK_RECORDS, Digest, DigestError, Mismatch, SEAL_VERSION, Seal, Sealer};
