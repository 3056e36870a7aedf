//! The speed table: the same measurements on native threads and in a browser, in one run.
//!
//! `benches/speed/` prints figures; here they become ratios, shown with their requirements. It is a
//! report: a row that misses its requirement fails nothing.

mod figures;
mod machine;
mod rows;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use xshell::cmd;

use crate::browser;
use crate::context::Context;
use crate::process;
use crate::step::{minutes, table};
use crate::web;

use figures::Figures;
pub use machine::Machine;
use rows::Row;

const REPORT: &str = "target/bench/speed.json";

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    Full,
    /// Enough to see that everything runs; the figures say little.
    Quick,
}

impl Extent {
    /// The option of the command and of the measuring program.
    pub fn option(self) -> &'static str {
        if self == Extent::Quick { "--quick" } else { "" }
    }

    pub fn command(self, name: &str) -> String {
        format!("cargo xtask {name} {}", self.option()).trim_end().to_owned()
    }
}

/// The measurement on one host.
struct Measurement {
    host: &'static str,
    /// The compiler or browser.
    environment: String,
    figures: Figures,
}

/// Measures on both hosts, prints the table and writes the report.
pub fn bench(cx: &mut Context, extent: Extent) -> Result<()> {
    let machine = Machine::describe(&cx.sh);
    let native = native(cx, extent)?;
    // Without a browser, the native figures are still shown.
    let chromium = chromium(cx, extent);
    cx.steps.print_table();

    let tables = tables(&native, chromium.as_ref().ok());
    println!("\n{}\n{}", extent.command("bench"), machine.summary());
    println!("Medians over rounds in which ceiling and ledger took turns, and (min-max).");
    if extent == Extent::Quick {
        println!("The rounds were short and few. These figures only show that it runs.");
    }
    for (measurement, rows) in &tables {
        print(measurement, rows);
    }
    let report = report(extent, &machine, &tables);
    cx.sh.write_file(REPORT, serde_json::to_string_pretty(&report)? + "\n")?;
    println!("\nThe table and every round are in {REPORT}.");
    chromium.map(drop)
}

fn native(cx: &mut Context, extent: Extent) -> Result<Measurement> {
    let cargo = cx.cargo(&format!("bench --bench speed -- {}", extent.option()));
    let text = cx.steps.run("Measure on native threads", cargo, minutes(60))?;
    let compiler = process::output(cmd!(cx.sh, "rustc --version")).unwrap_or_default();
    measurement("native", compiler, &text)
}

fn chromium(cx: &mut Context, extent: Extent) -> Result<Measurement> {
    let mut command = web::test_command(cx, "web_speed")?;
    let name = if extent == Extent::Full { "speed_in_full" } else { "speed_quickly" };
    command.args(["--", "--nocapture", name]);
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "3600");
    let text = cx.steps.run("Measure in a browser", command, minutes(60))?;
    let chromium = browser::chromium(cx)?;
    let version = process::output(cmd!(cx.sh, "{chromium} --version")).unwrap_or_default();
    let environment = format!("{version}; {}", cx.toolchain()?.description);
    measurement("chromium", environment, &text)
}

fn measurement(host: &'static str, environment: String, text: &str) -> Result<Measurement> {
    let figures = Figures::read(text);
    ensure!(figures.rounds("replay") > 0, "The measurement on {host} has no figures:\n{text}");
    Ok(Measurement { host, environment, figures })
}

/// The rows of each host. The comparison of hosts is part of the first table.
fn tables<'a>(
    native: &'a Measurement,
    chromium: Option<&'a Measurement>,
) -> Vec<(&'a Measurement, Vec<Row>)> {
    let mut tables = vec![(native, rows::rows(&native.figures))];
    if let Some(chromium) = chromium {
        let between = rows::between_hosts(&native.figures, &chromium.figures);
        tables[0].1.insert(rows::FIRST_ROWS, between);
        tables.push((chromium, rows::rows(&chromium.figures)));
    }
    tables
}

fn print(measurement: &Measurement, rows: &[Row]) {
    println!("\n{}", measurement.environment);
    let head = [measurement.host, "measured", "ceiling", "required", "met"];
    let lines = table(&head, rows.iter().map(|row| row.cells().to_vec()));
    for (number, line) in lines.lines().enumerate() {
        println!("{}", line.trim_end());
        for detail in number.checked_sub(1).into_iter().flat_map(|row| rows[row].details()) {
            println!("    {detail}");
        }
    }
}

fn report(extent: Extent, machine: &Machine, tables: &[(&Measurement, Vec<Row>)]) -> Value {
    let rows = tables
        .iter()
        .flat_map(|(measurement, rows)| rows.iter().map(|row| row.to_json(measurement.host)));
    let hosts = tables.iter().map(|(measurement, _)| {
        let Measurement { host, environment, figures } = measurement;
        let rounds = figures.rounds("ledger/shared-1000/2");
        json!({ "host": host, "by": environment, "rounds": rounds, "figures": figures })
    });
    json!({
        "command": extent.command("bench"),
        "machine": machine,
        "rows": rows.collect::<Vec<_>>(),
        "hosts": hosts.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurement_needs_figures() {
        assert!(measurement("native", String::new(), "figure ledger/own/1 3\n").is_err());
        assert!(measurement("native", String::new(), "figure replay 3\n").is_ok());
    }

    #[test]
    fn report_has_every_row_of_every_host() {
        let native = measurement("native", "a".to_owned(), "figure replay 3\n").expect("figures");
        let other = measurement("chromium", "b".to_owned(), "figure replay 3\n").expect("figures");
        let tables = tables(&native, Some(&other));
        assert_eq!(tables[0].1.len(), tables[1].1.len() + 1);
        let machine = Machine::describe(&process::shell().expect("a shell"));
        let report = report(Extent::Quick, &machine, &tables);
        let all = tables[0].1.len() + tables[1].1.len();
        assert_eq!(report["rows"].as_array().map(Vec::len), Some(all));
        assert_eq!(report["command"], "cargo xtask bench --quick");
    }
}
