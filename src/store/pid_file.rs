//! The lock that a process of Node leaves in a folder: a file with its number and, where the system says so, when it began.
//! Node has no flock. `npm/src/folder_lock.node.js` writes the file, and checks flock where the system shows it.

use std::fs;
use std::path::Path;

/// The name of the file.
const NAME: &str = "ledger.pid";

/// Returns whether a file with this name is a lock, and no part of the store.
pub(super) fn is_lock(name: &str) -> bool {
    name.starts_with(NAME)
}

/// Returns the running process of Node that has the folder open.
pub(super) fn owner(folder: &Path) -> Option<u32> {
    let text = fs::read_to_string(folder.join(NAME)).ok()?;
    let mut words = text.split_whitespace();
    let process = words.next()?.parse().ok()?;
    let began = words.next();
    if !is_running(process) {
        return None;
    }
    // A number is used again, most of all in containers. With its begin it is not.
    match (began, begin_of(process)) {
        (Some(then), Some(now)) if then != now => None,
        _ => Some(process),
    }
}

#[cfg(unix)]
fn is_running(process: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Elsewhere a process that has ended without closing its ledger looks like one that runs.
#[cfg(not(unix))]
fn is_running(_process: u32) -> bool {
    true
}

/// Returns when a process began, as the system counts. `None` where it does not say.
fn begin_of(process: u32) -> Option<String> {
    let stat = fs::read(format!("/proc/{process}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    // The second field is the program's name in parentheses, which can contain spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_is_a_process_that_runs() {
        let folder = std::env::temp_dir().join(format!("ledgerlab-pid-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("there is space");
        let owner_in = |text: &str| {
            fs::write(folder.join(NAME), text).expect("there is space");
            owner(&folder)
        };
        let own = std::process::id();
        assert_eq!(owner_in(&own.to_string()), Some(own));
        assert_eq!(owner_in("no number"), None);
        assert_eq!(owner_in(""), None);
        #[cfg(unix)]
        assert_eq!(owner_in(&i32::MAX.to_string()), None, "there is no such process");
        #[cfg(target_os = "linux")]
        {
            let began = begin_of(own).expect("Linux says it");
            assert_eq!(owner_in(&format!("{own} {began}")), Some(own));
            assert_eq!(owner_in(&format!("{own} {began}1")), None, "the number is used again");
        }
        fs::remove_dir_all(&folder).expect("it is there");
    }
}
