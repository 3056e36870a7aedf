//! The command line of the real program: its output and its exit codes.

mod archive;
mod compare;
mod import;
mod list;
mod past;
mod run;
mod stored;
mod varied_ledger;

#[cfg(unix)]
use std::process::Command;

use crate::common::program::{ledgerlab, text};

/// Returns the words of an output, separated by one space, so that column widths do not matter.
fn words(bytes: &[u8]) -> String {
    text(bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Starts the program, and sends it a signal when it shows its progress. Returns the exit code and
/// standard output.
#[cfg(unix)]
fn signalled(arguments: &[&str], signal: &str) -> (Option<i32>, Vec<u8>) {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let mut child = Command::new(env!("CARGO_BIN_EXE_ledgerlab"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut progress = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    progress.read_line(&mut line).expect("it can be read");
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.expect("kill starts").success());
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), output.stdout)
}

/// Runs the program with closed pipes. Returns the exit code.
#[cfg(unix)]
fn unread(arguments: &[&str]) -> Option<i32> {
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledgerlab"));
    let status = command.args(arguments).stdout(closed()).stderr(closed()).status();
    status.expect("the program starts").code()
}

/// Starts the program and sends Ctrl-C after `ms`. Returns the exit code and standard output.
#[cfg(unix)]
fn interrupted(arguments: &[&str], ms: u64) -> (Option<i32>, Vec<u8>) {
    use std::io::Read;
    use std::process::Stdio;

    let mut child = Command::new(env!("CARGO_BIN_EXE_ledgerlab"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(ms));
    let cancellation = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(cancellation.expect("kill starts").success());
    let mut output = Vec::new();
    child.stdout.take().expect("it is piped").read_to_end(&mut output).expect("it can be read");
    (child.wait().expect("it ends").code(), output)
}
