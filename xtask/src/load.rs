//! The server under load, compared with a server that does nothing: `benches/load/`.

use anyhow::Result;

use crate::apt;
use crate::context::Context;
use crate::speed::{Extent, Machine};
use crate::step::minutes;

/// Installs the load generator wrk, runs the loads and prints their results.
pub fn load(cx: &mut Context, extent: Extent) -> Result<()> {
    apt::program(&cx.sh, &mut cx.steps, "WRK", &["wrk"], &["wrk"])?;
    let build = cx.cargo("bench --bench load --no-run");
    cx.steps.run("Build the server and its load", build, minutes(30))?;
    let machine = Machine::describe(&cx.sh);
    let load = cx.cargo(&format!("bench --quiet --bench load -- {}", extent.option()));
    let printed = cx.steps.run("Load the server", load, minutes(15))?;
    cx.steps.print_table();
    println!("\n{}\n{}", extent.command("load"), machine.summary());
    println!("{}", printed.trim_end());
    if extent == Extent::Quick {
        println!("The loads were short. These figures only show that it runs.");
    }
    Ok(())
}
