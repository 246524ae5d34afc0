use std::collections::BTreeSet;

use invoice::request::InvoiceRequest;
use serde_json::json;

use super::fields::{SHOWN, matches};
use super::*;

/// The fields of a request that are about a person, or may be: with [`SHOWN`] these are all that there are.
const PERSONAL: &[&str] = &[
    "attachments/*/content",
    "attachments/*/description",
    "attachments/*/filename",
    "attachments/*/id",
    "attachments/*/url",
    "buyer/name",
    "buyer/tradingName",
    "delivery/name",
    "delivery/locationId/value",
    "payee/name",
    "payee/tradingName",
    "taxRepresentative/name",
    "taxRepresentative/tradingName",
    "*/address/additional",
    "*/address/additional2",
    "*/address/city",
    "*/address/number",
    "*/address/postalCode",
    "*/address/region",
    "*/address/street",
    "*/contact/*",
    "*/electronicAddress/value",
    "*/ids/*/value",
    "*/legalId/value",
    "*/legalInformation",
    "*/taxRegistrationId",
    "*/vatId",
    "lines/*/attributes/**",
    "lines/*/buyerAccounting",
    "lines/*/note",
    "lines/*/object/value",
    "notes/*/text",
    "payment/means/account",
    "payment/means/accountName",
    "payment/means/bic",
    "payment/means/cardFirst6",
    "payment/means/cardHolder",
    "payment/means/cardLast4",
    "payment/means/creditorId",
    "payment/means/debitedAccount",
    "payment/means/iban",
    "payment/means/mandate",
    "payment/means/providerId",
    "payment/means/remittance",
    "payment/means/url",
    "payment/furtherMeans/*/account",
    "payment/furtherMeans/*/accountName",
    "payment/furtherMeans/*/bic",
    "payment/furtherMeans/*/cardFirst6",
    "payment/furtherMeans/*/cardHolder",
    "payment/furtherMeans/*/cardLast4",
    "payment/furtherMeans/*/creditorId",
    "payment/furtherMeans/*/debitedAccount",
    "payment/furtherMeans/*/iban",
    "payment/furtherMeans/*/mandate",
    "payment/furtherMeans/*/providerId",
    "payment/furtherMeans/*/remittance",
    "payment/furtherMeans/*/url",
    "payment/terms",
    "references/buyerAccounting",
    "references/buyerReference",
    "references/contract",
    "references/invoicedObject/value",
    "references/project",
];

/// The paths of all values that the schema has, with `*` for the items of a list.
fn leaves(schema: &Value, node: &Value, path: &str, depth: usize, found: &mut BTreeSet<String>) {
    assert!(depth < 24, "{path} is a circle");
    let mut below = |node: &Value, path: &str| leaves(schema, node, path, depth + 1, found);
    if let Some(reference) = node["$ref"].as_str() {
        let target = schema.pointer(reference.trim_start_matches('#'));
        return below(target.expect("a definition"), path);
    }
    for members in ["anyOf", "oneOf", "allOf"] {
        for node in node[members].as_array().into_iter().flatten() {
            below(node, path);
        }
    }
    for (name, node) in node["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        below(node, path.trim_start_matches('/'));
    }
    if node["items"].is_object() {
        below(&node["items"], &format!("{path}/*"));
    }
    let types = node["type"].as_array().cloned();
    let types = types.unwrap_or_else(|| vec![node["type"].clone()]);
    let is_value = |kind: &Value| {
        ["string", "number", "integer", "boolean"]
            .map(Value::from)
            .contains(kind)
    };
    if types.iter().any(is_value) || node.get("enum").is_some() || node.get("const").is_some() {
        found.insert(path.to_owned());
    }
}

fn fields() -> BTreeSet<String> {
    let schema = InvoiceRequest::json_schema();
    let mut found = BTreeSet::new();
    leaves(&schema, &schema, "", 0, &mut found);
    assert!(found.len() > 200, "{found:?}");
    found
}

#[test]
fn each_field_of_a_request_is_listed_as_personal_or_not() {
    let fields: Vec<Vec<String>> = fields()
        .iter()
        .map(|path| path.split('/').map(ToOwned::to_owned).collect())
        .collect();
    for field in &fields {
        let is_personal = PERSONAL.iter().any(|pattern| matches(pattern, field));
        assert_ne!(is_personal, is_shown(field), "{}", field.join("/"));
    }
    for pattern in SHOWN.iter().chain(PERSONAL) {
        let is_used = fields.iter().any(|field| matches(pattern, field));
        assert!(is_used, "no field is {pattern}");
    }
}

