//! Products, discounts and charges may be called like any label of the page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{mismatches, samples};
use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::files::Files;
use crate::shipped;

/// Longer texts are sentences.
const LONGEST: usize = 40;

/// What is named.
const PLACES: [&str; 7] = [
    "/lines/0/name",
    "/lines/1/name",
    "/lines/2/name",
    "/lines/3/name",
    "/allowances/0/reason",
    "/allowances/1/reason",
    "/charges/0/reason",
];

#[test]
fn lines_and_charges_may_be_named_like_any_label_of_their_language() {
    let catalog = Catalog::shipped_with(Files::new(), None);
    let compiler = Compiler::new(&catalog);
    let path = "/invoice/samples/invoice-full.json";
    let sample: Value = serde_json::from_slice(shipped::content(path).expect(path)).expect("JSON");
    let template = catalog
        .templates()
        .find(|template| template.folder == "invoice")
        .expect("the template of invoices");
    let (mut documents, mut faults) = (0, Vec::new());
    for language in samples::languages(template) {
        let texts = catalog.labels(template, &language.to_string());
        let is_name = |text: &&str| text.chars().count() <= LONGEST && !text.contains('{');
        let names: BTreeSet<&str> = texts.values().map(String::as_str).filter(is_name).collect();
        let names: Vec<&str> = names.into_iter().collect();
        for names in names.chunks(PLACES.len()) {
            let mut request = sample.clone();
            request["locale"] = json!(language.to_string());
            for (place, name) in PLACES.iter().zip(names) {
                let (parent, field) = place.rsplit_once('/').expect(place);
                request.pointer_mut(parent).expect(parent)[field] = json!(name);
            }
            let parsed = invoice::parse(request.to_string().as_bytes(), 1 << 20).expect("JSON");
            let invoice = parsed.invoice.expect("a valid request");
            documents += 1;
            let found = mismatches(&catalog, &compiler, &invoice).expect("a document");
            if !found.is_empty() {
                faults.push(format!("{language} {names:?}: {found:#?}"));
            }
        }
    }
    assert!(documents > 200, "{documents}");
    assert!(
        faults.is_empty(),
        "{} of {documents}: {}",
        faults.len(),
        faults.join("\n")
    );
}
