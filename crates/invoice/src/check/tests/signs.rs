//! Which amounts may be negative, and which groups of a tax there are.

use super::*;

/// A document of this type with these members, without values that can be derived.
pub(super) fn document(document_type: &str, members: Value) -> Value {
    let mut request = request();
    for name in ["taxBreakdown", "totals", "payment"] {
        request[name] = Value::Null;
    }
    request["documentType"] = json!(document_type);
    request["references"] = json!({ "precedingInvoices": [{ "number": "R-0" }] });
    let Value::Object(members) = members else {
        panic!("{members} is no object");
    };
    for (name, value) in members {
        request[name] = value;
    }
    request
}

pub(super) fn line(quantity: &str, unit_price: &str, rate: &str) -> Value {
    json!({ "name": "x", "quantity": quantity, "unitPrice": unit_price, "tax": tax(rate) })
}

pub(super) fn tax(rate: &str) -> Value {
    json!({ "category": "S", "rate": rate })
}

/// The breakdown as `rate taxable tax`, and the amount due.
pub(super) fn sums(request: &Value) -> (Vec<String>, String) {
    let invoice = parse_value(request).unwrap_or_else(|error| panic!("{error}: {request}"));
    let taxes = invoice.taxes.iter().map(|subtotal| {
        let rate = subtotal.tax.rate;
        format!("{rate} {} {}", subtotal.taxable, subtotal.amount)
    });
    (taxes.collect(), invoice.totals.due.to_string())
}

#[test]
fn goods_and_charges_are_taken_back_with_negative_amounts() {
    let credit = json!({ "lines": [line("10", "10.00", "19"), line("-2", "3.00", "19")] });
    let back = |name: &str, amount: &str| {
        let item = json!({ "amount": amount, "reason": "Back", "tax": tax("19") });
        json!({ "lines": [line("-1", "10.00", "19")], name: [item] })
    };
    for (document_type, members, taxes, due) in [
        ("invoice", credit.clone(), "19 94.00 17.86", "111.86"),
        ("credit-note", credit.clone(), "19 94.00 17.86", "111.86"),
        ("receipt", credit.clone(), "19 94.00 17.86", "111.86"),
        ("self-billed-invoice", credit, "19 94.00 17.86", "111.86"),
        (
            "corrected-invoice",
            back("charges", "-4.90"),
            "19 -14.90 -2.83",
            "-17.73",
        ),
        (
            "corrected-invoice",
            back("allowances", "-1.00"),
            "19 -9.00 -1.71",
            "-10.71",
        ),
        // More is returned than delivered.
        (
            "invoice",
            json!({ "lines": [line("1", "10.00", "19"), line("-2", "10.00", "19")] }),
            "19 -10.00 -1.90",
            "-11.90",
        ),
        (
            "self-billed-invoice",
            json!({ "lines": [line("1", "10.00", "19")], "allowances": [{ "amount": "11" }] }),
            "19 -1.00 -0.19",
            "-1.19",
        ),
        // The charge for shipping stays with the seller: the credit is smaller.
        (
            "credit-note",
            json!({ "lines": [line("1", "10.00", "19")], "charges": [{ "amount": "-4.90", "reasonCode": "FC" }] }),
            "19 5.10 0.97",
            "6.07",
        ),
        // A discount on a line that is taken back, in an ordinary invoice.
        (
            "invoice",
            json!({ "lines": [line("3", "10.00", "19"), {
                "name": "x", "quantity": "-1", "unitPrice": "10.00", "tax": tax("19"), "allowances": [{ "amount": "-2" }]
            }] }),
            "19 22.00 4.18",
            "26.18",
        ),
        (
            "invoice",
            json!({ "totals": { "prepaid": "-20.00", "due": "139.00" }, "lines": [line("10", "10", "19")] }),
            "19 100.00 19.00",
            "139.00",
        ),
        (
            "receipt",
            json!({ "totals": { "prepaid": "-0.00" }, "lines": [line("1.000000000000000000",
            "10.000000000000000000", "0")] }),
            "0 10.00 0.00",
            "10.00",
        ),
    ] {
        let request = document(document_type, members);
        let expected = (vec![taxes.to_owned()], due.to_owned());
        assert_eq!(sums(&request), expected, "{request}");
    }
}

