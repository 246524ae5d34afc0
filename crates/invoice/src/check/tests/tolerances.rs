//! Given amounts that differ from computed ones: within the tolerance of their rule they are kept, and all sums follow.

use super::signs::{document, line, sums, tax};
use super::*;

fn breakdown(rate: &str, tax: &str) -> Value {
    json!([{ "category": "S", "rate": rate, "tax": tax }])
}

#[test]
fn a_tax_that_was_added_up_line_by_line_is_kept() {
    let consulting = json!([line("30", "79.72", "19"), line("11", "144.98", "19")]);
    let request = document(
        "invoice",
        json!({ "lines": consulting, "taxBreakdown": breakdown("19", "757.42"),
                "totals": { "tax": "757.42", "gross": "4743.80", "due": "4743.80" } }),
    );
    let expected = |taxes: &str, due: &str| (vec![taxes.to_owned()], due.to_owned());
    assert_eq!(sums(&request), expected("19 3986.38 757.42", "4743.80"));

    // Without a breakdown, the total tax says it; so does a total from which it follows.
    let three = json!([
        line("1", "4.99", "8.875"),
        line("1", "4.99", "8.875"),
        line("1", "4.99", "8.875")
    ]);
    for totals in [
        json!({ "tax": "1.32", "gross": "16.29" }),
        json!({ "tax": "1.32" }),
        json!({ "gross": "16.29" }),
        json!({ "due": "6.30", "prepaid": "10", "rounding": "0.01" }),
    ] {
        let request = document("receipt", json!({ "lines": three, "totals": totals }));
        let (taxes, _) = sums(&request);
        assert_eq!(taxes, ["8.875 14.97 1.32"], "{totals}");
    }
    let request = document(
        "receipt",
        json!({ "lines": three, "taxBreakdown": breakdown("8.875", "1.32") }),
    );
    assert_eq!(sums(&request), expected("8.875 14.97 1.32", "16.29"));

    // The discount counts as one more.
    let request = document(
        "receipt",
        json!({ "lines": three, "allowances": [{ "amount": "0.01" }], "totals": { "tax": "1.31" } }),
    );
    assert_eq!(sums(&request), expected("8.875 14.96 1.31", "16.27"));
}

#[test]
fn a_total_tax_is_shared_out_as_lines_round_it_or_as_there_is_room() {
    let lines = json!([
        line("1", "0.05", "19"),
        line("1", "0.05", "19"),
        line("1", "0.05", "19"),
        line("1", "0.07", "7"),
        line("1", "0.07", "7"),
        line("1", "0.07", "7"),
    ]);
    for (tax, expected) in [
        // Rounded once: 0.0285 and 0.0147.
        ("0.04", ["19 0.15 0.03", "7 0.21 0.01"]),
        // 3 x 0.01 and 3 x 0.00.
        ("0.03", ["19 0.15 0.03", "7 0.21 0.00"]),
        // Neither: where there is most room.
        ("0.05", ["19 0.15 0.04", "7 0.21 0.01"]),
        ("0.06", ["19 0.15 0.04", "7 0.21 0.02"]),
    ] {
        let request = document(
            "receipt",
            json!({ "lines": lines, "totals": { "tax": tax } }),
        );
        assert_eq!(sums(&request).0, expected, "{tax}");
    }
    let request = document(
        "receipt",
        json!({ "lines": lines, "totals": { "tax": "0.08" } }),
    );
    let place = "/totals/tax".to_owned();
    assert_eq!(
        problems(&request),
        [("totals_mismatch", place, Some("BR-CO-14"))]
    );
    // A tax that the breakdown gives stays, whatever the total says.
    let given = json!([
        { "category": "S", "rate": "19", "tax": "0.02" }, { "category": "S", "rate": "7" }
    ]);
    let members = json!({ "lines": lines, "taxBreakdown": given, "totals": { "tax": "0.04" } });
    assert_eq!(
        sums(&document("receipt", members)).0,
        ["19 0.15 0.02", "7 0.21 0.02"]
    );
}

#[test]
fn a_tax_outside_of_its_tolerance_is_named_with_both_values() {
    let check = |lines: Value, given: Value, expected: &str| {
        let request = document("receipt", json!({ "lines": lines, "taxBreakdown": given }));
        let invalid = parse_value(&request).expect_err("must be refused");
        assert_eq!(invalid.to_string(), expected);
    };
    check(
        json!([line("1", "29.85", "19")]),
        breakdown("19", "5.68"),
        "/taxBreakdown/0/tax: is 5.68, expected 5.67 from the taxable amount and the rate (BR-CO-17)",
    );
    check(
        json!([
            line("1", "5", "19"),
            line("1", "5", "19"),
            line("1", "5", "19")
        ]),
        breakdown("19", "2.87"),
        "/taxBreakdown/0/tax: is 2.87, expected 2.85 from the taxable amount and the rate; 2.84 to 2.86 are accepted (BR-CO-17)",
    );
    // No tax is charged in these categories, however many lines there are.
    let exempt = json!({ "name": "x", "quantity": "1", "unitPrice": "5", "tax": { "category": "Z", "rate": "0" } });
    check(
        json!([exempt, exempt]),
        json!([{ "category": "Z", "rate": "0", "tax": "0.01" }]),
        "/taxBreakdown/0/tax: is 0.01, expected 0.00 from the taxable amount and the rate (BR-CO-17)",
    );
}

