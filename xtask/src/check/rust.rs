//! The imports between the files of a Rust crate, without those of its tests.
//!
//! A path counts for the file that defines its item: re-exports are followed. Neither `mod child;`
//! nor a re-export is an import, unless the file uses the item as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::graph::Graph;

/// The path of a module within its crate.
type ModulePath = Vec<String>;

/// A module: a file or a part of one.
#[derive(Default)]
struct Module {
    file: String,
    items: BTreeSet<String>,
    children: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths of two segments and more in its code, outside of `use`.
    paths: BTreeSet<Vec<String>>,
    /// Names in its code that could be imported ones.
    names: BTreeSet<String>,
}

/// A name that `use` brings into a module. The name of a glob import is `*`.
struct Use {
    name: String,
    path: Vec<String>,
    is_public: bool,
}

/// What a path means.
enum Target {
    Module(ModulePath),
    /// An item: the file that defines it, and its name.
    Item(String, String),
}

/// Which files each file of a crate imports from.
pub fn imports(root: &Path, main: &str) -> Result<Graph> {
    let mut modules = Modules { root: root.to_owned(), all: BTreeMap::new() };
    let folder = Path::new(main).parent().unwrap_or(Path::new("")).to_owned();
    modules.read_file(Path::new(main), &folder, Vec::new())?;
    Ok(modules.graph())
}

struct Modules {
    root: PathBuf,
    all: BTreeMap<ModulePath, Module>,
}

impl Modules {
    /// Reads a file and the files of its children, which lie in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, path: ModulePath) -> Result<()> {
        let text = fs_err::read_to_string(self.root.join(file))?;
        let tokens: TokenStream =
            text.parse().map_err(|error| anyhow!("{}: {error}", file.display()))?;
        self.read_module(tokens, &file.to_string_lossy(), folder, path)
    }

    fn read_module(
        &mut self,
        tokens: TokenStream,
        file: &str,
        folder: &Path,
        path: ModulePath,
    ) -> Result<()> {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = &tokens[..];
        while !rest.is_empty() {
            let (item, after) = next_item(rest);
            rest = after;
            if is_test(item) {
                continue;
            }
            let item = without_attributes(item);
            match (keyword(item), item.last()) {
                (Some(("mod", name)), Some(TokenTree::Group(body))) => {
                    let child = [&path[..], std::slice::from_ref(&name)].concat();
                    self.read_module(body.stream(), file, &folder.join(&name), child)?;
                    module.children.insert(name);
                }
                (Some(("mod", name)), _) => {
                    self.read_child(folder, &path, &name)?;
                    module.children.insert(name);
                }
                (Some((_, name)), _) => {
                    module.items.insert(name);
                    module.read_code(item, false);
                }
                (None, _) => module.read_code(item, true),
            }
        }
        self.all.insert(path, module);
        Ok(())
    }

    fn read_child(&mut self, folder: &Path, parent: &[String], name: &str) -> Result<()> {
        let path = [parent, &[name.to_owned()]].concat();
        let own_folder = folder.join(name);
        for file in [folder.join(format!("{name}.rs")), own_folder.join("mod.rs")] {
            if self.root.join(&file).is_file() {
                return self.read_file(&file, &own_folder, path);
            }
        }
        bail!("The module {} has no file in {}.", path.join("::"), folder.display())
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (path, module) in &self.all {
            let mut insert = |target| {
                if let Some(Target::Item(file, name)) = target {
                    graph.insert(&module.file, &file, &name);
                }
            };
            for import in &module.uses {
                match self.resolve(path, &import.path, 0) {
                    Some(Target::Module(all)) if import.name == "*" => {
                        module.names.iter().for_each(|name| insert(self.find(&all, name, 0)));
                    }
                    target if !import.is_public || module.names.contains(&import.name) => {
                        insert(target);
                    }
                    _ => {}
                }
            }
            module.paths.iter().for_each(|used| insert(self.resolve(path, used, 0)));
        }
        graph
    }

    /// What a path in a module's code means; nothing if it belongs to another crate.
    fn resolve(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        let mut target = Target::Module(module.to_vec());
        for (index, segment) in path.iter().enumerate() {
            let Target::Module(current) = &target else { break };
            target = match (segment.as_str(), index) {
                ("self", _) => continue,
                ("crate", 0) => Target::Module(Vec::new()),
                ("super", _) => Target::Module(current.split_last()?.1.to_vec()),
                _ => self.find(current, segment, depth)?,
            };
        }
        Some(target)
    }

    /// What a name means in a module.
    fn find(&self, path: &[String], name: &str, depth: usize) -> Option<Target> {
        let module = self.all.get(path)?;
        if module.items.contains(name) {
            return Some(Target::Item(module.file.clone(), name.to_owned()));
        }
        if module.children.contains(name) {
            return Some(Target::Module([path, &[name.to_owned()]].concat()));
        }
        // Imports may name themselves, as in `use name::name`, and glob imports each other.
        let imports = module.uses.iter().filter(|_| depth < 8);
        let mut named = imports.clone().filter(|import| import.name == name);
        let own = named.find_map(|import| self.resolve(path, &import.path, depth + 1));
        own.or_else(|| {
            let mut globs = imports.filter(|import| import.name == "*");
            globs.find_map(|glob| match self.resolve(path, &glob.path, depth + 1)? {
                Target::Module(all) => self.find(&all, name, depth + 1),
                Target::Item(..) => None,
            })
        })
    }
}

