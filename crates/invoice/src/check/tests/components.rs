//! Several taxes on one line.

use super::signs::{document, line, tax};
use super::*;

fn gst_and_qst() -> Value {
    json!([{ "name": "GST", "rate": "5" }, { "name": "QST", "rate": "9.975" }])
}

fn with_components(components: Value) -> Value {
    let mut line = line("1", "19.99", "14.975");
    line["tax"]["components"] = components;
    line
}

/// The components of the breakdown as `name rate amount`.
fn components(request: &Value) -> Vec<Vec<String>> {
    let invoice = parse_value(request).unwrap_or_else(|error| panic!("{error}: {request}"));
    let of = |subtotal: &crate::model::TaxSubtotal| {
        let sum: Decimal = subtotal.components.iter().map(|it| it.amount).sum();
        assert!(subtotal.components.is_empty() || sum == subtotal.amount);
        let components = subtotal.components.iter();
        components
            .map(|it| format!("{} {} {}", it.name, it.rate, it.amount))
            .collect()
    };
    invoice.taxes.iter().map(of).collect()
}

#[test]
fn each_component_has_its_amount_and_they_add_up_to_the_tax() {
    let mut lines = json!([with_components(gst_and_qst()), line("1", "10", "0")]);
    let request = document("receipt", json!({ "lines": lines }));
    // 2.9935 is 2.99; 0.9995 and 1.9940 would be 1.00 and 1.99.
    let expected = [
        vec!["GST 5 1.00".to_owned(), "QST 9.975 1.99".to_owned()],
        vec![],
    ];
    assert_eq!(components(&request), expected);

    lines[0]["tax"]["rate"] = Value::Null;
    let derived = document("receipt", json!({ "lines": lines }));
    assert_eq!(parse_value(&derived), parse_value(&request));

    // CGST and SGST of an odd tax.
    let mut lines = json!([line("1", "10.05", "18")]);
    lines[0]["tax"]["components"] =
        json!([{ "name": "CGST", "rate": "9" }, { "name": "SGST", "rate": "9" }]);
    let request = document("receipt", json!({ "lines": lines }));
    assert_eq!(components(&request), [["CGST 9 0.91", "SGST 9 0.90"]]);
    let request = document(
        "receipt",
        json!({ "lines": lines, "pricesIncludeTax": true }),
    );
    assert_eq!(components(&request), [["CGST 9 0.77", "SGST 9 0.76"]]);
}

#[test]
fn components_are_the_same_wherever_they_are_given() {
    let mut shipping = json!({ "amount": "5", "reason": "Shipping", "tax": tax("14.975") });
    let lines = json!([with_components(gst_and_qst())]);
    let request = document("receipt", json!({ "lines": lines, "charges": [shipping] }));
    assert_eq!(components(&request), [["GST 5 1.25", "QST 9.975 2.49"]]);

    shipping["tax"]["components"] =
        json!([{ "name": "QST", "rate": "9.975" }, { "name": "GST", "rate": "5" }]);
    let request = document("receipt", json!({ "lines": lines, "charges": [shipping] }));
    assert_eq!(
        components(&request),
        [["GST 5 1.25", "QST 9.975 2.49"]],
        "in any order"
    );

    shipping["tax"]["components"][0]["name"] = json!("PST");
    let request = document("receipt", json!({ "lines": lines, "charges": [shipping] }));
    let place = "/charges/0/tax".to_owned();
    assert_eq!(problems(&request), [("tax_invalid", place, None)]);

    // The breakdown may give them for all.
    let given = json!([{ "category": "S", "rate": "14.975", "components": gst_and_qst() }]);
    let request = document(
        "receipt",
        json!({ "lines": [line("1", "19.99", "14.975")], "taxBreakdown": given }),
    );
    assert_eq!(components(&request), [["GST 5 1.00", "QST 9.975 1.99"]]);
    let given = json!([{ "category": "S", "rate": "14.975", "components": [{ "name": "HST", "rate": "14.975" }] }]);
    let request = document("receipt", json!({ "lines": lines, "taxBreakdown": given }));
    let place = "/taxBreakdown/0/components".to_owned();
    assert_eq!(problems(&request), [("tax_invalid", place, None)]);
}

#[test]
fn amounts_that_a_platform_gives_are_kept() {
    let with_amounts = |gst: &str, qst: &str| {
        let given = json!([{ "category": "S", "components": [
            { "name": "GST", "rate": "5", "tax": gst }, { "name": "QST", "rate": "9.975", "tax": qst }
        ] }]);
        let lines = json!([
            with_components(gst_and_qst()),
            with_components(gst_and_qst())
        ]);
        document("receipt", json!({ "lines": lines, "taxBreakdown": given }))
    };
    // Exactly 1.999 and 3.98801, together 5.98701.
    assert_eq!(
        components(&with_amounts("2.00", "3.98")),
        [["GST 5 2.00", "QST 9.975 3.98"]]
    );
    assert_eq!(
        components(&with_amounts("2.00", "3.99")),
        [["GST 5 2.00", "QST 9.975 3.99"]]
    );
    let place = |index: usize| format!("/taxBreakdown/0/components/{index}/tax");
    let expected = [
        ("totals_mismatch", place(0), None),
        ("totals_mismatch", place(1), None),
    ];
    assert_eq!(problems(&with_amounts("2.49", "3.50")), expected);
}

#[test]
fn what_is_wrong_with_components_is_named() {
    let check = |components: Value, rate: Value, expected: (&str, &str)| {
        let mut line = with_components(components);
        line["tax"]["rate"] = rate;
        let found = problems(&document("receipt", json!({ "lines": [line] })));
        let (code, pointer) = expected;
        assert_eq!(found, [(code, format!("/lines/0/tax/{pointer}"), None)]);
    };
    let rate = || json!("14.975");
    check(gst_and_qst(), json!("14.98"), ("tax_invalid", "rate"));
    check(json!([]), Value::Null, ("field_missing", "rate"));
    check(
        json!([{ "rate": "14.975" }]),
        rate(),
        ("field_missing", "components/0/name"),
    );
    check(
        json!([{ "name": "GST" }]),
        rate(),
        ("field_missing", "components/0/rate"),
    );
    check(
        json!([{ "name": "GST", "rate": "five" }]),
        Value::Null,
        ("tax_invalid", "components/0/rate"),
    );
    check(
        json!([{ "name": "a", "rate": "60" }, { "name": "b", "rate": "60" }]),
        Value::Null,
        ("tax_invalid", "rate"),
    );
    for category in ["O", "Z", "E", "AE"] {
        let mut line = with_components(gst_and_qst());
        line["tax"]["category"] = json!(category);
        let found = problems(&document("receipt", json!({ "lines": [line] })));
        let place = "/lines/0/tax/components".to_owned();
        assert_eq!(found, [("tax_invalid", place, None)], "{category}");
    }
    let many = vec![json!({ "name": "a", "rate": "1" }); 21];
    check(
        Value::Array(many),
        json!("21"),
        ("field_invalid", "components"),
    );
}
