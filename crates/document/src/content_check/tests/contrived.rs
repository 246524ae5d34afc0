//! Texts of a request that look like a part of the page are no faults of the page.

use serde_json::{Value, json};

use super::mismatches;
use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::files::Files;
use crate::shipped;

const INVOICE: &str = "/invoice/samples/invoice-de.json";
const PACKING: &str = "/packing-slip/samples/packing-slip-de.json";

fn sample(path: &str) -> Value {
    serde_json::from_slice(shipped::content(path).expect(path)).expect("JSON")
}

fn found(request: &Value) -> Vec<String> {
    let catalog = Catalog::shipped_with(Files::new(), None);
    let parsed = invoice::parse(request.to_string().as_bytes(), 1 << 20).expect("a request");
    let invoice = parsed.invoice.unwrap_or_else(|invalid| panic!("{invalid}"));
    mismatches(&catalog, &Compiler::new(&catalog), &invoice).expect("a document")
}

#[test]
fn a_note_may_have_the_phrase_of_a_tax_with_another_amount() {
    let mut request = sample(INVOICE);
    let rate = request["lines"][0]["tax"]["rate"]
        .as_str()
        .expect("a rate")
        .to_owned();
    let phrase = format!("{rate}\u{a0}% USt. auf 12,00\u{a0}€");
    request["notes"] = json!([{ "text": phrase }, { "text": format!("{phrase}: 2,28\u{a0}€") }]);
    request["references"]["contract"] = json!(phrase);
    assert_eq!(found(&request), Vec::<String>::new());
}

#[test]
fn an_item_may_have_the_label_of_a_carried_sum_as_its_number() {
    let mut request = sample(PACKING);
    request["lines"][0]["sku"] = json!("Übertrag");
    request["lines"][0]["quantity"] = json!("1234.5");
    assert_eq!(found(&request), Vec::<String>::new());
}

#[test]
fn a_reference_may_have_the_label_of_another_one() {
    let mut request = sample(INVOICE);
    request["references"]["contract"] = json!("Bestellnummer");
    request["references"]["purchaseOrder"] = json!("Vertrag");
    assert_eq!(found(&request), Vec::<String>::new());
}
