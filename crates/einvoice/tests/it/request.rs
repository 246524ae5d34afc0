//! Requests, and what becomes of them.

use einvoice::{EInvoice, Syntax};
use invoice::Invoice;
use invoice::model::EInvoiceProfile;
use serde_json::{Value, json};

/// A request that is valid for each profile.
pub(crate) fn request() -> Value {
    json!({
        "documentType": "invoice",
        "number": "RE-1",
        "issueDate": "2026-11-21",
        "dueDate": "2026-12-21",
        "currency": "EUR",
        "locale": "de-DE",
        "marketplace": {
            "platform": "shop", "region": "DE", "shopId": "1", "orderId": "2", "packageId": "3", "sequenceNumber": "4"
        },
        "seller": {
            "name": "Nordlicht Handels GmbH", "vatId": "DE123456789",
            "electronicAddress": { "value": "DE123456789", "scheme": "9930" },
            "address": { "street": "Hafenweg", "number": "7", "city": "Hamburg", "postalCode": "20095", "country": "DE" },
            "contact": { "name": "Rechnungsabteilung", "phone": "+49 40 123456", "email": "rechnung@nordlicht.example" }
        },
        "buyer": {
            "name": "Bäckerei Öztürk e. K.", "vatId": "DE987654321",
            "electronicAddress": { "value": "DE987654321", "scheme": "9930" },
            "address": { "city": "Kassel", "postalCode": "34117", "country": "DE" }
        },
        "references": { "buyerReference": "EINKAUF-22" },
        "lines": [
            { "id": "1", "name": "Mehl", "quantity": "12", "unit": "C62", "unitPrice": "18.90",
              "tax": { "category": "S", "rate": "7" } },
            { "id": "2", "name": "Schaber", "quantity": "3", "unit": "C62", "unitPrice": "9.95",
              "tax": { "category": "S", "rate": "19" } }
        ],
        "payment": { "means": { "code": "58", "iban": "DE89370400440532013000", "accountName": "Nordlicht" } }
    })
}

/// The request with other values at these pointers; `null` removes a field. Objects that are missing on the way are made.
pub(crate) fn with(changes: &[(&str, Value)]) -> Value {
    let mut request = request();
    for (pointer, value) in changes {
        set(&mut request, pointer, value.clone());
    }
    request
}

pub(crate) fn set(request: &mut Value, pointer: &str, value: Value) {
    let mut at = request;
    for part in pointer.split('/').skip(1) {
        at = match (part.parse::<usize>(), at) {
            (Ok(index), Value::Array(items)) => {
                if index == items.len() {
                    items.push(Value::Null);
                }
                &mut items[index]
            }
            (_, at) => {
                if at.is_null() {
                    *at = json!({});
                }
                let members = at.as_object_mut().expect("an object");
                members.entry(part).or_insert(Value::Null)
            }
        };
    }
    *at = value;
}

/// The invoice of a request that is valid apart from the e-invoice.
pub(crate) fn invoice(request: &Value) -> Invoice {
    let parsed = invoice::parse(request.to_string().as_bytes(), 64 << 20).expect("a request");
    parsed.invoice.unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// The XML of a valid request.
pub(crate) fn xml(request: &Value, profile: EInvoiceProfile, syntax: Syntax) -> String {
    let made = EInvoice::of(&invoice(request), profile, Some(syntax));
    let made = made.unwrap_or_else(|invalid| panic!("{invalid}"));
    String::from_utf8(made.xml).expect("UTF-8")
}

/// One problem: pointer, rule, message.
pub(crate) type Found = (String, Option<&'static str>, String);

/// The problems of a request.
pub(crate) fn problems(request: &Value, profile: EInvoiceProfile, syntax: Syntax) -> Vec<Found> {
    match EInvoice::of(&invoice(request), profile, Some(syntax)) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid
            .problems()
            .map(|problem| {
                let message = problem.message.clone();
                (problem.pointer.clone(), problem.rule, message)
            })
            .collect(),
    }
}

/// A request with these changes breaks these rules of the profile, and no others.
pub(crate) fn check(
    profile: EInvoiceProfile,
    changes: &[(&str, Value)],
    expected: &[(&str, &str)],
) {
    let found = problems(&with(changes), profile, Syntax::of(profile));
    let pairs: Vec<(&str, &str)> = found
        .iter()
        .map(|(pointer, rule, _)| (pointer.as_str(), rule.unwrap_or_default()))
        .collect();
    assert_eq!(pairs, expected, "{profile:?} {changes:?}");
    for (_, _, message) in &found {
        assert!(message.contains("expected"), "{message}");
        for private in ["Nordlicht", "Öztürk", "DE89370400440532013000", "rechnung@"] {
            assert!(!message.contains(private), "{message} quotes {private}");
        }
    }
}

/// The XML without line breaks and indentation between elements.
pub(crate) fn flat(xml: &str) -> String {
    xml.lines().map(str::trim).collect()
}

#[test]
fn the_request_is_valid_for_each_profile() {
    for profile in EInvoiceProfile::ALL {
        for syntax in Syntax::ALL {
            xml(&request(), profile, syntax);
        }
    }
}
