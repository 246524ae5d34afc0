//! The bad requests: whole bodies, single fields, identities.

use serde_json::{Value, json};

use crate::harness::samples;

/// One bad request.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) code: &'static str,
    /// JSON pointer; empty for the whole body.
    pub(super) pointer: &'static str,
    pub(super) stage: &'static str,
    /// Whether it has a valid identity, so that its failure has a row.
    pub(super) recorded: bool,
}

/// All bad requests.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = bodies();
    cases.extend(fields());
    cases.extend(identities());
    cases
}

/// Bodies that are wrong as a whole.
fn bodies() -> Vec<Case> {
    let case = |name, body: Vec<u8>, code, pointer| Case {
        name,
        body,
        code,
        pointer,
        stage: "validate",
        recorded: false,
    };
    let mut large = samples::receipt();
    large["notes"] = json!([{ "text": "x".repeat(5 << 20) }]);
    let deep = format!(
        r#"{{"extensions": {}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    vec![
        case("empty", Vec::new(), "request_malformed", ""),
        case(
            "not JSON",
            b"please send an invoice".into(),
            "request_malformed",
            "",
        ),
        case(
            "JSON cut off",
            br#"{"documentType": "receipt", "#.into(),
            "request_malformed",
            "",
        ),
        case("two requests", b"{} {}".into(), "request_malformed", ""),
        case(
            "invalid UTF-8",
            b"{\"number\": \"\xff\xfe\"}".into(),
            "request_malformed",
            "",
        ),
        case("an array", b"[]".into(), "field_type", ""),
        case("5 MiB", large.to_string().into(), "request_too_large", ""),
        case("deeply nested", deep.into(), "request_too_deep", ""),
        case(
            "nested without an end",
            "[".repeat(500_000).into(),
            "request_too_deep",
            "",
        ),
        case("no fields", b"{}".into(), "field_missing", "/marketplace"),
    ]
}

/// The German invoice with one field replaced. Null is like a missing field.
fn fields() -> Vec<Case> {
    let digits = "9".repeat(40);
    let line = json!({ "name": "x", "quantity": "1", "unitPrice": "1", "tax": { "category": "S", "rate": "0" } });
    let many_lines = Value::Array(vec![line; 10_001]);
    let cases = [
        (
            "a number for an amount",
            "/lines/0/unitPrice",
            json!(18.9),
            "field_type",
        ),
        ("a text for a list", "/lines", json!("one"), "field_type"),
        ("a list for a party", "/seller", json!([]), "field_type"),
        ("no number", "/number", Value::Null, "field_missing"),
        ("no date", "/issueDate", Value::Null, "field_missing"),
        ("no currency", "/currency", Value::Null, "field_missing"),
        ("no seller", "/seller", Value::Null, "field_missing"),
        ("no buyer", "/buyer", Value::Null, "field_missing"),
        (
            "no country",
            "/seller/address/country",
            Value::Null,
            "field_missing",
        ),
        (
            "no price",
            "/lines/1/unitPrice",
            Value::Null,
            "field_missing",
        ),
        ("no lines", "/lines", json!([]), "field_missing"),
        ("lines left out", "/lines", Value::Null, "field_missing"),
        (
            "an unnamed line",
            "/lines/1/name",
            json!(""),
            "field_missing",
        ),
        (
            "a negative price",
            "/lines/0/unitPrice",
            json!("-1"),
            "amount_invalid",
        ),
        (
            "a price for no pieces",
            "/lines/0/priceBaseQuantity",
            json!("0"),
            "quantity_invalid",
        ),
        (
            "an absurd quantity",
            "/lines/0/quantity",
            json!("99999999999999"),
            "quantity_invalid",
        ),
        (
            "a quantity in words",
            "/lines/0/quantity",
            json!("a dozen"),
            "quantity_invalid",
        ),
        (
            "a price of 40 digits",
            "/lines/0/unitPrice",
            json!(digits),
            "amount_invalid",
        ),
        (
            "an exponent",
            "/lines/0/unitPrice",
            json!("1e3"),
            "amount_invalid",
        ),
        (
            "a total of 40 digits",
            "/totals/gross",
            json!(digits),
            "amount_invalid",
        ),
        (
            "an unknown currency",
            "/currency",
            json!("ZZZ"),
            "currency_unknown",
        ),
        (
            "an unknown document",
            "/documentType",
            json!("poem"),
            "document_type_unsupported",
        ),
        (
            "no such day",
            "/issueDate",
            json!("2026-02-30"),
            "date_invalid",
        ),
        (
            "a wrong IBAN",
            "/payment/means/iban",
            json!("DE00370400440532013000"),
            "iban_invalid",
        ),
        (
            "a control character",
            "/lines/0/name",
            json!("Mehl\u{1b}[2J"),
            "field_invalid",
        ),
        (
            "a line of 10,000 characters",
            "/lines/0/name",
            json!("x".repeat(10_000)),
            "field_invalid",
        ),
        (
            "a VAT number without its country",
            "/seller/vatId",
            json!("123456789"),
            "field_invalid",
        ),
        (
            "a total off by a cent",
            "/totals/gross",
            json!("278.21"),
            "totals_mismatch",
        ),
        (
            "a line off by more than two cents",
            "/lines/1/netAmount",
            json!("29.82"),
            "totals_mismatch",
        ),
        (
            "a tax off by a cent",
            "/taxBreakdown/0/tax",
            json!("15.87"),
            "totals_mismatch",
        ),
        ("10,001 lines", "/lines", many_lines, "lines_too_many"),
        ("no language", "/locale", json!("!"), "locale_invalid"),
    ];
    let cases = cases.into_iter().enumerate();
    let mut all: Vec<Case> = cases
        .map(|(index, (name, pointer, value, code))| Case {
            name,
            body: invoice_with(&format!("field-{index}"), pointer, value),
            code,
            pointer,
            stage: "validate",
            recorded: true,
        })
        .collect();
    // Problems that only the templates reveal.
    for (name, pointer, value, code) in [
        (
            "an unknown template",
            "/template/name",
            json!("fancy"),
            "template_unknown",
        ),
        (
            "a template outside",
            "/template/name",
            json!("../receipt"),
            "template_unknown",
        ),
        (
            "an unknown version",
            "/template/version",
            json!("v0"),
            "template_version_unknown",
        ),
        (
            "an unsupported language",
            "/locale",
            json!("fi-FI"),
            "locale_unsupported",
        ),
        (
            "a language without a font",
            "/locale",
            json!("ja-JP"),
            "font_missing",
        ),
        (
            "a letter that no font has",
            "/lines/0/name",
            json!("T恤"),
            "glyph_missing",
        ),
    ] {
        let order = format!("render-{}", all.len());
        all.push(Case {
            name,
            body: invoice_with(&order, pointer, value),
            code,
            pointer,
            stage: "render",
            recorded: true,
        });
    }
    all
}

