//! Receipts stay lenient: identity, seller, lines and currency are enough, and what marketplaces leave out is not asked for.

use super::*;

/// A receipt that an invoice of the standard could not be.
fn receipt() -> Value {
    json!({
        "issueDate": "2026-11-21",
        "currency": "USD",
        "marketplace": {
            "platform": "tiktok", "shopId": "shop123", "orderId": "order456", "packageId": "pkg789", "sequenceNumber": "1"
        },
        "seller": {
            "name": "Harbor Street Goods", "legalId": { "value": "20418", "scheme": "WA-UBI" },
            "electronicAddress": { "value": "billing@harborstreet.example" }
        },
        "buyer": { "name": "J. Rivera" },
        "lines": [
            { "name": "Mug", "unit": "PCS", "quantity": "1", "unitPrice": "10",
              "tax": { "category": "S", "rate": "0", "exemptionReason": "Collected by the platform" },
              "charges": [{ "amount": "1", "reasonCode": "GFT" }] },
            { "name": "Gift card", "quantity": "1", "unitPrice": "10", "tax": { "category": "O" } },
            { "name": "Book", "quantity": "1", "unitPrice": "10", "tax": { "category": "E", "rate": "0" } }
        ],
        "payment": { "means": { "remittance": "order456" } }
    })
}

#[test]
fn a_receipt_needs_neither_tax_numbers_nor_addresses_nor_codes_of_lists() {
    let invoice = parse_value(&receipt()).expect("valid");
    assert_eq!(invoice.lines[0].unit, "PCS");
    assert_eq!(
        invoice.seller.legal_id.and_then(|id| id.scheme).as_deref(),
        Some("WA-UBI")
    );
    assert!(
        invoice
            .payment
            .is_some_and(|payment| payment.means[0].code.is_none())
    );
}

#[test]
fn the_same_as_an_invoice_breaks_the_rules() {
    let mut request = receipt();
    request["documentType"] = json!("invoice");
    request["number"] = json!("R-1");
    let found = problems(&request).into_iter();
    let found: Vec<_> = found
        .map(|(_, pointer, rule)| (pointer, rule.unwrap_or_default()))
        .collect();
    let expected = [
        ("/seller/legalId/scheme", "BR-CL-11"),
        ("/seller/address", "BR-08"),
        ("/seller/electronicAddress/scheme", "BR-62"),
        ("/buyer/address", "BR-10"),
        ("/lines/0/tax/exemptionReason", "BR-S-10"),
        ("/lines/0/unit", "BR-CL-23"),
        ("/lines/0/charges/0/reasonCode", "BR-CL-20"),
        ("/seller/vatId", "BR-S-02"),
        ("/lines/0/tax/rate", "BR-S-05"),
        ("/lines/0/tax/category", "BR-O-12"),
        ("/lines/2/tax/exemptionReason", "BR-E-10"),
        ("/payment/means/code", "BR-49"),
    ];
    let expected = expected.map(|(pointer, rule)| (pointer.to_owned(), rule));
    assert_eq!(found, expected);
}

#[test]
fn a_code_of_a_receipt_has_the_form_of_a_code() {
    for (pointer, value, rule) in [
        ("/lines/0/unit", "pieces", "BR-CL-23"),
        ("/lines/0/charges/0/reasonCode", "gift wrap", "BR-CL-20"),
        ("/lines/2/tax/exemptionCode", "because", "BR-CL-22"),
    ] {
        let mut request = receipt();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a field");
        request.pointer_mut(parent).expect("an object")[name] = json!(value);
        assert_eq!(
            problems(&request),
            [("field_invalid", pointer.to_owned(), Some(rule))]
        );
    }
    let mut request = receipt();
    request["seller"]["address"] = json!({ "country": "UK" });
    assert_eq!(problems(&request)[0].0, "country_invalid");
}
