//! The speed table: the same measurements on native threads and in a browser, in one run.
//!
//! `benches/speed/` measures and tells figures; here they become ratios, beside what is asked of
//! them. It is a report: a row that does not hold fails nothing.

mod figures;
mod machine;
mod rows;

use std::process::{Command, ExitCode};

use crate::browser::Browser;
use crate::json::Json;
use crate::process;
use crate::step::minutes;
use crate::web;
use crate::workshop::Workshop;

use figures::Figures;
pub use machine::Machine;
use rows::Row;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    Full,
    /// Enough to see that everything runs; the figures say little.
    Quick,
}

impl Extent {
    pub fn from_options(options: &[&str]) -> Option<Extent> {
        match options {
            [] => Some(Extent::Full),
            ["--quick"] => Some(Extent::Quick),
            _ => None,
        }
    }

    /// As it is asked for, of the command of this name as of the measuring program.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Extent::Full => &[],
            Extent::Quick => &["--quick"],
        }
    }

    /// The command line of the command of this name.
    pub fn command(self, name: &str) -> String {
        let words = [&["cargo", "xtask", name], self.options()].concat();
        words.join(" ")
    }
}

/// One host's part of the run.
struct Measurement {
    host: &'static str,
    /// What it was built with and run by.
    by: String,
    figures: Figures,
}

/// Measures on both hosts, prints the table and writes it down.
pub fn bench(extent: Extent) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let machine = Machine::look();
    let native = native(&mut workshop, extent)?;
    // What was measured is shown also where there is no browser.
    let chromium = chromium(&mut workshop, extent);
    workshop.steps.print_table();

    let tables = tables(&native, chromium.as_ref().ok());
    println!("\n{}\n{}", extent.command("bench"), machine.sentence());
    println!("Medians over rounds in which ceiling and ledger took turns, and (least-greatest).");
    if extent == Extent::Quick {
        println!("The rounds were short and few: see that it runs, and do not quote the figures.");
    }
    for (measurement, rows) in &tables {
        print(measurement, rows);
    }
    let path = workshop.project.root.join("target/bench/speed.json");
    let report = report(extent, &machine, &tables);
    workshop.project.write(&path, &format!("{report}\n"))?;
    println!("\nThe table and every round are in {}.", workshop.project.relative(&path));
    chromium.map(|_| ExitCode::SUCCESS)
}

fn native(workshop: &mut Workshop, extent: Extent) -> Result<Measurement, String> {
    let mut cargo = workshop.cargo();
    cargo.args(["bench", "--bench", "speed", "--"]).args(extent.options());
    let text = workshop.steps.run("Measure on native threads", &mut cargo, minutes(60))?;
    let by = version(process::command("rustc").arg("--version"));
    measurement("native", by, &text)
}

fn chromium(workshop: &mut Workshop, extent: Extent) -> Result<Measurement, String> {
    let mut command = web::test_command(workshop, "web_speed")?;
    let name = match extent {
        Extent::Full => "speed_in_full",
        Extent::Quick => "speed_quickly",
    };
    command.args(["--", "--nocapture", name]);
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "3600");
    let text = workshop.steps.run("Measure in a browser", &mut command, minutes(60))?;
    let browser = Browser::find_or_get(&mut workshop.steps)?;
    let browser = version(process::command(browser.chromium).arg("--version"));
    let by = format!("{browser}; {}", workshop.toolchain()?.sentence);
    measurement("chromium", by, &text)
}

fn version(command: &mut Command) -> String {
    process::answer(command).unwrap_or_else(|| "an unknown version".to_owned())
}

fn measurement(host: &'static str, by: String, text: &str) -> Result<Measurement, String> {
    let figures = Figures::read(text);
    if figures.rounds("referee") == 0 {
        return Err(format!("The measurement on {host} has told no figures: it printed\n{text}"));
    }
    Ok(Measurement { host, by, figures })
}

/// The rows of each host. The comparison of hosts stands in the first table, where the issue has it.
fn tables<'a>(
    native: &'a Measurement,
    chromium: Option<&'a Measurement>,
) -> Vec<(&'a Measurement, Vec<Row>)> {
    let (mut all, rest) = rows::rows(&native.figures);
    all.extend(chromium.map(|its| rows::between_hosts(&native.figures, &its.figures)));
    all.extend(rest);
    let mut tables = vec![(native, all)];
    if let Some(its) = chromium {
        let (first, rest) = rows::rows(&its.figures);
        tables.push((its, first.into_iter().chain(rest).collect()));
    }
    tables
}

fn print(measurement: &Measurement, rows: &[Row]) {
    let head = [measurement.host, "measured", "ceiling's own", "required", "holds"];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max();
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    println!("\n{}", measurement.by);
    for (place, cells) in lines.iter().enumerate() {
        let cells = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        for detail in place.checked_sub(1).map(|row| rows[row].details()).unwrap_or_default() {
            println!("    {detail}");
        }
    }
}

fn report(extent: Extent, machine: &Machine, tables: &[(&Measurement, Vec<Row>)]) -> Json {
    let rows = tables
        .iter()
        .flat_map(|(measurement, rows)| rows.iter().map(|row| row.to_json(measurement.host)));
    let hosts = tables.iter().map(|(measurement, _)| {
        Json::object([
            ("host", Json::text(measurement.host)),
            ("by", Json::text(&*measurement.by)),
            ("rounds", Json::Number(measurement.figures.rounds("ledger/shared-1000/2") as f64)),
            ("figures", measurement.figures.to_json()),
        ])
    });
    Json::object([
        ("command", Json::text(extent.command("bench"))),
        ("machine", machine.to_json()),
        ("rows", Json::List(rows.collect())),
        ("hosts", Json::List(hosts.collect())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_measurement() {
        assert_eq!(Extent::from_options(&[]), Some(Extent::Full));
        assert_eq!(Extent::from_options(&["--quick"]), Some(Extent::Quick));
        assert_eq!(Extent::from_options(&["--fast"]), None);
        assert_eq!(Extent::from_options(&["--quick", "--quick"]), None);
    }

    #[test]
    fn silence_is_no_measurement() {
        assert!(measurement("native", String::new(), "figure ledger/own/1 3\n").is_err());
        assert!(measurement("native", String::new(), "figure referee 3\n").is_ok());
    }

    #[test]
    fn the_report_names_every_row_of_every_host() {
        let native = measurement("native", "a".to_owned(), "figure referee 3\n").expect("figures");
        let other = measurement("chromium", "b".to_owned(), "figure referee 3\n").expect("figures");
        let tables = tables(&native, Some(&other));
        assert_eq!(tables[0].1.len(), tables[1].1.len() + 1);
        let report = report(Extent::Quick, &Machine::look(), &tables);
        let all = tables[0].1.len() + tables[1].1.len();
        assert_eq!(report.get("rows").items().len(), all);
        assert_eq!(Json::read(&report.to_string()), Ok(report));
    }
}
