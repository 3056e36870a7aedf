//! Steps: named, timed and bounded commands that stay quiet unless they fail.
//!
//! A step prints its name when it begins and its time when it ends. Its output goes to a log in
//! target/xtask/; a failed step shows the end of it. While a step runs, a terminal shows the newest
//! line; elsewhere a line every half minute shows that the step is alive.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::process;

/// How many of its last lines a failed step shows.
const SHOWN_LINES: usize = 40;
/// How long the output may stay open after the command itself has ended.
const DRAIN: Duration = Duration::from_secs(3);
const LIFE_SIGN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// The most output of a step that is held in memory; beyond it the older half is dropped.
const TEXT_BYTES_MAX: usize = 16 << 20;
const LOG_BYTES_MAX: usize = 64 << 20;

pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// The steps of one run of xtask, and how long each took.
pub struct Steps {
    logs: PathBuf,
    finished: Vec<(String, Duration)>,
    began: Instant,
}

/// A step that has ended.
pub struct Finished {
    /// The output of both streams, line by line.
    pub text: String,
    /// Why the command did not succeed, as a clause.
    pub failure: Option<String>,
    pub log: PathBuf,
}

impl Steps {
    pub fn new(logs: PathBuf) -> Steps {
        Steps { logs, finished: Vec::new(), began: Instant::now() }
    }

    pub fn note(&self, sentence: &str) {
        println!("- {sentence}");
    }

    /// Runs a command that must succeed and returns its output.
    pub fn run(
        &mut self,
        name: &str,
        command: impl Into<Command>,
        limit: Duration,
    ) -> Result<String> {
        let Finished { text, failure, log } = self.observe(name, command, limit);
        let Some(failure) = failure else { return Ok(text) };
        let (log, end) = (log.display(), indented_end(&text, SHOWN_LINES));
        bail!("{name}: {failure}. The whole output is in {log}; its last lines:\n{end}")
    }

    /// Runs a command whose failure the caller handles.
    pub fn observe(
        &mut self,
        name: &str,
        command: impl Into<Command>,
        limit: Duration,
    ) -> Finished {
        println!("> {name}");
        let mut command = command.into();
        let began = Instant::now();
        let log = self.logs.join(format!("{}.log", file_name(name)));
        let mut record = Record::open(&log);
        let program = Path::new(command.get_program()).file_name().unwrap_or_default();
        let program = program.to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failure = match process::start(&mut command) {
            Err(error) => Some(format!("`{program}` could not be started ({error})")),
            Ok(mut child) => match watch(&mut child, &mut record, limit) {
                Some(status) if status.success() => None,
                Some(status) => Some(format!("`{program}` ended with {status}")),
                None => Some(format!("`{program}` was ended at its limit of {limit:?}")),
            },
        };
        self.finish(name, began, failure.is_none());
        Finished { text: record.text, failure, log }
    }

    /// Records a step's end and time.
    pub fn finish(&mut self, name: &str, began: Instant, succeeded: bool) {
        let time = began.elapsed();
        let word = if succeeded { "done in" } else { "failed after" };
        println!("  {word} {:.1} s", time.as_secs_f64());
        self.finished.push((name.to_owned(), time));
    }

    /// Prints every step with its time, and the total.
    pub fn print_table(&self) {
        let total = ("total".to_owned(), self.began.elapsed());
        let steps = self.finished.iter().chain([&total]);
        let rows =
            steps.map(|(name, time)| vec![name.clone(), format!("{:.1}", time.as_secs_f64())]);
        println!("\n{}", table(&["step", "seconds"], rows));
    }
}

/// Waits for the child and its output. Ends the child at the limit and returns nothing then; ends
/// it and this process after Ctrl-C.
fn watch(child: &mut Child, record: &mut Record, limit: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    let lines = read_lines(child);
    let style = ProgressStyle::with_template("  {elapsed:>4}  {wide_msg}").expect("a template");
    let spinner = ProgressBar::new_spinner().with_style(style);
    let mut next_sign = LIFE_SIGN;
    let mut exit: Option<(Instant, ExitStatus)> = None;
    loop {
        let closed = match lines.recv_timeout(POLL) {
            Ok(line) => record.add(&line),
            Err(error) => error == RecvTimeoutError::Disconnected,
        };
        exit = exit.or_else(|| Some((Instant::now(), child.try_wait().ok()??)));
        if process::was_interrupted() {
            process::end_tree(child);
            process::exit_interrupted();
        }
        match exit {
            Some((_, status)) if closed => return Some(status),
            Some((at, status)) if at.elapsed() > DRAIN => {
                // Something that the command left behind holds its output open.
                process::end_tree(child);
                return Some(status);
            }
            None if began.elapsed() > limit => {
                process::end_tree(child);
                return None;
            }
            None if closed => std::thread::sleep(Duration::from_millis(2)),
            _ => {}
        }
        spinner.set_message(record.newest.clone());
        spinner.tick();
        if !std::io::stdout().is_terminal() && began.elapsed() >= next_sign {
            println!("  {:>4} s  {}", began.elapsed().as_secs(), record.newest);
            next_sign += LIFE_SIGN;
        }
    }
}

/// Reads both streams on threads of their own.
fn read_lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    read_stream(child.stdout.take().expect("piped"), sender.clone());
    read_stream(child.stderr.take().expect("piped"), sender);
    receiver
}

