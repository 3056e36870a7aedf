//! The checks that run no test: formatting, lints, types, import cycles and retired words.

mod cycles;
mod graph;
mod javascript;
mod rust;
mod words;

use anyhow::{Context as _, Result, bail, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::page;
use crate::step::minutes;
use crate::web;

type Check = fn(&mut Context) -> Result<()>;

/// The checks, by their names on the command line.
pub const CHECKS: [(&str, Check); 6] = [
    ("formatting", formatting),
    ("clippy", clippy),
    ("cycles", cycles::check),
    ("words", words::check),
    ("module", threaded_module),
    ("types", types),
];

/// Runs every check or the named one, also after a failure, and lists the failed ones.
pub fn check(cx: &mut Context, only: Option<&str>) -> Result<bool> {
    let chosen = CHECKS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let mut failed = Vec::new();
    for &(name, check) in chosen.clone() {
        if let Err(error) = check(cx) {
            println!("\n{error:#}\n");
            failed.push(name);
        }
    }
    cx.steps.print_table();
    let all = chosen.count();
    match failed.len() {
        0 => println!("\n{all} checks passed."),
        count => println!("\n{count} of {all} checks failed: {}.", failed.join(", ")),
    }
    Ok(failed.is_empty())
}

fn formatting(cx: &mut Context) -> Result<()> {
    let command = cx.cargo("fmt --all --check");
    let result = cx.steps.run("Check the formatting (rustfmt)", command, minutes(15));
    result.context("Run `cargo fmt --all`, or `rustup component add rustfmt`").map(drop)
}

fn clippy(cx: &mut Context) -> Result<()> {
    let command = cx.cargo("clippy --workspace --all-targets -- --deny warnings");
    let result = cx.steps.run("Check for lints (clippy)", command, minutes(15));
    result.context("If clippy is missing, run `rustup component add clippy`").map(drop)
}

/// The code for the browser only is invisible to checks of the native code.
fn threaded_module(cx: &mut Context) -> Result<()> {
    let warnings = web::build(cx)?.join("\n");
    ensure!(warnings.is_empty(), "The threaded module has warnings:\n{warnings}");
    Ok(())
}

/// The page is JavaScript with types in comments. They are checked against the module's.
fn types(cx: &mut Context) -> Result<()> {
    let declarations = format!("{}/{}.d.ts", web::GENERATED, web::NAME);
    if !cx.root.join(&declarations).is_file() {
        bail!("The page's types need {declarations}, which the threaded module's build writes.");
    }
    page::install_packages(cx)?;
    let npm = cmd!(cx.sh, "npm run --silent check");
    cx.steps.run("Check the page's types (tsc)", npm, minutes(5)).map(drop)
}
