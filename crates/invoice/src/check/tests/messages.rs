//! The words of problems: what is wrong, where, and what was expected.

use super::*;

#[test]
fn each_problem_says_what_is_wrong_and_what_was_expected() {
    let long = "x".repeat(600);
    let check = |pointer: &str, value: Value, expected: &str| {
        let invalid = parse_value(&with(pointer, value)).expect_err("must be refused");
        let problems: Vec<String> = invalid.problems().map(ToString::to_string).collect();
        assert!(
            problems.iter().any(|problem| problem == expected),
            "expected {expected:?}, found {problems:#?}"
        );
    };
    check(
        "/documentType",
        json!("poem"),
        "/documentType: is \"poem\", expected one of invoice, credit-note, corrected-invoice, self-billed-invoice, receipt",
    );
    check(
        "/number",
        json!(" "),
        "/number: is missing or empty, expected a text of 1 to 100 characters (BR-02)",
    );
    check(
        "/issueDate",
        json!("2026-02-30"),
        "/issueDate: is \"2026-02-30\", expected a calendar date like 2026-11-21, from 1900 on",
    );
    check(
        "/currency",
        json!("EURO"),
        "/currency: is \"EURO\", expected a code of ISO 4217 like EUR (BR-CL-04)",
    );
    check(
        "/locale",
        json!("in English, please"),
        "/locale: is a text of 18 characters, expected a language tag of BCP 47 like de-DE",
    );
    check(
        "/marketplace/orderId",
        json!("a/b"),
        "/marketplace/orderId: has a character at place 2 that is not allowed, \
         expected ASCII letters, digits and - _ . ~ : @ + = # ,",
    );
    check(
        "/seller/address/country",
        json!("UK"),
        "/seller/address/country: is \"UK\", expected GB, the code of ISO 3166-1 alpha-2 for the United Kingdom (BR-CL-14)",
    );
    check(
        "/buyer",
        Value::Null,
        "/buyer: is missing or empty, expected an object with name: only a receipt has no buyer (BR-07)",
    );
    check(
        "/lines/0/name",
        json!(long),
        "/lines/0/name: is 600 characters long, expected at most 500",
    );
    check(
        "/lines/0/name",
        json!("a\u{7}"),
        "/lines/0/name: has U+0007 as character 2, expected neither control characters nor line separators; \
         line breaks are not allowed here",
    );
    check(
        "/lines/0/quantity",
        json!(12),
        "/lines/0/quantity: is a number, expected a string",
    );
    check(
        "/seller",
        json!([]),
        "/seller: is an array, expected an object",
    );
    check(
        "/lines",
        json!("one"),
        "/lines: is a string, expected an array",
    );
    check(
        "/lines/0/quantity",
        json!("0"),
        "/lines/0/quantity: is 0, expected a quantity above 0",
    );
    check(
        "/lines/0/quantity",
        json!("-3"),
        "/lines/0/quantity: is \"-3\", expected no negative value",
    );
    check(
        "/lines/0/unitPrice",
        json!("1,50"),
        "/lines/0/unitPrice: is \"1,50\", expected a decimal like \"18.90\"",
    );
    check(
        "/lines/0/unitPrice",
        json!("1.1234567"),
        "/lines/0/unitPrice: has 7 decimals, expected at most 6",
    );
    check(
        "/lines/0/unitPrice",
        json!("1".repeat(40)),
        "/lines/0/unitPrice: has 40 digits before the point, expected at most 10",
    );
    check(
        "/lines/0/netAmount",
        json!("226.81"),
        "/lines/0/netAmount: is 226.81, expected 226.80 from quantity, unitPrice, allowances and charges \
         (PEPPOL-EN16931-R120)",
    );
    check(
        "/lines/0/period",
        json!({ "start": "2026-11-02", "end": "2026-11-01" }),
        "/lines/0/period: ends on 2026-11-01, expected 2026-11-02, its start, or later (BR-30)",
    );
    check(
        "/lines/0/tax/category",
        json!("X"),
        "/lines/0/tax/category: is \"X\", expected one of S, Z, E, AE, K, G, O, L, M (BR-CL-18)",
    );
    check(
        "/lines/0/tax/category",
        json!("Z"),
        "/lines/0/tax/rate: is 7, expected 0 for category Z",
    );
    check(
        "/lines/0/tax/rate",
        json!("101"),
        "/lines/0/tax/rate: is 101 percent, expected at most 100",
    );
    check(
        "/taxBreakdown/1/rate",
        json!("7"),
        "/taxBreakdown/1: is another entry for category S with rate 7, expected one (BR-S-08)",
    );
    check(
        "/totals/gross",
        json!("278.21"),
        "/totals/gross: is 278.21, expected 278.20 from the line items (BR-CO-15)",
    );
    check(
        "/totals/rounding",
        json!("100"),
        "/totals/rounding: is 100.00, expected less than 100 in either direction: 100, or a tenth of gross where that \
         is more",
    );
    check(
        "/allowances",
        json!([{ "amount": "256.66", "tax": { "category": "S", "rate": "7" } }]),
        "/allowances: make a net amount of -0.01, expected 0 or more: only a corrected invoice may be negative, \
         and a credit note states what is paid back",
    );
    check(
        "/payment/means/iban",
        json!("DE89370400440532013001"),
        "/payment/means/iban: is a text of 22 characters, expected an IBAN with right check digits (ISO 13616)",
    );
    check(
        "/payment/means/accountName",
        Value::Null,
        "/payment/means/qr: is true while accountName is missing or wrong, \
         expected the currency EUR, an iban and an accountName for a GiroCode (EPC069-12)",
    );
}
