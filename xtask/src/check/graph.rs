//! A graph of files that import from each other, and its cycles.

use std::collections::{BTreeMap, BTreeSet};

/// The names that each file imports, by the files that define them.
#[derive(Default)]
pub struct Graph(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Graph {
    pub fn insert(&mut self, file: &str, target: &str, name: &str) {
        if file != target {
            let targets = self.0.entry(file.to_owned()).or_default();
            targets.entry(target.to_owned()).or_default().insert(name.to_owned());
        }
    }

    pub fn extend(&mut self, other: Graph) {
        self.0.extend(other.0);
    }

    /// The groups of files that import from each other, directly or not.
    pub fn cycles(&self) -> Vec<Vec<&str>> {
        let reachable: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|file| (&**file, self.reachable(file))).collect();
        let mut cycles = BTreeSet::new();
        for (file, targets) in &reachable {
            if targets.contains(file) {
                let returns =
                    |target: &&&str| reachable.get(**target).is_some_and(|its| its.contains(file));
                cycles.insert(targets.iter().filter(returns).copied().collect());
            }
        }
        cycles.into_iter().collect()
    }

    /// The files that are reached from a file by one import or more.
    fn reachable<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut pending = vec![from];
        while let Some(file) = pending.pop() {
            let targets = self.0.get(file).into_iter().flatten();
            pending.extend(targets.map(|(target, _)| &**target).filter(|it| found.insert(*it)));
        }
        found
    }

    /// The imports within a cycle, one on each line.
    pub fn describe(&self, cycle: &[&str]) -> String {
        let mut text = String::new();
        for file in cycle {
            for (target, names) in self.0.get(*file).into_iter().flatten() {
                if cycle.contains(&&**target) {
                    let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                    text.push_str(&format!("    {file} -> {target}: {names}\n"));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_groups_of_files_that_reach_each_other() {
        let mut graph = Graph::default();
        for edge in ["a b X", "b c Y", "b c Z", "c a U", "c d V", "e e W"] {
            let words: Vec<&str> = edge.split(' ').collect();
            graph.insert(words[0], words[1], words[2]);
        }
        assert_eq!(graph.cycles(), [["a", "b", "c"]]);
        let text = graph.describe(&["a", "b", "c"]);
        assert_eq!(text, "    a -> b: X\n    b -> c: Y, Z\n    c -> a: U\n");
    }
}
