//! Everything that a request may say about a document, and what is refused.

use super::*;

#[test]
fn a_request_that_says_everything_is_understood() {
    let mut request = request();
    let party = |name: &str| {
        json!({
            "name": name, "tradingName": "Shop", "vatId": "DE123456789", "taxRegistrationId": "12/345",
            "legalId": { "value": "HRB 1", "scheme": "0204" },
            "electronicAddress": { "value": "a@b.example", "scheme": "EM" },
            "address": { "street": "Weg", "number": "1", "additional": "Hof", "city": "Ort", "postalCode": "1",
                         "region": "X", "country": "DE" },
            "contact": { "name": "N", "phone": "1", "email": "n@b.example" }
        })
    };
    for name in ["seller", "buyer", "payee", "taxRepresentative"] {
        request[name] = party(name);
    }
    request["taxPointDate"] = json!("2026-11-20");
    request["template"] = json!({ "name": "invoice", "paper": "us-letter" });
    request["delivery"] =
        json!({ "name": "Lager", "address": { "country": "AT" }, "date": "2026-11-19" });
    request["references"] = json!({
        "buyerReference": "a", "purchaseOrder": "b", "salesOrder": "c", "contract": "d", "project": "e",
        "despatchAdvice": "f", "precedingInvoices": [{ "number": "g" }]
    });
    request["lines"][0]["gtin"] = json!("4006381333931");
    request["lines"][0]["description"] = json!("Two\nlines");
    request["lines"][0]["period"] = json!({ "start": "2026-11-01", "end": "2026-11-30" });
    request["payment"]["means"] = json!({
        "code": "48", "cardLast4": "4242", "mandate": "M-1", "url": "https://pay.example/1", "bic": "COBADEFFXXX"
    });
    request["notes"] = json!([{ "subjectCode": "REG", "text": "a\nb" }, {}]);
    request["attachments"] =
        json!([{ "id": "T-1", "description": "Timesheet", "url": "https://a.example/t" }]);
    request["extensions"] = json!({ "loyalty": { "points": 12 } });
    let invoice = parse_value(&request).expect("valid");
    assert_eq!(
        invoice.payee.expect("a payee").trading_name.as_deref(),
        Some("Shop")
    );
    assert_eq!(invoice.references.preceding_invoices[0].number, "g");
    assert_eq!(invoice.notes.len(), 1);
    assert_eq!(
        invoice.template.paper.map(|paper| paper.as_str()),
        Some("us-letter")
    );
    assert_eq!(invoice.extensions["loyalty"]["points"], 12);
}

#[test]
fn each_value_out_of_its_form_is_named() {
    for (pointer, value, code, rule) in [
        (
            "/seller/vatId",
            json!("123456789"),
            "field_invalid",
            Some("BR-CO-09"),
        ),
        ("/template", json!({ "paper": "a5" }), "field_invalid", None),
        (
            "/lines/0/gtin",
            json!("4006381333932"),
            "field_invalid",
            None,
        ),
        ("/lines/0/unit", json!("pieces"), "field_invalid", None),
        (
            "/lines/0/priceBaseQuantity",
            json!("0"),
            "quantity_invalid",
            None,
        ),
        (
            "/lines/0/period",
            json!({ "start": "2026-11-02", "end": "2026-11-01" }),
            "date_invalid",
            Some("BR-30"),
        ),
        (
            "/lines/0/tax/exemptionCode",
            json!("because"),
            "field_invalid",
            None,
        ),
        ("/payment/means/code", json!("cash"), "field_invalid", None),
        (
            "/payment/means/cardLast4",
            json!("4242424242424242"),
            "field_invalid",
            None,
        ),
        (
            "/payment/means/url",
            json!("javascript:alert(1)"),
            "field_invalid",
            None,
        ),
        (
            "/payment/means/bic",
            json!("cobadeff"),
            "field_invalid",
            None,
        ),
        (
            "/notes",
            json!([{ "subjectCode": "x" }]),
            "field_invalid",
            None,
        ),
        ("/attachments", json!([{}]), "field_missing", Some("BR-52")),
        (
            "/attachments",
            json!([{ "id": "1", "content": "JVBERi0=" }]),
            "field_unsupported",
            None,
        ),
        (
            "/references",
            json!({ "precedingInvoices": [{}] }),
            "field_missing",
            Some("BR-55"),
        ),
        (
            "/delivery",
            json!({ "address": {} }),
            "field_missing",
            Some("BR-09"),
        ),
        ("/extensions", json!([]), "field_type", None),
    ] {
        let found = problems(&with(pointer, value.clone()));
        let (found_code, found_pointer, found_rule) = &found[0];
        assert_eq!(
            (*found_code, *found_rule),
            (code, rule),
            "{pointer} = {value}: {found:?}"
        );
        assert!(found_pointer.starts_with(pointer), "{found_pointer}");
    }
}

#[test]
fn lists_have_an_end() {
    for (pointer, item) in [
        ("/notes", json!({ "text": "x" })),
        ("/attachments", json!({ "id": "x" })),
        (
            "/allowances",
            json!({ "amount": "0.01", "tax": { "category": "S", "rate": "7" } }),
        ),
    ] {
        let found = problems(&with(pointer, Value::Array(vec![item; 101])));
        assert_eq!(found[0], ("field_invalid", pointer.to_owned(), None));
    }
}