fn read_stream(stream: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        let (mut stream, mut line) = (BufReader::new(stream), Vec::new());
        while matches!(stream.read_until(b'\n', &mut line), Ok(bytes) if bytes > 0) {
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// The output of a command so far.
struct Record {
    text: String,
    /// The newest line that is not blank.
    newest: String,
    log: Option<File>,
    logged_bytes: usize,
}

impl Record {
    /// A log that cannot be written is no reason to stop: the text stays in memory.
    fn open(log: &Path) -> Record {
        let _ = log.parent().map(std::fs::create_dir_all);
        let log = File::create(log).ok();
        Record { text: String::new(), newest: String::new(), log, logged_bytes: 0 }
    }

    /// Adds a line without its colours. If it overwrites itself, only the final text is
    /// added. Always returns `false`: the output is not closed yet.
    fn add(&mut self, line: &str) -> bool {
        let line = line.trim_end_matches(['\n', '\r']);
        let line = strip_ansi_escapes::strip_str(line.rsplit('\r').next().unwrap_or(line));
        if self.text.len() > TEXT_BYTES_MAX {
            let middle = self.text.floor_char_boundary(TEXT_BYTES_MAX / 2);
            self.text.drain(..middle);
        }
        self.text.extend([&line, "\n"]);
        if let Some(log) = self.log.as_mut().filter(|_| self.logged_bytes < LOG_BYTES_MAX) {
            self.logged_bytes += line.len() + 1;
            let _ = writeln!(log, "{line}");
        }
        if !line.trim().is_empty() {
            line.trim().clone_into(&mut self.newest);
        }
        false
    }
}

/// The last lines of a text, indented.
pub fn indented_end(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let end = &lines[lines.len().saturating_sub(count)..];
    end.iter().map(|line| format!("    {line}\n")).collect()
}

/// The first error that a failed step printed, or else its first line.
pub fn first_error(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("error: "));
    let line = line.or_else(|| text.lines().next()).unwrap_or_default();
    line.trim_end_matches([':', '.']).to_owned()
}

/// A text table: the first column is aligned left, the others right.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let head = head.iter().map(|&cell| cell.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..rows[0].len()).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, &width) in row.iter().zip(&widths).skip(1) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        line
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A step's name as a file name.
fn file_name(name: &str) -> String {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric());
    let words: Vec<String> =
        words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a shell script as a step. Returns the steps, which name the log folder, and the end.
    fn observe(name: &str, script: &str, limit: Duration) -> Finished {
        let folder = format!("xtask-test-{name}-{}", std::process::id());
        let mut steps = Steps::new(std::env::temp_dir().join(folder));
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let finished = steps.observe(name, command, limit);
        assert_eq!(steps.finished.len(), 1);
        finished
    }

    fn remove_log(finished: &Finished) {
        let _ = std::fs::remove_dir_all(finished.log.parent().expect("a folder"));
    }

    #[test]
    fn successful_step_returns_both_streams() {
        let finished = observe("both", "echo one; echo two >&2", minutes(1));
        let mut lines: Vec<&str> = finished.text.lines().collect();
        lines.sort_unstable();
        assert_eq!((lines, &finished.failure), (vec!["one", "two"], &None));
        remove_log(&finished);
    }

    #[test]
    fn failed_step_reports_its_status_and_keeps_a_log() {
        let script = "for line in $(seq 100); do echo line $line; done; exit 3";
        let finished = observe("fails", script, minutes(1));
        assert_eq!(finished.failure.as_deref(), Some("`sh` ended with exit status: 3"));
        let log = std::fs::read_to_string(&finished.log).expect("the log");
        assert_eq!(log.lines().count(), 100);
        let end = indented_end(&finished.text, SHOWN_LINES);
        assert!(end.ends_with("    line 100\n") && !end.contains("line 60\n"), "{end}");
        remove_log(&finished);
    }

    #[test]
    fn run_names_the_step_and_its_log() {
        let mut steps = Steps::new(std::env::temp_dir().join("xtask-test-run"));
        let error = steps.run("To fail", Command::new("false"), minutes(1)).expect_err("1");
        let text = error.to_string();
        assert!(text.starts_with("To fail: `false` ended with exit status: 1."), "{text}");
        assert!(text.contains("to-fail.log"), "{text}");
        let missing = steps.observe("Missing", Command::new("no-such-program"), minutes(1));
        let failure = missing.failure.as_ref().expect("a failure");
        assert!(failure.contains("`no-such-program` could not be started"), "{failure}");
        remove_log(&missing);
    }

    #[test]
    fn step_ends_at_its_limit() {
        let began = Instant::now();
        let finished = observe("limit", "sleep 1000", Duration::from_millis(100));
        assert_eq!(finished.failure.as_deref(), Some("`sh` was ended at its limit of 100ms"));
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        remove_log(&finished);
    }

    #[test]
    fn record_removes_colours_and_overwritten_text() {
        let mut record = Record::open(Path::new("/nowhere/at/all.log"));
        record.add("10 %\r50 %\r100 %\r\n");
        record.add("\n");
        assert_eq!((record.text.as_str(), record.newest.as_str()), ("100 %\n\n", "100 %"));
        record.add("\x1b[34mℹ pass 3\x1b[39m\n");
        record.add("\x1b[1;31m-old\x1b(B\x1b[m\n");
        assert!(record.text.ends_with("\nℹ pass 3\n-old\n"), "{}", record.text);
    }

    #[test]
    fn first_error_is_found_in_a_failed_step() {
        let text = "rustup: ended.\n    info: syncing\n    error: no such host\n";
        assert_eq!(first_error(text), "no such host");
        assert_eq!(first_error("sudo asks for a password."), "sudo asks for a password");
    }

    #[test]
    fn file_names_are_plain() {
        assert_eq!(file_name("npm ci (the page's packages)"), "npm-ci-the-page-s-packages");
    }
}
