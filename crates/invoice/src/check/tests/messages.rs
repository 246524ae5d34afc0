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
        "/documentType: is \"poem\", expected one of invoice, credit-note, corrected-invoice, self-billed-invoice, \
         self-billed-credit-note, prepayment-invoice, receipt",
    );
    check(
        "/documentType",
        json!("creditNote"),
        "/documentType: is \"creditNote\", expected one of invoice, credit-note, corrected-invoice, self-billed-invoice, \
         self-billed-credit-note, prepayment-invoice, receipt, perhaps credit-note",
    );
    check(
        "/pricesIncludeTax",
        json!("true"),
        "/pricesIncludeTax: is a string, expected a boolean: true or false, without quotes",
    );
    check(
        "/template",
        json!("invoice"),
        "/template: is a string, expected an object with name, paper, version",
    );
    check(
        "/number",
        json!(" "),
        "/number: is missing or empty, expected a text of 1 to 255 characters (BR-02)",
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
        "/lines/0/name: is 600 characters long, expected at most 513",
    );
    check(
        "/lines/0/name",
        json!("a\u{7}"),
        "/lines/0/name: has U+0007 as character 2, expected no control characters; line breaks become spaces",
    );
    check(
        "/lines/0/quantity",
        json!(12),
        "/lines/0/quantity: is a number, expected a string: the number in quotes",
    );
    check(
        "/seller",
        json!([]),
        "/seller: is an array, expected an object with name",
    );
    check(
        "/lines",
        json!("one"),
        "/lines: is a string, expected an array",
    );
    check(
        "/lines/0/quantity",
        json!("a dozen"),
        "/lines/0/quantity: is a text of 7 characters, expected a decimal like \"18.90\"",
    );
    // However many zeros there are, the value is quoted.
    let zeros = "0".repeat(500_000);
    check(
        "/lines/0/priceBaseQuantity",
        json!(format!("-{zeros}1")),
        "/lines/0/priceBaseQuantity: is -1, expected a quantity above 0 (PEPPOL-EN16931-R121)",
    );
    check(
        "/totals/gross",
        json!(format!("{zeros}278.21{zeros}")),
        "/totals/gross: is 278.21, expected 278.20 from the line items (BR-CO-15)",
    );
    check(
        "/documentTypeCode",
        json!("384"),
        "/documentTypeCode: is 384, expected documentType corrected-invoice with this code (BR-CL-01)",
    );
    check(
        "/lines/0/tax",
        json!({ "category": "O", "components": [{ "name": "GST", "rate": "5" }] }),
        "/lines/0/tax/components: is given, expected none: category O has no tax",
    );
    check(
        "/lines/0/unitPrice",
        json!("-3"),
        "/lines/0/unitPrice: is \"-3\", expected no negative value",
    );
    check(
        "/lines/0/unitPrice",
        json!("1,50"),
        "/lines/0/unitPrice: is \"1,50\", expected a decimal like \"18.90\"",
    );
    check(
        "/lines/0/tax/rate",
        json!("19%"),
        "/lines/0/tax/rate: is \"19%\", expected a decimal like \"19\" or \"8.875\"",
    );
    check(
        "/lines/0/unitPrice",
        json!("1.12345678901234567890123456789"),
        "/lines/0/unitPrice: has 29 decimals, expected at most 28",
    );
    check(
        "/lines/0/unitPrice",
        json!("1".repeat(40)),
        "/lines/0/unitPrice: has 40 digits before the point, expected at most 15",
    );
    check(
        "/lines/0/netAmount",
        json!("226.83"),
        "/lines/0/netAmount: is 226.83, expected 226.80 from quantity, unitPrice, allowances and charges; 226.78 to 226.82 are \
         accepted (PEPPOL-EN16931-R120)",
    );
    check(
        "/lines/0/period",
        json!({ "start": "2026-11-02", "end": "2026-11-01" }),
        "/lines/0/period: ends on 2026-11-01, expected 2026-11-02, its start, or later (BR-30)",
    );
    check(
        "/lines/0/unit",
        json!("kgm"),
        "/lines/0/unit: is \"kgm\", expected a code of UN/ECE Rec 20 and 21 (EN 16931 code lists v17b), perhaps KGM (BR-CL-23)",
    );
    check(
        "/lines/0/unit",
        json!("kg"),
        "/lines/0/unit: is \"kg\", expected a code of UN/ECE Rec 20 and 21 (EN 16931 code lists v17b), perhaps KGM (BR-CL-23)",
    );
    check(
        "/payment/means/code",
        json!("cash"),
        "/payment/means/code: is \"cash\", expected a code of UNTDID 4461 (EN 16931 code lists v17b), like 58 (SEPA credit transfer), \
         30 (credit transfer) or 48 (card) (BR-CL-16)",
    );
    check(
        "/seller/vatId",
        Value::Null,
        "/seller/vatId: is missing or empty, expected the VAT identifier of the seller, or its taxRegistrationId, or a \
         taxRepresentative, for category S (BR-S-02)",
    );
    check(
        "/lines/0/tax/category",
        json!("X"),
        "/lines/0/tax/category: is \"X\", expected one of S, Z, E, AE, K, G, O, L, M, B (BR-CL-18)",
    );
    check(
        "/lines/0/tax/category",
        json!("Z"),
        "/lines/0/tax/rate: is 7, expected 0 for category Z (BR-Z-05)",
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
        json!([{ "amount": "-1", "tax": { "category": "S", "rate": "7" } }]),
        "/allowances/0/amount: is -1.00, expected 0 or more: an allowance or charge is taken back on a corrected invoice, on a \
         credit note, and with a line whose quantity is negative",
    );
    check(
        "/taxCurrency",
        json!("EUR"),
        "/taxCurrency: is EUR like currency, expected another currency: leave taxCurrency and totals.taxInTaxCurrency out \
         where both are the same (PEPPOL-EN16931-R005)",
    );
    check(
        "/lines/0/tax/components",
        json!([{ "name": "GST", "rate": "5" }, { "name": "QST", "rate": "9.975" }]),
        "/lines/0/tax/rate: is 7, expected 14.975, the sum of the rates of components",
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
         expected the currency EUR, an iban of a country in SEPA and an accountName for a GiroCode (EPC069-12)",
    );
    check(
        "/payment/means/iban",
        json!("TR330006100519786457841326"),
        "/payment/means/qr: is true while iban begins with TR, \
         expected the currency EUR, an iban of a country in SEPA and an accountName for a GiroCode (EPC069-12)",
    );
}

