//! Folders that look like templates and are none: a design that vanishes without a word would make another version of it render
//! its documents.

use std::collections::{BTreeMap, BTreeSet};

use super::template::{MAIN, MANIFEST, RESERVED, folders};
use crate::error::FileFault;
use crate::files::Files;

/// Folders of a template's own files.
const PARTS: [&str; 3] = ["samples", "texts", "words"];

/// The folders that have files of a template and no main file, one fault each.
pub(super) fn without_main(files: &Files) -> Vec<FileFault> {
    let templates: BTreeSet<String> = folders(files).into_iter().collect();
    let mut own: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in files.keys() {
        let inside = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        if let Some((folder, file)) = inside
            && !RESERVED.contains(&folder)
            && !templates.contains(folder)
        {
            own.entry(folder).or_default().push(file);
        }
    }
    let faults = own.into_iter().filter_map(|(folder, files)| {
        let part = files.iter().find_map(|file| part(file))?;
        let mut sources = files.iter().filter(|file| is_source(file));
        let other = sources.find(|file| file.eq_ignore_ascii_case(MAIN));
        let hint = match other {
            Some(other) => format!("rename {other} to {MAIN}"),
            None => format!("add {MAIN}, or remove the folder"),
        };
        Some(FileFault {
            path: format!("/{folder}"),
            place: None,
            problem: format!("has {part}, but no {MAIN}, so it is not a template: {hint}"),
        })
    });
    faults.collect()
}

/// The part of a template that a file of a folder is, as messages name it; none where it may be something else.
fn part(file: &str) -> Option<&str> {
    if file == MANIFEST || is_source(file) {
        return Some(file);
    }
    let (folder, name) = file.split_once('/')?;
    (PARTS.contains(&folder) && name.ends_with(".json")).then_some(folder)
}

fn is_source(file: &str) -> bool {
    !file.contains('/') && file.ends_with(".typ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(paths: &[&str]) -> Vec<String> {
        let files = paths.iter().map(|path| ((*path).to_owned(), b"".into()));
        let files: Files = files.collect();
        let faults = without_main(&files);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_folder_with_files_of_a_template_and_no_main_file_is_a_fault() {
        for (paths, expected) in [
            (
                &["/a/Main.typ", "/a/samples/one.json", "/a@2/main.typ"][..],
                "/a: has Main.typ, but no main.typ, so it is not a template: rename Main.typ to main.typ",
            ),
            (
                &["/a/samples/one.json"],
                "/a: has samples, but no main.typ, so it is not a template: add main.typ, or remove the folder",
            ),
            (
                &["/a/template.json"],
                "/a: has template.json, but no main.typ, so it is not a template: add main.typ, or remove the folder",
            ),
            (
                &["/a/texts/de.json"],
                "/a: has texts, but no main.typ, so it is not a template: add main.typ, or remove the folder",
            ),
        ] {
            assert_eq!(faults(paths), [expected]);
        }
    }

    #[test]
    fn other_folders_are_no_faults() {
        let others = [
            "/README.md",
            "/Main.typ",
            "/a/main.typ",
            "/a/samples/one.json",
            "/lib/page.typ",
            "/brands/template.json",
            "/fonts/x.ttf",
            "/docs/samples.md",
            "/docs/texts/readme.txt",
            "/old/a/samples/one.json",
        ];
        assert_eq!(faults(&others), Vec::<String>::new());
    }
}
