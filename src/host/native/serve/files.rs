//! The limit on open files, which every connection needs one of.

/// The files that the server needs beside its admitted connections: the log, the dashboard, the
/// runtime, and connections that are being rejected.
#[cfg(unix)]
const OTHER_FILES: u64 = 512;

/// Raises the limit on open files to what this many connections need, and returns how many connections
/// there can be: fewer if the system does not allow that many files.
#[cfg(unix)]
pub(super) fn raise_limit(connections: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = connections + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(current) = current.filter(|current| *current < needed) else {
        return connections;
    };
    let possible = maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum });
    let files = raised.map_or(current, |()| possible);
    // With very few files, half of them are for connections.
    files.saturating_sub(OTHER_FILES).max(files / 2).clamp(1, connections)
}

/// Returns how many connections there can be: here all.
#[cfg(not(unix))]
pub(super) fn raise_limit(connections: u64) -> u64 {
    connections
}
