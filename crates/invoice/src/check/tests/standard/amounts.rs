//! Cases of totals, the breakdown and decimals.

use serde_json::json;

use super::{Case, NONE};

pub(super) fn totals() -> Vec<Case> {
    let wrong = |rule, pointer| Case::new(rule, pointer, json!("1.00")).code("totals_mismatch");
    vec![
        wrong("BR-CO-10", "/totals/lines"),
        wrong("BR-CO-11", "/totals/allowances"),
        wrong("BR-CO-12", "/totals/charges"),
        wrong("BR-CO-13", "/totals/net"),
        wrong("BR-CO-14", "/totals/tax"),
        wrong("BR-CO-15", "/totals/gross"),
        wrong("BR-CO-16", "/totals/due"),
        wrong("BR-CO-17", "/taxBreakdown/0/tax"),
        Case::new("BR-47", "/taxBreakdown/0/category", NONE),
        Case::new("BR-48", "/taxBreakdown/0/rate", NONE),
        Case::new(
            "BR-CO-18",
            "/taxBreakdown",
            json!([{ "category": "S", "rate": "7" }]),
        )
        .code("totals_mismatch"),
        Case::new("PEPPOL-EN16931-R005", "/taxCurrency", json!("EUR"))
            .given("/totals/taxInTaxCurrency", json!("21.55"))
            .given("/taxCurrency", json!("SEK"))
            .code("currency_unknown"),
    ]
}

/// Amounts have as many decimals as the currency, which are two of the euro.
pub(super) fn decimals() -> Vec<Case> {
    let adjustment = |member: &str| {
        let mut adjustment = json!({ "reason": "x", "amount": "0", "percent": "0", "tax": { "category": "S", "rate": "7" } });
        adjustment[member] = json!("0.001");
        adjustment
    };
    let on_document = |rule, list, member, pointer| {
        Case::new(rule, list, json!([adjustment(member)])).at(pointer)
    };
    let on_line = |rule, list, member, pointer| {
        let mut adjustment = adjustment(member);
        adjustment["tax"] = NONE;
        Case::new(rule, list, json!([adjustment])).at(pointer)
    };
    let amount = |rule, pointer| Case::new(rule, pointer, json!("0.001"));
    let cases = vec![
        on_document("BR-DEC-01", "/allowances", "amount", "/allowances/0/amount"),
        on_document("BR-DEC-02", "/allowances", "base", "/allowances/0/base"),
        on_document("BR-DEC-05", "/charges", "amount", "/charges/0/amount"),
        on_document("BR-DEC-06", "/charges", "base", "/charges/0/base"),
        amount("BR-DEC-09", "/totals/lines"),
        amount("BR-DEC-10", "/totals/allowances"),
        amount("BR-DEC-11", "/totals/charges"),
        amount("BR-DEC-12", "/totals/net"),
        amount("BR-DEC-13", "/totals/tax"),
        amount("BR-DEC-14", "/totals/gross"),
        amount("BR-DEC-15", "/totals/taxInTaxCurrency")
            .given("/taxCurrency", json!("SEK"))
            .repaired(json!("236.00")),
        amount("BR-DEC-16", "/totals/prepaid"),
        amount("BR-DEC-17", "/totals/rounding"),
        amount("BR-DEC-18", "/totals/due"),
        amount("BR-DEC-19", "/taxBreakdown/0/taxable"),
        amount("BR-DEC-20", "/taxBreakdown/0/tax"),
        amount("BR-DEC-23", "/lines/0/netAmount"),
        on_line(
            "BR-DEC-24",
            "/lines/0/allowances",
            "amount",
            "/lines/0/allowances/0/amount",
        ),
        on_line(
            "BR-DEC-25",
            "/lines/0/allowances",
            "base",
            "/lines/0/allowances/0/base",
        ),
        on_line(
            "BR-DEC-27",
            "/lines/0/charges",
            "amount",
            "/lines/0/charges/0/amount",
        ),
        on_line(
            "BR-DEC-28",
            "/lines/0/charges",
            "base",
            "/lines/0/charges/0/base",
        ),
    ];
    let of_decimals = |case: Case| case.code("amount_invalid").named(None);
    cases.into_iter().map(of_decimals).collect()
}