#[test]
fn what_is_not_known_is_masked_and_what_is_known_is_kept() {
    let inner = json!({
        "number": "2026-1", "buyer": { "name": "Ann", "address": { "country": "DE", "city": "Bonn" }, "nickname": "A" },
        "lines": [{ "name": "Cup", "note": "for Ann", "quantity": "2" }],
        "extensions": { "age": 42, "adult": true, "none": null },
    });
    let masked = json!({
        "number": "2026-1", "buyer": { "name": "***", "address": { "country": "DE", "city": "***" }, "nickname": "***" },
        "lines": [{ "name": "Cup", "note": "***", "quantity": "2" }],
        "extensions": { "age": "***", "adult": "***", "none": null },
    });
    for (given, expected) in [
        (inner.clone(), masked.clone()),
        (
            json!({ "id": "Ann", "number": "7", "data": inner }),
            json!({ "id": "***", "number": "7", "data": masked }),
        ),
        (
            json!({ "message": inner, "host": { "user": "ann" } }),
            json!({ "message": masked, "host": { "user": "***" } }),
        ),
        (json!({ "data": "Ann" }), json!({ "data": "***" })),
        (json!("Ann"), json!("***")),
        (json!([["Ann"]]), json!([["***"]])),
    ] {
        let shown = request(given.to_string().as_bytes());
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(shown, expected);
    }
    let broken = request(b"{\"buyer\": \"Ann\"");
    assert!(
        !broken.contains("Ann") && broken.contains("15 bytes"),
        "{broken}"
    );
}

#[test]
fn targets_with_a_text_and_reasons_are_masked() {
    for (target, expected) in [
        ("dead-letter 12", "dead-letter 12"),
        (
            "dead-letters 3, 4, status open",
            "dead-letters 3, 4, status open",
        ),
        ("dead-letters code a, text Ann Miller, status open", MASK),
        ("dead-letters text \"Ann\", status any", MASK),
        ("dead-letters shop \"s\"", "dead-letters shop \"***\""),
    ] {
        assert_eq!(super::target(target), expected);
    }
    assert_eq!(reason(Some("for Ann".to_owned())).as_deref(), Some(MASK));
    assert_eq!(reason(None), None);
}

#[test]
fn patches_and_changes_keep_their_places_and_the_values_that_are_shown() {
    for (given, expected) in [
        (
            json!([
                { "op": "replace", "path": "/currency", "value": "EUR" },
                { "op": "add", "path": "/buyer/name", "value": "Ann", "x": "Ann" },
                { "op": "add", "path": "/buyer", "value": { "name": "Ann", "address": { "country": "DE" } } },
                { "op": "test", "path": "{pointer}", "value": "Ann" },
                { "op": "add", "path": "{pointer}/number", "value": "7a" },
                { "op": "move", "from": "/buyer/name", "path": "/payee/name" },
            ]),
            json!([
                { "op": "replace", "path": "/currency", "value": "EUR" },
                { "op": "add", "path": "/buyer/name", "value": "***", "x": "***" },
                { "op": "add", "path": "/buyer", "value": { "name": "***", "address": { "country": "DE" } } },
                { "op": "test", "path": "{pointer}", "value": "***" },
                { "op": "add", "path": "{pointer}/number", "value": "***" },
                { "op": "move", "from": "/buyer/name", "path": "/payee/name" },
            ]),
        ),
        (
            json!({ "buyer": { "name": "Ann" }, "currency": "EUR", "totals": null }),
            json!({ "buyer": { "name": "***" }, "currency": "EUR", "totals": null }),
        ),
        (json!("Ann"), json!("***")),
    ] {
        let shown: Value = serde_json::from_str(&patch(&given.to_string())).expect("JSON");
        assert_eq!(shown, expected);
    }
    assert_eq!(patch("[{\"value\": \"Ann"), MASK);
    for (pointer, before, expected) in [
        ("/buyer/name", r#""Ann""#, r#""***""#),
        ("/currency", r#""EUR""#, r#""EUR""#),
        ("/totals", r#"{"gross":"1.00"}"#, r#"{"gross":"1.00"}"#),
        ("/data/currency", r#""EUR""#, r#""***""#),
        ("/lines/0/name", r#""A long na…"#, MASK),
    ] {
        let change = FieldChange {
            pointer: pointer.to_owned(),
            before: Some(before.to_owned()),
            after: None,
        };
        let masked = changes(vec![change]);
        assert_eq!(masked[0].pointer, pointer);
        assert_eq!(masked[0].before.as_deref(), Some(expected), "{pointer}");
        assert_eq!(masked[0].after, None);
    }
}
