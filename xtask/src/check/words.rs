//! Retired words: names and phrases that the project no longer uses.

use anyhow::{Result, bail};
use xshell::cmd;

use crate::context::Context;

/// One pattern on each line, and its replacement as a comment.
const LIST: &str = "xtask/retired_words.txt";
/// Replaces the names of report version 3, so it has to contain them.
const UPGRADE: &str = "src/scenarios/report/version_3.rs";

/// Fails if a retired word occurs in the project as a whole word.
pub fn check(cx: &mut Context) -> Result<()> {
    let pattern = pattern(&cx.read(LIST)?);
    let excluded = [LIST, UPGRADE].map(|file| format!(":!{file}"));
    let grep = cmd!(cx.sh, "git grep -nwE -e {pattern} --");
    let grep = grep.args(["src", "www", "npm", "xtask", "docs", "README.md"]).args(excluded);
    // git's exit code is 1 if it finds nothing, and higher if it fails.
    let output = grep.quiet().ignore_status().output()?;
    let found = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(1) => Ok(()),
        Some(0) => bail!("These lines have retired words; {LIST} names replacements:\n{found}"),
        _ => bail!("git grep failed: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// The alternatives of a list as one pattern.
fn pattern(list: &str) -> String {
    let words = list.lines().map(|line| line.split_once('#').map_or(line, |(word, _)| word).trim());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_becomes_one_pattern_without_comments() {
        assert_eq!(pattern("# Words\n\nold  # new\nin old times\n"), "old|in old times");
    }
}
