//! Texts that a page cuts off.

use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::error::{Mismatch, RenderError};
use crate::files::Files;
use crate::job::RenderJob;
use crate::shipped;
use crate::templates::samples;

/// What is wrong with the German invoice where these files of the shipped templates are changed, but for fields.
fn beyond(changed: &[(&str, String)]) -> Vec<Mismatch> {
    let files = changed.iter();
    let files = files.map(|(path, text)| ((*path).to_owned(), text.clone().into_bytes().into()));
    let catalog = Catalog::shipped_with(files.collect::<Files>(), None);
    let template = catalog.templates().find(|one| one.folder == "invoice");
    let body = shipped::content("/invoice/samples/invoice-de.json").expect("a sample");
    let invoice = samples::read(template.expect("a template"), body).expect("a request");
    let job = RenderJob::prepare(&catalog, &invoice).expect("a job");
    let compiler = Compiler::new(&catalog);
    match compiler.compile(&job.order, job.view, job.files, &job.facts) {
        Ok(_) => Vec::new(),
        Err(RenderError::ContentMismatch(mismatches)) => {
            let pages = mismatches.into_iter();
            pages.filter(|one| one.pointer.is_empty()).collect()
        }
        Err(other) => panic!("{changed:?}: {other}"),
    }
}

/// The shipped file with another text in it.
fn shipped_but(path: &'static str, from: &str, to: &str) -> (&'static str, String) {
    let text = shipped::content(path).expect(path);
    let text = std::str::from_utf8(text).expect("UTF-8");
    assert!(text.contains(from), "{path} has no {from:?}");
    (path, text.replace(from, to))
}

/// The shipped designs with this at their end.
fn adding(content: &str) -> (&'static str, String) {
    let slots = format!(
        "#let facts = none\n#let before-lines = none\n#let after-totals = none\n#let foot(data, texts) = {content}\n"
    );
    ("/lib/slots.typ", slots)
}

#[test]
fn a_footer_below_the_page_is_a_fault() {
    let brand = r#"{"footer": ["Sparkasse Hamburg", "nordlicht.example"]}"#;
    let brand = ("/brands/default.json", brand.to_owned());
    assert_eq!(beyond(std::slice::from_ref(&brand)), []);
    for bottom in ["10mm", "14mm", "18mm"] {
        let theme = shipped_but(
            "/lib/theme.typ",
            "bottom: 26mm",
            &format!("bottom: {bottom}"),
        );
        let found = beyond(&[brand.clone(), theme]);
        let [fault] = &found[..] else {
            panic!("{bottom}: {found:#?}");
        };
        let problem = "the lower edge of page 1 cuts off a text of ";
        assert!(fault.problem.starts_with(problem), "{bottom}: {fault}");
        assert!(fault.text.is_some(), "{fault:?}");
    }
}

#[test]
fn a_text_beyond_each_edge_is_a_fault_that_has_the_text_for_its_author_only() {
    for (content, edge) in [
        ("place(top + left, dx: -40mm)[Aufkleber]", "left"),
        ("place(top + left, dx: -26mm)[Aufkleber]", "left"),
        ("place(top + right, dx: 22mm)[Aufkleber]", "right"),
        ("place(top + left, dy: -17mm)[Aufkleber]", "upper"),
        ("place(bottom + left, dy: 27mm)[Aufkleber]", "lower"),
        (
            "place(top + left, dx: -40mm, block(fill: black, width: 60mm, text(fill: white)[Aufkleber]))",
            "left",
        ),
    ] {
        let found = beyond(&[adding(content)]);
        let [fault] = &found[..] else {
            panic!("{content}: {found:#?}");
        };
        let page =
            format!("invoice/main.typ: the {edge} edge of page 1 cuts off a text of 9 characters");
        assert_eq!(fault.to_string(), page, "{content}");
        assert!(fault.explained().ends_with(": \"Aufkleber\""), "{fault:?}");
    }
}

#[test]
fn ornaments_lines_and_what_is_clipped_may_reach_beyond_the_page() {
    for content in [
        "place(top + left, dx: -40mm, rotate(90deg)[Aufkleber])",
        "place(top + left, dx: -40mm, text(fill: luma(235))[Aufkleber])",
        "place(top + left, dx: -40mm, text(size: 1pt)[Aufkleber])",
        "place(top + left, dx: -40mm)[· · · —]",
        "place(top + left, dx: -40mm, hide[Aufkleber])",
        "place(top + left, dx: -30mm, box(clip: true, width: 20mm, height: 5mm)[Aufkleber])",
        "place(top + left, dx: -30mm, line(length: 300mm))",
        "place(top + left, dx: -30mm, rect(width: 300mm, height: 2mm, fill: yellow))",
        // White space at the end of a text.
        "place(top + right, dx: 25mm)[Aufkleber#(\"\\u{a0}\" * 9)]",
        // The right edge of the page, within the tolerance of side bearings.
        "place(top + right, dx: 20mm)[Aufkleber]",
    ] {
        let found = beyond(&[adding(content)]);
        assert!(found.is_empty(), "{content}: {found:#?}");
    }
}
