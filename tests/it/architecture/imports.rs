//! Which file of a crate imports which: read from `use` declarations and from paths in the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{code, pattern, root, sources, top};

/// A graph: what each module depends on.
pub(super) type Edges = BTreeMap<String, BTreeSet<String>>;

/// The name of a crate's own file here. Paths of it are empty.
const ROOT: &str = "lib";

/// How often a path may go through a re-export.
const LONGEST_CHAIN: usize = 8;

/// A path of two parts and more that does not begin in the middle of one. Compiling it takes longer than searching a file.
static PATH: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[^\w:])((?:\w+::)+\w+)"));

/// The files of a crate, by module path, and which of them import which.
///
/// A file depends on the file that defines what it names: a path is followed through re-exports. That a file re-exports what
/// the modules below it define is no dependency.
pub(super) struct Imports {
    pub(super) edges: Edges,
}

/// What the files say, before their paths are followed.
struct Files {
    /// The code by module, without its `use` declarations.
    bodies: BTreeMap<String, String>,
    uses: BTreeMap<String, Vec<Use>>,
}

/// One name that a `use` declaration brings into scope.
struct Use {
    /// From the root of the crate.
    path: Vec<String>,
    name: String,
    is_public: bool,
}

impl Imports {
    pub(super) fn of(folder: &str) -> Self {
        let base = root().join(folder);
        let module = |path: PathBuf| {
            let relative = path.strip_prefix(&base).ok()?.with_extension("");
            let module = relative.to_str()?.replace('/', "::");
            let is_test = module.split("::").any(|part| part == "tests");
            // A program's own file imports from outside of the crate.
            (!is_test && module != "main").then(|| (module, code(&path)))
        };
        Self::read(sources(folder).into_iter().filter_map(module).collect())
    }

    fn read(code: BTreeMap<String, String>) -> Self {
        let files = Files::read(code);
        let names = files.bodies.keys();
        let edges = names.map(|module| (module.clone(), files.imported(module)));
        Self {
            edges: edges.collect(),
        }
    }

    /// The modules at the top of the crate, each with all its files. The crate's own file is none of them.
    pub(super) fn wholes(&self) -> Edges {
        let mut wholes = Edges::new();
        for (module, imported) in &self.edges {
            let whole = wholes.entry(top(module).to_owned()).or_default();
            let others = imported.iter().map(|other| top(other));
            whole.extend(
                others
                    .filter(|other| *other != top(module))
                    .map(str::to_owned),
            );
        }
        wholes.remove(ROOT);
        wholes
    }
}

impl Files {
    fn read(code: BTreeMap<String, String>) -> Self {
        let declaration = pattern(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);");
        let mut files = Self {
            bodies: code
                .keys()
                .map(|name| (name.clone(), String::new()))
                .collect(),
            uses: BTreeMap::new(),
        };
        for (module, code) in code {
            let mut uses = Vec::new();
            let body = declaration.replace_all(&code, |found: &Captures<'_>| {
                for (path, alias) in expanded(&found[2]) {
                    if let Some(path) = files.absolute(&module, &[], &path) {
                        uses.push(Use {
                            name: alias.or_else(|| path.last().cloned()).unwrap_or_default(),
                            path,
                            is_public: found.get(1).is_some(),
                        });
                    }
                }
                ""
            });
            files.bodies.insert(module.clone(), body.into_owned());
            files.uses.insert(module, uses);
        }
        files
    }

    /// The other modules that a module imports.
    fn imported(&self, module: &str) -> BTreeSet<String> {
        let uses = &self.uses[module];
        let mut found = BTreeSet::new();
        for import in uses {
            let target = self.defining(&import.path, 0);
            let is_below = module == ROOT || target.starts_with(&format!("{module}::"));
            if !(import.is_public && is_below) {
                found.insert(target);
            }
        }
        for path in PATH.captures_iter(&self.bodies[module]) {
            let parts: Vec<String> = path[1].split("::").map(str::to_owned).collect();
            if let Some(path) = self.absolute(module, uses, &parts) {
                found.insert(self.defining(&path, 0));
            }
        }
        found.remove(module);
        found
    }

    /// A path from the root of the crate; none where it leads to another crate.
    fn absolute(&self, module: &str, uses: &[Use], path: &[String]) -> Option<Vec<String>> {
        let mut base = parts(module);
        let first = path.first()?.as_str();
        let rest = match first {
            "crate" => {
                base.clear();
                &path[1..]
            }
            "self" => &path[1..],
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                base.truncate(base.len().checked_sub(up)?);
                &path[up..]
            }
            _ => {
                let mut child = base.clone();
                child.push(first.to_owned());
                if self.bodies.contains_key(&joined(&child)) {
                    path
                } else {
                    let import = uses.iter().find(|import| import.name == first)?;
                    base.clone_from(&import.path);
                    &path[1..]
                }
            }
        };
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The module that defines what a path leads to.
    fn defining(&self, path: &[String], chain: usize) -> String {
        for length in (0..=path.len()).rev() {
            let module = joined(&path[..length]);
            if !self.bodies.contains_key(&module) {
                continue;
            }
            let re_export = path.get(length).and_then(|next| {
                let uses = self.uses.get(&module)?;
                uses.iter().find(|import| import.name == *next)
            });
            return match re_export {
                Some(import) if chain < LONGEST_CHAIN => {
                    let further = [&import.path, &path[length + 1..]].concat();
                    self.defining(&further, chain + 1)
                }
                Some(_) | None => module,
            };
        }
        ROOT.to_owned()
    }
}

