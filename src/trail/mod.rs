//! The trail: one entry for every attempt, accepted or rejected, and serial replay, which verifies
//! it.
//!
//! Each writer appends to a segment of its own; readers see what was published. Writers share no
//! lock, except once in thousands of records where older ones are moved to a file. The trail knows the model, and nothing of the ledger that writes it.
#![forbid(unsafe_code)]

mod account_change;
mod audit_trail;
mod created_transfer;
mod cut;
mod divergence;
mod entry;
mod filter;
mod id_generator;
mod location;
mod merge;
#[cfg_attr(
    not(all(feature = "store", not(target_family = "wasm"))),
    allow(dead_code, reason = "nothing is moved there")
)]
mod moved_chunks;
mod prefix;
mod record;
pub mod replay;
mod reverse_order;
mod scan;
mod seal;
mod sizes;
mod spill;
mod window;

pub(crate) use account_change::AccountChange;
pub use account_change::PreviousChanges;
pub use audit_trail::{SegmentWriter, Trail, TrailAccess, TrailFull};
pub use cut::Cut;
pub use divergence::Divergence;
pub use entry::{Entry, EntryFlags, EntryKind};
pub use filter::{FilterError, Page, StatusFilter, TrailFilter};
pub use id_generator::IdSeed;
pub(crate) use id_generator::{IdGenerator, has_seed, position_in_id};
pub use location::EntryLocation;
pub(crate) use merge::first_not_before;
pub use merge::{EntryRef, InOrder};
#[cfg(all(feature = "store", not(target_family = "wasm")))]
pub(crate) use moved_chunks::DamagedChunk;
pub(crate) use prefix::{TrailPrefix, first_unit_since};
pub(crate) use record::RECORD_BYTES;
pub use replay::Replay;
pub(crate) use replay::ReplayError;
pub(crate) use reverse_order::ReverseOrder;
pub(crate) use scan::{CHECK_ITEMS, Chunk, collect_matches};
pub use seal::{BLOCK_RECORDS, Digest, DigestError, Mismatch, SEAL_VERSION, Seal, Sealer};
#[cfg(all(feature = "store", not(target_family = "wasm")))]
pub(crate) use sizes::CHUNK_BYTES;
pub use sizes::{CHUNK_ENTRIES, ENTRY_BYTES};
#[cfg(feature = "store")]
pub(crate) use spill::is_no_space;
