//! Documents with every field: what `docs/business-terms.md` says that pages show is on them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{poppler, render, without_white_space};
use crate::harness::samples;

/// What the table says of a business term.
struct Row {
    term: String,
    pointers: Vec<String>,
    page: Page,
}

/// How pages show a value.
enum Page {
    AsGiven,
    Date,
    Number,
    InWords,
    /// Not at all, or only in cases that the samples do not have.
    Not,
}

/// What German pages show instead of a code of the samples, by term and code.
const WORDS: [(&str, &str, &str); 27] = [
    ("BT-3", "invoice", "Rechnung"),
    ("BT-3", "380", "Rechnung"),
    ("BT-3", "credit-note", "Rechnungskorrektur"),
    ("BT-3", "381", "Rechnungskorrektur"),
    ("BT-3", "receipt", "Beleg"),
    ("BT-8", "35", "Steuerdatum Lieferdatum"),
    ("BT-40", "CH", "Schweiz"),
    ("BT-55", "DE", "Deutschland"),
    ("BT-69", "DE", "Deutschland"),
    ("BT-80", "DE", "Deutschland"),
    ("BT-81", "58", "SEPA-Überweisung"),
    ("BT-81", "30", "Überweisung"),
    ("BT-81", "59", "Wird per Lastschrift vom Konto"),
    ("BT-81", "48", "Karte mit den Endziffern"),
    ("BT-98", "95", "Treuerabatt"),
    ("BT-105", "FC", "Versand"),
    ("BT-105", "SAA", "Mindermengenzuschlag"),
    ("BT-118", "S", "USt."),
    ("BT-118", "E", "Steuerfrei"),
    ("BT-130", "C62", "Stk."),
    ("BT-130", "MON", "Mon."),
    ("BT-130", "HUR", "Std."),
    ("BT-140", "95", "Mengenrabatt"),
    ("BT-140", "100", "Sonderrabatt"),
    ("BT-145", "ABL", "Sonderverpackung"),
    ("BT-145", "ABK", "Verschiedenes"),
    ("BT-159", "AT", "Österreich"),
];

#[tokio::test]
async fn every_business_term_that_pages_show_is_on_them() {
    let table = table();
    let on_paper = |sample: &str, template: &str, paper: &str| {
        let mut request = samples::sample(sample);
        request["template"] = json!({ "name": template, "paper": paper });
        request
    };
    let invoice = "invoice/samples/invoice-fullest.json";
    let credit_note = "credit-note/samples/credit-note-fullest.json";
    let receipt = "receipt/samples/receipt-fullest.json";
    let mut seen = BTreeSet::new();
    for (sample, template, paper) in [
        (invoice, "invoice", "a4"),
        (invoice, "invoice", "us-letter"),
        (credit_note, "credit-note", "a4"),
        (invoice, "receipt", "a4"),
        (invoice, "receipt", "80mm"),
        (receipt, "receipt", "a4"),
        (receipt, "receipt", "80mm"),
    ] {
        let request = on_paper(sample, template, paper);
        let text = text(&render(&request).await);
        let missing = missing(&table, &request, &text, &mut seen);
        assert!(
            missing.is_empty(),
            "{sample} as {template} on {paper} lacks\n{}\nin {text}",
            missing.join("\n")
        );
    }
    let shown = table.iter().filter(|row| !matches!(row.page, Page::Not));
    let pointers = shown.flat_map(|row| &row.pointers);
    let untested: Vec<&String> = pointers
        .filter(|pointer| !seen.contains(*pointer))
        .collect();
    assert!(untested.is_empty(), "no sample has {untested:?}");
}

#[test]
fn a_value_that_a_page_lacks_is_found() {
    let request = samples::sample("invoice/samples/invoice-fullest.json");
    let missing = missing(&table(), &request, "an empty page", &mut BTreeSet::new());
    for place in [
        "BT-1 ", "BT-19 ", "BT-73 ", "BT-125 ", "BT-127 ", "BT-131 ", "BT-159 ",
    ] {
        assert!(missing.iter().any(|it| it.starts_with(place)), "{place}");
    }
}

/// No value is on a packing slip that says what the goods cost.
#[tokio::test]
async fn a_packing_slip_with_everything_has_no_amounts() {
    let mut request = samples::sample("invoice/samples/invoice-fullest.json");
    request["template"] = json!({ "name": "packing-slip" });
    let text = text(&render(&request).await);
    for price in ["18,90", "21,00", "219,95", "437,45", "€", "EUR"] {
        assert!(!text.contains(price), "{price} is in {text}");
    }
    let page = without_white_space(&text);
    for shown in [
        "Mahlgrad: fein",
        "PO-Zeile 3",
        "4012345000016",
        "Österreich",
        "MEHL-550-25",
    ] {
        assert!(
            page.contains(&without_white_space(shown)),
            "{shown}: {page}"
        );
    }
}

