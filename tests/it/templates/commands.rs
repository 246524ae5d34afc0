//! `templates list`, `templates check`, `templates new`.

use serde_json::Value;
use tempfile::TempDir;

use super::{WRONG, append, copy_sample, text, write};
use crate::documents::pages;
use crate::faults::templates::Templates;
use crate::harness::{Finished, Program};

pub(super) async fn run(templates: &Templates, arguments: &[&str]) -> Finished {
    let folder = TempDir::new().expect("a temporary folder");
    let program = Program::new(folder.path(), arguments);
    program
        .envs([("TEMPLATES_DIR", text(templates.path()))])
        .run()
        .await
}

#[tokio::test]
async fn list_names_templates_with_versions_digests_languages_and_samples() {
    let templates = Templates::with(&[("slip@1", WRONG), ("slip@2", WRONG)]);
    let manifest = r#"{"description": "What is in the box"}"#;
    write(&templates, "slip@2/template.json", manifest);
    let listing = run(&templates, &["templates", "list", "--json"]).await;
    let listing: Value = serde_json::from_str(&listing.succeeded()).expect("JSON");
    let all = listing["templates"].as_array().expect("templates");
    let slip = all.iter().find(|one| one["folder"] == "slip@2");
    let slip = slip.expect("a template");
    assert_eq!(slip["name"], "slip");
    assert_eq!(slip["version"], "2");
    assert_eq!(slip["description"], "What is in the box");
    let receipt = all.iter().find(|one| one["name"] == "receipt");
    let receipt = receipt.expect("a template");
    let digest = receipt["digest"].as_str().expect("a digest");
    assert_eq!(receipt["version"], digest[..12]);
    let has = |field: &str, value: &str| {
        let values = receipt[field].as_array().expect("a list");
        assert!(values.iter().any(|one| one == value), "{receipt:#}");
    };
    has("languages", "en");
    has("samples", "/receipt/samples/receipt-minimal.json");
    assert_eq!(listing["brands"][0]["name"], "default");

    let listing = run(&templates, &["templates", "list"]).await.succeeded();
    assert!(listing.contains("slip@1\n"), "{listing}");
    assert!(listing.contains(&digest[..12]), "{listing}");
}

#[tokio::test]
async fn check_finds_no_error_in_the_shipped_templates() {
    let finished = run(&Templates::with(&[]), &["templates", "check"]).await;
    assert_eq!(finished.stderr, "", "{finished:#?}");
    let printed = finished.succeeded();
    assert!(printed.lines().count() >= 2, "{printed}");
    assert!(
        printed.lines().all(|line| line.contains(": ok; ")),
        "{printed}"
    );
}

#[tokio::test]
async fn check_reports_each_error_once_with_its_place_and_ends_with_1() {
    let templates = Templates::with(&[("wrong", WRONG)]);
    let sample = "receipt/samples/receipt-minimal.json";
    copy_sample(&templates, sample, "wrong/samples/one.json");
    copy_sample(&templates, sample, "wrong/samples/two.json");
    let finished = run(&templates, &["templates", "check", "wrong"]).await;
    assert_eq!(finished.code, 1, "{finished:#?}");
    let printed = &finished.stderr;
    let root = text(templates.path());
    let place = format!(
        "error: dictionary does not contain key \"no-such-field\"\n --> {root}/wrong/main.typ:2:11\n"
    );
    assert_eq!(printed.matches(&place).count(), 1, "{printed}");
    assert!(
        printed.contains("  |           ^^^^^^^^^^^^^\n"),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("= in {root}/wrong/samples/one.json, ")),
        "{printed}"
    );
    assert!(
        printed.contains(", and in ") && printed.contains(" more\n"),
        "{printed}"
    );
    assert!(finished.stdout.starts_with("wrong "), "{finished:#?}");

    // A misspelt name, and a colon that is missing in a sample.
    let templates = Templates::with(&[]);
    write(&templates, "mixed/texts/en.json", r#"{"a": "A"}"#);
    let main = "#let render(data) = {\n  set document(title: \"T\")\n  [a]\n  datas\n}\n";
    write(&templates, "mixed/main.typ", main);
    copy_sample(&templates, sample, "mixed/samples/one.json");
    write(&templates, "mixed/samples/two.json", "{\"number\" 1}");
    let finished = run(&templates, &["templates", "check", "mixed"]).await;
    assert_eq!(finished.code, 1, "{finished:#?}");
    let root = text(templates.path());
    for words in [
        // The texts of lib have more languages than this template has.
        "note: mixed cannot be printed in ar, ar-AE, ",
        "/mixed/texts has en only; add ar.json with \"a\" to offer ar\n",
        &format!("error: unknown variable: datas\n --> {root}/mixed/main.typ:4:3\n"),
        "4 |   datas\n  |   ^^^^^\n",
        &format!("line 1 column 11\n  = in {root}/mixed/samples/two.json\n"),
    ] {
        assert!(
            finished.stderr.contains(words),
            "{words}\n{}",
            finished.stderr
        );
    }
    let none = run(&templates, &["templates", "check", "none"]).await;
    assert_eq!(none.code, 2, "{none:#?}");
}

