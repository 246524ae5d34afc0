//! What is on the pages, read as a person's tools read it.

mod amounts;
mod attachments;
mod codes;
mod content;
mod design;
mod directions;
mod fullest;
mod hybrids;
mod kept;
mod layout;
mod named_codes;
mod pictures;
mod slots;
mod terms;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Program, samples};

/// The document that `invoice-worker render` makes, without any server or setting.
async fn render(request: &Value) -> Vec<u8> {
    render_with(&samples::templates(), request).await
}

/// The same with these templates.
async fn render_with(templates: &Path, request: &Value) -> Vec<u8> {
    let folder = TempDir::new().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("request.json"), request.to_string()).expect("written");
    let templates = templates.to_str().expect("UTF-8");
    let arguments = [
        "render",
        "request.json",
        "-o",
        "out.pdf",
        "--templates-dir",
        templates,
    ];
    let run = Program::new(folder.path(), &arguments).run().await;
    let printed = run.succeeded();
    assert!(printed.starts_with("out.pdf: "), "{printed}");
    std::fs::read(file("out.pdf")).expect("the document is there")
}

/// The text of each page, without white space: how wide a gap has to be to count is a matter of taste among tools.
pub(crate) fn pages(pdf: &[u8]) -> Vec<String> {
    let folder = TempDir::new().expect("a temporary folder");
    let path: PathBuf = folder.path().join("document.pdf");
    std::fs::write(&path, pdf).expect("written");
    let output = poppler("pdftotext", &["-layout"], &[path, "-".into()]);
    let text = String::from_utf8(output).expect("UTF-8");
    // A form feed ends each page.
    text.split_terminator('\u{c}')
        .map(without_white_space)
        .collect()
}

/// What one of poppler's tools writes to its standard output.
fn poppler(tool: &str, options: &[&str], files: &[PathBuf]) -> Vec<u8> {
    let output = Command::new(tool)
        .args(options)
        .args(files)
        .output()
        .unwrap_or_else(|error| panic!("{tool}: {error}; `make test` installs it"));
    assert!(output.status.success(), "{tool}: {output:?}");
    output.stdout
}

pub(crate) fn without_white_space(text: &str) -> String {
    text.split_whitespace().collect()
}

#[track_caller]
pub(crate) fn assert_shows(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(
            page.contains(&without_white_space(text)),
            "{text:?} is not in: {page}"
        );
    }
}
