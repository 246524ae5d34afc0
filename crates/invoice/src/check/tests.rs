mod amounts;
mod attachments;
mod blank;
mod categories;
mod components;
mod domestic;
mod e_invoice;
mod fields;
mod laws;
mod lossless;
mod messages;
mod payment;
mod price_laws;
mod prices;
mod receipts;
mod rules;
mod signs;
mod standard;
mod terms;
mod tolerances;
mod warnings;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::amount;

const MAX_BYTES: usize = 1 << 20;

/// A request for an invoice in which everything is given and agrees.
fn request() -> Value {
    json!({
        "documentType": "invoice",
        "number": "RE-1",
        "issueDate": "2026-11-21",
        "currency": "EUR",
        "locale": "de-DE",
        "marketplace": {
            "platform": "tiktok", "region": "DE", "shopId": "shop123", "orderId": "order456",
            "packageId": "pkg789", "sequenceNumber": "12345"
        },
        "seller": {
            "name": "Nordlicht Handels GmbH", "vatId": "DE123456789", "address": { "city": "Hamburg", "country": "DE" }
        },
        "buyer": { "name": "Bäckerei Öztürk e. K.", "address": { "city": "Kassel", "country": "DE" } },
        "lines": [
            { "id": "1", "name": "Mehl", "quantity": "12", "unit": "C62", "unitPrice": "18.90", "netAmount": "226.80",
              "tax": { "category": "S", "rate": "7" } },
            { "id": "2", "name": "Schaber", "quantity": "3", "unit": "C62", "unitPrice": "9.95", "netAmount": "29.85",
              "tax": { "category": "S", "rate": "19" } }
        ],
        "taxBreakdown": [
            { "category": "S", "rate": "7", "taxable": "226.80", "tax": "15.88" },
            { "category": "S", "rate": "19", "taxable": "29.85", "tax": "5.67" }
        ],
        "totals": { "lines": "256.65", "net": "256.65", "tax": "21.55", "gross": "278.20", "due": "278.20" },
        "payment": { "means": { "code": "58", "iban": "DE89370400440532013000", "accountName": "Nordlicht", "qr": true } }
    })
}

/// The request with another value at a pointer; `Value::Null` is the same as removing the field.
fn with(pointer: &str, value: Value) -> Value {
    let mut request = request();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a field");
    match request.pointer_mut(parent).expect("a parent that exists") {
        Value::Object(members) => {
            members.insert(name.to_owned(), value);
        }
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("{parent} is not a container")
        }
    }
    request
}

fn parse_value(request: &Value) -> Result<Invoice, InvalidRequest> {
    parse(request.to_string().as_bytes(), MAX_BYTES).and_then(|parsed| parsed.invoice)
}

/// Code, pointer and rule of every problem. Each message says what was expected.
fn problems(request: &Value) -> Vec<(&'static str, String, Option<&'static str>)> {
    let invalid = parse_value(request).expect_err("the request must be refused");
    for problem in invalid.problems() {
        assert!(problem.message.contains(", expected "), "{problem}");
    }
    invalid
        .problems()
        .map(|problem| (problem.code.as_str(), problem.pointer.clone(), problem.rule))
        .collect()
}

#[test]
fn a_complete_request_becomes_an_invoice() {
    let invoice = parse_value(&request()).expect("valid");
    assert_eq!(invoice.totals.due.to_string(), "278.20");
    assert_eq!(invoice.taxes.len(), 2);
    assert_eq!(invoice.template.name, "invoice");
}

#[test]
fn everything_derivable_may_be_left_out() {
    let mut request = request();
    let members = request.as_object_mut().expect("an object");
    for name in [
        "documentType",
        "number",
        "locale",
        "buyer",
        "taxBreakdown",
        "totals",
        "payment",
    ] {
        members.remove(name);
    }
    let invoice = parse_value(&request).expect("valid");
    assert_eq!(invoice.document_type, DocumentType::Receipt);
    assert_eq!(invoice.number, "12345");
    assert_eq!(invoice.totals.gross.to_string(), "278.20");
}