/// Identities that would be unsafe object keys, or that are missing.
fn identities() -> Vec<Case> {
    let cases = [
        (
            "up",
            "/marketplace/orderId",
            json!("../../etc"),
            "identity_unsafe",
        ),
        (
            "two dots",
            "/marketplace/orderId",
            json!(".."),
            "identity_unsafe",
        ),
        (
            "a slash",
            "/marketplace/shopId",
            json!("shop/123"),
            "identity_unsafe",
        ),
        (
            "a backslash",
            "/marketplace/shopId",
            json!("shop\\123"),
            "identity_unsafe",
        ),
        (
            "a zero byte",
            "/marketplace/packageId",
            json!("pkg\u{0}"),
            "identity_unsafe",
        ),
        (
            "a line feed",
            "/marketplace/packageId",
            json!("pkg\n789"),
            "identity_unsafe",
        ),
        (
            "an encoded slash",
            "/marketplace/platform",
            json!("tik%2ftok"),
            "identity_unsafe",
        ),
        (
            "a long id",
            "/marketplace/sequenceNumber",
            json!("1".repeat(2_000)),
            "identity_unsafe",
        ),
        (
            "an empty id",
            "/marketplace/sequenceNumber",
            json!(""),
            "field_missing",
        ),
        (
            "a missing id",
            "/marketplace/platform",
            Value::Null,
            "field_missing",
        ),
        (
            "a number as id",
            "/marketplace/orderId",
            json!(576_461_413_038_785_752_u64),
            "field_type",
        ),
        ("no identity", "/marketplace", Value::Null, "field_missing"),
    ];
    let case = |(name, pointer, value, code)| Case {
        name,
        body: invoice_with("identity", pointer, value),
        code,
        pointer,
        stage: "validate",
        recorded: false,
    };
    cases.into_iter().map(case).collect()
}

/// The German invoice for this order, with this value at this place.
fn invoice_with(order_id: &str, pointer: &str, value: Value) -> Vec<u8> {
    let mut request = samples::with_identity(samples::invoice(), order_id, "1");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a field");
    let parent = request.pointer_mut(parent).expect("a parent that exists");
    match name.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[name] = value,
    }
    request.to_string().into_bytes()
}