fn parts(module: &str) -> Vec<String> {
    if module == ROOT {
        return Vec::new();
    }
    module.split("::").map(str::to_owned).collect()
}

fn joined(parts: &[String]) -> String {
    if parts.is_empty() {
        return ROOT.to_owned();
    }
    parts.join("::")
}

/// The paths of a `use` declaration, each with the name that it is given, if another one.
fn expanded(tree: &str) -> Vec<(Vec<String>, Option<String>)> {
    let tree = tree.trim();
    if let Some((prefix, group)) = tree.split_once('{') {
        let group = group.trim_end().strip_suffix('}').unwrap_or(group);
        let items = items(group).into_iter();
        return items
            .flat_map(|item| expanded(&format!("{}{}", prefix.trim(), item.trim())))
            .collect();
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_owned())),
        None => (tree, None),
    };
    let path = path.trim().split("::").map(str::to_owned);
    // `{self}` and a glob lead to the module itself.
    let mut path: Vec<String> = path.collect();
    if path.len() > 1 {
        path.pop_if(|last| last == "self" || last == "*");
    }
    vec![(path, alias)]
}

/// The items of a group; commas in inner groups do not separate them.
fn items(group: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(&group[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(&group[start..]);
    items.retain(|item| !item.trim().is_empty());
    items
}

/// A circle in a graph, from a module back to it.
pub(super) fn circle(edges: &Edges) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    edges
        .keys()
        .find_map(|module| visit(edges, module, &mut Vec::new(), &mut done))
}

fn visit(
    edges: &Edges,
    module: &str,
    path: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|visited| visited == module) {
        let mut circle = path[start..].to_vec();
        circle.push(module.to_owned());
        return Some(circle);
    }
    if !done.insert(module.to_owned()) {
        return None;
    }
    path.push(module.to_owned());
    let imported = edges.get(module).into_iter().flatten();
    let circle = imported
        .into_iter()
        .find_map(|next| visit(edges, next, path, done));
    path.pop();
    circle
}

fn imports(files: &[(&str, &str)]) -> Imports {
    let files = files.iter();
    Imports::read(
        files
            .map(|(module, code)| ((*module).to_owned(), (*code).to_owned()))
            .collect(),
    )
}

#[test]
fn imports_are_followed_to_the_file_that_defines_a_name() {
    for (code, expected) in [
        ("use crate::b::X;", &["b"][..]),
        ("use super::b;", &["b"]),
        ("use super::b::{c::{self, Z}, X};", &["b", "b::c"]),
        ("use crate::b::Again;", &["b::c"]),
        ("use crate::Shown;", &["b::c"]),
        (
            "use crate::b as other;\nfn f() { other::c::g() }",
            &["b", "b::c"],
        ),
        ("fn f() -> Vec<crate::b::c::Z> { b::g() }", &["b::c"]),
        ("fn f() { child::g(); std::fs::read(x) }", &["a::child"]),
        ("use child::Y;", &["a::child"]),
        (
            "pub use child::Y;\npub(crate) use self::child::{W, V};",
            &[],
        ),
        ("use crate::OfTheCrate;", &["lib"]),
        ("use serde::b;", &[]),
    ] {
        let imports = imports(&[
            ("lib", "pub use b::c::Z as Shown;"),
            ("a", code),
            ("a::child", ""),
            ("b", "pub use c::Z as Again;"),
            ("b::c", ""),
        ]);
        let found: Vec<&str> = imports.edges["a"].iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{code}");
    }
}

#[test]
fn circles_between_files_and_between_modules_are_found() {
    let circle_of = |edges: &Edges| circle(edges).unwrap_or_default().join(" -> ");
    let siblings = imports(&[
        ("a", "use crate::b::X;"),
        ("b", "use crate::c::Y;"),
        ("c", "use super::b;"),
    ]);
    assert_eq!(circle_of(&siblings.edges), "b -> c -> b");
    let child = imports(&[("a", "use child::X;"), ("a::child", "use super::Y;")]);
    assert_eq!(circle_of(&child.edges), "a -> a::child -> a");
    assert_eq!(circle_of(&child.wholes()), "");
    let wholes = imports(&[
        ("a::one", "use crate::b::one;"),
        ("a::two", ""),
        ("b::one", ""),
        ("b::two", "use crate::a::two;"),
    ]);
    assert_eq!(circle_of(&wholes.edges), "");
    assert_eq!(circle_of(&wholes.wholes()), "a -> b -> a");
}
