//! Whether the tests notice when the core is wrong: it is broken in many places, one at a time.
//!
//! Which places is a matter of a seed, so that a campaign can be done again, and be shared between
//! machines.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::equivalents::{self, EQUIVALENTS};
use crate::json::Json;
use crate::process;
use crate::step::minutes;
use crate::tools;
use crate::workshop::Workshop;

/// It has hints only, which change no answer.
const WITHOUT: &str = "src/ledger/writer/ahead.rs";
const FILES: [&str; 3] = ["src/model/**/*.rs", "src/ledger/**/*.rs", "src/trail/**/*.rs"];
/// The part of the viable mutants that must be noticed, in per cent.
const LEAST_PERCENT: f64 = 95.0;
const FOLDER: &str = "target/mutants";
/// The test programs that test something on this machine without special flags.
const PROGRAMS: [&str; 2] = ["oracle", "suite"];
/// Modules of the suite that ask the rooms above, and take longer than all others together. Whatever only they would
/// notice is missed.
const OF_ROOMS_ABOVE: [&str; 9] = [
    "api",
    "command",
    "goledger",
    "money",
    "rate_limiting",
    "report",
    "scenario_invariants",
    "serve",
    "trail_hashes",
];
/// How many are tried at the same time, each in a copy of the project: two would keep threads from meeting that tests want to meet.
const JOBS: &str = "1";
/// Tests that take longer together, in seconds, are taken for such as will never end. Without optimization they take 25 on a
/// quiet machine; a limit that is measured, as cargo-mutants does by itself, would wait minutes for each mutant that stands still.
const TEST_SECONDS_MAX: &str = "60";

/// Which of all mutants are tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    count: usize,
    seed: u64,
    /// The part that is done here, from 1, and how many parts there are.
    shard: (usize, usize),
    /// Those that nobody can notice are tried, and no others.
    equivalents: bool,
}

impl Sample {
    pub fn from_options(options: &[&str]) -> Result<Sample, String> {
        let mut sample = Sample { count: 200, seed: 1, shard: (1, 1), equivalents: false };
        let mut options = options.iter();
        while let Some(&option) = options.next() {
            if option == "--equivalents" {
                sample.equivalents = true;
                continue;
            }
            let value = options.next().copied().unwrap_or_default();
            match option {
                "--count" => {
                    let count = value.parse().ok().filter(|&count| count > 0);
                    sample.count = count.ok_or("`--count` needs a number from 1.")?;
                }
                "--seed" => {
                    sample.seed = value.parse().map_err(|_| "`--seed` needs a number.")?;
                }
                "--shard" => {
                    sample.shard = part(value)
                        .ok_or("`--shard` needs a part and how many there are, such as 1/4.")?;
                }
                other => return Err(format!("`mutants` has no option `{other}`.")),
            }
        }
        Ok(sample)
    }

    /// The mutants of this sample, in the order in which they are listed. Each one's place in the
    /// draw depends on its own name only: one that comes or goes moves no other.
    fn choose<'a>(&self, all: &[&'a str]) -> Vec<&'a str> {
        let mut drawn = all.to_vec();
        drawn.sort_by_key(|name| (hash(self.seed, name), *name));
        drawn.truncate(self.count);
        let (part, parts) = self.shard;
        let mut chosen: Vec<&str> = drawn.into_iter().skip(part - 1).step_by(parts).collect();
        chosen.sort_by_key(|name| all.iter().position(|its| its == name));
        chosen
    }

    fn command(&self) -> String {
        let Sample { count, seed, shard: (part, parts), equivalents } = self;
        if *equivalents {
            return "cargo xtask mutants --equivalents".to_owned();
        }
        format!("cargo xtask mutants --count {count} --seed {seed} --shard {part}/{parts}")
    }
}

fn part(text: &str) -> Option<(usize, usize)> {
    let (part, parts) = text.split_once('/')?;
    let (part, parts) = (part.parse().ok()?, parts.parse().ok()?);
    (1..=parts).contains(&part).then_some((part, parts))
}