#[tokio::test]
async fn a_design_that_vanishes_or_has_no_sample_is_an_error_of_check() {
    let templates = Templates::with(&[]);
    run(
        &templates,
        &["templates", "new", "letter@2024", "--from", "packing-slip"],
    )
    .await
    .succeeded();
    run(
        &templates,
        &["templates", "new", "letter", "--from", "packing-slip"],
    )
    .await
    .succeeded();
    let path = |path: &str| templates.path().join(path);
    std::fs::rename(path("letter/main.typ"), path("letter/Main.typ")).expect("renamed");
    let expected = format!(
        "error: {}: has Main.typ, but no main.typ, so it is not a template: rename Main.typ to main.typ\n",
        text(&path("letter"))
    );
    let checked = run(&templates, &["templates", "check", "letter"]).await;
    assert_eq!(checked.code, 1, "{checked:#?}");
    assert!(checked.stderr.starts_with(&expected), "{checked:#?}");
    // The former version must not take its place.
    let sample = path("letter/samples/letter-de.json");
    let rendered = run(&templates, &["render", text(&sample), "-o", "out.pdf"]).await;
    assert_eq!(rendered.code, 2, "{rendered:#?}");
    assert!(rendered.stderr.contains(&expected), "{rendered:#?}");
    std::fs::rename(path("letter/Main.typ"), path("letter/main.typ")).expect("renamed");

    std::fs::remove_dir_all(path("letter/samples")).expect("removed");
    let checked = run(&templates, &["templates", "check", "letter"]).await;
    assert_eq!(checked.code, 1, "{checked:#?}");
    assert!(
        checked
            .stderr
            .contains("error: the template has no sample, so nothing was rendered"),
        "{checked:#?}"
    );
    let unknown = run(&templates, &["templates", "check", "lettre"]).await;
    assert_eq!(unknown.code, 2, "{unknown:#?}");
    let names = "there is no template \"lettre\", expected one of credit-note, invoice, letter, letter@2024, ";
    assert!(unknown.stderr.contains(names), "{unknown:#?}");
}

