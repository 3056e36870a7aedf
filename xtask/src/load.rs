//! The server under load, beside a server that does nothing: `benches/load/`.

use std::process::ExitCode;

use crate::apt;
use crate::process;
use crate::speed::{Extent, Machine};
use crate::step::minutes;
use crate::workshop::Workshop;

/// Gets the load generator, makes the loads, and shows what they found.
pub fn load(extent: Extent) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    if process::find_program("wrk").is_none() {
        apt::install(&mut workshop.steps, &["wrk"]).map_err(|reason| {
            let line = apt::install_line(&["wrk"]);
            format!("`wrk`, which makes the load, could not be installed: {reason}. Try `{line}`.")
        })?;
    }
    let mut build = workshop.cargo();
    build.args(["bench", "--bench", "load", "--no-run"]);
    workshop.steps.run("Build the server and its load", &mut build, minutes(30))?;
    let machine = Machine::look();
    let mut load = workshop.cargo();
    load.args(["bench", "--quiet", "--bench", "load", "--"]).args(extent.options());
    let printed = workshop.steps.run("Load the server", &mut load, minutes(15))?;
    workshop.steps.print_table();
    println!("\n{}\n{}", extent.command("load"), machine.sentence());
    println!("{}", printed.trim_end());
    if extent == Extent::Quick {
        println!("The loads were short: see that it runs, and do not quote the figures.");
    }
    Ok(ExitCode::SUCCESS)
}