/// FNV-1a, mixed once more at the end: the names differ in their last characters only.
fn hash(seed: u64, name: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// What became of the mutants, by name.
#[derive(Debug, Default, PartialEq)]
struct Outcomes {
    caught: Vec<String>,
    missed: Vec<String>,
    /// The tests did not end with them, which is noticed too.
    timeout: Vec<String>,
    /// They could not be compiled.
    unviable: Vec<String>,
}

impl Outcomes {
    /// Reads the lists that cargo-mutants writes.
    fn read(folder: &Path) -> Outcomes {
        let list = |name: &str| {
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        Outcomes {
            caught: list("caught.txt"),
            missed: list("missed.txt"),
            timeout: list("timeout.txt"),
            unviable: list("unviable.txt"),
        }
    }

    fn all(&self) -> usize {
        self.viable() + self.unviable.len()
    }

    fn viable(&self) -> usize {
        self.caught.len() + self.missed.len() + self.timeout.len()
    }

    /// The part of the viable ones that was noticed; none where none is viable.
    fn percent(&self) -> Option<f64> {
        let noticed = self.caught.len() + self.timeout.len();
        (self.viable() > 0).then(|| 100.0 * noticed as f64 / self.viable() as f64)
    }

    fn sentence(&self) -> String {
        let Outcomes { caught, missed, timeout, unviable } = self;
        format!(
            "{} mutants: {} caught, {} missed, {} that never ended, {} that do not compile",
            self.all(),
            caught.len(),
            missed.len(),
            timeout.len(),
            unviable.len()
        )
    }

    fn to_json(&self, sample: Sample, seconds: f64) -> Json {
        let list =
            |names: &[String]| Json::List(names.iter().map(|name| Json::text(&**name)).collect());
        Json::object([
            ("command", Json::text(sample.command())),
            ("seconds", Json::Number(seconds.round())),
            ("percent", self.percent().map_or(Json::Null, Json::Number)),
            ("missed", list(&self.missed)),
            ("timeout", list(&self.timeout)),
            ("unviable", list(&self.unviable)),
            ("caught", list(&self.caught)),
        ])
    }
}

/// Tries a sample of all mutants, and fails where too many survive.
pub fn mutants(sample: Sample) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let program = tools::mutants(&mut workshop.steps)?;
    let root = workshop.project.root.clone();
    let command = || {
        let mut command = process::command(&program);
        command.args(["mutants", "--colors", "never", "--package", "ledgerlab"]).current_dir(&root);
        command.args(FILES.iter().flat_map(|files| ["--file", files]));
        command.args(["--exclude", WITHOUT]);
        command
    };
    let mut list = command();
    list.arg("--list");
    let text = workshop.steps.run("List all mutants", &mut list, minutes(5))?;
    let all: Vec<&str> = text.lines().filter(|line| line.starts_with("src/")).collect();
    let equivalents = equivalents::names(&all)?;
    let chosen = if sample.equivalents {
        for (name, equivalent) in equivalents.iter().zip(&EQUIVALENTS) {
            println!("    {name}: {}", equivalent.why);
        }
        equivalents
    } else {
        let others: Vec<&str> =
            all.iter().copied().filter(|name| !equivalents.contains(name)).collect();
        sample.choose(&others)
    };
    if chosen.is_empty() {
        return Err(format!("This part of the sample is empty: there are {} mutants.", all.len()));
    }
    workshop.steps.note(&format!(
        "{} of {} mutants are tried; {} are known to change nothing: xtask/src/equivalents.rs.",
        chosen.len(),
        all.len(),
        EQUIVALENTS.len()
    ));

    let mut run = command();
    lay_out(&workshop, &all, &chosen)?;
    run.args(["--output", FOLDER, "--iterate"]);
    run.args(["--profile", "mutants", "--jobs", JOBS, "--no-shuffle"]);
    run.args(["--timeout", TEST_SECONDS_MAX, "--caught", "--unviable"]);
    test_with(&mut run, &root);
    let began = std::time::Instant::now();
    // It fails when a mutant survives, which is judged below.
    let name = format!("Try {} mutants", chosen.len());
    let ended = workshop.steps.observe(&name, &mut run, minutes(24 * 60));
    let outcomes = Outcomes::read(&root.join(FOLDER).join("mutants.out"));
    if outcomes.all() != chosen.len() {
        return Err(format!(
            "{} of {} mutants were tried, and then it ended ({}). The whole output is in {}; its \
             last lines:\n{}",
            outcomes.all(),
            chosen.len(),
            ended.complaint.as_deref().unwrap_or("without a complaint"),
            ended.log.display(),
            crate::output::indent(&crate::output::last_lines(&ended.text, 20)),
        ));
    }
    workshop.steps.print_table();
    let path = root.join(FOLDER).join("mutants.json");
    let seconds = began.elapsed().as_secs_f64();
    workshop.project.write(&path, &format!("{}\n", outcomes.to_json(sample, seconds)))?;
    println!("\n{}.", outcomes.sentence());
    println!("{:.1} seconds for each, with what is done once.", seconds / chosen.len() as f64);
    for survivor in &outcomes.missed {
        println!("    survived: {survivor}");
    }
    println!("All of them are in {}.", workshop.project.relative(&path));
    Ok(if sample.equivalents { judge_equivalents(&outcomes) } else { judge(&outcomes) })
}

fn judge_equivalents(outcomes: &Outcomes) -> ExitCode {
    let noticed = outcomes.caught.iter().chain(&outcomes.timeout).chain(&outcomes.unviable);
    for name in noticed.clone() {
        println!("    no equivalent: {name}");
    }
    match noticed.count() {
        0 => println!("\nNone of them was noticed, as xtask/src/equivalents.rs says."),
        count => {
            println!("\n{count} of them were noticed: xtask/src/equivalents.rs must be mended.");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn judge(outcomes: &Outcomes) -> ExitCode {
    match outcomes.percent() {
        None => {
            println!("\nNone of them compiles, which says nothing about the tests.");
            ExitCode::FAILURE
        }
        Some(percent) => {
            println!("\n{percent:.1} % were noticed; at least {LEAST_PERCENT} % must be.");
            if percent < LEAST_PERCENT { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
    }
}

/// Lays out a folder in which all mutants but the chosen ones are noted as caught by an earlier run,
/// so that a run which goes on from there tries the chosen ones. Patterns of names, which
/// cargo-mutants also takes, are not asked for every kind of mutant.
fn lay_out(workshop: &Workshop, all: &[&str], chosen: &[&str]) -> Result<(), String> {
    let folder = workshop.project.root.join(FOLDER);
    for old in ["mutants.out", "mutants.out.old"] {
        let _ = std::fs::remove_dir_all(folder.join(old));
    }
    let others = all.iter().filter(|name| !chosen.contains(name));
    let others: String = others.map(|name| format!("{name}\n")).collect();
    workshop.project.write(&folder.join("mutants.out/caught.txt"), &others)
}

/// Names the tests, and the folder of the reference's tables: the copies in which the mutants are
/// tried lie elsewhere, and would not find it. Nothing can be added to the command after it.
fn test_with(command: &mut Command, root: &Path) {
    command.arg("--cargo-arg=--lib");
    command.args(PROGRAMS.map(|name| format!("--cargo-arg=--test={name}")));
    let tables = root.join("../shared/oracle");
    if std::env::var_os("LEDGERLAB_ORACLE").is_none() && tables.is_dir() {
        command.env("LEDGERLAB_ORACLE", tables);
    }
    // The first `--` ends the options of cargo-mutants, the second those of cargo.
    command.args(["--", "--"]);
    command.args(OF_ROOMS_ABOVE.iter().flat_map(|name| ["--skip".to_owned(), format!("{name}::")]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(options: &[&str]) -> Sample {
        Sample::from_options(options).expect("they are sound")
    }

    #[test]
    fn options_of_the_campaign() {
        let usual = Sample { count: 200, seed: 1, shard: (1, 1), equivalents: false };
        assert_eq!(sample(&[]), usual);
        assert_eq!(sample(&["--equivalents"]), Sample { equivalents: true, ..usual });
        let options = ["--seed", "7", "--shard", "2/4", "--count", "10"];
        assert_eq!(sample(&options), Sample { count: 10, seed: 7, shard: (2, 4), ..usual });
        for options in [
            &["--count"][..],
            &["--count", "0"],
            &["--seed", "x"],
            &["--shard", "0/4"],
            &["--shard", "5/4"],
            &["--shard", "4"],
            &["--all", "1"],
        ] {
            assert!(Sample::from_options(options).is_err(), "{options:?}");
        }
    }

    #[test]
    fn a_sample_is_a_matter_of_its_seed_and_its_parts_are_all_of_it() {
        let names: Vec<String> = (0..1_000).map(|at| format!("src/a.rs:{at}:1: b")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let one = sample(&["--count", "100"]).choose(&names);
        assert_eq!(one.len(), 100);
        assert_eq!(one, sample(&["--count", "100"]).choose(&names));
        let other = sample(&["--count", "100", "--seed", "2"]).choose(&names);
        let shared = other.iter().filter(|name| one.contains(name)).count();
        assert!(shared < 30, "{shared} of 100 are the same");
        let parts = ["1/3", "2/3", "3/3"]
            .map(|part| sample(&["--count", "100", "--shard", part]).choose(&names));
        let mut all = parts.concat();
        all.sort_by_key(|name| names.iter().position(|its| its == name));
        assert_eq!(all, one);
    }

    #[test]
    fn what_never_ended_was_noticed_and_what_does_not_compile_does_not_count() {
        let names = |count| vec![String::from("a"); count];
        let outcomes =
            Outcomes { caught: names(18), missed: names(1), timeout: names(1), unviable: names(5) };
        assert_eq!(outcomes.percent(), Some(95.0));
        let is =
            |outcomes: &Outcomes, code| format!("{:?}", judge(outcomes)) == format!("{code:?}");
        assert!(is(&outcomes, ExitCode::SUCCESS));
        assert!(is(&Outcomes { missed: names(2), ..outcomes }, ExitCode::FAILURE));
        assert!(is(&Outcomes { unviable: names(5), ..Outcomes::default() }, ExitCode::FAILURE));
    }

    #[test]
    fn an_equivalent_that_is_noticed_is_a_failure() {
        let names = |count| vec![String::from("a"); count];
        let is = |outcomes: &Outcomes, code| {
            format!("{:?}", judge_equivalents(outcomes)) == format!("{code:?}")
        };
        let none = Outcomes { missed: names(3), ..Outcomes::default() };
        assert!(is(&none, ExitCode::SUCCESS));
        assert!(is(&Outcomes { caught: names(1), ..none }, ExitCode::FAILURE));
    }

    #[test]
    fn the_tests_of_this_machine_are_found() {
        let project = crate::project::Project::find().expect("the project");
        let tests = project.root.join("tests");
        for name in PROGRAMS {
            assert!(tests.join(name).join("main.rs").is_file(), "{name} is no test program");
        }
        let suite = tests.join("suite");
        for name in OF_ROOMS_ABOVE {
            let is_there = suite.join(name).is_dir() || suite.join(format!("{name}.rs")).is_file();
            assert!(is_there, "{name} is left out, but is no module");
        }
    }
}
