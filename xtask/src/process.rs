//! What the standard library leaves out of running processes: hearing Ctrl-C, ending a child with
//! everything it has started, and an environment without the traces of `cargo run`.

#[cfg(not(unix))]
compile_error!("xtask is written for Linux and macOS: it ends processes by unix signals.");

use std::ffi::{OsStr, c_int};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SIGHUP: c_int = 1;
const SIGINT: c_int = 2;
const SIGKILL: c_int = 9;
const SIGTERM: c_int = 15;

/// What a child that was asked to end may take before it is ended by force.
const FAREWELL: Duration = Duration::from_secs(3);

unsafe extern "C" {
    fn kill(process: c_int, signal: c_int) -> c_int;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    #[cfg(target_os = "linux")]
    fn prctl(option: c_int, ...) -> c_int;
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_signal(_number: c_int) {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// From here on Ctrl-C and its relatives are noted instead of ending the process at once, so that
/// whoever waits for a child can end the child first.
pub fn listen_for_signals() {
    for number in [SIGHUP, SIGINT, SIGTERM] {
        // SAFETY: the handler only stores to an atomic, which is allowed at any moment.
        unsafe { signal(number, note_signal) };
    }
}

pub fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Ends this process as a shell expects of one that was interrupted.
pub fn exit_interrupted() -> ! {
    eprintln!("\nInterrupted.");
    std::process::exit(130)
}

/// A command without input, and without the library path that `cargo run` and rustup set for
/// their own toolchain: another toolchain's compiler must not load from there.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    if let Some(paths) = std::env::var_os("LD_LIBRARY_PATH") {
        let foreign = |path: &PathBuf| {
            let path = path.to_string_lossy();
            !path.contains("/toolchains/") && !path.contains("/target/")
        };
        let kept: Vec<PathBuf> = std::env::split_paths(&paths).filter(foreign).collect();
        match std::env::join_paths(kept) {
            Ok(paths) if !paths.is_empty() => command.env("LD_LIBRARY_PATH", paths),
            _ => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    command
}

/// Puts folders before everything else on the command's PATH.
pub fn prepend_path(command: &mut Command, folders: &[&Path]) {
    let present = command
        .get_envs()
        .find(|(name, _)| *name == "PATH")
        .and_then(|(_, value)| value.map(OsStr::to_owned))
        .or_else(|| std::env::var_os("PATH"))
        .unwrap_or_default();
    let folders = folders.iter().map(|folder| folder.to_path_buf());
    let all = folders.chain(std::env::split_paths(&present));
    command.env("PATH", std::env::join_paths(all).expect("no folder on PATH contains a colon"));
}

/// The program of this name on PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// What a short, silent command prints, trimmed, if it succeeds.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Starts a child as the leader of a group of its own, so that the group can be ended as a whole.
/// On Linux it also ends when this process is ended by force. That is tied to the thread which
/// starts it: only the main thread, which lives as long as the process, may call this.
pub fn start(command: &mut Command) -> std::io::Result<Child> {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    {
        const PR_SET_PDEATHSIG: c_int = 1;
        // SAFETY: between fork and exec only this one system call is made.
        unsafe {
            command.pre_exec(|| {
                prctl(PR_SET_PDEATHSIG, SIGTERM);
                Ok(())
            });
        }
    }
    command.spawn()
}

/// Ends a child, its group, and those it has started in groups of their own (as browsers' drivers
/// do): first politely, then by force.
pub fn end_tree(child: &mut Child) {
    let leader = child.id() as c_int;
    let others = descendants(leader);
    let send = |signal: c_int| {
        // SAFETY: sending a signal touches no memory of this process; ids of processes that have
        // ended are refused by the system.
        unsafe {
            kill(-leader, signal);
            for &process in &others {
                kill(process, signal);
            }
        }
    };
    send(SIGTERM);
    let asked = Instant::now();
    while asked.elapsed() < FAREWELL && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    send(SIGKILL);
    let _ = child.wait();
}

/// The processes that descend from this one, as far as the system's process table tells.
fn descendants(ancestor: c_int) -> Vec<c_int> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: Vec<(c_int, c_int)> = entries
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((process, parent_in_stat(&stat)?))
        })
        .collect();
    let mut found = vec![ancestor];
    let mut looked_at = 0;
    while let Some(&parent) = found.get(looked_at) {
        looked_at += 1;
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(process, _)| process));
    }
    found.split_off(1)
}

/// The parent's id in a line of `/proc/<id>/stat`. The program's name stands before it in
/// parentheses and may itself contain blanks and parentheses.
fn parent_in_stat(stat: &str) -> Option<c_int> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_is_read_behind_an_awkward_name() {
        assert_eq!(parent_in_stat("71 (a (b) c) S 42 71 71 0 -1"), Some(42));
        assert_eq!(parent_in_stat("71 (cut"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_tree_is_ended_with_its_grandchildren() {
        let mut shell = command("sh");
        shell.args(["-c", "sleep 1000 & echo $!; wait"]).stdout(Stdio::piped());
        let mut child = start(&mut shell).expect("sh starts");
        let mut line = String::new();
        let mut output = std::io::BufReader::new(child.stdout.take().expect("its output"));
        std::io::BufRead::read_line(&mut output, &mut line).expect("the grandchild's id");
        let grandchild: c_int = line.trim().parse().expect("a number");
        assert!(descendants(child.id() as c_int).contains(&grandchild));
        end_tree(&mut child);
        // It may linger as a zombie until whoever adopted it has noticed; then it is not asleep. The
        // signal that ends it may also find it a moment later, where the machine is busy.
        let stat = || std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
        let is_gone = || stat().is_ok_and(|stat| stat.contains(") Z")) || stat().is_err();
        let began = Instant::now();
        while !is_gone() && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(is_gone(), "{:?}", stat());
    }

    #[test]
    fn folders_are_put_first_on_the_path() {
        let mut command = command("true");
        prepend_path(&mut command, &[Path::new("/second")]);
        prepend_path(&mut command, &[Path::new("/first")]);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
        let path = path.expect("a PATH").to_string_lossy().into_owned();
        assert!(path.starts_with("/first:/second:"), "{path}");
    }
}
