//! Which lines of the core the native tests run.
//!
//! The lines of tests themselves, which stand at the end of some files, do not count: that a test
//! runs its own lines says nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::apt;
use crate::process;
use crate::step::{Steps, minutes};
use crate::toolchain::llvm_major;
use crate::tools;
use crate::workshop::Workshop;

const ROOMS: [&str; 3] = ["src/model", "src/ledger", "src/trail"];
/// The part of a room's lines that must be run, in per cent.
const LEAST_PERCENT: f64 = 90.0;
const REPORT: &str = "target/coverage";
/// What the lines of a file's own tests begin with.
const TESTS: &str = "#[cfg(test)]";

/// How many lines there are, and how many of them were run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Lines {
    all: u64,
    run: u64,
}

impl Lines {
    fn percent(self) -> f64 {
        if self.all == 0 { 0.0 } else { 100.0 * self.run as f64 / self.all as f64 }
    }

    fn add(&mut self, other: Lines) {
        self.all += other.all;
        self.run += other.run;
    }
}

/// Runs the native tests and tells which lines they ran. Fails where a room is under its part.
pub fn coverage() -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let program = tools::llvm_cov(&mut workshop.steps)?;
    let llvm = Llvm::find_or_get(&mut workshop.steps)?;
    let root = workshop.project.root.clone();
    let command = |words: &[&str]| {
        let mut command = process::command(&program);
        command.arg("llvm-cov").args(words).args(["--package", "ledgerlab"]).current_dir(&root);
        llvm.use_in(&mut command);
        command
    };
    // What earlier runs have counted is removed by the first command.
    let mut test = command(&["--no-report", "--tests", "--no-fail-fast"]);
    workshop.steps.run("Run the native tests and note their lines", &mut test, minutes(30))?;
    let mut html = command(&["report", "--html", "--output-dir", REPORT]);
    workshop.steps.run("Write the report", &mut html, minutes(5))?;
    let list = root.join(REPORT).join("lines.info");
    let mut lines = command(&["report", "--lcov"]);
    lines.arg("--output-path").arg(&list);
    workshop.steps.run("List the lines", &mut lines, minutes(5))?;

    let list = std::fs::read_to_string(&list)
        .map_err(|error| format!("{} could not be read: {error}.", list.display()))?;
    let files = by_file(&list, &root, |file| {
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        first_line_of_tests(&text)
    });
    workshop.steps.print_table();
    let page = root.join(REPORT).join("html/index.html");
    println!("\nEvery line is in {}.", workshop.project.relative(&page));
    Ok(judge(&files))
}

/// Prints the table and says whether every room has its part.
fn judge(files: &BTreeMap<String, Lines>) -> ExitCode {
    println!("\n{:<36}{:>7}{:>7}{:>9}", "", "lines", "run", "per cent");
    let show = |name: &str, lines: Lines| {
        println!("{name:<36}{:>7}{:>7}{:>9.1}", lines.all, lines.run, lines.percent());
    };
    let mut low = Vec::new();
    for room in ROOMS {
        let its = files.iter().filter(|(file, _)| Path::new(file).starts_with(room));
        let mut sum = Lines::default();
        its.clone().for_each(|(_, lines)| sum.add(*lines));
        show(room, sum);
        for (file, lines) in its.filter(|(_, lines)| lines.percent() < LEAST_PERCENT) {
            show(&format!("    {file}"), *lines);
        }
        // A room of which nothing was counted has none of its lines run.
        if sum.percent() < LEAST_PERCENT {
            low.push(room);
        }
    }
    if low.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nUnder {LEAST_PERCENT} %: {}.", low.join(", "));
    ExitCode::FAILURE
}

/// Reads a list of lines as lcov writes it: `SF:` names a file, `DA:` a line and how often it was
/// run. Lines from a file's own tests on are left out; `tests_at` says where they begin.
fn by_file(
    list: &str,
    root: &Path,
    tests_at: impl Fn(&str) -> Option<u64>,
) -> BTreeMap<String, Lines> {
    let mut files = BTreeMap::new();
    let mut file = String::new();
    let mut end = u64::MAX;
    for line in list.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = Path::new(path);
            file = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
            end = tests_at(&file).unwrap_or(u64::MAX);
        } else if let Some((number, count)) = line.strip_prefix("DA:").and_then(line_and_count)
            && number < end
        {
            let run = u64::from(count > 0);
            files.entry(file.clone()).or_insert_with(Lines::default).add(Lines { all: 1, run });
        }
    }
    files
}

