//! Prices that include tax.

use super::price_laws::assert_rules;
use super::signs::{self, document, line, sums};
use super::*;
use crate::totals::{groups, taxables};
use crate::with_tax::{Unfit, WithTax};

/// A document whose prices include tax.
fn gross(members: Value) -> Value {
    let mut request = document("invoice", members);
    request["pricesIncludeTax"] = json!(true);
    request
}

#[test]
fn the_total_is_what_was_paid() {
    for (lines, taxes, due) in [
        // What marketplaces show: 3 x 9.99.
        (json!([line("3", "9.99", "20")]), "20 24.97 5.00", "29.97"),
        (json!([line("3", "9.99", "19")]), "19 25.18 4.79", "29.97"),
        // No net amount has this sum with its tax.
        (json!([line("1", "0.03", "20")]), "20 0.02 0.01", "0.03"),
        (
            json!([line("-1", "119", "19")]),
            "19 -100.00 -19.00",
            "-119.00",
        ),
        (json!([line("1", "0.00", "19")]), "19 0.00 0.00", "0.00"),
    ] {
        let request = gross(json!({ "lines": lines }));
        let expected = (vec![taxes.to_owned()], due.to_owned());
        assert_eq!(sums(&request), expected, "{request}");
        assert_rules(&parse_value(&request).expect("valid"));
    }
}

#[test]
fn both_the_net_and_the_paid_amounts_are_kept() {
    let mut mug = line("3", "9.99", "19");
    mug["allowances"] = json!([{ "percent": "10" }]);
    let request = gross(json!({
        "lines": [mug, line("1", "5", "19")], "charges": [{ "amount": "4.90", "reasonCode": "FC" }],
        "allowances": [{ "amount": "1", "percent": "5", "base": "20" }]
    }));
    let invoice = parse_value(&request).expect("valid");
    assert_rules(&invoice);
    assert!(invoice.prices_include_tax);
    // 29.97 - 3.00 + 5.00 + 4.90 - 1.00.
    assert_eq!(invoice.totals.gross.to_string(), "35.87");
    let line = &invoice.lines[0];
    let with_tax = line.with_tax.expect("prices include tax");
    assert_eq!(
        (with_tax.unit_price.to_string(), with_tax.amount.to_string()),
        ("9.99".into(), "26.97".into())
    );
    assert_eq!(line.net.to_string(), "22.66");
    let discount = &line.allowances[0];
    let with_tax = discount.with_tax.expect("prices include tax");
    assert_eq!(
        (
            with_tax.amount.to_string(),
            with_tax.base.map(|it| it.to_string())
        ),
        ("3.00".into(), Some("29.97".into()))
    );
    assert_eq!(
        (
            discount.amount.to_string(),
            discount.base.map(|it| it.to_string())
        ),
        ("2.52".into(), Some("25.18".into()))
    );
    // Both are invoices without the flag, too.
    let net = parse_value(&document(
        "invoice",
        json!({ "lines": [signs::line("3", "9.99", "19")] }),
    ));
    let net = net.expect("valid");
    assert!(!net.prices_include_tax && net.lines[0].with_tax.is_none());
}

#[test]
fn a_net_price_has_as_few_decimals_as_give_its_amount() {
    for (quantity, price, rate, expected) in [
        ("1", "9.99", "19", "8.39"),
        ("3", "9.99", "19", "8.39496"),
        ("2", "119", "19", "100"),
        ("3", "9.99", "20", "8.323"),
        ("1000", "0.119", "19", "0.1"),
        ("1", "0.001", "19", "0.001"),
    ] {
        let request = gross(json!({ "lines": [line(quantity, price, rate)] }));
        let invoice = parse_value(&request).expect("valid");
        assert_eq!(
            invoice.lines[0].unit_price.to_string(),
            expected,
            "{quantity} x {price}"
        );
    }
}