impl Module {
    /// Reads the paths, names and nested `use` declarations of code.
    fn read_code(&mut self, tokens: &[TokenTree], is_public: bool) {
        let mut index = 0;
        while index < tokens.len() {
            match &tokens[index] {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.read_code(&inner, false);
                }
                TokenTree::Ident(ident) if ident == "use" => {
                    let is_public = is_public && index > 0;
                    let end = tokens.iter().skip(index).position(|token| is_punct(token, ';'));
                    let end = end.map_or(tokens.len(), |end| index + end);
                    self.read_use(&tokens[index + 1..end], &[], is_public);
                    index = end;
                }
                TokenTree::Ident(_) if index > 0 && is_punct(&tokens[index - 1], '.') => {}
                TokenTree::Ident(_) => {
                    let path = path_at(&tokens[index..]);
                    index += 3 * (path.len() - 1);
                    self.names.insert(path[0].clone());
                    if path.len() > 1 {
                        self.paths.insert(path);
                    }
                }
                _ => {}
            }
            index += 1;
        }
    }

    /// Reads the tree of a `use` declaration below a prefix.
    fn read_use(&mut self, tree: &[TokenTree], prefix: &[String], is_public: bool) {
        let path =
            if matches!(tree.first(), Some(TokenTree::Ident(_))) { path_at(tree) } else { vec![] };
        let length = (3 * path.len()).saturating_sub(2);
        let mut path = [prefix, &path].concat();
        let rest: Vec<&TokenTree> =
            tree[length..].iter().filter(|token| !is_punct(token, ':')).collect();
        match rest[..] {
            [TokenTree::Group(group)] => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in inner.split(|token| is_punct(token, ',')) {
                    self.read_use(part, &path, is_public);
                }
            }
            [TokenTree::Punct(star)] if star.as_char() == '*' => {
                self.uses.push(Use { name: "*".to_owned(), path, is_public });
            }
            _ if path.len() > prefix.len() => {
                if path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let name = rest.last().map(ToString::to_string).or(path.last().cloned());
                self.uses.push(Use { name: name.unwrap_or_default(), path, is_public });
            }
            _ => {}
        }
    }
}

/// The path at the beginning of these tokens, which begin with an identifier.
fn path_at(tokens: &[TokenTree]) -> Vec<String> {
    let mut path = vec![tokens[0].to_string()];
    let mut rest = &tokens[1..];
    while let [colon, second, name @ TokenTree::Ident(_), ..] = rest
        && is_punct(colon, ':')
        && is_punct(second, ':')
    {
        path.push(name.to_string());
        rest = &rest[3..];
    }
    path
}

/// Splits off the next item: up to a semicolon or the first braces.
fn next_item(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let is_use = tokens.iter().take(4).any(|token| is_ident(token, "use"));
    let is_end = |token: &TokenTree| {
        let is_body =
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        is_punct(token, ';') || (is_body && !is_use)
    };
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1);
    tokens.split_at(end)
}

/// Whether an item has an attribute like `#[cfg(test)]`.
fn is_test(item: &[TokenTree]) -> bool {
    let attributes = item.windows(2).take_while(|pair| !matches!(pair[0], TokenTree::Ident(_)));
    let texts = attributes.filter(|pair| is_punct(&pair[0], '#')).map(|pair| pair[1].to_string());
    texts.map(|text| text.replace(' ', "")).any(|text| {
        text == "[test]" || text.starts_with("[cfg(test)") || text.starts_with("[cfg(all(test")
    })
}

