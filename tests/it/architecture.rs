//! The rules of `ARCHITECTURE.md` that Cargo cannot hold. They are read from the sources, and need no servers: which module
//! names which crate and imports which module, no circles between files or between top-level modules, and what the
//! documentation and the files for operators list.

mod documents;
mod imports;
mod operations;
mod proofs;

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use self::imports::Imports;

/// The crates' sources, without migrations, which are one file each.
const CRATES: [&str; 5] = [
    "src",
    "crates/einvoice/src",
    "crates/invoice/src",
    "crates/document/src",
    "crates/dev/src",
];

/// The modules of the program that know servers.
const ADAPTERS: [&str; 3] = ["broker", "database", "storage"];

/// The modules of the program that every other may import: settings and tools, without any use case.
const SUPPORT: [&str; 11] = [
    "blocking",
    "config",
    "duration",
    "moment",
    "outages",
    "output",
    "readiness",
    "retry",
    "telemetry",
    "text",
    "trust",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder of the repository.
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

/// The path of a file in the repository.
fn name(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("in the repository");
    path.to_str().expect("UTF-8").to_owned()
}

/// The code of a file, without comments and without what is only there for tests.
fn code(path: &Path) -> String {
    shipped(&fs::read_to_string(path).expect("a file"))
}

fn shipped(text: &str) -> String {
    let mut code = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == "#[cfg(test)]" {
            let indent = &line[..line.len() - line.trim_start().len()];
            // An item ends with its first line, or with the brace below its first letter.
            let mut item = lines
                .by_ref()
                .skip_while(|line| line.trim_start().starts_with("#["));
            let first = item.next().unwrap_or_default();
            if !first.ends_with(';') && !first.ends_with('}') {
                item.find(|line| *line == format!("{indent}}}"));
            }
            continue;
        }
        code.push(match line.find("//") {
            // Not in a URL.
            Some(comment) if !line[..comment].ends_with(':') => &line[..comment],
            Some(_) | None => line,
        });
    }
    code.join("\n")
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

#[test]
fn only_the_items_of_tests_are_left_out_of_the_rules() {
    let text = "\
#[cfg(test)]
mod tests;

use a::b; // c::d

    #[cfg(test)]
    #[expect(unused)]
    fn mock() {
        e::f();
    }
let url = \"https://g\";
";
    assert_eq!(shipped(text), "\nuse a::b; \n\nlet url = \"https://g\";");
}

#[test]
fn each_outside_crate_is_named_in_one_place_only() {
    for (crates, places) in [
        (
            r"(lapin|async_rs|amq_protocol\w*)",
            // The fuzz targets of broker modules, which check what they give out with the client's own parsers.
            &["src/broker", "fuzz/src/frames", "fuzz/src/headers"][..],
        ),
        (
            r"(tokio_rustls|rustls_\w+)",
            &["src/broker/stream", "src/http/tls", "src/trust"],
        ),
        (r"(axum|utoipa_axum|tower_http)", &["src/http"]),
        (r"askama", &["src/http/ops"]),
        (r"aws_(config|sdk|smithy|types)\w*", &["src/storage"]),
        (
            r"(sea_orm|sqlx|sea_orm_migration)",
            &["src/database", "migration"],
        ),
        (r"backoff", &["src/retry.rs"]),
        (r"typst\w*", &["crates/document"]),
        (r"en16931\w*", &["crates/einvoice"]),
        (r"s3s", &["crates/dev/src/s3"]),
        (r"opentelemetry\w*", &["src/telemetry/traces"]),
        (
            r"hyper_rustls",
            &[
                "src/http/auth/provider_client",
                "src/telemetry/traces/client",
            ],
        ),
    ] {
        let names = pattern(&format!(r"\b{crates}::|\buse {crates}\b"));
        for folder in ["src", "crates", "migration", "fuzz/src"] {
            for path in sources(folder) {
                let file = name(&path);
                let is_allowed = places.iter().any(|place| {
                    file.starts_with(&format!("{place}/"))
                        || file == format!("{place}.rs")
                        || file == *place
                });
                // Tests in files of their own look at servers past the program.
                let is_test = file.contains("/tests/") || file.ends_with("/tests.rs");
                assert!(
                    is_allowed || is_test || !names.is_match(&code(&path)),
                    "{file} names {crates}; only {places:?} may"
                );
            }
        }
    }
}

/// A program that compares the moments of two answers as texts relies on one form.
#[test]
fn every_moment_of_a_contract_is_written_in_the_same_form() {
    let mut files = sources("src/contract");
    files.push(root().join("src/contract.rs"));
    let mut written = 0;
    for path in files {
        let code = code(&path);
        written += code.matches("crate::moment::").count();
        assert!(
            !code.contains("time::serde::"),
            "{} writes a moment in another form than that of src/moment.rs",
            name(&path)
        );
    }
    assert!(written > 10, "{written} moments were found");
}

#[test]
fn adapters_import_neither_each_other_nor_a_use_case() {
    let imports = Imports::of("src");
    for (module, imported) in &imports.edges {
        let Some(adapter) = ADAPTERS.into_iter().find(|adapter| *adapter == top(module)) else {
            continue;
        };
        for other in imported {
            let is_allowed = top(other) == adapter || SUPPORT.contains(&top(other));
            assert!(
                is_allowed,
                "{module} imports {other}; adapters may import only {SUPPORT:?}"
            );
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in CRATES {
        let imports = Imports::of(folder);
        assert!(imports.edges.len() > 5, "{folder} was not read");
        if let Some(circle) = imports::circle(&imports.edges) {
            panic!("a circle in {folder}: {}", circle.join(" -> "));
        }
    }
}

/// The arrows of the map in `ARCHITECTURE.md` point one way: each top-level module with all its files counts as one, and these
/// have no circles either.
#[test]
fn no_top_level_modules_of_a_crate_import_each_other_in_a_circle() {
    for folder in CRATES {
        if let Some(circle) = imports::circle(&Imports::of(folder).wholes()) {
            panic!("a circle in {folder}: {}", circle.join(" -> "));
        }
    }
}

/// The module at the top of the crate that this one is in.
fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

#[test]
fn there_is_one_module_style_and_no_file_is_endless() {
    for folder in ["benches", "crates", "fuzz/src", "migration", "src", "tests"] {
        for path in sources(folder) {
            let file = name(&path);
            assert!(
                !file.ends_with("/mod.rs"),
                "{file}: name it after its folder"
            );
            let lines = fs::read_to_string(&path).expect("a file").lines().count();
            assert!(lines <= 600, "{file} has {lines} lines; split it by theme");
        }
    }
}
