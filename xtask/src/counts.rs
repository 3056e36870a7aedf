//! Reading from a test runner's output how many tests it has run.
//!
//! Nothing is taken on trust: output without numbers is no result, and a suite that ran no test
//! has failed, whatever its exit code says.

use std::ops::AddAssign;

/// How many tests passed, failed, and were not run although they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Counts {
    pub const ONE_FAILED: Counts = Counts { passed: 0, failed: 1, skipped: 0 };

    /// The last line of `cargo xtask test`.
    pub fn sentence(&self) -> String {
        let mut sentence = format!("{} passed, {} failed", self.passed, self.failed);
        if self.skipped > 0 {
            sentence.push_str(&format!(", {} skipped", self.skipped));
        }
        sentence
    }
}

/// The sum of all `test result:` lines, which `cargo test` prints for each program and for the
/// examples in the documentation, and wasm-bindgen's runner for its one.
pub fn of_cargo(text: &str) -> Option<Counts> {
    let mut sum = None;
    for line in text.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let (_, numbers) = line.split_once(". ")?;
        let number = |word: &str| -> Option<u64> {
            let part = numbers.split(';').find_map(|part| part.trim().strip_suffix(word))?;
            part.trim().parse().ok()
        };
        *sum.get_or_insert_with(Counts::default) += Counts {
            passed: number("passed")?,
            failed: number("failed")?,
            skipped: number("ignored")? + number("filtered out").unwrap_or(0),
        };
    }
    sum
}

/// The numbers in the summary of `node --test`, whose lines begin with a sign of the reporter. A
/// file that holds no test is counted by node as one that passed; here it is one that failed.
pub fn of_node(text: &str, files: &[String]) -> Option<Counts> {
    // The last one counts: a test may itself have printed a line of this kind.
    let number = |word: &str| -> Option<u64> {
        text.lines().rev().find_map(|line| {
            let rest = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?;
            rest.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()
        })
    };
    let passed = number("pass")?;
    let empty = empty_files(text, files).len() as u64;
    Some(Counts {
        passed: passed.checked_sub(empty)?,
        failed: number("fail")? + number("cancelled")? + empty,
        skipped: number("skipped")? + number("todo")?,
    })
}

/// The files that node reports as a test of their own because they hold none.
pub fn empty_files<'a>(text: &str, files: &'a [String]) -> Vec<&'a String> {
    let reports = |line: &str, file: &str| {
        line.strip_prefix("✔ ").is_some_and(|name| {
            name.split_once(" (").map_or(name, |(name, _)| name).ends_with(file)
        })
    };
    files.iter().filter(|file| text.lines().any(|line| reports(line, file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn cargo_results_are_summed() {
        let text = "\
running 2 tests
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
   Doc-tests ledgerlab
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.2s
";
        assert_eq!(of_cargo(text), Some(counts(15, 2, 5)));
    }

    #[test]
    fn wasm_bindgen_results_are_read_alike() {
        let text = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1s";
        assert_eq!(of_cargo(text), Some(counts(2, 0, 0)));
    }

    #[test]
    fn an_empty_run_counts_nothing() {
        let text = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out;";
        assert_eq!(of_cargo(text), Some(counts(0, 0, 0)));
    }

    #[test]
    fn output_without_numbers_is_no_result() {
        assert_eq!(of_cargo("error: could not compile `ledgerlab`"), None);
        assert_eq!(of_cargo("no tests to run!"), None);
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
    fn a_page_test_file_without_a_test_has_failed() {
        let files = ["tests/page/full.test.mjs", "tests/page/empty.test.mjs"].map(str::to_owned);
        let text = "\
✔ a run of the page (10.1ms)
✔ /home/somebody/ledgerlab/tests/page/empty.test.mjs (81.86ms)
ℹ tests 2
ℹ pass 2
ℹ fail 0
ℹ cancelled 0
ℹ skipped 0
ℹ todo 0
";
        assert_eq!(of_node(text, &files), Some(counts(1, 1, 0)));
        assert_eq!(empty_files(text, &files), ["tests/page/empty.test.mjs"]);
    }

    #[test]
    fn the_last_line_names_skipped_tests_only_if_there_are_some() {
        assert_eq!(counts(57, 0, 0).sentence(), "57 passed, 0 failed");
        assert_eq!(counts(5, 1, 2).sentence(), "5 passed, 1 failed, 2 skipped");
    }
}
