//! Allowances, charges, prepayments and rounding.

use super::*;

/// One line of 10 x 10.00 at 19 %, without values that can be derived.
fn hundred() -> Value {
    let mut request = request();
    for name in ["taxBreakdown", "totals", "payment"] {
        request[name] = Value::Null;
    }
    request["lines"] = json!([
        { "name": "x", "quantity": "10", "unitPrice": "10", "tax": { "category": "S", "rate": "19" } }
    ]);
    request
}

fn totals(request: &Value) -> [String; 8] {
    let totals = parse_value(request).expect("valid").totals;
    [
        totals.lines,
        totals.allowances,
        totals.charges,
        totals.net,
        totals.tax,
        totals.gross,
        totals.prepaid,
        totals.due,
    ]
    .map(|amount| amount.to_string())
}

#[test]
fn allowances_and_charges_on_the_document_change_its_tax() {
    let mut request = hundred();
    request["allowances"] = json!([
        { "percent": "10" }, { "amount": "5", "fundedBy": "platform", "reason": "Voucher" }
    ]);
    request["charges"] = json!([
        { "amount": "4.90", "reasonCode": "FC", "tax": { "category": "S", "rate": "7" } }
    ]);
    request["totals"] = json!({ "prepaid": "50", "rounding": "-0.01" });
    let expected = [
        "100.00", "15.00", "4.90", "89.90", "16.49", "106.39", "50.00", "56.38",
    ];
    assert_eq!(totals(&request), expected);
    let invoice = parse_value(&request).expect("valid");
    let kinds = |adjustments: &[crate::model::Adjustment]| {
        adjustments
            .iter()
            .map(|adjustment| adjustment.kind.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&invoice.allowances),
        ["discount", "platform-discount"]
    );
    assert_eq!(kinds(&invoice.charges), ["shipping"]);
    // 85.00 at 19 % and 4.90 at 7 %.
    let taxes = invoice
        .taxes
        .iter()
        .map(|subtotal| subtotal.amount.to_string());
    assert_eq!(taxes.collect::<Vec<_>>(), ["16.15", "0.34"]);

    // The same, with all derived values given.
    request["totals"] = json!({
        "lines": "100.00", "allowances": "15.00", "charges": "4.90", "net": "89.90", "tax": "16.49",
        "gross": "106.39", "prepaid": "50.00", "rounding": "-0.01", "due": "56.38"
    });
    request["allowances"][0]["base"] = json!("100.00");
    request["allowances"][0]["amount"] = json!("10.00");
    request["taxBreakdown"] = json!([
        { "category": "S", "rate": "19", "taxable": "85.00", "tax": "16.15" },
        { "category": "S", "rate": "7", "taxable": "4.90", "tax": "0.34" }
    ]);
    assert_eq!(totals(&request), expected);
}

#[test]
fn allowances_and_charges_on_a_line_change_its_net_amount() {
    let mut request = hundred();
    request["lines"][0]["priceBaseQuantity"] = json!("3");
    request["lines"][0]["allowances"] = json!([{ "percent": "10" }]);
    request["lines"][0]["charges"] = json!([{ "amount": "1", "reason": "Gift wrap" }]);
    // 10 x 10 / 3 = 33.33, less 3.33, plus 1.
    request["lines"][0]["netAmount"] = json!("31.00");
    assert_eq!(totals(&request)[..1], ["31.00"]);
}

#[test]
fn a_percentage_with_an_amount_needs_no_base() {
    let mut request = hundred();
    let second = json!({ "name": "x", "quantity": "1", "unitPrice": "100", "tax": { "category": "S", "rate": "7" } });
    request["lines"].as_array_mut().expect("lines").push(second);
    let of_rate = |rate: &str| json!({ "percent": "10", "amount": "10", "tax": { "category": "S", "rate": rate } });
    request["allowances"] = json!([of_rate("7"), of_rate("19")]);
    // 5 % of what 10 % leave.
    request["lines"][0]["allowances"] =
        json!([{ "percent": "10" }, { "percent": "5", "amount": "4.50" }]);
    let invoice = parse_value(&request).expect("valid");
    assert_eq!(invoice.totals.net.to_string(), "165.50");
    let of_document = invoice.allowances.iter();
    let kept: Vec<_> = (of_document.chain(&invoice.lines[0].allowances))
        .map(|it| (it.amount.to_string(), it.base.map(|base| base.to_string())))
        .collect();
    let kept: Vec<_> = kept
        .iter()
        .map(|(amount, base)| (&**amount, base.as_deref()))
        .collect();
    assert_eq!(
        kept,
        [
            ("10.00", None),
            ("10.00", None),
            ("10.00", Some("100.00")),
            ("4.50", None)
        ]
    );

    request["allowances"][0]["amount"] = json!("-10");
    let place = "/allowances/0/amount".to_owned();
    assert_eq!(problems(&request), [("amount_invalid", place, None)]);
}

#[test]
fn a_line_may_have_a_quantity_of_zero() {
    for prices_include_tax in [false, true] {
        let mut request = hundred();
        request["pricesIncludeTax"] = json!(prices_include_tax);
        let none = json!({ "name": "x", "quantity": "0", "unitPrice": "5", "tax": { "category": "S", "rate": "19" },
            "grossPrice": "6", "allowances": [{ "percent": "10" }] });
        request["lines"].as_array_mut().expect("lines").push(none);
        let invoice = parse_value(&request).expect("valid");
        assert_eq!(invoice.lines[1].net.to_string(), "0.00");
        assert!(invoice.lines[1].unit_price > Decimal::ONE);
    }
}