#[test]
fn a_payment_code_needs_euros() {
    let mut request = request();
    request["currency"] = json!("USD");
    assert_eq!(
        problems(&request),
        [(
            "payment_qr_unsupported",
            "/payment/means/qr".to_owned(),
            Some("EPC069-12")
        )]
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let mut request = with("/totals/gross", json!("1"));
    request["currency"] = json!("EUR");
    request["issueDate"] = json!("never");
    request["lines"][1]["netAmount"] = json!("1.00");
    let codes: Vec<_> = problems(&request)
        .into_iter()
        .map(|(code, _, _)| code)
        .collect();
    assert_eq!(
        codes,
        ["date_invalid", "totals_mismatch", "totals_mismatch"]
    );
}

#[test]
fn neither_zero_allowances_nor_unknown_fields_are_refused() {
    let mut request = with("/totals/prepaid", json!("0.00"));
    request["allowances"] = json!([]);
    request["extensions"] = json!({ "anything": [1, 2.5, null] });
    parse_value(&request).expect("valid");
}

#[test]
fn bodies_that_are_no_request_are_refused_with_a_code() {
    let deep = "[".repeat(100_000);
    let deep_unknown = format!(r#"{{"x": {}1{}}}"#, "[".repeat(100), "]".repeat(100));
    for (body, code) in [
        (&b""[..], "request_malformed"),
        (b"{", "request_malformed"),
        (b"{} {}", "request_malformed"),
        (b"invoice please", "request_malformed"),
        (b"{\"number\": \"\xff\"}", "request_malformed"),
        (
            b"{\"number\": \"1\", \"number\": \"2\"}",
            "request_malformed",
        ),
        (b"[]", "field_type"),
        (b"null", "field_type"),
        (b"{}", "field_missing"),
        (deep.as_bytes(), "request_too_deep"),
        (deep_unknown.as_bytes(), "request_too_deep"),
        (&vec![b' '; MAX_BYTES + 1], "request_too_large"),
    ] {
        let invalid = parse(body, MAX_BYTES)
            .and_then(|parsed| parsed.invoice)
            .expect_err("must be refused");
        assert_eq!(
            invalid.code().as_str(),
            code,
            "{}",
            String::from_utf8_lossy(&body[..body.len().min(60)])
        );
    }
}

#[test]
fn a_document_holds_ten_thousand_lines_and_no_more() {
    let mut request = request();
    let line = json!({ "name": "x", "quantity": "1", "unitPrice": "1", "tax": { "category": "Z", "rate": "0" } });
    for name in ["totals", "taxBreakdown"] {
        request[name] = Value::Null;
    }
    request["lines"] = Value::Array(vec![line.clone(); 10_000]);
    let parse_long = |request: &Value| {
        parse(request.to_string().as_bytes(), 4 << 20).and_then(|parsed| parsed.invoice)
    };
    assert_eq!(
        parse_long(&request).expect("valid").totals.due.to_string(),
        "10000.00"
    );

    request["lines"] = Value::Array(vec![line; 10_001]);
    assert_eq!(
        parse_long(&request).expect_err("too many").code().as_str(),
        "lines_too_many"
    );
}

#[test]
fn the_largest_amounts_do_not_overflow() {
    let mut request = request();
    let line = json!({
        "name": "x", "quantity": "99999.999999", "unitPrice": "9999999999", "tax": { "category": "S", "rate": "99.9999" }
    });
    request["totals"] = Value::Null;
    request["taxBreakdown"] = Value::Null;
    request["payment"] = Value::Null;
    request["lines"] = Value::Array(vec![line; 5_000]);
    for prices_include_tax in [false, true] {
        request["pricesIncludeTax"] = json!(prices_include_tax);
        let parsed = parse(request.to_string().as_bytes(), 4 << 20).expect("JSON");
        parsed.invoice.expect("large, yet within the limits");
    }

    request["lines"][0]["unitPrice"] = json!("10000000001");
    assert_eq!(
        problems(&request),
        [("amount_invalid", "/lines/0".to_owned(), None)]
    );
}

#[test]
fn an_error_never_quotes_what_may_be_personal() {
    for (pointer, value) in [
        ("/buyer", json!("Jane Doe")),
        ("/seller/name", json!({ "first": "Jane Doe" })),
        ("/seller", json!("x, expected Jane Doe at line 1")),
        ("/currency", json!("Jane Doe")),
        ("/issueDate", json!("jane@doe.example")),
        ("/seller/vatId", json!("JaneDoe")),
        ("/payment/means/iban", json!("JaneDoe")),
        ("/payment/means/bic", json!("JaneDoe")),
        ("/payment/means/cardLast4", json!("JaneDoe")),
        ("/payment/means/url", json!("http://shop.example/JaneDoe")),
    ] {
        let error = parse_value(&with(pointer, value))
            .expect_err("must be refused")
            .to_string();
        assert!(!error.contains("Jane"), "{error}");
    }
}

#[test]
fn a_failure_is_recorded_under_its_identity_when_that_is_valid() {
    let parsed = parse(
        with("/currency", json!("?")).to_string().as_bytes(),
        MAX_BYTES,
    )
    .expect("JSON");
    assert_eq!(
        parsed.identity.map(|identity| identity.to_string()),
        Some("tiktok/shop123/order456/pkg789/12345".to_owned())
    );
    let parsed = parse(
        with("/marketplace/orderId", json!(".."))
            .to_string()
            .as_bytes(),
        MAX_BYTES,
    )
    .expect("JSON");
    assert_eq!(parsed.identity, None);
}
