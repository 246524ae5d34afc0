//! A plain invoice from one German company to another, and what it may and may not lack.

use super::*;

fn domestic() -> Value {
    json!({
        "documentType": "invoice",
        "number": "R-1",
        "issueDate": "2026-11-21",
        "dueDate": "2026-12-21",
        "currency": "EUR",
        "locale": "en-GB",
        "marketplace": {
            "platform": "tiktok", "shopId": "s1", "orderId": "o1", "packageId": "p1", "sequenceNumber": "1"
        },
        "seller": {
            "name": "Alder Goods GmbH", "vatId": "DE123456789",
            "address": { "street": "Lindenweg 4", "city": "Hamburg", "postalCode": "20457", "country": "DE" }
        },
        "buyer": {
            "name": "Birch Bakery KG",
            "address": { "street": "Marktplatz 1", "city": "Kassel", "postalCode": "34117", "country": "DE" }
        },
        "lines": [
            { "id": "1", "name": "Flour", "quantity": "10", "unitPrice": "10.00", "tax": { "category": "S", "rate": "19" } }
        ]
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut request = domestic();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a field");
    let parent = request.pointer_mut(parent).expect("a parent");
    parent[name] = value;
    request
}

#[test]
fn what_the_law_needs_is_asked_for() {
    parse_value(&domestic()).expect("valid");
    for (pointer, value, found_at, code, rule) in [
        (
            "/seller/vatId",
            Value::Null,
            "/seller/vatId",
            "field_missing",
            "BR-S-02",
        ),
        (
            "/seller/address",
            Value::Null,
            "/seller/address",
            "field_missing",
            "BR-08",
        ),
        (
            "/buyer/address",
            Value::Null,
            "/buyer/address",
            "field_missing",
            "BR-10",
        ),
        (
            "/payment",
            json!({ "means": { "remittance": "R-1" } }),
            "/payment/means/code",
            "field_missing",
            "BR-49",
        ),
        (
            "/payment",
            json!({ "means": { "code": "58", "bic": "COBADEFFXXX", "accountName": "Alder Goods GmbH" } }),
            "/payment/means/iban",
            "field_missing",
            "BR-61",
        ),
        (
            "/seller/electronicAddress",
            json!({ "value": "x1" }),
            "/seller/electronicAddress/scheme",
            "field_missing",
            "BR-62",
        ),
        (
            "/lines/0/tax/exemptionReason",
            json!("Exempt, article 132"),
            "/lines/0/tax/exemptionReason",
            "tax_invalid",
            "BR-S-10",
        ),
    ] {
        let found = problems(&changed(pointer, value));
        assert_eq!(
            found,
            [(code, found_at.to_owned(), Some(rule))],
            "{pointer}"
        );
    }
}

#[test]
fn another_tax_number_or_a_representative_stands_in_for_the_vat_id() {
    for (pointer, value) in [
        ("/seller/taxRegistrationId", json!("21/815/08150")),
        (
            "/taxRepresentative",
            json!({ "name": "Rep", "vatId": "DE987654321", "address": { "country": "DE" } }),
        ),
    ] {
        let mut request = changed(pointer, value);
        request["seller"]["vatId"] = Value::Null;
        parse_value(&request).expect(pointer);
    }
}

#[test]
fn codes_are_those_of_the_lists_however_an_exemption_is_spelled() {
    let tax = json!({ "category": "E", "rate": "0" });
    let mut request = changed("/lines/0/tax", tax);
    request["taxBreakdown"] =
        json!([{ "category": "E", "rate": "0", "exemptionCode": "vatex-eu-132-1i" }]);
    let invoice = parse_value(&request).expect("valid");
    let exemption = invoice.taxes[0].exemption.as_ref().expect("an exemption");
    assert_eq!(exemption.code.as_deref(), Some("VATEX-EU-132-1I"));

    let tax = json!({ "category": "B", "rate": "22" });
    let invoice = parse_value(&changed("/lines/0/tax", tax)).expect("valid");
    assert_eq!(invoice.taxes[0].tax.category.code(), "B");

    // NAR and LH are on the list; PCE was.
    for unit in ["NAR", "LH", "PCE"] {
        let invoice = parse_value(&changed("/lines/0/unit", json!(unit))).expect(unit);
        assert_eq!(invoice.lines[0].unit, unit);
    }

    // A page for payment alone is no payment means of the standard.
    let url = json!({ "means": { "url": "https://pay.example/R-1" } });
    parse_value(&changed("/payment", url)).expect("valid");
}
