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

fn line(price: &str, rate: &str, members: &Value) -> Value {
    let mut line = json!({
        "name": "Lamp", "quantity": "1", "unitPrice": price, "tax": { "category": "S", "rate": rate },
    });
    let fields = line.as_object_mut().expect("an object");
    fields.extend(members.as_object().expect("members").clone());
    line
}

/// The page of a document with these members whose prices include tax, by the template of its type.
async fn page_with_tax(document_type: &str, members: &Value) -> String {
    let mut request = mug(members.clone());
    request["documentType"] = json!(document_type);
    request["template"] = json!({ "name": document_type });
    request["pricesIncludeTax"] = json!(true);
    pages(&render(&request).await).concat()
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
async fn a_percentage_of_the_prices_on_a_receipt_names_no_base() {
    let discount = json!({ "allowances": [{ "percent": "10" }] });
    let of_line = json!({ "lines": [line("29.90", "19", &discount)] });
    let page = page_with_tax("receipt", &of_line).await;
    assert_shows(&page, &["Discount · 10% · -€2.99", "Total €26.91"]);
    assert!(!page.contains("10%of"), "{page}");

    let tax = json!({ "category": "S", "rate": "19" });
    let of_document = json!({
        "lines": [line("119.00", "19", &json!({})), line("107.00", "7", &json!({}))],
        "allowances": [{ "percent": "10", "tax": tax }],
    });
    let page = page_with_tax("receipt", &of_document).await;
    assert_shows(
        &page,
        &["Items €226.00", "Discount · 10% -€22.60", "Total €203.40"],
    );
    assert!(!page.contains("10%of"), "{page}");
    // Without tax it is not 10 % of the lines, of which one has another rate.
    let page = page_with_tax("invoice", &of_document).await;
    assert_shows(&page, &["10% of €189.92", "-€18.99", "Subtotal €181.01"]);
}

#[tokio::test]
async fn another_base_is_shown_with_tax_on_a_receipt_and_without_on_an_invoice() {
    let sample =
        json!({ "allowances": [{ "percent": "10", "base": "20.00", "reason": "Sample" }] });
    let members = json!({
        "lines": [line("29.90", "19", &sample)],
        "charges": [{ "percent": "2", "base": "50.00", "reason": "Freight" }],
    });
    let page = page_with_tax("receipt", &members).await;
    assert_shows(
        &page,
        &[
            "Sample · 10% of €20.00 · -€2.00",
            "Freight · 2% of €50.00 €1.00",
            "Total €28.90",
        ],
    );
    let page = page_with_tax("invoice", &members).await;
    assert_shows(
        &page,
        &["10% of €16.81", "2% of €42.02", "Amount due €28.90"],
    );
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