#[test]
fn a_body_that_is_no_json_is_told_what_it_is() {
    for (body, expected) in [
        (&b""[..], "the body: is empty, expected one JSON object"),
        (
            b"{\"currency\": \"EUR\"",
            "the body: ends at line 1 column 18 before its JSON does, expected one complete object",
        ),
        (
            b"{\"number\": \"\xff\"}",
            "the body: is not UTF-8 at line 1 column 13, expected JSON in UTF-8",
        ),
        (
            b"{\"number\": 1,}",
            "the body: is not JSON, expected one object: trailing comma at line 1 column 14",
        ),
    ] {
        let refused = parse(body, MAX_BYTES).expect_err("no JSON").to_string();
        assert_eq!(refused, expected);
    }
}

#[test]
fn all_values_of_another_type_are_reported_at_once() {
    let mut request = request();
    request["lines"][0]["unitPrice"] = json!(18.9);
    request["lines"][1]["quantity"] = json!(3);
    request["marketplace"]["orderId"] = json!(576_461_413_038_785_752_u64);
    request["notes"] = json!(["Thank you", null]);
    request["issue_date"] = json!("2026-11-21");
    let invalid = parse_value(&request).expect_err("refused");
    let mut found: Vec<String> = invalid.problems().map(ToString::to_string).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "/lines/0/unitPrice: is a number, expected a string: the number in quotes",
            "/lines/1/quantity: is a number, expected a string: the number in quotes",
            "/marketplace/orderId: is a number, expected a string: the number in quotes",
            "/notes/0: is a string, expected an object with subjectCode, text",
            "/notes/1: is null, expected an object with subjectCode, text",
        ]
    );
    // Several requests in one message.
    let several = parse_value(&json!([request, request])).expect_err("refused");
    let expected = "the body: is an array, expected an object";
    assert_eq!(several.to_string(), expected);
}

#[test]
fn what_only_some_types_require_is_not_asked_of_an_unknown_type() {
    let mut request = request();
    for name in ["number", "buyer"] {
        request.as_object_mut().expect("an object").remove(name);
    }
    request["documentType"] = json!("refund");
    let found = problems(&request);
    let pointers: Vec<&str> = found.iter().map(|(_, pointer, _)| &**pointer).collect();
    assert_eq!(pointers, ["/documentType"]);
}
