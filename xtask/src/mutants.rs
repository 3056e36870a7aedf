//! Mutation testing: checks that the tests fail when one place in the core is wrong.
//!
//! cargo-mutants does the work. `.cargo/mutants.toml` names the files, the tests and the equivalent
//! mutants, which change nothing that a test could notice.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::context::Context;
use crate::step::{indented_end, minutes};
use crate::tools;

const CONFIG: &str = ".cargo/mutants.toml";
/// The same configuration with the equivalent mutants.
const WITH_EQUIVALENTS: &str = "target/mutants/with_equivalents.toml";
const OUTCOMES: &str = "target/mutants/mutants.out";
/// The part of the viable mutants that must be noticed, in per cent.
const MIN_PERCENT: f64 = 95.0;
/// Tests that take longer together, in seconds, count as endless. Without optimization they take 25
/// on a quiet machine.
const TEST_SECONDS_MAX: u64 = 60;

/// Which mutants are tried.
#[derive(Clone, Copy)]
pub struct Sample {
    /// About how many.
    pub count: u64,
    pub seed: u64,
    /// The part that is tried here, from 1, and the number of parts.
    pub part: (u64, u64),
}

impl Sample {
    /// The shard of cargo-mutants that is this part of the sample: every n-th mutant.
    fn shard(self, all: u64) -> String {
        let samples = (all / self.count).max(1);
        let (part, parts) = self.part;
        format!("{}/{}", self.seed % samples + samples * (part - 1), samples * parts)
    }
}

/// Reads a part and the number of parts, such as `1/4`.
pub fn parse_part(text: &str) -> Result<(u64, u64)> {
    let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let valid = numbers.filter(|(part, parts)| (1..=*parts).contains(part));
    valid.context("expected a part and the number of parts, such as 1/4")
}

/// The numbers in cargo-mutants' outcomes.json.
#[derive(Clone, Copy, Default, Deserialize)]
struct Outcomes {
    total_mutants: u64,
    caught: u64,
    missed: u64,
    /// Mutants with which the tests did not end, which is noticed as well.
    timeout: u64,
    /// Mutants that do not compile.
    unviable: u64,
}

impl Outcomes {
    /// The noticed part of the viable mutants; nothing if none is viable.
    fn percent(self) -> Option<f64> {
        let noticed = self.caught + self.timeout;
        let viable = noticed + self.missed;
        (viable > 0).then(|| 100.0 * noticed as f64 / viable as f64)
    }
}

/// Tries a sample of the mutants. Fails if too many survive.
pub fn sample(cx: &mut Context, sample: Sample) -> Result<bool> {
    let all = Mutants::open(cx)?.list(cx, CONFIG, &[])?;
    let shard = ["--shard".to_owned(), sample.shard(all)];
    let outcomes = Mutants::open(cx)?.run(cx, CONFIG, &shard)?;
    let Some(percent) = outcomes.percent() else {
        bail!("No mutant of this sample compiles, which says nothing about the tests.");
    };
    println!("\n{percent:.1} % were noticed; at least {MIN_PERCENT} % must be.");
    Ok(percent >= MIN_PERCENT)
}

/// Tries the equivalent mutants. Fails if a test notices one, because then it is not equivalent.
pub fn equivalents(cx: &mut Context) -> Result<bool> {
    let mutants = Mutants::open(cx)?;
    let patterns = mutants.equivalents.iter().flat_map(|it| ["--re".to_owned(), it.clone()]);
    let outcomes = mutants.run(cx, WITH_EQUIVALENTS, &patterns.collect::<Vec<_>>())?;
    let noticed = outcomes.total_mutants - outcomes.missed;
    println!("\n{noticed} of the equivalent mutants in {CONFIG} were noticed; none may be.");
    Ok(noticed == 0)
}

/// cargo-mutants and its configuration.
struct Mutants {
    program: PathBuf,
    /// Patterns of the equivalent mutants' names.
    equivalents: Vec<String>,
}

