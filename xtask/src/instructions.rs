//! The instructions of a transfer, against bounds in the repository.
//!
//! Unlike times, instruction counts do not depend on what else the machine does. They depend on the
//! compiler, hence the tolerance.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xshell::cmd;

use crate::apt;
use crate::context::Context;
use crate::process;
use crate::step::{minutes, table};

const BOUNDS: &str = "benches/instructions.json";
/// How far a count may exceed its bound, in per cent.
const TOLERANCE_PERCENT: f64 = 2.0;
/// Each work is done with both numbers of transfers; the difference counts.
const TRANSFERS: [u64; 2] = [10_240, 112_640];

/// What is counted, and the work that it contains and that does not count.
const COUNTED: [(&str, &str); 6] = [
    ("create_transfer", "drawing"),
    ("create_each", "drawing"),
    ("caller-ids", "drawing-caller-ids"),
    ("two-phase", "drawing-two-phase"),
    ("linked", "drawing-linked"),
    ("replay", "create_each"),
];

#[derive(Deserialize, Serialize)]
struct Bounds {
    compiler: String,
    /// Instructions for each transfer, by the name of the work.
    instructions: BTreeMap<String, f64>,
}

/// The relation of a count to its bound.
#[derive(Debug, PartialEq)]
enum Relation {
    Above,
    Within,
    /// So far below that the bound no longer protects the count.
    Below,
}

impl Relation {
    fn of(counted: f64, bound: Option<f64>) -> Relation {
        let tolerance = TOLERANCE_PERCENT / 100.0;
        match bound {
            Some(bound) if counted < bound * (1.0 - tolerance) => Relation::Below,
            Some(bound) if counted <= bound * (1.0 + tolerance) => Relation::Within,
            _ => Relation::Above,
        }
    }
}

/// Counts and compares. Fails if a count is above its bound or has none.
pub fn compare(cx: &mut Context) -> Result<bool> {
    let bounds = read_bounds(cx)?;
    let counted = count(cx)?;
    let rows = counted.iter().map(|(name, counted)| {
        let bound = bounds.instructions.get(name).map_or("none".into(), f64::to_string);
        vec![name.clone(), format!("{counted:.0}"), bound]
    });
    println!("\n{}", table(&["per transfer", "instructions", "bound"], rows));
    let compiler = &bounds.compiler;
    println!("\nThe bounds are for {compiler}; {TOLERANCE_PERCENT} % more is allowed.");
    let mut passed = true;
    for (name, &counted) in &counted {
        match Relation::of(counted, bounds.instructions.get(name).copied()) {
            Relation::Within => {}
            Relation::Below => println!("`{name}` is cheaper now: `--bless` updates its bound."),
            Relation::Above => {
                println!(
                    "`{name}` is above its bound or has none. Compiler: {}.",
                    compiler_here(cx)
                );
                passed = false;
            }
        }
    }
    if !passed {
        println!("If only the compiler has changed, `--bless` writes new bounds.");
    }
    Ok(passed)
}

/// Counts, and writes the counts as bounds.
pub fn bless(cx: &mut Context) -> Result<()> {
    let instructions = count(cx)?.into_iter().map(|(name, counted)| (name, counted.round()));
    let bounds = Bounds { compiler: compiler_here(cx), instructions: instructions.collect() };
    let text = serde_json::to_string_pretty(&bounds)?;
    println!("{text}");
    cx.sh.write_file(BOUNDS, text + "\n")?;
    println!("{BOUNDS} is written.");
    Ok(())
}

fn read_bounds(cx: &Context) -> Result<Bounds> {
    serde_json::from_str(&cx.read(BOUNDS)?).with_context(|| format!("{BOUNDS} cannot be read"))
}

/// The instructions of each work, for each transfer.
fn count(cx: &mut Context) -> Result<BTreeMap<String, f64>> {
    let valgrind = apt::program(&cx.sh, &mut cx.steps, "VALGRIND", &["valgrind"], &["valgrind"])?;
    let program = build(cx)?;
    let mut counts = BTreeMap::new();
    for work in COUNTED.iter().flat_map(|&(work, without)| [work, without]) {
        if !counts.contains_key(work) {
            counts.insert(work, count_work(cx, &valgrind, &program, work)?);
        }
    }
    let difference = |(work, without)| (str::to_owned(work), counts[work] - counts[without]);
    Ok(COUNTED.into_iter().map(difference).collect())
}

/// The instructions of a work for each transfer, with those of choosing its accounts.
fn count_work(cx: &mut Context, valgrind: &Path, program: &Path, work: &str) -> Result<f64> {
    let mut run = |transfers: u64| {
        let transfers = transfers.to_string();
        let command = cmd!(
            cx.sh,
            "{valgrind} --tool=callgrind --callgrind-out-file=/dev/null {program} {work} {transfers}"
        );
        let name = format!("Count the instructions of {transfers} x {work} (callgrind)");
        let text = cx.steps.run(&name, command, minutes(15))?;
        collected(&text).with_context(|| format!("{name}: callgrind printed no count:\n{text}"))
    };
    let [few, many] = TRANSFERS;
    Ok((run(many)? - run(few)?) / (many - few) as f64)
}

/// The number in callgrind's `==123== Collected : 456`.
fn collected(text: &str) -> Option<f64> {
    let (_, number) = text.rsplit_once("Collected : ")?;
    number.lines().next()?.trim().parse().ok()
}

/// Builds the program whose instructions are counted, as it is released.
fn build(cx: &mut Context) -> Result<PathBuf> {
    let cargo = cx.cargo("bench --bench instructions --no-run --message-format=json");
    let text = cx.steps.run("Build what is counted", cargo, minutes(15))?;
    let path = text.lines().filter_map(executable).next_back();
    path.context("Cargo did not say where it put the bench `instructions`.")
}

/// The path in one of cargo's messages, if it is about the bench.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_bench = message["target"]["name"] == "instructions";
    message["executable"].as_str().filter(|_| is_bench).map(PathBuf::from)
}

fn compiler_here(cx: &Context) -> String {
    process::output(cmd!(cx.sh, "rustc --version")).unwrap_or("an unknown compiler".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_is_read_from_callgrind() {
        let text = "==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n";
        assert_eq!(collected(text), Some(1_234_567.0));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn executable_is_found_in_cargos_messages() {
        let message = r#"{"target": {"name": "instructions"}, "executable": "/a/b"}"#;
        assert_eq!(executable(message), Some(PathBuf::from("/a/b")));
        assert_eq!(executable(r#"{"target": {"name": "other"}, "executable": "/a/b"}"#), None);
        assert_eq!(executable(r#"{"target": {"name": "instructions"}, "executable": null}"#), None);
    }

    #[test]
    fn counts_may_exceed_their_bound_by_two_per_cent() {
        assert_eq!(Relation::of(102.0, Some(100.0)), Relation::Within);
        assert_eq!(Relation::of(102.1, Some(100.0)), Relation::Above);
        assert_eq!(Relation::of(1.0, None), Relation::Above);
        assert_eq!(Relation::of(97.0, Some(100.0)), Relation::Below);
        assert_eq!(Relation::of(98.0, Some(100.0)), Relation::Within);
    }

    #[test]
    fn everything_counted_has_a_bound() {
        let bounds = read_bounds(&Context::open().expect("the project")).expect("bounds");
        for (name, _) in COUNTED {
            assert!(bounds.instructions.get(name).is_some_and(|&bound| bound > 0.0), "{name}");
        }
    }
}
