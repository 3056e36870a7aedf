//! The numbers of tests in a test runner's output.
//!
//! Output without numbers is no result, and a suite without tests is a failure, whatever its exit
//! code.

use std::iter::Sum;
use std::ops::Add;

use crate::step::{Finished, indented_end};

/// How many of its last lines a failed suite shows: enough for the reasons of some failures.
const SHOWN_LINES: usize = 150;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(all: I) -> Counts {
        all.fold(Counts::default(), Add::add)
    }
}

impl Counts {
    pub const ONE_FAILED: Counts = Counts { passed: 0, failed: 1, skipped: 0 };

    /// The last line of `cargo xtask test`.
    pub fn summary(&self) -> String {
        let Counts { passed, failed, skipped } = self;
        let skipped = if *skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        format!("{passed} passed, {failed} failed{skipped}")
    }
}

/// The counts of a finished suite. Prints the end of its output if it failed.
pub fn of_suite(name: &str, finished: &Finished, counts: Option<Counts>) -> Counts {
    let (counts, reason) = evaluate(counts, finished.failure.as_deref());
    if let Some(reason) = reason {
        let (end, log) = (indented_end(&finished.text, SHOWN_LINES), finished.log.display());
        println!("{end}\nThe {name} suite failed. {reason} The full output is in {log}.\n");
    }
    counts
}

/// The counts to report and, if the suite failed, the reason.
fn evaluate(counts: Option<Counts>, failure: Option<&str>) -> (Counts, Option<String>) {
    let clause = failure.map(|failure| format!(": {failure}")).unwrap_or_default();
    let Some(counts) = counts else {
        return (Counts::ONE_FAILED, Some(format!("Its output has no test counts{clause}.")));
    };
    if counts.passed + counts.failed == 0 {
        let counts = Counts { failed: 1, ..counts };
        return (counts, Some(format!("It ran no test, which is a failure{clause}.")));
    }
    if counts.failed == 0 && failure.is_none() {
        return (counts, None);
    }
    let counts = Counts { failed: counts.failed.max(1), ..counts };
    (counts, Some(format!("{} failed{clause}.", counts.failed)))
}

/// The sum of all `test result:` lines, which `cargo test` prints for each program and for the
/// documentation's examples, and wasm-bindgen's runner once.
pub fn of_cargo(text: &str) -> Option<Counts> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("test result: "));
    let results: Vec<Counts> = lines.map(of_result).collect::<Option<_>>()?;
    (!results.is_empty()).then(|| results.into_iter().sum())
}

fn of_result(line: &str) -> Option<Counts> {
    let (_, numbers) = line.split_once(". ")?;
    let number = |word: &str| -> Option<u64> {
        let part = numbers.split(';').find_map(|part| part.trim().strip_suffix(word))?;
        part.trim().parse().ok()
    };
    let skipped = number("ignored")? + number("filtered out").unwrap_or(0);
    Some(Counts { passed: number("passed")?, failed: number("failed")?, skipped })
}

/// The numbers in the summary of `node --test`. Node counts a file without tests as one that
/// passed; here it is one that failed.
pub fn of_node(text: &str, files: &[String]) -> Option<Counts> {
    // The last one counts: a test may itself have printed such a line.
    let number = |word: &str| -> Option<u64> {
        text.lines().rev().find_map(|line| {
            let rest = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?;
            rest.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()
        })
    };
    let empty = empty_files(text, files).count() as u64;
    Some(Counts {
        passed: number("pass")?.checked_sub(empty)?,
        failed: number("fail")? + number("cancelled")? + empty,
        skipped: number("skipped")? + number("todo")?,
    })
}

/// The files that node reports as a test because they hold none.
pub fn empty_files<'a>(text: &str, files: &'a [String]) -> impl Iterator<Item = &'a String> {
    let names = text.lines().filter_map(|line| line.strip_prefix("✔ "));
    let names: Vec<&str> =
        names.map(|name| name.split_once(" (").map_or(name, |(name, _)| name)).collect();
    files.iter().filter(move |file| names.iter().any(|name| name.ends_with(*file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn suite_passes_only_with_tests_counts_and_success() {
        assert_eq!(evaluate(Some(counts(3, 0, 1)), None), (counts(3, 0, 1), None));
        for (read, failure, expected) in [
            (None, None, counts(0, 1, 0)),
            (None, Some("ended"), counts(0, 1, 0)),
            (Some(counts(0, 0, 4)), None, counts(0, 1, 4)),
            (Some(counts(0, 0, 0)), Some("ended"), counts(0, 1, 0)),
            (Some(counts(5, 0, 0)), Some("ended"), counts(5, 1, 0)),
            (Some(counts(5, 2, 0)), Some("ended"), counts(5, 2, 0)),
            (Some(counts(5, 2, 0)), None, counts(5, 2, 0)),
        ] {
            let (counts, reason) = evaluate(read, failure);
            assert_eq!(counts, expected, "{read:?} {failure:?}");
            assert!(reason.is_some_and(|reason| reason.ends_with('.')), "{read:?} {failure:?}");
        }
    }

    #[test]
    fn cargo_results_are_summed() {
        let text = "\
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
   Doc-tests ledgerlab
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.2s
";
        assert_eq!(of_cargo(text), Some(counts(15, 2, 5)));
        let wasm = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out; in 1s";
        assert_eq!(of_cargo(wasm), Some(counts(2, 0, 0)));
        let empty = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out;";
        assert_eq!(of_cargo(empty), Some(counts(0, 0, 0)));
    }

    #[test]
    fn output_without_counts_is_no_result() {
        assert_eq!(of_cargo("error: could not compile `ledgerlab`"), None);
        assert_eq!(of_cargo("test result: ok"), None);
        assert_eq!(of_cargo("test result: ok. many passed; 0 failed; 0 ignored;"), None);
        assert_eq!(of_node("", &[]), None);
        assert_eq!(of_node("ℹ pass 3\nℹ fail 0\n", &[]), None);
    }

    #[test]
    fn node_summaries_are_read_from_both_reporters() {
        for sign in ["ℹ", "#"] {
            let words = ["tests 9", "pass 4", "fail 1", "cancelled 2", "skipped 1", "todo 1"];
            let text: String = words.iter().map(|words| format!("{sign} {words}\n")).collect();
            assert_eq!(of_node(&text, &[]), Some(counts(4, 3, 2)));
        }
    }

    #[test]
    fn node_file_without_tests_counts_as_failed() {
        let files = ["tests/page/full.test.mjs", "tests/page/empty.test.mjs"].map(str::to_owned);
        let text = "✔ a run of the page (10.1ms)\n✔ /home/me/tests/page/empty.test.mjs (81.8ms)\n\
                    ℹ pass 2\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n";
        assert_eq!(of_node(text, &files), Some(counts(1, 1, 0)));
        assert_eq!(empty_files(text, &files).collect::<Vec<_>>(), ["tests/page/empty.test.mjs"]);
    }

    #[test]
    fn summary_names_skipped_tests_only_if_there_are_some() {
        assert_eq!(counts(57, 0, 0).summary(), "57 passed, 0 failed");
        assert_eq!(counts(5, 1, 2).summary(), "5 passed, 1 failed, 2 skipped");
    }
}
