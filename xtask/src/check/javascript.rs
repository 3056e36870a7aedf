//! The imports between the JavaScript files of the page and of the npm package.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use xshell::cmd;

use super::graph::Graph;
use crate::context::Context;

/// Which files each file imports from, statically or dynamically. Types in comments do not count.
pub fn imports(cx: &Context) -> Result<Graph> {
    let files = cmd!(cx.sh, "git ls-files www/*.js npm/src/*.js").read()?;
    let mut graph = Graph::default();
    for file in files.lines().filter(|file| cx.root.join(file).is_file()) {
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let text = cx.read(file)?;
        for name in specifiers(&text) {
            graph.insert(file, &normalize(&folder.join(&name)), &name);
        }
    }
    Ok(graph)
}

/// The relative paths that a module imports or re-exports from.
fn specifiers(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found = Vec::new();
    for (at, quote) in text.match_indices(['\'', '"']) {
        let (before, rest) = (text[..at].trim_end(), &text[at + 1..]);
        let is_import = ["from", "import", "import("].iter().any(|word| before.ends_with(word));
        if is_import && rest.starts_with('.') {
            found.extend(rest.split_once(quote).map(|(name, _)| name.to_owned()));
        }
    }
    found
}

/// A text without block comments, and without lines that are comments.
fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut parts = text.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once("*/").map_or("", |(_, code)| code));
    rest.fold(first, |code, part| code + part)
}

/// A path without `.` and `..`.
fn normalize(path: &Path) -> String {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_and_types_in_comments_are_not() {
        let text = "\
/** @type {import('./types.js').A} */
// import './commented.js';
import { a } from './a.js';
import {
  b,
} from \"../b.js\";
export { c } from './c.js';
import './d.js';
const e = await import('./e.js');
const url = new URL('./worker.js', import.meta.url);
import f from 'package';
";
        let expected = ["./a.js", "../b.js", "./c.js", "./d.js", "./e.js"];
        assert_eq!(specifiers(text), expected);
        assert_eq!(normalize(Path::new("www/trail/../share/./a.js")), "www/share/a.js");
    }
}
