//! Steps: commands that are named, timed, bounded, and kept quiet unless they fail.
//!
//! A step prints its name when it begins and its time when it ends. What it prints itself goes to
//! a log in target/xtask/; the log's end is shown when the step fails. While it runs, a terminal
//! shows the seconds and the newest line; elsewhere a line every half minute says it is alive.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::output::{Record, indent, last_lines, read_lines};
use crate::process;

/// How many of its last lines a failed step shows.
const SHOWN_LINES: usize = 40;
/// How long the output may stay open after the command itself has ended.
const DRAIN: Duration = Duration::from_secs(3);
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// The steps of one run of xtask, and how long each took.
pub struct Steps {
    logs: PathBuf,
    finished: Vec<(String, Duration)>,
    began: Instant,
}

/// How a command ended.
#[derive(Clone)]
pub struct Ended {
    /// What it printed, both streams, line by line.
    pub text: String,
    /// Why it did not succeed, as the rest of a sentence; nothing if it did.
    pub complaint: Option<String>,
    pub log: PathBuf,
}

impl Steps {
    pub fn new(logs: PathBuf) -> Steps {
        Steps { logs, finished: Vec::new(), began: Instant::now() }
    }

    /// Says something that is not a step of its own.
    pub fn note(&self, sentence: &str) {
        println!("- {sentence}");
    }

    /// Runs a command whose failure ends the work: the error carries the end of its output.
    pub fn run(
        &mut self,
        name: &str,
        command: &mut Command,
        limit: Duration,
    ) -> Result<String, String> {
        let ended = self.observe(name, command, limit);
        match &ended.complaint {
            None => Ok(ended.text),
            Some(complaint) => Err(format!(
                "{name}: {complaint}. The whole output is in {}; its last lines:\n{}",
                ended.log.display(),
                indent(&last_lines(&ended.text, SHOWN_LINES))
            )),
        }
    }

    /// Runs a command whose failure is the caller's to judge.
    pub fn observe(&mut self, name: &str, command: &mut Command, limit: Duration) -> Ended {
        println!("> {name}");
        let began = Instant::now();
        let log = self.logs.join(format!("{}.log", file_name(name)));
        let record = Arc::new(Mutex::new(Record::open(&log)));
        let program = Path::new(command.get_program()).file_name().unwrap_or_default();
        let program = program.to_string_lossy().into_owned();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let complaint = match process::start(command) {
            Err(error) => Some(format!("`{program}` could not be started ({error})")),
            Ok(mut child) => {
                let readers = [
                    read_lines(child.stdout.take().expect("it is piped"), &record),
                    read_lines(child.stderr.take().expect("it is piped"), &record),
                ];
                let complaint = watch(&mut child, &program, &record, began, limit);
                drain(&mut child, readers);
                complaint
            }
        };
        self.finish(name, began, complaint.is_none());
        let text = std::mem::take(&mut record.lock().expect("no reader panics").text);
        Ended { text, complaint, log }
    }

    /// Notes a step's end and time.
    pub fn finish(&mut self, name: &str, began: Instant, succeeded: bool) {
        let time = began.elapsed();
        let word = if succeeded { "done in" } else { "failed after" };
        println!("  {word} {:.1} s", time.as_secs_f64());
        self.finished.push((name.to_owned(), time));
    }

    /// Prints every step with its time, and the time of all.
    pub fn print_table(&self) {
        let all = ("all together".to_owned(), self.began.elapsed());
        let width = self.finished.iter().chain([&all]).map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or(0).max("step".len());
        println!("\n{:<width$}  {:>9}", "step", "seconds");
        for (name, time) in self.finished.iter().chain([&all]) {
            println!("{name:<width$}  {:>9.1}", time.as_secs_f64());
        }
    }
}