#[test]
fn what_is_wrong_with_an_allowance_or_charge_is_named() {
    let check = |pointer: &str, value: Value, expected: (&str, &str, Option<&str>)| {
        let mut request = hundred();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        request.pointer_mut(parent).expect("a parent")[name] = value;
        let found = problems(&request);
        let (code, place, rule) = expected;
        assert_eq!(found, [(code, place.to_owned(), rule)], "{pointer}");
    };
    let line = "/lines/0/charges";
    check(
        "/allowances",
        json!([{}]),
        ("field_missing", "/allowances/0/amount", Some("BR-31")),
    );
    check(
        "/charges",
        json!([{ "reason": "x" }]),
        ("field_missing", "/charges/0/amount", Some("BR-36")),
    );
    check(
        "/charges",
        json!([{ "amount": "1" }]),
        ("field_missing", "/charges/0/reason", Some("BR-38")),
    );
    check(
        line,
        json!([{ "amount": "1" }]),
        ("field_missing", "/lines/0/charges/0/reason", Some("BR-44")),
    );
    check(
        "/allowances",
        json!([{ "amount": "-1" }]),
        ("amount_invalid", "/allowances/0/amount", None),
    );
    check(
        "/allowances",
        json!([{ "percent": "10", "base": "-1" }]),
        ("amount_invalid", "/allowances/0/base", None),
    );
    check(
        "/lines/0/allowances",
        json!([{ "percent": "10", "base": "100", "amount": "9.97" }]),
        (
            "totals_mismatch",
            "/lines/0/allowances/0/amount",
            Some("PEPPOL-EN16931-R040"),
        ),
    );
    check(
        "/allowances",
        json!([{ "amount": "10.03", "percent": "10", "base": "100" }]),
        (
            "totals_mismatch",
            "/allowances/0/amount",
            Some("PEPPOL-EN16931-R040"),
        ),
    );
    check(
        "/allowances",
        json!([{ "amount": "10", "base": "100" }]),
        (
            "field_missing",
            "/allowances/0/percent",
            Some("PEPPOL-EN16931-R042"),
        ),
    );
    check(
        "/lines/0/allowances",
        json!([{ "amount": "1", "tax": { "category": "S", "rate": "7" } }]),
        ("field_invalid", "/lines/0/allowances/0/tax", None),
    );
    check(
        "/allowances",
        json!([{ "amount": "1", "fundedBy": "friends" }]),
        ("field_invalid", "/allowances/0/fundedBy", None),
    );
    check(
        "/charges",
        json!([{ "amount": "1", "reasonCode": "shipping" , "reason": "x" }]),
        ("field_invalid", "/charges/0/reasonCode", Some("BR-CL-20")),
    );
}

#[test]
fn a_line_that_is_taken_back_takes_its_discount_back() {
    let mut request = hundred();
    request["lines"][0]["quantity"] = json!("-10");
    request["lines"][0]["allowances"] = json!([{ "percent": "10" }]);
    assert_eq!(totals(&request)[0], "-90.00");
    request["lines"][0]["allowances"] =
        json!([{ "amount": "-10", "percent": "10", "base": "-100" }]);
    assert_eq!(totals(&request)[0], "-90.00");
    // The sign is that of the quantity, also where the price is rounded to 0.
    let mut sample = request.clone();
    sample["lines"][0]["unitPrice"] = json!("0.0004");
    sample["lines"][0]["allowances"] = json!([{ "amount": "-1" }]);
    assert_eq!(totals(&sample)[0], "1.00");

    request["documentType"] = json!("corrected-invoice");
    let place = "/references/precedingInvoices".to_owned();
    assert_eq!(
        problems(&request),
        [("field_missing", place, Some("Directive 2006/112/EC, 219"))]
    );
}

#[test]
fn rounding_is_what_cash_asks_for() {
    let mut request = hundred();
    request["totals"] = json!({ "rounding": "99.99" });
    parse_value(&request).expect("valid");
    // 1,190,000 dong, paid in notes of 1,000.
    request["currency"] = json!("VND");
    request["lines"][0]["unitPrice"] = json!("100040");
    request["totals"] = json!({ "rounding": "-476", "due": "1190000" });
    parse_value(&request).expect("valid");
}

#[test]
fn tax_in_another_currency_is_given_with_it_or_not_at_all() {
    let mut request = hundred();
    request["taxCurrency"] = json!("SEK");
    let pointer = "/totals/taxInTaxCurrency".to_owned();
    assert_eq!(
        problems(&request),
        [("field_missing", pointer, Some("BR-53"))]
    );
    request["totals"] = json!({ "taxInTaxCurrency": "209.5" });
    let (currency, tax) = parse_value(&request)
        .expect("valid")
        .tax_in_tax_currency
        .expect("given");
    assert_eq!(
        (currency.code(), tax.to_string()),
        ("SEK", "209.50".to_owned())
    );
    request["totals"] = json!({ "taxInTaxCurrency": "-209.5" });
    let pointer = "/totals/taxInTaxCurrency".to_owned();
    assert_eq!(problems(&request), [("amount_invalid", pointer, None)]);
    request["totals"] = json!({ "taxInTaxCurrency": "209.5" });
    request["taxCurrency"] = json!("EUR");
    let same = (
        "currency_unknown",
        "/taxCurrency".to_owned(),
        Some("PEPPOL-EN16931-R005"),
    );
    assert_eq!(problems(&request), std::slice::from_ref(&same));
    request["totals"] = Value::Null;
    assert_eq!(problems(&request), [same], "one message at once");
    request["totals"] = json!({ "taxInTaxCurrency": "209.5" });
    request["taxCurrency"] = Value::Null;
    let pointer = "/taxCurrency".to_owned();
    assert_eq!(
        problems(&request),
        [("field_missing", pointer, Some("BR-53"))]
    );
}
