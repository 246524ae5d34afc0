//! The rules of `ARCHITECTURE.md` that Cargo cannot hold: which module names which crate, which module imports which,
//! and no circles between files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use invoice::FailureCode;
use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, by their paths in the repository.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("in the repository");
    path.to_str().expect("UTF-8").to_owned()
}

/// The code of a file, without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a file");
    let text = match text.find("#[cfg(test)]") {
        Some(tests) => &text[..tests],
        None => &text,
    };
    let lines = text.lines().map(|line| match line.find("//") {
        // Not in a URL.
        Some(comment) if !line[..comment].ends_with(':') => &line[..comment],
        Some(_) | None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

#[test]
fn each_outside_crate_is_named_in_one_place_only() {
    for (crates, places) in [
        (r"\b(lapin|async_rs)::", &["src/broker"][..]),
        (r"\baws_\w+::", &["src/storage"]),
        (
            r"\b(sea_orm|sqlx|sea_orm_migration)::",
            &["src/database", "migration"],
        ),
        (r"\bbackoff::", &["src/retry.rs"]),
        (r"\btypst\w*::", &["crates/document"]),
        (r"\bs3s::", &["crates/dev/src/s3"]),
    ] {
        let names = pattern(crates);
        for folder in ["src", "crates", "migration"] {
            for path in sources(folder) {
                let file = name(&path);
                let is_allowed = places.iter().any(|place| file.starts_with(place));
                let is_test = file.contains("/tests");
                assert!(
                    is_allowed || is_test || !names.is_match(&code(&path)),
                    "{file} names {crates}; only {places:?} may"
                );
            }
        }
    }
}

#[test]
fn adapters_import_neither_each_other_nor_a_use_case() {
    const ADAPTERS: [&str; 3] = ["broker", "storage", "database"];
    const USE_CASES: [&str; 7] = [
        "app",
        "cli",
        "dead_letters",
        "invoices",
        "processor",
        "requests",
        "worker",
    ];
    for path in sources("src") {
        let file = name(&path);
        let Some(adapter) = ADAPTERS.into_iter().find(|adapter| {
            file == format!("src/{adapter}.rs") || file.starts_with(&format!("src/{adapter}/"))
        }) else {
            continue;
        };
        let others = ADAPTERS.iter().filter(|other| **other != adapter);
        for forbidden in others.chain(&USE_CASES) {
            let import = pattern(&format!(r"\bcrate::{forbidden}\b"));
            assert!(!import.is_match(&code(&path)), "{file} imports {forbidden}");
        }
    }
}

/// The files of a crate and which of them import which, by module path.
struct Imports {
    modules: BTreeSet<String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Imports {
    fn of(folder: &str) -> Self {
        let base = root().join(folder);
        let files: Vec<(String, PathBuf)> = sources(folder)
            .into_iter()
            .filter_map(|path| {
                let relative = path.strip_prefix(&base).ok()?.with_extension("");
                let module = relative.to_str()?.replace('/', "::");
                let is_module = !module.ends_with("::tests") && !module.contains("::tests::");
                (is_module && module != "lib" && module != "main").then_some((module, path))
            })
            .collect();
        let mut imports = Self {
            modules: files.iter().map(|(module, _)| module.clone()).collect(),
            edges: BTreeMap::new(),
        };
        for (module, path) in files {
            let edges = imports.imported(&module, &code(&path));
            imports.edges.insert(module, edges);
        }
        imports
    }

    /// What the code of a module imports: paths that begin with `crate`, `self` or `super`. A re-export by the module's own
    /// children (`pub use self::...`) is no import.
    fn imported(&self, module: &str, code: &str) -> BTreeSet<String> {
        let path = pattern(r"\b((?:super::)+|crate::)((?:[a-z_0-9]+::)*)(\{[^}]*\}|\w+)");
        let mut found = BTreeSet::new();
        for import in path.captures_iter(code) {
            let mut base: Vec<&str> = module.split("::").collect();
            if &import[1] == "crate::" {
                base.clear();
            } else {
                let up = import[1].matches("super::").count();
                base.truncate(base.len().saturating_sub(up));
            }
            base.extend(import[2].split("::").filter(|part| !part.is_empty()));
            let items = import[3].trim_matches(['{', '}']);
            for item in items.split(',') {
                let item = item.trim().split([' ', ':']).next().unwrap_or_default();
                let mut parts = base.clone();
                parts.push(item);
                if let Some(target) = self.resolve(&parts).filter(|target| target != module) {
                    found.insert(target);
                }
            }
        }
        found
    }

    /// The deepest module that a path goes through.
    fn resolve(&self, parts: &[&str]) -> Option<String> {
        (1..=parts.len())
            .rev()
            .map(|length| parts[..length].join("::"))
            .find(|module| self.modules.contains(module))
    }

    /// A circle, from a module back to it.
    fn circle(&self) -> Option<Vec<String>> {
        let mut done = BTreeSet::new();
        for module in &self.modules {
            if let Some(circle) = self.visit(module, &mut Vec::new(), &mut done) {
                return Some(circle);
            }
        }
        None
    }

    fn visit(
        &self,
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
        let circle = self.edges[module]
            .iter()
            .find_map(|next| self.visit(next, path, done));
        path.pop();
        circle
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in [
        "src",
        "crates/invoice/src",
        "crates/document/src",
        "crates/dev/src",
    ] {
        let imports = Imports::of(folder);
        assert!(imports.modules.len() > 5, "{folder} was not read");
        if let Some(circle) = imports.circle() {
            panic!("a circle in {folder}: {}", circle.join(" -> "));
        }
    }
}

#[test]
fn a_circle_would_be_found() {
    let edges = [("a", "b"), ("b", "c"), ("c", "b")];
    let imports = Imports {
        modules: ["a", "b", "c"].map(str::to_owned).into(),
        edges: edges
            .map(|(from, to)| (from.to_owned(), [to.to_owned()].into()))
            .into(),
    };
    assert_eq!(
        imports.circle(),
        Some(["b", "c", "b"].map(str::to_owned).into())
    );
    let code = "use super::x::Y;\nuse crate::{c, d::E};";
    assert_eq!(imports.imported("a", code), ["c".to_owned()].into());
}

#[test]
fn there_is_one_module_style_and_no_file_is_endless() {
    for folder in ["src", "crates", "tests", "migration", "fuzz/src"] {
        for path in sources(folder) {
            let file = name(&path);
            assert!(
                !file.ends_with("/mod.rs"),
                "{file}: name it after its folder"
            );
            let lines = fs::read_to_string(&path).expect("a file").lines().count();
            assert!(lines <= 650, "{file} has {lines} lines");
        }
    }
}

/// The names in the log: `event = "..."`.
fn events() -> BTreeSet<String> {
    let event = pattern(r#"event = "(\w+)""#);
    let mut events = BTreeSet::new();
    for folder in ["src", "crates/document/src"] {
        for path in sources(folder) {
            let code = code(&path);
            events.extend(event.captures_iter(&code).map(|name| name[1].to_owned()));
        }
    }
    events
}

#[test]
fn every_log_call_names_its_event() {
    let call = pattern(r"(?s)\b(?:info|warn|error|debug)!\(\s*(.{0,40})");
    for folder in ["src", "crates/document/src"] {
        for path in sources(folder) {
            for call in call.captures_iter(&code(&path)) {
                assert!(
                    call[1].starts_with("event = "),
                    "{}: {}",
                    name(&path),
                    &call[0]
                );
            }
        }
    }
}

/// The names in the first column of the tables of a page.
fn documented(page: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(page)).expect("a page");
    let quoted = pattern("`([a-z_]+)`");
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.split('|').next())
        .flat_map(|cell| quoted.captures_iter(cell).map(|name| name[1].to_owned()))
        .collect()
}

#[test]
fn docs_list_every_event_of_the_log() {
    assert_eq!(documented("docs/logs.md"), events());
}

#[test]
fn the_readme_lists_every_failure_code() {
    let codes: BTreeSet<String> = FailureCode::ALL
        .iter()
        .map(|code| code.as_str().to_owned())
        .collect();
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !readme.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "not in README.md: {missing:?}");
    let unknown: Vec<String> = documented("README.md")
        .into_iter()
        .filter(|name| name.contains('_') && !codes.contains(name))
        .collect();
    assert!(unknown.is_empty(), "in README.md only: {unknown:?}");
}