/// While one template is being written, the others can be rendered and listed.
#[tokio::test]
async fn faults_of_other_templates_are_warnings_of_render_and_list_and_errors_of_check() {
    let templates = Templates::with(&[]);
    run(&templates, &["templates", "new", "slip"])
        .await
        .succeeded();
    write(&templates, "slip/texts/de.json", r#"{"title": "Zettel"}"#);
    write(&templates, "brands/bad.png", "no image");
    let root = text(templates.path());
    let warnings = [
        format!("warning: {root}/slip/texts/de.json: lacks \"amount\", "),
        format!("warning: {root}/brands/bad.png: is no PNG image, or is damaged\n"),
    ];
    let sample = templates.path().join("invoice/samples/invoice-de.json");
    for arguments in [
        &["render", text(&sample), "-o", "out.pdf"][..],
        &["templates", "list"],
    ] {
        let finished = run(&templates, arguments).await;
        for warning in &warnings {
            assert!(finished.stderr.contains(warning), "{finished:#?}");
        }
        finished.succeeded();
    }
    let sample = templates.path().join("slip/samples/one.json");
    let rendered = run(&templates, &["render", text(&sample), "-o", "out.pdf"]).await;
    assert_eq!(rendered.code, 2, "{rendered:#?}");
    let checked = run(&templates, &["templates", "check", "invoice"]).await;
    assert_eq!(checked.code, 1, "{checked:#?}");
}

/// A misspelt member leaves no trace on the page.
#[tokio::test]
async fn render_warns_of_what_is_suspicious_in_the_request() {
    let templates = Templates::with(&[]);
    let sample = templates.path().join("invoice/samples/invoice-de.json");
    let request = std::fs::read_to_string(sample).expect("a sample");
    let request = request.replace("\"dueDate\"", "\"due_date\"");
    write(&templates, "request.json", request);
    let request = templates.path().join("request.json");
    let rendered = run(&templates, &["render", text(&request), "-o", "out.pdf"]).await;
    let warning = "warning /due_date: unknown field, which is ignored; dueDate?\n";
    assert_eq!(rendered.stderr, warning, "{rendered:#?}");
    rendered.succeeded();
}

#[tokio::test]
async fn a_new_template_can_be_rendered_at_once_and_passes_every_check() {
    let templates = Templates::with(&[]);
    let printed = run(&templates, &["templates", "new", "slip"])
        .await
        .succeeded();
    assert!(printed.contains("slip/main.typ\n"), "{printed}");
    let checked = run(&templates, &["templates", "check", "slip"]).await;
    let note = "note: slip cannot be printed in ar, ";
    assert!(checked.stderr.starts_with(note), "{checked:?}");
    assert_eq!(checked.stderr.lines().count(), 1, "{checked:?}");
    assert!(checked.succeeded().contains(": ok; "));
    let source = std::fs::read_to_string(templates.path().join("slip/main.typ")).expect("a source");
    let command = format!("render {}/slip/samples/one.json -o", text(templates.path()));
    assert!(source.contains(&command), "{source}");

    let folder = TempDir::new().expect("a temporary folder");
    let sample = templates.path().join("slip/samples/one.json");
    let arguments = ["render", text(&sample), "-o", "slip.pdf", "--png"];
    let rendering = Program::new(folder.path(), &arguments)
        .envs([("TEMPLATES_DIR", text(templates.path()))])
        .run();
    rendering.await.succeeded();
    let pdf = std::fs::read(folder.path().join("slip.pdf")).expect("a document");
    let pages = pages(&pdf);
    assert!(pages[0].contains("HarborStreetGoodsLLC"), "{pages:?}");
    assert!(pages[0].contains("Total$54.00"), "{pages:?}");
    let picture = std::fs::read(folder.path().join("slip-1.png")).expect("a picture");
    assert!(picture.starts_with(b"\x89PNG"));

    for name in ["slip", "lib", "../slip", "a b", "", "slip@"] {
        let refused = run(&templates, &["templates", "new", name]).await;
        assert_eq!(refused.code, 2, "{name}: {refused:#?}");
    }
}

#[tokio::test]
async fn a_copy_of_a_template_is_rendered_under_its_own_name_and_passes_every_check() {
    let templates = Templates::with(&[]);
    let new = ["templates", "new", "letter", "--from", "packing-slip"];
    let printed = run(&templates, &new).await.succeeded();
    assert!(printed.contains("letter/main.typ\n"), "{printed}");
    assert!(
        printed.contains("letter/samples/letter-de.json\n"),
        "{printed}"
    );
    let checked = run(&templates, &["templates", "check", "letter"]).await;
    assert_eq!(checked.stderr, "");
    assert!(checked.succeeded().contains(": ok; "));
    // Another design than the original: the sample is of the copy.
    append(&templates, "letter/main.typ", &adding("Of the copy"));
    assert!(
        page(&templates, "letter/samples/letter-de.json")
            .await
            .contains("Ofthecopy")
    );
    assert!(
        !page(&templates, "packing-slip/samples/packing-slip-de.json")
            .await
            .contains("Ofthecopy")
    );

    // A version of a template that exists is a copy of it, and its samples ask for that version.
    run(&templates, &["templates", "new", "letter@2024"])
        .await
        .succeeded();
    append(&templates, "letter@2024/main.typ", &adding("Of 2024"));
    assert!(
        page(&templates, "letter@2024/samples/letter-de.json")
            .await
            .contains("Of2024")
    );
    assert!(
        !page(&templates, "letter/samples/letter-de.json")
            .await
            .contains("Of2024")
    );

    let none = run(
        &templates,
        &["templates", "new", "other", "--from", "invioce"],
    )
    .await;
    assert_eq!(none.code, 2, "{none:#?}");
    let expected = "there is no template \"invioce\", expected one of credit-note, invoice, ";
    assert!(none.stderr.contains(expected), "{none:#?}");
    assert!(!templates.path().join("other").exists());
}

/// Source that adds this to a document.
fn adding(words: &str) -> String {
    format!("#let original = render\n#let render(data) = original(data) + [{words}]")
}

/// The text of a sample's document, without white space.
async fn page(templates: &Templates, sample: &str) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let sample = templates.path().join(sample);
    let rendering = Program::new(folder.path(), &["render", text(&sample), "-o", "out.pdf"])
        .envs([("TEMPLATES_DIR", text(templates.path()))])
        .run();
    rendering.await.succeeded();
    let pdf = std::fs::read(folder.path().join("out.pdf")).expect("a document");
    pages(&pdf).concat()
}
