//! How many instructions a transfer takes, against bounds that are kept in the repository.
//!
//! Instructions do not depend on the machine's mood, so a slower way of a transfer is found also
//! where times cannot be trusted. They do depend on the compiler, hence the tolerance.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::apt;
use crate::json::Json;
use crate::process;
use crate::step::minutes;
use crate::workshop::Workshop;

const BOUNDS: &str = "benches/instructions.json";
/// How much more than its bound a figure may be, in per cent: compilers differ by a few.
const TOLERANCE_PERCENT: f64 = 3.0;
/// The work is done with so many transfers, once and once again: the difference counts.
const TRANSFERS: [u64; 2] = [10_240, 112_640];

/// What is counted, and the work whose instructions it contains but is not about.
const COUNTED: [(&str, &str); 3] =
    [("create_transfer", "drawing"), ("create_each", "drawing"), ("referee", "create_each")];

/// A figure and its bound, by the name of the work.
struct Compared {
    name: &'static str,
    counted: f64,
    bound: Option<f64>,
}

impl Compared {
    fn holds(&self) -> bool {
        self.bound.is_some_and(|bound| self.counted <= bound * (1.0 + TOLERANCE_PERCENT / 100.0))
    }

    /// Whether the bound has become so loose that it no longer keeps anything.
    fn is_loose(&self) -> bool {
        self.bound.is_some_and(|bound| self.counted < bound * (1.0 - TOLERANCE_PERCENT / 100.0))
    }
}

/// Counts and compares; fails where a figure is above its bound.
pub fn compare() -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let bounds = Json::read(&workshop.project.read(BOUNDS)?)
        .map_err(|reason| format!("{BOUNDS} cannot be read: {reason}."))?;
    let counted = count(&mut workshop)?;
    let compared = counted.into_iter().map(|(name, counted)| {
        let bound = bounds.get("instructions").get(name).as_number();
        Compared { name, counted, bound }
    });
    let compared: Vec<Compared> = compared.collect();
    println!("\n{:<16}{:>12}{:>10}", "per transfer", "instructions", "bound");
    for Compared { name, counted, bound } in &compared {
        let bound = bound.map_or("none".to_owned(), |bound| format!("{bound:.0}"));
        println!("{name:<16}{counted:>12.0}{bound:>10}");
    }
    let compiler = bounds.get("compiler").as_text().unwrap_or("an unknown compiler");
    println!(
        "\nThe bounds were made with {compiler}; up to {TOLERANCE_PERCENT} % more is allowed."
    );
    for one in compared.iter().filter(|one| one.is_loose()) {
        println!("`{}` has become cheaper: `--bless` makes that its bound.", one.name);
    }
    let above: Vec<&str> = compared.iter().filter(|one| !one.holds()).map(|one| one.name).collect();
    if above.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "Above its bound, or without one: {}. With {} it is either slower than it was, or the \
         compiler has changed; then `cargo xtask instructions --bless` makes new bounds.",
        above.join(", "),
        compiler_here()
    );
    Ok(ExitCode::FAILURE)
}

/// Counts, and makes what was counted the bounds.
pub fn bless() -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let counted = count(&mut workshop)?;
    let rounded = counted.iter().map(|&(name, counted)| {
        println!("{name:<16}{counted:>12.0} instructions");
        (name.to_owned(), Json::Number(counted.round()))
    });
    let bounds = Json::object([
        ("compiler", Json::text(compiler_here())),
        ("instructions", Json::Object(rounded.collect())),
    ]);
    workshop.project.write(&workshop.project.root.join(BOUNDS), &format!("{bounds}\n"))?;
    println!("{BOUNDS} is written.");
    Ok(ExitCode::SUCCESS)
}

/// Instructions of each kind of work, per transfer.
fn count(workshop: &mut Workshop) -> Result<Vec<(&'static str, f64)>, String> {
    let valgrind = valgrind(workshop)?;
    let program = program(workshop)?;
    let mut known: Vec<(&str, f64)> = Vec::new();
    let mut counted = Vec::new();
    for (work, without) in COUNTED {
        for name in [work, without] {
            if !known.iter().any(|(known, _)| *known == name) {
                known.push((name, of_work(workshop, &valgrind, &program, name)?));
            }
        }
        let of = |name| known.iter().find(|(known, _)| *known == name).expect("it was counted").1;
        counted.push((work, of(work) - of(without)));
    }
    Ok(counted)
}