impl Mutants {
    /// Installs cargo-mutants and checks that each pattern of an equivalent mutant matches one.
    fn open(cx: &mut Context) -> Result<Mutants> {
        let program = tools::mutants(cx)?;
        let mut config: toml::Table = cx.read(CONFIG)?.parse()?;
        let excluded = config.remove("exclude_re").context("There is no `exclude_re`.")?;
        cx.sh.write_file(WITH_EQUIVALENTS, config.to_string())?;
        let mutants = Mutants { program, equivalents: excluded.try_into()? };
        for pattern in &mutants.equivalents {
            let count =
                mutants.list(cx, WITH_EQUIVALENTS, &["--re".to_owned(), pattern.clone()])?;
            ensure!(count > 0, "{CONFIG}: `{pattern}` matches no mutant any more.");
        }
        Ok(mutants)
    }

    fn command(&self, cx: &Context, config: &str, arguments: &[String]) -> Command {
        let words = ["mutants", "--colors", "never", "--package", "ledgerlab", "--config", config];
        cx.sh.cmd(&self.program).args(words).args(arguments).into()
    }

    /// The number of mutants.
    fn list(&self, cx: &mut Context, config: &str, arguments: &[String]) -> Result<u64> {
        let mut command = self.command(cx, config, arguments);
        command.arg("--list");
        let text = cx.steps.run("List mutants", command, minutes(5))?;
        Ok(text.lines().filter(|line| line.starts_with("src/")).count() as u64)
    }

    /// Tries mutants, one at a time: two would keep threads from meeting as the tests need it.
    fn run(&self, cx: &mut Context, config: &str, arguments: &[String]) -> Result<Outcomes> {
        let count = self.list(cx, config, arguments)?;
        cx.sh.remove_path(OUTCOMES)?;
        let mut command = self.command(cx, config, arguments);
        let options = format!(
            "--output target/mutants --timeout {TEST_SECONDS_MAX} --jobs 1 --no-shuffle --caught \
             --unviable"
        );
        command.args(options.split_whitespace());
        // The mutants' copies of the project lie elsewhere and would not find TigerBeetle's tables.
        let tables = cx.root.join("../shared/oracle");
        if std::env::var_os("LEDGERLAB_ORACLE").is_none() && tables.is_dir() {
            command.env("LEDGERLAB_ORACLE", tables);
        }
        // cargo-mutants fails if a mutant survives.
        let finished = cx.steps.observe(&format!("Try {count} mutants"), command, minutes(24 * 60));
        let text = cx.read(&format!("{OUTCOMES}/outcomes.json")).unwrap_or_default();
        let outcomes: Outcomes = serde_json::from_str(&text).unwrap_or_default();
        let Outcomes { total_mutants, caught, missed, timeout, unviable } = outcomes;
        if total_mutants != count || count == 0 {
            let end = indented_end(&finished.text, 20);
            bail!("{total_mutants} of {count} mutants were tried. The last lines:\n{end}");
        }
        cx.steps.print_table();
        println!(
            "\n{count} mutants: {caught} caught, {missed} missed, {timeout} endless, {unviable} \
             that do not compile. Each of them is in {OUTCOMES}."
        );
        for survivor in cx.read(&format!("{OUTCOMES}/missed.txt"))?.lines() {
            println!("    survived: {survivor}");
        }
        Ok(outcomes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_sample_are_disjoint_shards() {
        let sample = |part| Sample { count: 200, seed: 13, part }.shard(2_000);
        // The sample is the mutants with number 3 modulo 10.
        assert_eq!(sample((1, 1)), "3/10");
        assert_eq!([sample((1, 2)), sample((2, 2))], ["3/20", "13/20"]);
        assert_eq!(Sample { count: 200, seed: 1, part: (1, 1) }.shard(150), "0/1");
        assert_eq!(parse_part("2/4").ok(), Some((2, 4)));
        for text in ["0/4", "5/4", "4", "a/b"] {
            assert!(parse_part(text).is_err(), "{text}");
        }
    }

    #[test]
    fn endless_mutants_are_noticed_and_unviable_ones_do_not_count() {
        let outcomes = Outcomes { caught: 18, missed: 1, timeout: 1, ..Outcomes::default() };
        assert_eq!(Outcomes { unviable: 5, ..outcomes }.percent(), Some(95.0));
        assert!(Outcomes { missed: 2, ..outcomes }.percent() < Some(MIN_PERCENT));
        assert_eq!(Outcomes { unviable: 5, ..Outcomes::default() }.percent(), None);
    }
}