#[test]
fn a_net_gross_price_has_the_decimals_of_the_currency_and_is_never_negative() {
    let prices = |line: Value, lines: usize| -> Vec<[String; 3]> {
        let request = gross(json!({ "lines": vec![line; lines] }));
        let invoice = parse_value(&request).unwrap_or_else(|error| panic!("{error}: {request}"));
        assert_rules(&invoice);
        let of = |line: &crate::model::Line| {
            let gross = line.details.gross_price.expect("a gross price");
            [gross.price, gross.discount, line.unit_price].map(|price| price.to_string())
        };
        invoice.lines.iter().map(of).collect()
    };
    let priced = |price: &str, gross: &str, discount: Value| {
        let mut line = line("1", price, "19");
        line["grossPrice"] = json!(gross);
        line["priceDiscount"] = discount;
        line
    };
    for (line, expected) in [
        (
            priced("11.90", "12.90", Value::Null),
            ["10.84", "0.84", "10"],
        ),
        (priced("119", "238", json!("119")), ["200", "100", "100"]),
        (
            priced("11.90", "11.9001", Value::Null),
            ["10.0001", "0.0001", "10"],
        ),
        (priced("1.19", "0.00", json!("-1.19")), ["0", "-1", "1"]),
    ] {
        assert_eq!(
            prices(line.clone(), 1),
            [expected.map(str::to_owned)],
            "{line}"
        );
    }
    // 0.0756 each, together 0.23: the third gets less.
    let found = prices(priced("0.09", "0", json!("-0.09")), 3);
    let expected = [
        ["0", "-0.08", "0.08"],
        ["0", "-0.08", "0.08"],
        ["0", "-0.07", "0.07"],
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_net_base_is_left_out_where_the_percentage_no_longer_fits() {
    let with_discount = |price: &str, amount: Value| {
        let mut line = line("1", price, "7");
        line["allowances"] = json!([{ "percent": "12.5", "base": price, "amount": amount }]);
        let invoice = parse_value(&gross(json!({ "lines": [line] }))).expect("valid");
        assert_rules(&invoice);
        let allowance = invoice.lines[0].allowances[0].clone();
        assert_eq!(
            allowance
                .with_tax
                .and_then(|it| it.base)
                .map(|it| it.to_string()),
            Some(price.to_owned())
        );
        [Some(allowance.amount), allowance.base].map(|it| it.map(|it| it.to_string()))
    };
    let texts =
        |amount: &str, base: Option<&str>| [Some(amount.to_owned()), base.map(str::to_owned)];
    assert_eq!(
        with_discount("239.04", json!("29.86")),
        texts("27.90", None)
    );
    assert_eq!(
        with_discount("239.04", Value::Null),
        texts("27.92", Some("223.40"))
    );
}

#[test]
fn a_tax_that_leaves_nothing_to_share_out_is_named() {
    for (price, tax) in [("0.00", 5), ("0.01", 5), ("0.01", 1)] {
        let request = gross(json!({ "lines": [line("1", price, "19")] }));
        let mut lines = parse_value(&request).expect("valid").lines;
        for line in &mut lines {
            line.net = price.parse().expect("a decimal");
        }
        let (groups, group_of) = groups(&taxables(&lines, [&[], &[]]), true, 2);
        let groups: Vec<_> = groups
            .into_iter()
            .map(|group| (group, Decimal::new(tax, 2)))
            .collect();
        let with_tax = WithTax {
            groups: &groups,
            group_of: &group_of,
            given: &[None],
            minor_digits: 2,
        };
        let found = with_tax.make_net(&mut lines, &mut [], &mut []);
        // A cent may be all tax.
        let expected = Unfit {
            nets: vec![],
            taxes: vec![0],
        };
        let is_wrong = tax > 1;
        assert_eq!(
            found.err(),
            is_wrong.then_some(expected),
            "{price} with {tax}"
        );
    }
}

#[test]
fn given_net_values_are_kept_where_they_add_up() {
    let lines = |first: &str, second: &str| {
        let net = |net: &str| match net {
            "" => Value::Null,
            net => json!(net),
        };
        let mut lines = json!([line("1", "9.99", "19"), line("1", "9.99", "19")]);
        lines[0]["netAmount"] = net(first);
        lines[1]["netAmount"] = net(second);
        lines
    };
    let nets = |request: &Value| -> Vec<String> {
        let invoice = parse_value(request).unwrap_or_else(|error| panic!("{error}: {request}"));
        assert_rules(&invoice);
        assert_eq!(invoice.totals.gross.to_string(), "19.98");
        invoice
            .lines
            .iter()
            .map(|line| line.net.to_string())
            .collect()
    };
    // Exactly 8.394958 each, together 16.789916, with a tax of 3.190084.
    assert_eq!(
        nets(&gross(json!({ "lines": lines("", "") }))),
        ["8.40", "8.39"]
    );
    assert_eq!(
        nets(&gross(json!({ "lines": lines("8.39", "") }))),
        ["8.39", "8.40"]
    );
    assert_eq!(
        nets(&gross(json!({ "lines": lines("8.39", "8.39") }))),
        ["8.39", "8.39"]
    );
    assert_eq!(
        nets(&gross(
            json!({ "lines": lines("", ""), "totals": { "tax": "3.20" } })
        )),
        ["8.39", "8.39"]
    );
    assert_eq!(
        nets(&gross(
            json!({ "lines": lines("", ""), "totals": { "net": "16.78" } })
        )),
        ["8.39", "8.39"]
    );
    let given = json!([{ "category": "S", "rate": "19", "taxable": "16.78" }]);
    assert_eq!(
        nets(&gross(
            json!({ "lines": lines("", ""), "taxBreakdown": given })
        )),
        ["8.39", "8.39"]
    );

    let found = problems(&gross(json!({ "lines": lines("8.42", "") })));
    assert_eq!(
        found[0],
        (
            "totals_mismatch",
            "/lines/0/netAmount".to_owned(),
            Some("PEPPOL-EN16931-R120")
        )
    );
    let found = problems(&gross(json!({ "lines": lines("8.41", "8.41") })));
    let words = parse_value(&gross(json!({ "lines": lines("8.41", "8.41") })));
    let words = words.expect_err("must be refused").to_string();
    let expected = "/lines/0/netAmount: is 8.41 and does not add up with the net amounts of the same category and rate, \
         expected 8.40 from what they include with tax (BR-S-08)";
    assert!(words.contains(expected), "{words}");
    let place = |index: usize| format!("/lines/{index}/netAmount");
    let rule = Some("BR-S-08");
    assert_eq!(
        found,
        [
            ("totals_mismatch", place(0), rule),
            ("totals_mismatch", place(1), rule)
        ]
    );
    let found = problems(&gross(
        json!({ "lines": lines("", ""), "totals": { "gross": "19.99" } }),
    ));
    assert_eq!(
        found,
        [(
            "totals_mismatch",
            "/totals/gross".to_owned(),
            Some("BR-CO-15")
        )]
    );
}
