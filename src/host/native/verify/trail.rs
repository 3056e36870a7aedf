//! Whether a trail in a file is what was sealed, and whether a serial run would have written it.

use std::fs::File;
use std::io::{BufReader, Read};

use super::Wrong;
use crate::host::native::trail::{Bar, read};
use crate::trail::{Digest, Replay, Seal, Trail};

/// A trail that was read: what the two that know it say.
pub(super) struct Verified {
    pub(super) trail_hash: Digest,
    pub(super) sealed: Result<(), String>,
    pub(super) replayed: Result<Replay, String>,
}

/// Reads a trail of at least so many writers and judges it; without a seal nothing is compared.
///
/// # Errors
/// That it cannot be read, or is no trail.
pub(super) fn judge(
    input: impl Read,
    seal: Option<&Seal>,
    budget_bytes: u64,
    writers: usize,
) -> Result<Verified, Wrong> {
    let writers = seal.map_or(writers, Seal::writers);
    let trail = read(input, budget_bytes, writers).map_err(|why| match why {
        why if why.is_broken_trail() => Wrong::Content(why.to_string()),
        why => Wrong::Unreadable(why.to_string()),
    })?;
    let sealed = seal.map_or(Ok(()), |seal| {
        compare(seal, &trail).map_err(|why| format!("it is not what was sealed: {why}"))
    });
    let replayed = replay(&trail).map_err(|why| format!("it is not equal to a serial run: {why}"));
    let trail_hash = match (seal, &sealed) {
        (Some(seal), Ok(())) => seal.trail_hash(),
        _ => Seal::of(&trail).trail_hash(),
    };
    Ok(Verified { trail_hash, sealed, replayed })
}

/// Reads a seal.
///
/// # Errors
/// That it cannot be read, or contradicts itself.
pub(super) fn read_seal(input: File) -> Result<Seal, Wrong> {
    serde_json::from_reader(BufReader::new(input)).map_err(|error| match error.classify() {
        // What is well-formed and yet no seal was changed.
        serde_json::error::Category::Data => Wrong::Content(error.to_string()),
        _ => Wrong::Unreadable(format!("the seal cannot be read: {error}")),
    })
}

fn compare(seal: &Seal, trail: &Trail) -> Result<(), Box<crate::trail::Mismatch>> {
    let bar = Bar::begin("Comparing", Some(seal.records()), "records");
    seal.verify_with(trail, true, |records| bar.show(records))
}

fn replay(trail: &Trail) -> Result<Replay, Box<crate::trail::Divergence>> {
    let bar = Bar::begin("Replaying", Some(trail.entries()), "entries");
    let mut replay = Replay::default();
    replay.replay(trail, |entries| bar.show(entries))?;
    Ok(replay)
}