/// Waits for the child and shows that it lives; ends it when its time is up or the reader of this
/// output has pressed Ctrl-C.
fn watch(
    child: &mut Child,
    program: &str,
    record: &Mutex<Record>,
    began: Instant,
    limit: Duration,
) -> Option<String> {
    let terminal = std::io::stdout().is_terminal();
    let mut next_sign = if terminal { Duration::from_millis(500) } else { SIGN_OF_LIFE };
    let complaint = loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break None,
            Ok(Some(status)) => break Some(format!("`{program}` ended with {status}")),
            Ok(None) => {}
            Err(error) => break Some(format!("`{program}` could not be waited for ({error})")),
        }
        if process::was_interrupted() {
            process::end_tree(child);
            process::exit_interrupted();
        }
        let elapsed = began.elapsed();
        if elapsed > limit {
            process::end_tree(child);
            break Some(format!("`{program}` was ended at its limit of {} s", limit.as_secs()));
        }
        if elapsed >= next_sign {
            let newest = record.lock().expect("no reader panics").newest.clone();
            show_life(terminal, elapsed, &newest);
            next_sign = elapsed + if terminal { Duration::from_millis(200) } else { SIGN_OF_LIFE };
        }
        // Short commands are asked often, long ones seldom.
        std::thread::sleep((elapsed / 20).clamp(Duration::from_millis(2), SLOWEST_LOOK));
    };
    if terminal {
        print!("\r\x1b[2K");
        let _ = std::io::stdout().flush();
    }
    complaint
}

const SLOWEST_LOOK: Duration = Duration::from_millis(50);

fn show_life(terminal: bool, elapsed: Duration, newest: &str) {
    let newest: String = newest.chars().filter(|character| !character.is_control()).collect();
    let seconds = elapsed.as_secs();
    if terminal {
        let newest: String = newest.chars().take(66).collect();
        print!("\r\x1b[2K  {seconds:>4} s  {newest}");
        let _ = std::io::stdout().flush();
    } else {
        println!("  {seconds:>4} s  {newest}");
    }
}

/// Waits for the rest of the output. Something that the command has left behind may hold it open;
/// that is ended.
fn drain(child: &mut Child, readers: [JoinHandle<()>; 2]) {
    let began = Instant::now();
    while readers.iter().any(|reader| !reader.is_finished()) {
        if began.elapsed() > DRAIN {
            process::end_tree(child);
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A step's name as that of a file.
fn file_name(name: &str) -> String {
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' }
    };
    let name: String = name.chars().map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(name: &str) -> Steps {
        let folder = format!("xtask-test-{name}-{}", std::process::id());
        Steps::new(std::env::temp_dir().join(folder))
    }

    fn shell(script: &str) -> Command {
        let mut command = process::command("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_step_that_succeeds_gives_both_streams() {
        let mut steps = steps("both");
        let text = steps.run("Both", &mut shell("echo one; echo two >&2"), minutes(1)).expect("0");
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(steps.finished.len(), 1);
        let _ = std::fs::remove_dir_all(&steps.logs);
    }

    #[test]
    fn a_step_that_fails_says_how_and_shows_its_end() {
        let mut steps = steps("fails");
        let script = "for line in $(seq 100); do echo line $line; done; exit 3";
        let sentence = steps.run("To fail", &mut shell(script), minutes(1)).expect_err("3");
        assert!(sentence.starts_with("To fail: `sh` ended with exit status: 3."), "{sentence}");
        assert!(sentence.contains("to-fail.log"), "{sentence}");
        assert!(sentence.ends_with("    line 100\n"), "{sentence}");
        assert!(!sentence.contains("line 60\n"), "{sentence}");
        let log = std::fs::read_to_string(steps.logs.join("to-fail.log")).expect("the log");
        assert_eq!(log.lines().count(), 100);
        let _ = std::fs::remove_dir_all(&steps.logs);
    }

    #[test]
    fn a_step_ends_at_its_limit() {
        let mut steps = steps("limit");
        let began = Instant::now();
        let ended = steps.observe("Slow", &mut shell("sleep 1000"), Duration::from_millis(100));
        assert_eq!(ended.complaint.as_deref(), Some("`sh` was ended at its limit of 0 s"));
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        let _ = std::fs::remove_dir_all(&steps.logs);
    }

    #[test]
    fn a_step_whose_program_is_missing_says_so() {
        let mut steps = steps("missing");
        let mut command = process::command("ledgerlab-has-no-such-program");
        let ended = steps.observe("Missing", &mut command, minutes(1));
        let complaint = ended.complaint.expect("a complaint");
        assert!(complaint.contains("`ledgerlab-has-no-such-program` could not be started"));
        let _ = std::fs::remove_dir_all(&steps.logs);
    }

    #[test]
    fn file_names_are_plain() {
        assert_eq!(file_name("npm ci (the page's packages)"), "npm-ci-the-page-s-packages");
    }
}