fn without_attributes(mut item: &[TokenTree]) -> &[TokenTree] {
    while let [hash, rest @ ..] = item
        && is_punct(hash, '#')
    {
        // An inner attribute has an exclamation mark before its brackets.
        let skipped = if rest.first().is_some_and(|token| is_punct(token, '!')) { 2 } else { 1 };
        item = &rest[skipped.min(rest.len())..];
    }
    item
}

/// The keyword and the name of an item that defines one.
fn keyword(item: &[TokenTree]) -> Option<(&'static str, String)> {
    const KEYWORDS: [&str; 9] =
        ["mod", "struct", "enum", "union", "trait", "type", "static", "fn", "const"];
    if let [first, _, name, ..] = item
        && is_ident(first, "macro_rules")
    {
        return Some(("macro_rules", name.to_string()));
    }
    for pair in item.windows(2) {
        let (TokenTree::Ident(word), TokenTree::Ident(name)) = (&pair[0], &pair[1]) else {
            if matches!(pair[0], TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Literal(_))
            {
                continue;
            }
            return None;
        };
        if ["use", "impl", "extern"].iter().any(|end| word == end) && name != "fn" {
            return None;
        }
        if let Some(keyword) = KEYWORDS.iter().find(|keyword| word == *keyword)
            && !(*keyword == "const" && (name == "fn" || name == "unsafe"))
        {
            return Some((keyword, name.to_string()));
        }
    }
    None
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The imports of a crate made of these files.
    fn graph(name: &str, files: &[(&str, &str)]) -> Vec<String> {
        let root = std::env::temp_dir().join(format!("xtask-test-{name}-{}", std::process::id()));
        for (file, text) in files {
            let path = root.join(file);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs_err::write(path, text).expect("a file");
        }
        let graph = imports(&root, "src/lib.rs").expect("a graph");
        fs_err::remove_dir_all(&root).expect("its removal");
        let files: Vec<&str> = files.iter().map(|(file, _)| *file).collect();
        let edges = graph.describe(&files);
        edges.lines().map(|edge| edge.trim().replace("src/", "").replace(".rs", "")).collect()
    }

    const TRAIL: (&str, &str) = (
        "src/trail/mod.rs",
        "mod entry; mod seal; pub use entry::Entry; pub use seal::{Seal, sealed as done};",
    );

    #[test]
    fn paths_lead_to_the_files_that_define_their_items() {
        let entry = "use crate::trail::Seal; pub(crate) struct Entry; impl Entry { fn f() {} }";
        let seal = "pub struct Seal; pub fn sealed() { let e = super::entry::Entry::f(); }";
        let lib = "//! Text\n#![allow(x)]\npub mod trail; mod other; use trail::done as ready;";
        let other = "use std::fmt; use crate::trail; fn f(x: trail::Seal) { g!(crate::ready()) }
                     #[cfg(test)] mod tests { use crate::trail::Entry; }";
        let files = [
            ("src/lib.rs", lib),
            ("src/other.rs", other),
            TRAIL,
            ("src/trail/entry.rs", entry),
            ("src/trail/seal.rs", seal),
        ];
        let expected = [
            "lib -> trail/seal: sealed",
            "other -> trail/seal: Seal, sealed",
            "trail/entry -> trail/seal: Seal",
            "trail/seal -> trail/entry: Entry",
        ];
        assert_eq!(graph("paths", &files), expected);
    }

    #[test]
    fn parent_and_child_that_use_each_other_are_a_cycle() {
        let parent = "mod child; pub use child::Child; pub const fn size() -> usize { 1 }";
        let child = "use super::size; pub struct Child([u8; size()]);";
        let alone = graph("alone", &[("src/lib.rs", parent), ("src/child.rs", child)]);
        assert_eq!(alone, ["child -> lib: size"]);
        let parent = format!("{parent} fn f() -> Child {{ Child([0]) }}");
        let mutual = graph("mutual", &[("src/lib.rs", &parent), ("src/child.rs", child)]);
        assert_eq!(mutual, ["lib -> child: Child", "child -> lib: size"]);
    }

    #[test]
    fn glob_imports_count_for_the_names_that_are_used() {
        let files = [
            ("src/lib.rs", "mod a; mod b; mod c; mod d { pub mod e {} }"),
            ("src/a.rs", "pub struct A; pub enum E { X }"),
            ("src/b.rs", "pub use crate::a::*; pub struct B;"),
            ("src/c.rs", "use super::b::*; use crate::a::E::*; fn f(a: A) {}"),
        ];
        assert_eq!(graph("globs", &files), ["c -> a: A, E"]);
    }
}
