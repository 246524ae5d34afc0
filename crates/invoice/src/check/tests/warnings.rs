//! What is valid and suspicious.

use super::*;

fn parsed(request: &Value, limits: RequestLimits) -> ParsedRequest {
    parse(request.to_string().as_bytes(), limits).expect("JSON")
}

fn warnings(request: &Value) -> Vec<(&'static str, String)> {
    let parsed = parsed(request, MAX_BYTES.into());
    assert!(parsed.invoice.is_ok(), "{:?}", parsed.invoice);
    let warnings = parsed.warnings.into_iter();
    warnings
        .map(|warning| (warning.code.as_str(), warning.pointer))
        .collect()
}

/// With one line of this tax, and without what would have to agree.
fn with_tax(tax: Value) -> Value {
    let mut request = request();
    let members = request.as_object_mut().expect("an object");
    for name in ["taxBreakdown", "totals", "payment"] {
        members.remove(name);
    }
    request["lines"] =
        json!([{ "name": "Mehl", "quantity": "1", "unitPrice": "1.00", "tax": tax }]);
    request
}

#[test]
fn a_rate_that_is_a_fraction_is_suspicious() {
    let taxed = |rate: &str| with_tax(json!({ "category": "S", "rate": rate }));
    let found = vec![("rate_unusual", "/lines/0/tax/rate".to_owned())];
    for rate in ["0.07", "0.19", "0.999"] {
        assert_eq!(warnings(&taxed(rate)), found, "{rate}");
    }
    for rate in ["1", "2.5", "27", "100"] {
        assert_eq!(warnings(&taxed(rate)), [], "{rate}");
    }
    assert_eq!(
        warnings(&with_tax(json!({ "category": "Z", "rate": "0" }))),
        []
    );
    let parts = json!([{ "name": "District", "rate": "0.25" }, { "name": "City", "rate": "0.5" }]);
    let tax = json!({ "category": "S", "components": parts });
    assert_eq!(warnings(&with_tax(tax)), []);
}

#[test]
fn a_due_date_before_the_issue_date_is_suspicious() {
    assert_eq!(
        warnings(&with("/dueDate", json!("2026-11-20"))),
        [("dates_reversed", "/dueDate".to_owned())]
    );
    assert_eq!(warnings(&with("/dueDate", json!("2026-11-21"))), []);
}

#[test]
fn warnings_change_neither_the_invoice_nor_its_digest() {
    let plain = with_tax(json!({ "category": "S", "rate": "0.19" }));
    let lenient = parsed(&plain, MAX_BYTES.into());
    let strict = parsed(&plain, RequestLimits::from(MAX_BYTES).strict_if(true));
    assert_eq!(lenient.digest, strict.digest);
    assert_eq!(lenient.warnings, strict.warnings);
    assert_eq!(lenient.invoice, strict.invoice);
    let mut misspelt = plain.clone();
    misspelt["netAmmount"] = json!("1");
    misspelt["dueDaet"] = json!("2026-11-21");
    let misspelt = parsed(&misspelt, MAX_BYTES.into());
    assert_eq!(misspelt.invoice, lenient.invoice);
    let pointers: Vec<_> = misspelt.warnings.iter().map(|it| &*it.pointer).collect();
    assert_eq!(pointers, ["/dueDaet", "/lines/0/tax/rate"]);
}

#[test]
fn a_strict_check_refuses_members_that_are_no_field_and_reports_everything_else_too() {
    let strict = RequestLimits::from(MAX_BYTES).strict_if(true);
    let mut request = with("/currency", json!("???"));
    request["curency"] = json!("EUR");
    request["extensions"] = json!({ "anything": [{ "goes": 1 }] });
    let invalid = parsed(&request, strict).invoice.expect_err("refused");
    assert_eq!(
        invalid.to_string(),
        "/currency: is \"???\", expected a code of ISO 4217 like EUR (BR-CL-04); /curency: unknown field"
    );
    // Also beside a field of the wrong type.
    request["lines"] = json!("none");
    let invalid = parsed(&request, strict).invoice.expect_err("refused");
    let codes: Vec<_> = invalid.problems().map(|problem| problem.code).collect();
    assert_eq!(codes, [FailureCode::FieldType, FailureCode::FieldUnknown]);
    assert!(parsed(&super::request(), strict).invoice.is_ok());
}

#[test]
fn warnings_are_bounded() {
    let mut request = with_tax(json!({ "category": "S", "rate": "0.19" }));
    let line = request["lines"][0].clone();
    request["lines"] = vec![line; 100].into();
    assert_eq!(warnings(&request).len(), MAX_WARNINGS);
}

#[test]
fn a_member_beside_a_required_field_that_is_missing_is_named() {
    let warned = |request: &Value| {
        let invalid = parse_value(request).expect_err("refused");
        let warnings = invalid.warnings().iter();
        warnings.map(ToString::to_string).collect::<Vec<_>>()
    };
    let mut request = with_tax(json!({ "category": "S", "rate": "19" }));
    let line = request["lines"][0].as_object_mut().expect("a line");
    let price = line.remove("unitPrice").expect("a price");
    line.insert("price".to_owned(), price);
    // Nothing is missing beside this one.
    request["seller"]["rating"] = json!("5");
    assert_eq!(
        warned(&request),
        ["/lines/0/price: unknown field, which is ignored; unitPrice is missing"]
    );
    assert_eq!(
        warned(&json!({ "order": super::request() })),
        [
            "/order: unknown field, which is ignored; marketplace, issueDate, currency, seller, lines are missing"
        ]
    );
    // A strict check has them as problems.
    let strict = RequestLimits::from(MAX_BYTES).strict_if(true);
    let invalid = parsed(&request, strict).invoice.expect_err("refused");
    assert_eq!(invalid.warnings(), []);
}
