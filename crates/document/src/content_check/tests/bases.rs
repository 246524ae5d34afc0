//! A template may print the base of a percentage among the totals: that of the prices on its page.

use serde_json::{Value, json};

use super::mismatches;
use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::files::Files;
use crate::shipped;

const INVOICE: &str = "/invoice/samples/invoice-de.json";
const TOTALS: &str = "/lib/totals.typ";

/// The place of a further row among the totals.
const NO_ROWS: &str = "let tax-rows = ()";

/// A document whose prices include tax, with a discount of 10 % of 50.00, which is 42.02 without tax.
fn request(document_type: &str) -> Value {
    let sample = shipped::content(INVOICE).expect(INVOICE);
    let mut request: Value = serde_json::from_slice(sample).expect("JSON");
    let fields = request.as_object_mut().expect("an object");
    for derived in ["taxBreakdown", "totals", "payment", "notes"] {
        fields.remove(derived);
    }
    let line = |name: &str, price: &str, rate: &str| json!({ "name": name, "quantity": "1", "unitPrice": price, "tax": { "category": "S", "rate": rate } });
    let tax = json!({ "category": "S", "rate": "19" });
    let members = json!({
        "documentType": document_type,
        "template": { "name": document_type },
        "locale": "en-GB",
        "pricesIncludeTax": true,
        "lines": [line("Lamp", "119.00", "19"), line("Book", "107.00", "7")],
        "allowances": [{ "percent": "10", "base": "50.00", "tax": tax }],
    });
    fields.extend(members.as_object().expect("an object").clone());
    request
}

/// What is found where a row of the totals has this amount, an expression of Typst.
fn found(document_type: &str, amount: &str) -> Vec<String> {
    let totals = shipped::content(TOTALS).expect(TOTALS);
    let totals = std::str::from_utf8(totals).expect("UTF-8");
    assert!(totals.contains(NO_ROWS), "{TOTALS} has no {NO_ROWS:?}");
    let row = format!("let tax-rows = ((label: \"Taken of\", amount: {amount}),)");
    let totals = totals.replacen(NO_ROWS, &row, 1);
    let mut changed = Files::new();
    changed.insert(TOTALS.to_owned(), totals.into_bytes().into());
    let catalog = Catalog::shipped_with(changed, None);
    let body = request(document_type).to_string();
    let parsed = invoice::parse(body.as_bytes(), 1 << 20).expect("a request");
    let invoice = parsed.invoice.unwrap_or_else(|invalid| panic!("{invalid}"));
    mismatches(&catalog, &Compiler::new(&catalog), &invoice).expect("a document")
}

#[test]
fn a_base_among_the_totals_is_with_tax_where_the_prices_are() {
    for (document_type, right, wrong) in [
        ("receipt", "€50.00", "€42.02"),
        ("invoice", "€42.02", "€50.00"),
    ] {
        for amount in ["allowances.first().base", &format!("{right:?}")] {
            let faults = found(document_type, amount);
            assert_eq!(faults, Vec::<String>::new(), "{document_type} {amount}");
        }
        let faults = found(document_type, &format!("{wrong:?}"));
        let is_told = |fault: &String| fault.contains(": /totals: ") && fault.contains(wrong);
        assert!(faults.iter().any(is_told), "{document_type}: {faults:#?}");
    }
}
