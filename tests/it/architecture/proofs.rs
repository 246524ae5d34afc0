//! `docs/proofs.md` names tests and mutants that are there.

use std::fs;

use super::{pattern, root};

#[test]
fn each_test_that_the_proofs_name_is_there() {
    let text = fs::read_to_string(root().join("docs/proofs.md")).expect("a page");
    let mut count = 0;
    for found in pattern(r"`([a-z_/]+\.rs)::([a-z0-9_]+)`").captures_iter(&text) {
        let (path, test) = (&found[1], &found[2]);
        let is_whole = path.starts_with("src/") || path.starts_with("crates/");
        let path = if is_whole {
            root().join(path)
        } else {
            root().join("tests/it").join(path)
        };
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert!(
            source.contains(&format!("fn {test}(")),
            "{path:?} has no {test}"
        );
        count += 1;
    }
    assert!(count > 30, "{count} tests");
}

#[test]
fn each_mutant_stands_in_the_proofs_with_its_tests() {
    let text = fs::read_to_string(root().join("docs/proofs.md")).expect("a page");
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/mutants")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let patch = fs::read_to_string(&path).expect("a patch");
        let field = |name: &str| {
            let line = patch.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{path:?} has no {name}"))
        };
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| {} |", field("Mutant: "))))
            .unwrap_or_else(|| panic!("no row for {path:?}"));
        for found in pattern(r"test\(=([a-z0-9_:]+)\)").captures_iter(field("Found-by: ")) {
            assert!(row.contains(&format!("`{}`", &found[1])), "{row}");
        }
        count += 1;
    }
    assert!(count > 10, "{count} mutants");
}