fn line_and_count(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split(',');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The line, counted from 1, at which a file's own tests begin.
fn first_line_of_tests(text: &str) -> Option<u64> {
    text.lines().zip(1..).find(|(line, _)| *line == TESTS).map(|(_, number)| number)
}

/// The two programs of LLVM that read what instrumented programs have counted. They must be of the
/// version that the compiler was built with.
struct Llvm {
    cov: PathBuf,
    profdata: PathBuf,
}

impl Llvm {
    fn find_or_get(steps: &mut Steps) -> Result<Llvm, String> {
        if let Some(found) = Llvm::find() {
            return Ok(found);
        }
        let mut reasons = Vec::new();
        if process::find_program("rustup").is_some() {
            let mut rustup = process::command("rustup");
            rustup.args(["component", "add", "llvm-tools"]);
            reasons.extend(
                steps.run("rustup component add llvm-tools", &mut rustup, minutes(5)).err(),
            );
        }
        if let Some(found) = Llvm::find() {
            return Ok(found);
        }
        let package = format!("llvm-{}", rustc_llvm().unwrap_or(0));
        reasons.extend(apt::install(steps, &[&package]).err());
        Llvm::find().ok_or_else(|| {
            format!(
                "Coverage needs llvm-cov and llvm-profdata of the compiler's LLVM, and they could \
                 not be got: {}. `rustup component add llvm-tools` brings them, or `{}`.",
                reasons.join("; "),
                apt::install_line(&[&package])
            )
        })
    }

    /// Those of rustup's component, or else those of the system.
    fn find() -> Option<Llvm> {
        let libraries =
            process::answer(process::command("rustc").args(["--print", "target-libdir"]))?;
        let of_rustup = Path::new(&libraries).parent()?.join("bin");
        let own =
            Llvm { cov: of_rustup.join("llvm-cov"), profdata: of_rustup.join("llvm-profdata") };
        if own.cov.is_file() && own.profdata.is_file() {
            return Some(own);
        }
        let major = rustc_llvm()?;
        let cov = process::find_program(&format!("llvm-cov-{major}"))?;
        let profdata = process::find_program(&format!("llvm-profdata-{major}"))?;
        Some(Llvm { cov, profdata })
    }

    fn use_in(&self, command: &mut Command) {
        command.env("LLVM_COV", &self.cov).env("LLVM_PROFDATA", &self.profdata);
    }
}

/// The version of the compiler's LLVM.
fn rustc_llvm() -> Option<u32> {
    llvm_major(&process::answer(process::command("rustc").arg("-vV"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
SF:/p/src/model/a.rs
FN:1,name
DA:1,5
DA:2,0
DA:9,3
end_of_record
SF:/p/src/ledger/b.rs
DA:4,0
end_of_record
";

    #[test]
    fn lines_are_counted_up_to_the_tests_of_their_file() {
        let at = |file: &str| (file == "src/model/a.rs").then_some(8);
        let files = by_file(LIST, Path::new("/p"), at);
        assert_eq!(files["src/model/a.rs"], Lines { all: 2, run: 1 });
        assert_eq!(files["src/ledger/b.rs"], Lines { all: 1, run: 0 });
        assert_eq!(first_line_of_tests("fn a() {}\n\n#[cfg(test)]\nmod tests {}\n"), Some(3));
        assert_eq!(first_line_of_tests("fn a() {}\n"), None);
    }

    #[test]
    fn a_room_under_its_part_or_without_lines_fails() {
        let is_success = |code: ExitCode| format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS);
        let with = |run| {
            let lines = ROOMS.map(|room| (format!("{room}/a.rs"), Lines { all: 100, run }));
            BTreeMap::from(lines)
        };
        assert!(is_success(judge(&with(90))));
        assert!(!is_success(judge(&with(89))));
        assert!(!is_success(judge(&BTreeMap::new())));
        let mut one_is_missing = with(100);
        one_is_missing.remove("src/trail/a.rs");
        assert!(!is_success(judge(&one_is_missing)));
    }
}
