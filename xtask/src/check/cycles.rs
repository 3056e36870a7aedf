//! The check for import cycles between files.

use anyhow::{Result, bail};

use super::{javascript, rust};
use crate::context::Context;

/// Folders whose cycles are still to be removed. It must become empty.
const KNOWN_CYCLES: &[&str] = &[];

/// Fails if there is a cycle outside the known folders, or a known folder without one.
pub fn check(cx: &mut Context) -> Result<()> {
    let mut graph = rust::imports(&cx.root, "src/lib.rs")?;
    graph.extend(rust::imports(&cx.root, "xtask/src/main.rs")?);
    graph.extend(javascript::imports(cx)?);
    let cycles = graph.cycles();
    let is_in = |folder: &str, cycle: &[&str]| cycle.iter().all(|file| file.starts_with(folder));
    let is_known = |cycle: &[&str]| KNOWN_CYCLES.iter().any(|folder| is_in(folder, cycle));
    let mut problems = Vec::new();
    for cycle in &cycles {
        let is_known = is_known(cycle);
        let state = if is_known { "still" } else { "newly" };
        let text = format!("These files {state} import each other:\n{}", graph.describe(cycle));
        if is_known {
            cx.steps.note(&text);
        } else {
            problems.push(text);
        }
    }
    for folder in KNOWN_CYCLES {
        if !cycles.iter().any(|cycle| is_in(folder, cycle)) {
            problems.push(format!("{folder} has no cycle; remove it from KNOWN_CYCLES."));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"))
}
