//! A case for each rule that is enforced.

use serde_json::json;

use super::amounts::{decimals, totals};
use super::categories::categories;
use super::codes::codes;
use super::{Case, NONE};

pub(super) fn cases() -> Vec<Case> {
    let mut all = document();
    all.extend(parties());
    all.extend(lines());
    all.extend(adjustments());
    all.extend(payment());
    all.extend(totals());
    all.extend(decimals());
    all.extend(codes());
    all.extend(categories());
    all
}

fn document() -> Vec<Case> {
    vec![
        Case::new("BR-02", "/number", NONE),
        Case::new("BR-03", "/issueDate", NONE),
        Case::new("BR-05", "/currency", NONE),
        Case::new("BR-16", "/lines", json!([])),
        Case::new(
            "BR-29",
            "/period",
            json!({ "start": "2026-11-02", "end": "2026-11-01" }),
        )
        .code("date_invalid"),
        Case::new(
            "BR-52",
            "/attachments",
            json!([{ "description": "Timesheet" }]),
        )
        .at("/attachments/0/id"),
        Case::new("BR-53", "/taxCurrency", json!("SEK")).at("/totals/taxInTaxCurrency"),
        Case::new("BR-55", "/references", json!({ "precedingInvoices": [{}] }))
            .at("/references/precedingInvoices/0/number"),
        Case::new("BR-CO-03", "/taxPointDateCode", json!("35"))
            .given("/taxPointDate", json!("2026-11-20"))
            .code("field_invalid"),
    ]
}

fn parties() -> Vec<Case> {
    let representative =
        || json!({ "name": "Rep", "vatId": "DE987654321", "address": { "country": "DE" } });
    let represented = |rule, pointer, value| {
        Case::new(rule, pointer, value).given("/taxRepresentative", representative())
    };
    vec![
        Case::new("BR-06", "/seller/name", NONE),
        Case::new("BR-07", "/buyer/name", NONE),
        Case::new("BR-08", "/seller/address", NONE),
        Case::new("BR-09", "/seller/address/country", NONE),
        Case::new("BR-10", "/buyer/address", NONE),
        Case::new("BR-11", "/buyer/address/country", NONE),
        Case::new("BR-17", "/payee", json!({})).at("/payee/name"),
        represented("BR-18", "/taxRepresentative/name", NONE),
        represented("BR-19", "/taxRepresentative/address", NONE),
        represented("BR-20", "/taxRepresentative/address/country", NONE),
        represented("BR-56", "/taxRepresentative/vatId", NONE),
        Case::new(
            "BR-57",
            "/delivery",
            json!({ "address": { "city": "Graz" } }),
        )
        .at("/delivery/address/country"),
        Case::new(
            "BR-62",
            "/seller/electronicAddress",
            json!({ "value": "x1" }),
        )
        .at("/seller/electronicAddress/scheme"),
        Case::new(
            "BR-63",
            "/buyer/electronicAddress",
            json!({ "value": "x1" }),
        )
        .at("/buyer/electronicAddress/scheme"),
        Case::new("BR-CO-09", "/seller/vatId", json!("123456789")).code("field_invalid"),
    ]
}

fn lines() -> Vec<Case> {
    vec![
        Case::new("BR-22", "/lines/0/quantity", NONE),
        Case::new("BR-25", "/lines/0/name", NONE),
        Case::new("BR-26", "/lines/0/unitPrice", NONE),
        Case::new("BR-27", "/lines/0/unitPrice", json!("-18.90"))
            .code("amount_invalid")
            .named(None),
        Case::new("BR-28", "/lines/0/priceDiscount", json!("-20")).code("amount_invalid"),
        Case::new(
            "BR-30",
            "/lines/0/period",
            json!({ "start": "2026-11-02", "end": "2026-11-01" }),
        )
        .code("date_invalid"),
        Case::new(
            "BR-54",
            "/lines/0/attributes",
            json!([{ "name": "Colour" }]),
        )
        .at("/lines/0/attributes/0/value"),
        Case::new("BR-64", "/lines/0/itemId", json!({ "value": "1" })).at("/lines/0/itemId/scheme"),
        Case::new(
            "BR-65",
            "/lines/0/classifications",
            json!([{ "code": "1" }]),
        )
        .at("/lines/0/classifications/0/scheme"),
        Case::new("BR-CO-04", "/lines/0/tax/category", NONE),
        Case::new("PEPPOL-EN16931-R046", "/lines/0/grossPrice", json!("20"))
            .given("/lines/0/priceDiscount", json!("1"))
            .code("totals_mismatch"),
        Case::new("PEPPOL-EN16931-R120", "/lines/0/netAmount", json!("227.80"))
            .code("totals_mismatch"),
        Case::new(
            "PEPPOL-EN16931-R121",
            "/lines/0/priceBaseQuantity",
            json!("0"),
        )
        .code("quantity_invalid"),
        Case::new(
            "PEPPOL-EN16931-R130",
            "/lines/0/priceBaseUnit",
            json!("KGM"),
        )
        .code("field_invalid"),
    ]
}

fn adjustments() -> Vec<Case> {
    let tax = || json!({ "category": "S", "rate": "7" });
    vec![
        Case::new("BR-31", "/allowances", json!([{ "tax": tax() }])).at("/allowances/0/amount"),
        Case::new("BR-32", "/allowances", json!([{ "amount": "0" }])).at("/allowances/0/tax"),
        Case::new(
            "BR-36",
            "/charges",
            json!([{ "reason": "x", "tax": tax() }]),
        )
        .at("/charges/0/amount"),
        Case::new(
            "BR-37",
            "/charges",
            json!([{ "reason": "x", "amount": "0" }]),
        )
        .at("/charges/0/tax"),
        Case::new(
            "BR-38",
            "/charges",
            json!([{ "amount": "0", "tax": tax() }]),
        )
        .at("/charges/0/reason"),
        Case::new("BR-41", "/lines/0/allowances", json!([{}])).at("/lines/0/allowances/0/amount"),
        Case::new("BR-43", "/lines/0/charges", json!([{ "reason": "x" }]))
            .at("/lines/0/charges/0/amount"),
        Case::new("BR-44", "/lines/0/charges", json!([{ "amount": "0" }]))
            .at("/lines/0/charges/0/reason"),
        Case::new(
            "PEPPOL-EN16931-R040",
            "/lines/0/allowances",
            json!([{ "percent": "0", "base": "10", "amount": "1" }]),
        )
        .at("/lines/0/allowances/0/amount")
        .code("totals_mismatch"),
        Case::new(
            "PEPPOL-EN16931-R042",
            "/lines/0/allowances",
            json!([{ "base": "1", "amount": "0" }]),
        )
        .at("/lines/0/allowances/0/percent"),
    ]
}

fn payment() -> Vec<Case> {
    let means = "/payment/means";
    vec![
        Case::new("BR-49", means, json!({ "remittance": "R-1" })).at("/payment/means/code"),
        Case::new(
            "BR-50",
            means,
            json!({ "code": "42", "accountName": "Nordlicht" }),
        )
        .at("/payment/means/iban"),
        Case::new(
            "BR-51",
            means,
            json!({ "code": "48", "cardLast4": "4242424242424242" }),
        )
        .at("/payment/means/cardLast4")
        .code("field_invalid")
        .named(None),
        Case::new(
            "BR-61",
            means,
            json!({ "code": "58", "bic": "COBADEFFXXX", "accountName": "Nordlicht" }),
        )
        .at("/payment/means/iban"),
    ]
}
