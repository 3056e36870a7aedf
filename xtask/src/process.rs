//! Child processes: signals, process groups, and an environment without the traces of `cargo run`.

#[cfg(not(unix))]
compile_error!("xtask supports Linux and macOS: it ends processes with unix signals.");

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use libc::{SIGHUP, SIGINT, SIGKILL, SIGTERM, c_int, pid_t};
use xshell::{Cmd, Shell};

/// How long a child may take to end after SIGTERM, before SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_signal(_number: c_int) {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// Notes Ctrl-C and its relatives instead of ending at once, so that children can be ended first.
pub fn handle_signals() {
    for number in [SIGHUP, SIGINT, SIGTERM] {
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe.
        unsafe { libc::signal(number, note_signal as *const () as libc::sighandler_t) };
    }
}

pub fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Ends this process with the exit code that shells expect after an interrupt.
pub fn exit_interrupted() -> ! {
    eprintln!("\nInterrupted.");
    std::process::exit(130)
}

/// A shell without the library path that `cargo run` and rustup set for their own toolchain:
/// another toolchain's compiler must not load from there.
pub fn shell() -> Result<Shell> {
    let sh = Shell::new()?;
    if let Some(paths) = std::env::var_os("LD_LIBRARY_PATH") {
        let is_foreign = |path: &PathBuf| {
            let path = path.to_string_lossy();
            !path.contains("/toolchains/") && !path.contains("/target/")
        };
        let remaining = std::env::split_paths(&paths).filter(is_foreign);
        sh.set_var("LD_LIBRARY_PATH", std::env::join_paths(remaining)?);
    }
    Ok(sh)
}

/// What a short command prints, trimmed, if it succeeds.
pub fn output(cmd: Cmd<'_>) -> Option<String> {
    cmd.quiet().ignore_stderr().read().ok().map(|text| text.trim().to_owned())
}

/// Puts a folder first on the command's PATH.
pub fn prepend_path(command: &mut Command, folder: &Path) {
    let own = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
    let present = own.map(OsStr::to_owned).or_else(|| std::env::var_os("PATH")).unwrap_or_default();
    let all = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&present));
    command.env("PATH", std::env::join_paths(all).expect("no folder on PATH contains a colon"));
}

/// The program with this name on PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Starts a child as the leader of its own process group, so that the whole group can be ended.
/// On Linux the child also ends when this process is killed. The kernel ties that to the calling
/// thread: only the main thread, which lives as long as the process, may call this.
pub fn start(command: &mut Command) -> std::io::Result<Child> {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec only this one system call is made.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, SIGTERM);
            Ok(())
        });
    }
    command.spawn()
}

/// Ends a child, its group and its descendants in other groups (browser drivers start such):
/// with SIGTERM, then with SIGKILL.
pub fn end_tree(child: &mut Child) {
    let leader = child.id() as pid_t;
    let others = descendants(leader);
    let send = |signal: c_int| {
        // SAFETY: sending a signal touches no memory of this process; the kernel rejects the ids
        // of processes that have ended.
        unsafe {
            libc::kill(-leader, signal);
            for &process in &others {
                libc::kill(process, signal);
            }
        }
    };
    send(SIGTERM);
    let began = Instant::now();
    while began.elapsed() < GRACE && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    send(SIGKILL);
    let _ = child.wait();
}

/// The descendants of a process, as far as Linux lists the children of its threads.
fn descendants(ancestor: pid_t) -> Vec<pid_t> {
    let threads = std::fs::read_dir(format!("/proc/{ancestor}/task")).into_iter().flatten();
    let lists = threads.flatten().filter_map(|thread| {
        let list = std::fs::read_to_string(thread.path().join("children"));
        list.ok()
    });
    let children = lists.collect::<String>();
    let children = children.split_whitespace().filter_map(|id| id.parse().ok());
    children.flat_map(|child| std::iter::once(child).chain(descendants(child))).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn end_tree_ends_grandchildren() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 1000 & echo $!; wait"]).stdout(Stdio::piped());
        let mut child = start(&mut shell).expect("sh starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        output.read_line(&mut line).expect("the grandchild's id");
        let grandchild: pid_t = line.trim().parse().expect("a number");
        assert!(descendants(child.id() as pid_t).contains(&grandchild));
        end_tree(&mut child);
        // It may remain as a zombie until its new parent reaps it.
        let stat = || std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
        let is_gone = || stat().map_or(true, |stat| stat.contains(") Z"));
        let began = Instant::now();
        while !is_gone() && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(is_gone(), "{:?}", stat());
    }

    #[test]
    fn prepend_path_puts_folders_first() {
        let mut command = Command::new("true");
        prepend_path(&mut command, Path::new("/second"));
        prepend_path(&mut command, Path::new("/first"));
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
        let path = path.expect("a PATH").to_string_lossy().into_owned();
        assert!(path.starts_with("/first:/second:"), "{path}");
    }
}
