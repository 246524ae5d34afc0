//! Cases of codes that are not on their list.

use serde_json::{Value, json};

use super::{Case, NONE};

pub(super) fn codes() -> Vec<Case> {
    let unknown = |rule, pointer, value| Case::new(rule, pointer, value).code("field_invalid");
    let scheme = |scheme: &str| json!({ "value": "1", "scheme": scheme });
    let allowance = |tax| json!([{ "amount": "0", "tax": { "category": tax, "rate": "7" } }]);
    vec![
        Case::new("BR-CL-01", "/documentTypeCode", json!("381")).code("document_type_unsupported"),
        Case::new("BR-CL-04", "/currency", json!("EURO")).code("currency_unknown"),
        Case::new("BR-CL-05", "/taxCurrency", json!("EURO"))
            .given("/totals/taxInTaxCurrency", json!("236.00"))
            .repaired(json!("SEK"))
            .code("currency_unknown"),
        unknown("BR-CL-06", "/taxPointDateCode", json!("5")),
        unknown("BR-CL-07", "/references/invoicedObject", scheme("XXX"))
            .at("/references/invoicedObject/scheme"),
        unknown(
            "BR-CL-08",
            "/notes",
            json!([{ "subjectCode": "XXX", "text": "x" }]),
        )
        .at("/notes/0/subjectCode"),
        unknown("BR-CL-10", "/seller/ids", json!([scheme("0001")])).at("/seller/ids/0/scheme"),
        unknown("BR-CL-11", "/seller/legalId", scheme("HRB")).at("/seller/legalId/scheme"),
        unknown(
            "BR-CL-13",
            "/lines/0/classifications",
            json!([{ "code": "1", "scheme": "CPV" }]),
        )
        .at("/lines/0/classifications/0/scheme"),
        Case::new("BR-CL-14", "/seller/address/country", json!("UK")).code("country_invalid"),
        Case::new("BR-CL-15", "/lines/0/origin", json!("UK")).code("country_invalid"),
        unknown("BR-CL-16", "/payment/means", json!({ "code": "71" })).at("/payment/means/code"),
        Case::new("BR-CL-17", "/allowances", allowance("X"))
            .repaired(allowance("S"))
            .at("/allowances/0/tax/category")
            .code("tax_invalid"),
        Case::new("BR-CL-18", "/lines/0/tax/category", json!("X")).code("tax_invalid"),
        unknown(
            "BR-CL-19",
            "/lines/0/allowances",
            json!([{ "amount": "0", "reasonCode": "FC" }]),
        )
        .at("/lines/0/allowances/0/reasonCode"),
        unknown(
            "BR-CL-20",
            "/lines/0/charges",
            json!([{ "amount": "0", "reasonCode": "95" }]),
        )
        .at("/lines/0/charges/0/reasonCode"),
        unknown("BR-CL-21", "/lines/0/itemId", scheme("GTIN")).at("/lines/0/itemId/scheme"),
        unknown(
            "BR-CL-22",
            "/taxBreakdown",
            json!([{ "category": "E", "rate": "0", "exemptionCode": "VATEX-EU-1" }]),
        )
        .given("/totals", NONE)
        .given("/lines", exempt_lines())
        .repaired(json!([{ "category": "E", "rate": "0", "exemptionCode": "vatex-eu-132-1i" }]))
        .at("/taxBreakdown/0/exemptionCode"),
        unknown("BR-CL-23", "/lines/0/unit", json!("PCS")),
        unknown("BR-CL-24", "/attachments", attachment("text/html"))
            .repaired(attachment("text/csv"))
            .at("/attachments/0/mimeType"),
        unknown("BR-CL-25", "/seller/electronicAddress", scheme("MAIL"))
            .at("/seller/electronicAddress/scheme"),
        unknown(
            "BR-CL-26",
            "/delivery",
            json!({ "locationId": scheme("0001") }),
        )
        .at("/delivery/locationId/scheme"),
    ]
}

fn attachment(mime_type: &str) -> Value {
    json!([{ "id": "1", "content": "YTtiCg==", "filename": "a.csv", "mimeType": mime_type }])
}

fn exempt_lines() -> Value {
    json!([{ "name": "x", "quantity": "1", "unitPrice": "10", "tax": { "category": "E", "rate": "0" } }])
}
