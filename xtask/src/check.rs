//! The checks that need no test to be run: form, lints and types.

use std::process::ExitCode;

use crate::output;
use crate::page;
use crate::process;
use crate::step::minutes;
use crate::web;
use crate::workshop::Workshop;

/// One of the checks; its error is a text for the reader.
type Check = fn(&mut Workshop) -> Result<(), String>;

/// Runs every check, also after one has failed, and says which did.
pub fn check() -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let checks: [(&str, Check); 4] = [
        ("formatting", formatting),
        ("clippy", clippy),
        ("the threaded module", threaded_module),
        ("the page's types", types),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        if let Err(sentence) = check(&mut workshop) {
            println!("\n{sentence}\n");
            failed.push(name);
        }
    }
    workshop.steps.print_table();
    if failed.is_empty() {
        println!("\nAll {} checks passed.", checks.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("\n{} of {} checks failed: {}.", failed.len(), checks.len(), failed.join(", "));
    Ok(ExitCode::FAILURE)
}

fn formatting(workshop: &mut Workshop) -> Result<(), String> {
    let advice = "`cargo fmt --all` formats it; `rustup component add rustfmt` brings rustfmt.";
    cargo(workshop, "Check the formatting (rustfmt)", &["fmt", "--all", "--check"], advice)
}

fn clippy(workshop: &mut Workshop) -> Result<(), String> {
    let words = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    let advice = "`rustup component add clippy` brings clippy, should it be missing.";
    cargo(workshop, "Look for lints (clippy)", &words, advice)
}

/// Runs the cargo that runs xtask.
fn cargo(workshop: &mut Workshop, name: &str, words: &[&str], advice: &str) -> Result<(), String> {
    let mut command = workshop.cargo();
    command.args(words);
    match workshop.steps.run(name, &mut command, minutes(15)) {
        Ok(_) => Ok(()),
        Err(sentence) => Err(format!("{sentence}{advice}")),
    }
}

/// What is compiled for the browser only is seen by no check of the native code.
fn threaded_module(workshop: &mut Workshop) -> Result<(), String> {
    let warnings = web::build(workshop)?;
    if warnings.is_empty() {
        return Ok(());
    }
    let warnings = output::indent(&warnings.join("\n"));
    Err(format!("The threaded module is built with warnings, which are not allowed:\n{warnings}"))
}

/// The page's code is JavaScript with its types in comments; they are checked against the glue.
fn types(workshop: &mut Workshop) -> Result<(), String> {
    let generated = workshop.project.generated();
    if !web::is_generated(&generated) {
        let folder = workshop.project.relative(&generated);
        return Err(format!("The page's types need the module's, and {folder} holds none."));
    }
    page::install_packages(workshop)?;
    let mut npm = process::command("npm");
    npm.args(["run", "--silent", "check"]).current_dir(&workshop.project.root);
    workshop.steps.run("Check the page's types (tsc)", &mut npm, minutes(5)).map(drop)
}