#[test]
fn what_is_given_away_widens_no_tolerance() {
    let gifts = |paid: &str, rate: &str, count: usize| {
        let mut lines = vec![line("1", paid, "19")];
        lines.resize(count + 1, line("1", "0.00", rate));
        Value::Array(lines)
    };
    let place = |pointer: &str, rule| ("totals_mismatch", pointer.to_owned(), Some(rule));
    let mut request = document(
        "invoice",
        json!({ "lines": gifts("0.01", "19", 10), "taxBreakdown": breakdown("19", "0.05"), "pricesIncludeTax": true }),
    );
    let expected = [place("/taxBreakdown/0/tax", "BR-CO-17")];
    assert_eq!(problems(&request), expected);
    request["taxBreakdown"] = Value::Null;
    request["totals"] = json!({ "tax": "0.05" });
    assert_eq!(problems(&request), [place("/totals/tax", "BR-CO-14")]);

    let lines = gifts("9.99", "7", 2);
    let mut request = document(
        "invoice",
        json!({ "lines": lines, "totals": { "tax": "1.61" }, "pricesIncludeTax": true }),
    );
    assert_eq!(problems(&request), [place("/totals/tax", "BR-CO-14")]);
    request["totals"] = json!({ "tax": "1.60", "gross": "9.99" });
    parse_value(&request).expect("valid");
    request["lines"][1]["netAmount"] = json!("-0.01");
    let expected = [place("/lines/1/netAmount", "BR-S-08")];
    assert_eq!(problems(&request), expected);
    request["lines"][1]["netAmount"] = Value::Null;
    request["pricesIncludeTax"] = Value::Null;
    request["totals"] = json!({ "gross": "11.90" });
    assert_eq!(problems(&request), [place("/totals/gross", "BR-CO-15")]);
    request["totals"] = json!({ "gross": "11.89" });
    parse_value(&request).expect("valid");
}

#[test]
fn no_number_of_lines_makes_a_tax_differ_by_one() {
    let lines = Value::Array(vec![line("1", "1.00", "19"); 300]);
    for (tax, is_valid) in [("57.99", true), ("58.00", false)] {
        let members = json!({ "lines": lines, "taxBreakdown": breakdown("19", tax) });
        let parsed = parse_value(&document("invoice", members));
        assert_eq!(parsed.is_ok(), is_valid, "{tax}");
    }
}

#[test]
fn an_empty_entry_of_a_category_without_tax_adds_nothing() {
    let with_entry = |entry: Value| {
        let given = json!([{ "category": "S", "rate": "19", "tax": "1.90" }, entry]);
        document(
            "invoice",
            json!({ "lines": [line("1", "10.00", "19")], "taxBreakdown": given }),
        )
    };
    let entry = |category: &str, taxable: &str| json!({ "category": category, "rate": "0", "taxable": taxable, "tax": "0.00" });
    for category in ["Z", "E", "O", "AE"] {
        let request = with_entry(entry(category, "0.00"));
        assert_eq!(sums(&request).0, ["19 10.00 1.90"], "{category}");
    }
    let place = (
        "totals_mismatch",
        "/taxBreakdown/1".to_owned(),
        Some("BR-S-08"),
    );
    for wrong in [entry("Z", "0.01"), entry("S", "0.00"), entry("L", "0.00")] {
        let mut request = with_entry(wrong);
        request["documentType"] = json!("receipt");
        assert_eq!(problems(&request), std::slice::from_ref(&place));
    }
}

#[test]
fn an_entry_whose_tax_is_wrong_is_one_problem() {
    let given = json!([{ "category": "X", "rate": "19", "tax": "1.90" }]);
    let request = document(
        "receipt",
        json!({ "lines": [line("1", "10.00", "19")], "taxBreakdown": given }),
    );
    let place = "/taxBreakdown/0/category".to_owned();
    assert_eq!(
        problems(&request),
        [("tax_invalid", place, Some("BR-CL-17"))]
    );
}

#[test]
fn amounts_of_lines_and_percentages_may_differ_by_two_cents() {
    let electricity = |net: &str| {
        let mut line = line("245", "0.1973", "19");
        line["netAmount"] = json!(net);
        document("invoice", json!({ "lines": [line] }))
    };
    // Exactly 48.3385.
    for (net, is_valid) in [
        ("48.31", false),
        ("48.32", true),
        ("48.33", true),
        ("48.35", true),
        ("48.36", false),
    ] {
        let parsed = parse_value(&electricity(net));
        assert_eq!(parsed.is_ok(), is_valid, "{net}");
        if let Ok(invoice) = parsed {
            assert_eq!(invoice.lines[0].net.to_string(), net);
            assert_eq!(invoice.totals.lines.to_string(), net);
        }
    }
    let discount = |amount: &str| {
        let allowance = json!({ "amount": amount, "percent": "10", "base": "33.33" });
        document(
            "invoice",
            json!({ "lines": [line("1", "100", "19")], "allowances": [allowance] }),
        )
    };
    for (amount, is_valid) in [
        ("3.31", false),
        ("3.32", true),
        ("3.35", true),
        ("3.36", false),
    ] {
        let parsed = parse_value(&discount(amount));
        assert_eq!(parsed.is_ok(), is_valid, "{amount}");
        if let Ok(invoice) = parsed {
            assert_eq!(invoice.allowances[0].amount.to_string(), amount);
            assert_eq!(invoice.totals.allowances.to_string(), amount);
        }
    }
    // Half a yen, rounded down.
    let mut request = document(
        "receipt",
        json!({ "lines": [
        { "name": "x", "quantity": "1.5", "unitPrice": "105", "netAmount": "157", "tax": tax("10") }
    ] }),
    );
    request["currency"] = json!("JPY");
    assert_eq!(
        sums(&request),
        (vec!["10 157 16".to_owned()], "173".to_owned())
    );
}
