//! What the messages of the compiler say of mistakes that authors make.

use super::*;
use crate::job::RenderJob;
use crate::shipped;
use crate::templates::samples;

/// Why the German invoice is not rendered where these files of the shipped templates are changed.
fn refusal(changed: &[(&str, &str)]) -> Diagnostic {
    let files = changed.iter();
    let files = files.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec().into()));
    let catalog = Catalog::shipped_with(files.collect(), None);
    let template = catalog.templates().find(|one| one.folder == "invoice");
    let body = shipped::content("/invoice/samples/invoice-de.json").expect("a sample");
    let invoice = samples::read(template.expect("a template"), body).expect("a request");
    let job = RenderJob::prepare(&catalog, &invoice).expect("a job");
    let rendered = Compiler::new(&catalog).compile(&job.order, job.view, job.files, &job.facts);
    match rendered {
        Err(RenderError::Template(mut diagnostics)) => diagnostics.remove(0),
        other => panic!("{changed:?}: {:?}", other.map(|pdf| pdf.pages)),
    }
}

#[test]
fn a_template_that_cannot_be_called_is_named_and_not_the_source_that_calls_it() {
    for (source, expected) in [
        (
            "#let rendr(data) = []",
            "invoice/main.typ has no function `render`: expected `#let render(data) = ...`",
        ),
        (
            "#let render = 5",
            "expected function, found integer, where `render(data)` of invoice/main.typ is called",
        ),
    ] {
        let refusal = refusal(&[("/invoice/main.typ", source)]);
        assert_eq!(refusal.message, expected);
        assert_eq!(refusal.location, None);
        assert!(refusal.calls.is_empty(), "{refusal:?}");
    }
    // A mistake within the template keeps its place.
    let refusal = refusal(&[("/invoice/main.typ", "#let render(data) = data.sellr")]);
    let place = refusal.location.expect("a place");
    assert_eq!(place.to_string(), "invoice/main.typ:1:26");
}

fn slots(facts: &str) -> String {
    format!(
        "#import \"/lib/extensions.typ\": extension\n#let facts(data, texts) = {facts}\n\
         #let before-lines = none\n#let after-totals = none\n#let foot = none\n"
    )
}

#[test]
fn facts_that_would_vanish_from_the_page_are_refused_with_the_name_of_the_slot() {
    for (facts, expected) in [
        (
            "((\"Project\", \"P-17\"))",
            "a single pair lacks the comma behind it",
        ),
        ("((\"Project\", \"P-17\", \"x\"),)", "a pair has 3 members"),
        (
            "((\"Project\", [*P-17*]),)",
            "the value of \"Project\" is content, expected a string",
        ),
        (
            "(([*Project*], \"P-17\"),)",
            "a label is content, expected a string",
        ),
        ("\"P-17\"", "it gives string"),
    ] {
        let refusal = refusal(&[("/lib/slots.typ", &slots(facts))]);
        let message = refusal.message;
        assert!(
            message.starts_with("lib/slots.typ: facts must give pairs"),
            "{message}"
        );
        assert!(message.contains(expected), "{facts}: {message}");
    }
}

#[test]
fn an_extension_in_an_unknown_form_is_refused_although_the_request_has_none() {
    for form in ["mony", "currency", "text"] {
        let facts = format!("((\"Deposit\", extension(data, \"deposit\", form: \"{form}\")),)");
        let refusal = refusal(&[("/lib/slots.typ", &slots(&facts))]);
        let expected =
            format!("extension: form is \"{form}\", expected \"money\", \"number\" or \"date\"");
        assert_eq!(refusal.message, expected);
        // Where it is written.
        let calls: Vec<&str> = refusal.calls.iter().map(|call| &*call.file).collect();
        assert!(calls.contains(&"/lib/slots.typ"), "{calls:?}");
    }
}

#[test]
fn a_fault_within_a_logo_names_the_file() {
    let svg = |content: &str| {
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="240" height="72" viewBox="0 0 240 72">{content}</svg>"##
        )
    };
    for content in [
        r#"<text x="20" y="48" font-size="36">漢字</text>"#,
        r#"<image href="other.png" width="10" height="10"/>"#,
    ] {
        let brand = ("/brands/default.json", r#"{"logo": "mark.svg"}"#);
        let refusal = refusal(&[brand, ("/brands/mark.svg", &svg(content))]);
        let hint = "it is probably in the logo of the brand, brands/mark.svg";
        assert!(
            refusal.hints.iter().any(|known| known == hint),
            "{refusal:?}"
        );
    }
}
