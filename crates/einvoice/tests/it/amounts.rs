//! Amounts, prices and currencies.

use einvoice::Syntax;
use invoice::model::EInvoiceProfile::{FacturXEn16931, PeppolBis3};
use serde_json::{Value, json};

use crate::request::{flat, problems, with, xml};

#[test]
fn a_currency_without_minor_units_has_amounts_of_two_decimals() {
    let changes = [
        ("/currency", json!("JPY")),
        ("/lines/0/unitPrice", json!("1890")),
        ("/lines/1/unitPrice", json!("995")),
    ];
    let xml = flat(&xml(&with(&changes), FacturXEn16931, Syntax::Cii));
    assert!(
        xml.contains("<ram:GrandTotalAmount>27820.00</ram:GrandTotalAmount>"),
        "{xml}"
    );
    assert!(
        xml.contains("<ram:ChargeAmount>1890</ram:ChargeAmount>"),
        "{xml}"
    );
}

#[test]
fn a_third_decimal_is_refused_at_its_field() {
    let mut changes = vec![
        ("/currency", json!("KWD")),
        ("/lines/0/quantity", json!("1")),
        ("/lines/0/unitPrice", json!("18.905")),
        ("/lines/1/quantity", json!("1")),
        ("/payment", Value::Null),
    ];
    let found = problems(&with(&changes), FacturXEn16931, Syntax::Cii);
    let of = |pointer: &str| {
        let found = found.iter().find(|(other, ..)| other == pointer);
        found
            .unwrap_or_else(|| panic!("{pointer} in {found:?}"))
            .clone()
    };
    let (_, rule, message) = of("/lines/0/netAmount");
    assert_eq!(rule, Some("BR-DEC-23"));
    assert_eq!(
        message,
        "is 18.905, expected at most two decimals: amounts of an e-invoice have no more, in any currency"
    );
    // Sums of amounts that were not taken over say nothing.
    assert!(
        found
            .iter()
            .all(|(_, rule, _)| rule.is_some_and(|rule| rule.starts_with("BR-DEC-"))),
        "{found:?}"
    );
    // A third decimal that is zero is none.
    changes[2] = ("/lines/0/unitPrice", json!("100"));
    changes.push(("/lines/1/unitPrice", json!("100")));
    xml(&with(&changes), FacturXEn16931, Syntax::Cii);
}

#[test]
fn prices_with_tax_are_written_without_it() {
    let changes = [
        ("/pricesIncludeTax", json!(true)),
        ("/lines/0/unitPrice", json!("20.22")),
        ("/lines/1/unitPrice", json!("11.90")),
        ("/lines/0/quantity", json!("1")),
        ("/lines/1/quantity", json!("1")),
    ];
    let request = with(&changes);
    for profile in [FacturXEn16931, PeppolBis3] {
        let xml = flat(&xml(&request, profile, Syntax::Ubl));
        for expected in [
            "<cbc:TaxInclusiveAmount currencyID=\"EUR\">32.12</cbc:TaxInclusiveAmount>",
            "<cbc:LineExtensionAmount currencyID=\"EUR\">10.00</cbc:LineExtensionAmount>",
            "<cbc:PriceAmount currencyID=\"EUR\">10</cbc:PriceAmount>",
        ] {
            assert!(xml.contains(expected), "{expected} in {xml}");
        }
    }
}

#[test]
fn ten_thousand_lines_are_one_e_invoice() {
    let mut request = with(&[]);
    let line = request["lines"][0].clone();
    let lines = (1..=10_000).map(|number| {
        let mut line = line.clone();
        line["id"] = json!(number.to_string());
        line
    });
    request["lines"] = lines.collect();
    let xml = xml(&request, FacturXEn16931, Syntax::Cii);
    assert_eq!(
        xml.matches("<ram:IncludedSupplyChainTradeLineItem>")
            .count(),
        10_000
    );
}
