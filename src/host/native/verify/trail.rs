//! Verifies a trail in a file against its seal and against a serial run.

use std::io::{Read, Write};
use std::process::ExitCode;

use super::options::VerifyOptions;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::stdout;
use crate::host::native::progress::StepBar;
use crate::host::native::trail::read::read;
use crate::host::native::trail::seal;
use crate::model::amounts::grouped;
use crate::trail::{Digest, Divergence, Mismatch, Replay, Seal, Trail};

/// The results for a trail: compared with its seal, and replayed.
pub(super) struct TrailResults {
    pub(super) trail_hash: Digest,
    pub(super) sealed: Result<(), String>,
    pub(super) replayed: Result<Replay, String>,
}

/// Runs the command on a trail.
pub(super) fn run(options: &VerifyOptions, input: impl Read) -> CommandResult {
    let file = &options.file;
    let seal = seal::read(&seal::file(file, options.seal.as_deref()), options.trail_hash.as_ref())?;
    let results = verify(input, Some(&seal), options, 0).map_err(|error| error.in_file(file))?;
    let differences = [results.sealed.as_ref().err(), results.replayed.as_ref().err()];
    for difference in differences.into_iter().flatten() {
        CommandError::failed(difference).in_file(file).report();
    }
    let (Ok(()), Ok(replay)) = (results.sealed, results.replayed) else {
        return Ok(ExitCode::FAILURE);
    };
    let (entries, hash) = (grouped(replay.replayed().into()), results.trail_hash);
    writeln!(
        stdout(),
        "{}: {entries} entries are as sealed and equal to a serial run; trail hash {hash}",
        file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a trail of at least this many writers and verifies it. Without a seal, the trail is only
/// replayed.
pub(super) fn verify(
    input: impl Read,
    seal: Option<&Seal>,
    options: &VerifyOptions,
    writers: usize,
) -> Result<TrailResults, CommandError> {
    let writers = seal.map_or(writers, Seal::writers);
    let trail = read(input, options.trail_mib << 20, writers)?;
    let sealed = seal.map_or(Ok(()), |seal| {
        compare(seal, &trail).map_err(|why| format!("it differs from its seal: {why}"))
    });
    let replayed = replay(&trail).map_err(|why| format!("it differs from a serial run: {why}"));
    let trail_hash = match (seal, &sealed) {
        (Some(seal), Ok(())) => seal.trail_hash(),
        _ => Seal::of(&trail).trail_hash(),
    };
    Ok(TrailResults { trail_hash, sealed, replayed })
}

fn compare(seal: &Seal, trail: &Trail) -> Result<(), Box<Mismatch>> {
    let bar = StepBar::start("Comparing", Some(seal.records()), "records");
    seal.verify_with(trail, true, |records| bar.show(records))
}

fn replay(trail: &Trail) -> Result<Replay, Box<Divergence>> {
    let bar = StepBar::start("Replaying", Some(trail.entries()), "entries");
    let mut replay = Replay::default();
    replay.replay(trail, |entries| bar.show(entries))?;
    Ok(replay)
}
