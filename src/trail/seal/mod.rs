//! Seals: hashes of a trail. They detect that a trail was altered and identify the first altered
//! entry.
//!
//! ```
//! use ledgerlab::{Account, Ledger, Seal};
//!
//! let ledger = Ledger::in_memory();
//! ledger.writer()?.create_account(&Account::new(1, 1, 1))?;
//! let seal = Seal::of(ledger.trail());
//! assert_eq!(seal.trail_hash().to_string().len(), 64);
//! seal.verify(ledger.trail())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Format
//! Each writer's segment is divided into blocks of [`BLOCK_RECORDS`] records; the last one can be
//! shorter. All numbers are little-endian, so the hashes are the same on every host. A block's hash
//! is BLAKE3 over, in this order,
//!
//! | what | bytes |
//! |---|---|
//! | its records, each field in the order in which [`Entry`](crate::trail::Entry) declares it, without padding | 116 each |
//! | their tags, of 32 bits | 4 each |
//! | `ledgerlab block` | 15 |
//! | the number of the writer, the position of the first record in the segment, the number of records | 8 each |
//! | the hash of the previous block of the segment; zeros for the first | 32 |
//!
//! So the hash of a segment's last block, its head, depends on every record of the segment. The
//! trail's hash is BLAKE3 over `ledgerlab trail`, the version of this format and [`BLOCK_RECORDS`]
//! (4 bytes each), the number of segments (8), and for each segment its number of records (8) and
//! its head (32).
//!
//! A seal does not prove who made it. Store it, or its trail hash, where the holder of the trail
//! cannot change it.

mod digest;
mod json;
mod mismatch;
mod sealer;
mod verify;

pub use digest::{Digest, DigestError};
pub use mismatch::Mismatch;
pub use sealer::{BLOCK_RECORDS, SEAL_VERSION, Seal, Sealer};
