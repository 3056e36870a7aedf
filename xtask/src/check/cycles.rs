//! The check for import cycles between files.

use anyhow::{Result, ensure};

use super::{javascript, rust};
use crate::context::Context;

/// Fails if files import from each other.
pub fn check(cx: &mut Context) -> Result<()> {
    let mut graph = rust::imports(&cx.root, "src/lib.rs")?;
    graph.extend(rust::imports(&cx.root, "xtask/src/main.rs")?);
    graph.extend(javascript::imports(cx)?);
    let cycles: Vec<String> = graph.cycles().iter().map(|cycle| graph.describe(cycle)).collect();
    ensure!(cycles.is_empty(), "These files import each other:\n{}", cycles.join("\n"));
    Ok(())
}