/// The values that are not in the text of the pages. Notes the pointers that had a value.
fn missing(table: &[Row], request: &Value, text: &str, seen: &mut BTreeSet<String>) -> Vec<String> {
    let words: BTreeSet<&str> = text
        .split_whitespace()
        .map(|word| word.trim_start_matches('-'))
        .collect();
    let page = without_white_space(text);
    let is_receipt = request["template"]["name"] == "receipt";
    let mut missing = Vec::new();
    for row in table {
        for pointer in &row.pointers {
            for value in values(request, pointer) {
                seen.insert(pointer.clone());
                let is_there = match row.page {
                    Page::AsGiven => page.contains(&without_white_space(&value)),
                    Page::Date => page.contains(&german_date(&value)),
                    Page::Number => german_numbers(&value)
                        .iter()
                        .any(|number| words.contains(number.as_str())),
                    // A receipt says "2" and not "2 pc".
                    Page::InWords if is_receipt && value == "C62" => true,
                    Page::InWords => {
                        let shown = WORDS
                            .iter()
                            .find(|(term, code, _)| *term == row.term && *code == value);
                        shown
                            .is_some_and(|(_, _, words)| page.contains(&without_white_space(words)))
                    }
                    Page::Not => true,
                };
                if !is_there {
                    missing.push(format!("{} {pointer}: {value}", row.term));
                }
            }
        }
    }
    missing
}

/// The table of business terms.
fn table() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/business-terms.md");
    let text = std::fs::read_to_string(file).expect("docs/business-terms.md");
    let rows = text.lines().filter(|line| line.starts_with("| BT-"));
    rows.map(|row| {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let quoted = |column: &str| -> Vec<String> {
            let parts = column.split('`').skip(1).step_by(2);
            parts.map(str::to_owned).collect()
        };
        let page = columns[6];
        let mut pointers = quoted(columns[3]);
        // A name in the column restricts it to that field.
        let only = quoted(page);
        pointers.retain(|pointer| {
            only.is_empty() || only.iter().any(|name| pointer.ends_with(name.as_str()))
        });
        Row {
            term: columns[1].to_owned(),
            pointers,
            page: match page.split([',', ':']).next() {
                Some("yes") => Page::AsGiven,
                Some("date") => Page::Date,
                Some("number") => Page::Number,
                Some("in words") => Page::InWords,
                Some("no" | "in part") => Page::Not,
                _ => panic!("the column \"page\" is not understood: {row}"),
            },
        }
    })
    .collect()
}

/// The values at a pointer, in which `*` is the index of a list. The further payment means have the fields of the first.
fn values(request: &Value, pointer: &str) -> Vec<String> {
    let mut pointers = vec![pointer.to_owned()];
    pointers.extend(
        pointer
            .strip_prefix("/payment/means/")
            .map(|field| format!("/payment/furtherMeans/*/{field}")),
    );
    let mut found = Vec::new();
    for pointer in pointers {
        let mut places = vec![request];
        for segment in pointer.split('/').skip(1) {
            places = places
                .into_iter()
                .flat_map(|place| match segment {
                    "*" => place.as_array().into_iter().flatten().collect(),
                    name => Vec::from_iter(place.get(name)),
                })
                .collect();
        }
        found.extend(places.into_iter().flat_map(strings));
    }
    found
}

/// The strings of a value; of an identifier without its scheme.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(string) => vec![string.clone()],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(_) => strings(&value["value"]),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn german_date(date: &str) -> String {
    let parts: Vec<&str> = date.rsplit('-').collect();
    parts.join(".")
}

/// A number with as many decimals as it has, and with two.
fn german_numbers(number: &str) -> [String; 2] {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let short = decimals.trim_end_matches('0');
    let comma = if short.is_empty() { "" } else { "," };
    [
        format!("{whole}{comma}{short}"),
        format!("{whole},{short:0<2}"),
    ]
}

/// The text of a document in the order in which it was written, so that columns are not mixed.
fn text(pdf: &[u8]) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("document.pdf");
    std::fs::write(&path, pdf).expect("written");
    let output = poppler("pdftotext", &["-raw"], &[path, "-".into()]);
    String::from_utf8(output).expect("UTF-8")
}
