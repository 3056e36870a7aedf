//! The lines of the core that the native tests run.
//!
//! The lines of the tests themselves, at the end of some files, do not count.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use xshell::cmd;

use crate::apt;
use crate::context::Context;
use crate::process;
use crate::step::{minutes, table};
use crate::toolchain::llvm_major;
use crate::tools;

const MODULES: [&str; 3] = ["src/model", "src/ledger", "src/trail"];
/// The part of each module's lines that must run, in per cent.
const MIN_PERCENT: f64 = 90.0;
const REPORT: &str = "target/coverage";
/// The first line of a file's own tests.
const TESTS: &str = "#[cfg(test)]";

/// A number of lines, and how many of them ran.
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

    fn row(self, name: String) -> Vec<String> {
        vec![name, self.all.to_string(), self.run.to_string(), format!("{:.1}", self.percent())]
    }
}

/// Runs the native tests and reports the lines they ran. Fails if a module is under its part.
pub fn coverage(cx: &mut Context) -> Result<bool> {
    let program = tools::llvm_cov(cx)?;
    let llvm = llvm_variables(cx)?;
    let list = cx.root.join(REPORT).join("lines.info");
    let mut run = |name: &str, words: &str, limit| {
        let arguments = format!("llvm-cov {words} --package ledgerlab");
        let mut command = Command::from(cx.sh.cmd(&program).args(arguments.split_whitespace()));
        command.envs(llvm.iter().map(|(name, value)| (name, value)));
        cx.steps.run(name, command, minutes(limit))
    };
    // The first command removes earlier counts.
    let test = "--no-report --tests --no-fail-fast";
    run("Run the native tests and record their lines", test, 30)?;
    run("Write the report", &format!("report --html --output-dir {REPORT}"), 5)?;
    run("List the lines", &format!("report --lcov --output-path {REPORT}/lines.info"), 5)?;

    let files = by_file(&fs_err::read_to_string(&list)?, &cx.root, |file| {
        let text = std::fs::read_to_string(cx.root.join(file)).unwrap_or_default();
        first_line_of_tests(&text)
    });
    cx.steps.print_table();
    println!("\nEvery line is in {REPORT}/html/index.html.");
    Ok(evaluate(&files))
}

/// Prints the table. Returns whether every module reaches [`MIN_PERCENT`].
fn evaluate(files: &BTreeMap<String, Lines>) -> bool {
    let (mut rows, mut low) = (Vec::new(), Vec::new());
    for module in MODULES {
        let own = files.iter().filter(|(file, _)| Path::new(file).starts_with(module));
        let mut sum = Lines::default();
        own.clone().for_each(|(_, lines)| sum.add(*lines));
        rows.push(sum.row(module.to_owned()));
        let low_files = own.filter(|(_, lines)| lines.percent() < MIN_PERCENT);
        rows.extend(low_files.map(|(file, lines)| lines.row(format!("    {file}"))));
        // A module without counted lines has run none.
        if sum.percent() < MIN_PERCENT {
            low.push(module);
        }
    }
    println!("\n{}", table(&["", "lines", "run", "per cent"], rows));
    if !low.is_empty() {
        println!("\nUnder {MIN_PERCENT} %: {}.", low.join(", "));
    }
    low.is_empty()
}

/// Reads a list of lines in lcov's format: `SF:` names a file, `DA:` a line and how often it ran.
/// Lines from `tests_at` on are left out.
fn by_file(
    list: &str,
    root: &Path,
    tests_at: impl Fn(&str) -> Option<u64>,
) -> BTreeMap<String, Lines> {
    let mut files: BTreeMap<String, Lines> = BTreeMap::new();
    let (mut file, mut end) = (String::new(), u64::MAX);
    for line in list.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = Path::new(path);
            file = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
            end = tests_at(&file).unwrap_or(u64::MAX);
        } else if let Some((number, count)) = line.strip_prefix("DA:").and_then(line_and_count)
            && number < end
        {
            let lines = Lines { all: 1, run: u64::from(count > 0) };
            files.entry(file.clone()).or_default().add(lines);
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

/// Variables for cargo-llvm-cov. With rustup it installs the LLVM tools itself; otherwise they are
/// the system's, of the version that the compiler was built with.
fn llvm_variables(cx: &mut Context) -> Result<Vec<(&'static str, String)>> {
    if process::find_program("rustup").is_some() {
        return Ok(vec![("CARGO_LLVM_COV_SETUP", "yes".to_owned())]);
    }
    let llvm = llvm_major(&process::output(cmd!(cx.sh, "rustc -vV")).unwrap_or_default())?;
    let package = format!("llvm-{llvm}");
    let mut program = |variable: &'static str, name: &str| {
        let name = format!("{name}-{llvm}");
        let path = apt::program(&cx.sh, &mut cx.steps, variable, &[&name], &[&package])?;
        anyhow::Ok((variable, path.to_string_lossy().into_owned()))
    };
    Ok(vec![program("LLVM_COV", "llvm-cov")?, program("LLVM_PROFDATA", "llvm-profdata")?])
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
    fn lines_of_a_files_own_tests_do_not_count() {
        let at = |file: &str| (file == "src/model/a.rs").then_some(8);
        let files = by_file(LIST, Path::new("/p"), at);
        assert_eq!(files["src/model/a.rs"], Lines { all: 2, run: 1 });
        assert_eq!(files["src/ledger/b.rs"], Lines { all: 1, run: 0 });
        assert_eq!(first_line_of_tests("fn a() {}\n\n#[cfg(test)]\nmod tests {}\n"), Some(3));
        assert_eq!(first_line_of_tests("fn a() {}\n"), None);
    }

    #[test]
    fn module_under_its_part_or_without_lines_fails() {
        let with = |run| {
            let file = |module| (format!("{module}/a.rs"), Lines { all: 100, run });
            BTreeMap::from(MODULES.map(file))
        };
        assert!(evaluate(&with(90)));
        assert!(!evaluate(&with(89)));
        assert!(!evaluate(&BTreeMap::new()));
        let mut incomplete = with(100);
        incomplete.remove("src/trail/a.rs");
        assert!(!evaluate(&incomplete));
    }
}
