//! Amounts on the page: prices with tax, several taxes, and amounts that the buyer gets.

use serde_json::{Value, json};

use super::{assert_shows, pages, render, without_white_space};
use crate::harness::samples;

/// A request for a mug, with these members.
fn mug(members: Value) -> Value {
    let mut request = samples::invoice();
    let fields = request.as_object_mut().expect("an object");
    for name in ["taxBreakdown", "totals", "payment", "notes"] {
        fields.remove(name);
    }
    fields.insert("locale".into(), json!("en-GB"));
    fields.insert(
        "lines".into(),
        json!([{ "name": "Mug", "quantity": "3", "unitPrice": "9.99", "tax": { "category": "S", "rate": "19" } }]),
    );
    fields.extend(members.as_object().expect("members").clone());
    request
}

#[tokio::test]
async fn a_receipt_shows_prices_with_tax_and_an_invoice_without() {
    let receipt = mug(json!({
        "documentType": "receipt", "template": { "name": "receipt" }, "pricesIncludeTax": true,
        "charges": [{ "amount": "4.90", "reasonCode": "FC" }]
    }));
    let page = pages(&render(&receipt).await).concat();
    assert_shows(
        &page,
        &[
            "Mug 3 9.99 29.97",
            "Items €29.97",
            "Shipping €4.90",
            "Total €34.87",
            "Includes 19% VAT on €29.30 €5.57",
        ],
    );
    assert!(!page.contains("Subtotal"), "{page}");

    let invoice = mug(json!({ "pricesIncludeTax": true }));
    let page = pages(&render(&invoice).await).concat();
    assert_shows(
        &page,
        &[
            "8.39496 19% 25.18",
            "Subtotal €25.18",
            "VAT 19% on €25.18 €4.79",
            "Amount due €29.97",
        ],
    );
    assert!(!page.contains("Includes"), "{page}");
}

#[tokio::test]
async fn each_of_several_taxes_is_shown_with_its_amount() {
    let mut request = mug(json!({}));
    request["lines"][0]["tax"] = json!({
        "category": "S", "components": [{ "name": "GST", "rate": "5" }, { "name": "QST", "rate": "9.975" }]
    });
    for template in ["invoice", "receipt"] {
        request["template"] = json!({ "name": template });
        let page = pages(&render(&request).await).concat();
        let taxes = "VAT 14.975% on €29.97 €4.49 GST 5% €1.50 QST 9.975% €2.99";
        assert_shows(&page, &[taxes]);
    }
}

#[tokio::test]
async fn an_amount_that_the_buyer_gets_is_not_called_due() {
    let preceding = json!({ "precedingInvoices": [{ "number": "R-0" }] });
    let mut request = mug(json!({ "documentType": "corrected-invoice", "references": preceding }));
    request["lines"][0]["quantity"] = json!("-3");
    for document_type in [
        "corrected-invoice",
        "invoice",
        "self-billed-invoice",
        "receipt",
    ] {
        request["documentType"] = json!(document_type);
        let template = if document_type == "receipt" {
            "receipt"
        } else {
            "invoice"
        };
        request["template"] = json!({ "name": template });
        let page = pages(&render(&request).await).concat();
        assert_shows(&page, &["Subtotal -€29.97", "Amount to be refunded €35.66"]);
        assert!(!page.contains(&without_white_space("Amount due")), "{page}");
    }
}

#[tokio::test]
async fn a_balance_that_is_brought_forward_is_not_called_paid() {
    let request = mug(json!({ "totals": { "prepaid": "-20.00" } }));
    let page = pages(&render(&request).await).concat();
    assert_shows(
        &page,
        &[
            "Total €35.66",
            "Balance brought forward €20.00",
            "Amount due €55.66",
        ],
    );
    assert!(
        !page.contains(&without_white_space("Already paid")),
        "{page}"
    );
}