#[test]
fn what_would_mean_the_opposite_is_refused() {
    let negative = json!({ "lines": [line("1", "10.00", "19"), line("-2", "10.00", "19")] });
    let place = |pointer: &str| ("amount_invalid", pointer.to_owned(), None);
    let request = document("credit-note", negative);
    assert_eq!(problems(&request), [place("/totals/gross")]);

    for (document_type, is_valid) in [
        ("invoice", false),
        ("self-billed-invoice", false),
        ("receipt", false),
        ("corrected-invoice", true),
        ("credit-note", true),
    ] {
        let members =
            json!({ "lines": [line("1", "10.00", "19")], "allowances": [{ "amount": "-1" }] });
        let request = document(document_type, members);
        if is_valid {
            parse_value(&request).expect(document_type);
        } else {
            assert_eq!(problems(&request), [place("/allowances/0/amount")]);
        }
    }

    for document_type in ["invoice", "credit-note", "corrected-invoice", "receipt"] {
        let request = document(
            document_type,
            json!({ "lines": [line("1", "-10.00", "19")] }),
        );
        assert_eq!(problems(&request), [place("/lines/0/unitPrice")]);
        let request = document(
            document_type,
            json!({ "lines": [line("1", "-0.00", "19")] }),
        );
        parse_value(&request).expect("the value counts, not its spelling");
    }
}

#[test]
fn a_group_may_have_allowances_and_charges_alone() {
    let shipping = |amount: &str, rate: &str| json!({ "amount": amount, "reason": "Shipping", "tax": tax(rate) });
    let request = document(
        "invoice",
        json!({ "lines": [line("1", "10.00", "7")], "charges": [shipping("4.90", "19")],
                "allowances": [shipping("4.90", "19")] }),
    );
    let taxes = vec!["7 10.00 0.70".to_owned(), "19 0.00 0.00".to_owned()];
    assert_eq!(sums(&request), (taxes, "10.70".to_owned()));

    let request = document(
        "receipt",
        json!({ "lines": [line("1", "69.99", "8.25"), line("1", "45.95", "8.25")],
                "allowances": [shipping("9.45", "8.25"), shipping("7.99", "0")], "charges": [shipping("7.99", "0")],
                "totals": { "gross": "115.28" } }),
    );
    let taxes = vec!["8.25 106.49 8.79".to_owned(), "0 0.00 0.00".to_owned()];
    assert_eq!(sums(&request), (taxes, "115.28".to_owned()));

    // Of allowances alone, the taxable amount is negative.
    let request = document(
        "invoice",
        json!({ "lines": [line("1", "10.00", "7")], "allowances": [shipping("1.00", "19")] }),
    );
    let taxes = vec!["7 10.00 0.70".to_owned(), "19 -1.00 -0.19".to_owned()];
    assert_eq!(sums(&request), (taxes, "9.51".to_owned()));

    let mut zero_rated = shipping("1.00", "0");
    zero_rated["tax"]["category"] = json!("S");
    let request = document(
        "invoice",
        json!({ "lines": [line("1", "10.00", "7")], "allowances": [zero_rated] }),
    );
    let place = "/allowances/0/tax/rate".to_owned();
    assert_eq!(
        problems(&request),
        [("tax_invalid", place, Some("BR-S-06"))]
    );
}

#[test]
fn values_are_as_long_and_as_exact_as_their_sources_have_them() {
    for (quantity, unit_price, rate, due) in [
        ("1000", "0.061232374", "19", "72.86"),
        ("0.12345", "10", "0", "1.23"),
        ("1", "10", "10.23125", "11.02"),
        ("100", "12500000000", "11", "1387500000000.00"),
        ("2500000", "12500000000", "0", "31250000000000000.00"),
    ] {
        let members = json!({ "lines": [line(quantity, unit_price, rate)] });
        let request = document("receipt", members);
        let is_too_much = due.len() > 18;
        if is_too_much {
            let place = "/lines/0".to_owned();
            assert_eq!(problems(&request), [("amount_invalid", place, None)]);
        } else {
            assert_eq!(sums(&request).1, due);
        }
    }
    for (pointer, chars) in [
        ("/lines/0/name", 513),
        ("/lines/0/sku", 255),
        ("/lines/0/description", 5_000),
        ("/seller/name", 255),
        ("/buyer/name", 255),
        ("/number", 255),
        ("/notes/0/text", 5_000),
        ("/seller/address/street", 255),
        ("/seller/contact/email", 254),
        ("/references/purchaseOrder", 255),
    ] {
        let mut request = document("invoice", json!({ "notes": [{ "text": "x" }] }));
        request["seller"]["contact"] = json!({ "name": "x" });
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        for (length, is_valid) in [(chars, true), (chars + 1, false)] {
            request.pointer_mut(parent).expect("a parent")[name] = json!("x".repeat(length));
            assert_eq!(
                parse_value(&request).is_ok(),
                is_valid,
                "{pointer}: {length}"
            );
        }
    }
}
