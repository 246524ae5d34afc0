//! The samples of the templates as e-invoices.

use std::fs;
use std::path::{Path, PathBuf};

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::FacturXEn16931;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::request::{problems, set, xml};

/// The samples of invoices and credit notes: their names and requests.
fn samples() -> Vec<(String, Value)> {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let folders = ["invoice", "credit-note"].map(|name| templates.join(name).join("samples"));
    let files = folders
        .iter()
        .flat_map(|folder| [files(folder), files(&folder.join("stress"))]);
    let read = |path: PathBuf| {
        let request = fs::read(&path).expect("a sample");
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, serde_json::from_slice(&request).expect("JSON"))
    };
    files.flatten().map(read).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    files
}

/// The sample with every field that an e-invoice has, apart from what only some of the profiles and syntaxes have.
pub(crate) fn fullest() -> Value {
    let mut samples = samples().into_iter();
    let (name, mut sample) = samples
        .find(|(name, _)| name == "invoice-fullest")
        .expect("the sample");
    made_fit(&name, &mut sample);
    for (pointer, first) in [
        ("/notes", "/notes/0"),
        (
            "/references/precedingInvoices",
            "/references/precedingInvoices/0",
        ),
    ] {
        let first = sample.pointer(first).expect("an item").clone();
        set(&mut sample, pointer, Value::Array(vec![first]));
    }
    let id = serde_json::json!({ "value": "DE123456789", "scheme": "9930" });
    for pointer in ["/seller/electronicAddress", "/buyer/electronicAddress"] {
        set(&mut sample, pointer, id.clone());
    }
    set(
        &mut sample,
        "/seller/ids/0/value",
        Value::String("4012345000009".to_owned()),
    );
    sample
}

/// What has no place in an e-invoice, or is missing: leaving it out, or giving it, makes one of the sample.
fn made_fit(name: &str, sample: &mut Value) -> Vec<&'static str> {
    set(sample, "/specification", Value::Null);
    let mut changed = Vec::new();
    let further = "/payment/furtherMeans";
    if sample.pointer(further).is_some() {
        set(sample, further, Value::Null);
        changed.push(further);
    }
    // Of the United States and of Israel.
    if matches!(name, "invoice-he" | "credit-note-us") {
        let id = serde_json::json!({ "value": "51-5123456" });
        set(sample, "/seller/legalId", id);
        changed.push("/seller/vatId");
    }
    changed
}

#[test]
fn each_sample_is_an_e_invoice_or_says_what_to_change() {
    let mut count = 0;
    for (name, sample) in samples() {
        let mut sample = sample;
        set(&mut sample, "/specification", Value::Null);
        let found = problems(&sample, FacturXEn16931, Syntax::Cii);
        let changed = made_fit(&name, &mut sample);
        for (pointer, ..) in &found {
            let is_known = changed.iter().any(|known| pointer.starts_with(known));
            assert!(is_known, "{name}: {found:?}");
        }
        assert_eq!(found.is_empty(), changed.is_empty(), "{name}: {found:?}");
        for syntax in Syntax::ALL {
            assert_eq!(problems(&sample, FacturXEn16931, syntax), [], "{name}");
        }
        count += 1;
    }
    assert!(count >= 17, "{count} samples");
}

/// Members of a request that are no part of the invoice: what the page looks like, and under which name it is kept.
const NOT_OF_THE_INVOICE: [&str; 9] = [
    "/documentType",
    "/locale",
    "/template",
    "/marketplace",
    "/extensions",
    "/specification",
    "/fundedBy",
    "/relationship",
    "/payment/means/url",
];

#[test]
fn every_value_of_a_request_is_in_the_xml() {
    let mut checked = 0;
    for (name, mut sample) in samples() {
        made_fit(&name, &mut sample);
        for syntax in Syntax::ALL {
            let xml = xml(&sample, FacturXEn16931, syntax);
            let document = roxmltree::Document::parse(&xml).expect("XML");
            let mut texts: Vec<&str> = document
                .descendants()
                .filter_map(|node| node.text())
                .collect();
            let nodes = document.descendants();
            texts.extend(
                nodes
                    .flat_map(|node| node.attributes())
                    .map(|attribute| attribute.value()),
            );
            for (pointer, value) in leaves(&sample, String::new()) {
                if NOT_OF_THE_INVOICE
                    .iter()
                    .any(|left_out| pointer.contains(left_out))
                {
                    continue;
                }
                let forms = forms(&value);
                let is_there = texts
                    .iter()
                    .any(|text| forms.iter().any(|form| holds(text, form)));
                assert!(is_there, "{name}: {pointer} {value:?} in {xml}");
                checked += 1;
            }
        }
    }
    assert!(checked > 2_000, "{checked} values");
}

/// Whether the text is this value, or has it with others: the number of a house, the subject of a note.
fn holds(text: &str, form: &str) -> bool {
    text == form
        || (text.contains(form) && form.parse::<Decimal>().is_err())
        || text.ends_with(&format!(" {form}"))
        || text.starts_with(&format!("{form} "))
}

/// The texts of a request with their places.
fn leaves(value: &Value, pointer: String) -> Vec<(String, String)> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| leaves(value, format!("{pointer}/{name}")))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, value)| leaves(value, format!("{pointer}/{index}")))
            .collect(),
        Value::String(text) => vec![(pointer, text.clone())],
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// How the value may be spelled: days without hyphens, amounts with two decimals, numbers without zeros at their ends.
fn forms(value: &str) -> Vec<String> {
    let text = value.trim();
    let mut forms = vec![text.to_owned(), text.replace('-', "")];
    if let Ok(number) = text.parse::<Decimal>() {
        let mut amount = number;
        amount.rescale(2);
        forms.push(amount.to_string());
        forms.push(number.normalize().to_string());
    }
    // CII has codes of its own for when tax is due.
    if let Some(code) = [("3", "5"), ("35", "29"), ("432", "72")]
        .iter()
        .find(|(code, _)| *code == text)
    {
        forms.push(code.1.to_owned());
    }
    forms
}
