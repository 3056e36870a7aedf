//! Import cycles between files.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::{javascript, rust};
use crate::context::Context;

/// Cycles that are still to be removed, each as its files in alphabetical order.
const KNOWN_CYCLES: &[&[&str]] = &[];

/// Which files each file imports from.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// Fails if there is a cycle that is not known, or a known one that is gone.
pub fn check(cx: &mut Context) -> Result<()> {
    let mut graph = rust::imports(&cx.root, "src/lib.rs")?;
    graph.extend(rust::imports(&cx.root, "xtask/src/main.rs")?);
    graph.extend(javascript::imports(cx)?);
    let cycles = cycles(&graph);
    let mut problems = Vec::new();
    for cycle in cycles.iter().filter(|cycle| !KNOWN_CYCLES.contains(&&cycle[..])) {
        problems.push(format!("These files import each other:\n{}", describe(cycle, &graph)));
    }
    for known in KNOWN_CYCLES.iter().filter(|known| !cycles.iter().any(|cycle| cycle == *known)) {
        problems.push(format!("This cycle is gone from KNOWN_CYCLES: {}.", known.join(", ")));
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"))
}

/// The groups of files that import each other, directly or not.
fn cycles(graph: &Graph) -> Vec<Vec<&str>> {
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|file| (&**file, reachable(graph, file))).collect();
    let mut cycles = BTreeSet::new();
    for (file, targets) in &reachable {
        if targets.contains(file) {
            let mutual = targets.iter().filter(|target| reachable[*target].contains(file));
            cycles.insert(mutual.copied().collect());
        }
    }
    cycles.into_iter().collect()
}

/// The files that can be reached from a file by one import or more.
fn reachable<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut pending: Vec<&BTreeSet<String>> = graph.get(from).into_iter().collect();
    while let Some(targets) = pending.pop() {
        for target in targets.iter().filter(|target| graph.contains_key(*target)) {
            if found.insert(&**target) {
                pending.push(&graph[target]);
            }
        }
    }
    found
}

/// The imports within a cycle, one line for each file.
fn describe(cycle: &[&str], graph: &Graph) -> String {
    let line = |file: &&str| {
        let targets = graph[*file].iter().filter(|target| cycle.contains(&&***target));
        let targets: Vec<&str> = targets.map(String::as_str).collect();
        format!("    {file} -> {}\n", targets.join(", "))
    };
    cycle.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_groups_of_files_that_reach_each_other() {
        let graph =
            [("a", &["b"][..]), ("b", &["c"]), ("c", &["a", "d"]), ("d", &[]), ("e", &["e"])];
        let graph: Graph = graph
            .map(|(file, targets)| {
                (file.to_owned(), targets.iter().map(|&target| target.to_owned()).collect())
            })
            .into();
        assert_eq!(cycles(&graph), [vec!["a", "b", "c"], vec!["e"]]);
        let text = describe(&["a", "b", "c"], &graph);
        assert_eq!(text, "    a -> b\n    b -> c\n    c -> a\n");
    }
}