/// Instructions of one kind of work, with drawing who pays whom, per transfer.
fn of_work(
    workshop: &mut Workshop,
    valgrind: &Path,
    program: &Path,
    work: &str,
) -> Result<f64, String> {
    let mut all = [0.0; 2];
    for (transfers, all) in TRANSFERS.into_iter().zip(&mut all) {
        let mut command = process::command(valgrind);
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(program).args([work, &transfers.to_string()]);
        command.current_dir(&workshop.project.root);
        let name = format!("Count the instructions of {transfers} x {work} (callgrind)");
        let text = workshop.steps.run(&name, &mut command, minutes(15))?;
        *all = collected(&text)
            .ok_or_else(|| format!("{name}: callgrind has not said what it collected:\n{text}"))?;
    }
    Ok((all[1] - all[0]) / (TRANSFERS[1] - TRANSFERS[0]) as f64)
}

/// The number in callgrind's `==123== Collected : 456`.
fn collected(text: &str) -> Option<f64> {
    let numbers = text.lines().filter_map(|line| line.split_once("Collected : "));
    numbers.filter_map(|(_, number)| number.trim().parse().ok()).next_back()
}

/// The program whose instructions are counted, built as it is released.
fn program(workshop: &mut Workshop) -> Result<PathBuf, String> {
    let mut cargo = workshop.cargo();
    cargo.args(["bench", "--bench", "instructions", "--no-run", "--message-format=json"]);
    let text = workshop.steps.run("Build what is counted", &mut cargo, minutes(15))?;
    let path = text.lines().filter_map(|line| executable(&Json::read(line).ok()?)).next_back();
    path.ok_or_else(|| "cargo has not said where it put the bench `instructions`.".to_owned())
}

fn executable(message: &Json) -> Option<PathBuf> {
    let is_it = message.get("target").get("name").as_text() == Some("instructions");
    message.get("executable").as_text().filter(|_| is_it).map(PathBuf::from)
}

/// The counting program, got where it is missing.
fn valgrind(workshop: &mut Workshop) -> Result<PathBuf, String> {
    if let Some(path) = process::find_program("valgrind") {
        return Ok(path);
    }
    let got = apt::install(&mut workshop.steps, &["valgrind"]);
    process::find_program("valgrind").ok_or_else(|| {
        let reason = got.err().unwrap_or_else(|| "its package brings no such program".to_owned());
        format!(
            "Instructions are counted by valgrind, which is not on PATH and could not be \
             installed: {reason}. `{}` brings it on Debian.",
            apt::install_line(&["valgrind"])
        )
    })
}

fn compiler_here() -> String {
    process::answer(process::command("rustc").arg("--version"))
        .unwrap_or_else(|| "an unknown compiler".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_read_from_callgrind() {
        let text = "==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n";
        assert_eq!(collected(text), Some(1_234_567.0));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn the_program_is_found_among_cargos_messages() {
        let message = r#"{"target": {"name": "instructions"}, "executable": "/a/b"}"#;
        let read = |text| executable(&Json::read(text).expect("it is JSON"));
        assert_eq!(read(message), Some(PathBuf::from("/a/b")));
        assert_eq!(read(r#"{"target": {"name": "other"}, "executable": "/a/b"}"#), None);
        assert_eq!(read(r#"{"target": {"name": "instructions"}, "executable": null}"#), None);
    }

    #[test]
    fn a_few_per_cent_more_are_allowed_and_no_bound_is_a_failure() {
        let compared = |counted, bound| Compared { name: "a", counted, bound };
        assert!(compared(103.0, Some(100.0)).holds());
        assert!(!compared(103.1, Some(100.0)).holds());
        assert!(!compared(1.0, None).holds());
        assert!(compared(96.0, Some(100.0)).is_loose());
        assert!(!compared(98.0, Some(100.0)).is_loose());
    }

    #[test]
    fn the_repository_has_a_bound_for_all_that_is_counted() {
        let project = crate::project::Project::find().expect("the project");
        let bounds = Json::read(&project.read(BOUNDS).expect("the bounds")).expect("JSON");
        for (name, _) in COUNTED {
            assert!(bounds.get("instructions").get(name).as_number() > Some(0.0), "{name}");
        }
    }
}
