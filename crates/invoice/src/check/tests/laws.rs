//! Laws that hold for every request.

use proptest::prelude::*;

use super::*;

/// A request with these lines (quantity, price in cents, rate), discounts and charges, all on the first line's rate.
fn request_of(lines: &[(u32, u32, u8)], discounts: &[u32], charges: &[u32]) -> Value {
    let mut request = request();
    for name in ["taxBreakdown", "totals", "payment"] {
        request[name] = Value::Null;
    }
    let cents = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
    let tax = |rate: u8| json!({ "category": "S", "rate": rate.to_string() });
    let adjustment =
        |amount: &u32| json!({ "amount": cents(*amount), "reason": "x", "tax": tax(lines[0].2) });
    let line = |(quantity, price, rate): &(u32, u32, u8)| {
        json!({ "name": "x", "quantity": cents(*quantity), "unitPrice": cents(*price), "tax": tax(*rate),
                "allowances": [{ "percent": "12.5" }] })
    };
    request["lines"] = lines.iter().map(line).collect();
    request["allowances"] = discounts.iter().map(adjustment).collect();
    request["charges"] = charges.iter().map(adjustment).collect();
    request
}

/// Adds the derived values to the request.
fn add_derived(request: &mut Value, invoice: &Invoice) {
    let text = |amount: Decimal| json!(amount.to_string());
    let totals = &invoice.totals;
    request["totals"] = json!({
        "lines": text(totals.lines), "allowances": text(totals.allowances), "charges": text(totals.charges),
        "net": text(totals.net), "tax": text(totals.tax), "gross": text(totals.gross), "due": text(totals.due)
    });
    for (index, line) in invoice.lines.iter().enumerate() {
        request["lines"][index]["netAmount"] = text(line.net);
    }
    let subtotal = |subtotal: &crate::model::TaxSubtotal| {
        json!({ "category": "S", "rate": text(subtotal.tax.rate), "taxable": text(subtotal.taxable),
                "tax": text(subtotal.amount) })
    };
    request["taxBreakdown"] = invoice.taxes.iter().map(subtotal).collect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_the_derived_values_may_be_given(
        lines in prop::collection::vec((1..100_000_u32, 0..1_000_000_u32, 1..28_u8), 1..12),
        discounts in prop::collection::vec(0..50_u32, 0..3),
        charges in prop::collection::vec(0..10_000_u32, 0..3),
        wrong in 0..7_usize,
    ) {
        let mut request = request_of(&lines, &discounts, &charges);
        let parsed = parse_value(&request);
        prop_assume!(parsed.is_ok()); // discounts above the lines are refused
        let invoice = parsed.expect("valid");
        add_derived(&mut request, &invoice);
        prop_assert_eq!(&parse_value(&request).expect("valid"), &invoice);

        let name = ["lines", "allowances", "charges", "net", "tax", "gross", "due"][wrong];
        let said: Decimal = request["totals"][name].as_str().expect("text").parse().expect("a decimal");
        let cent = Decimal::new(1, 2);
        request["totals"][name] = json!((said + cent).to_string());
        let found = problems(&request);
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert_eq!(&found[0].1, &format!("/totals/{name}"));
    }

    #[test]
    fn a_tax_that_is_rounded_for_each_line_is_kept_and_the_sums_follow(
        lines in prop::collection::vec((1..100_000_u32, 0..1_000_000_u32, 1..28_u8), 1..12),
        charges in prop::collection::vec(0..10_000_u32, 0..3),
        said in 0..3_usize,
    ) {
        let mut request = request_of(&lines, &[], &charges);
        let invoice = parse_value(&request).expect("valid");
        let first = invoice.lines[0].tax;
        let items = invoice.lines.iter().map(|line| (line.tax, line.net));
        let items = items.chain(invoice.charges.iter().map(|charge| (first, charge.amount)));
        let tax: Decimal = items
            .map(|(tax, amount)| amount::round(amount * tax.rate / Decimal::ONE_HUNDRED, 2))
            .sum();
        let gross = invoice.totals.net + tax;
        let text = |amount: Decimal| json!(amount.to_string());
        request["totals"] = match said {
            0 => json!({ "tax": text(tax) }),
            1 => json!({ "gross": text(gross) }),
            _ => json!({ "tax": text(tax), "gross": text(gross), "due": text(gross) }),
        };
        let kept = parse_value(&request).expect("within the tolerance").totals;
        prop_assert_eq!((kept.tax, kept.gross, kept.due), (tax, gross, gross));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes, MAX_BYTES);
    }

    #[test]
    fn no_value_in_any_place_makes_the_parser_panic(
        place in 0..28_usize,
        text in "\\PC{0,40}|-?[0-9]{0,30}(\\.[0-9]{0,30})?|[\\x00-\\x1f]{1,3}",
    ) {
        let pointer = [
            "/documentType", "/number", "/issueDate", "/dueDate", "/currency", "/taxCurrency", "/locale", "/template",
            "/marketplace/orderId", "/seller/name", "/seller/vatId", "/seller/address/country", "/lines/0/quantity",
            "/lines/0/unitPrice", "/lines/0/priceBaseQuantity", "/lines/0/gtin", "/lines/0/unit", "/lines/0/tax/rate",
            "/lines/0/netAmount", "/totals/prepaid", "/totals/rounding", "/payment/means/iban",
            "/payment/means/remittance", "/payment/means/url", "/taxBreakdown/0/tax", "/taxBreakdown/0/taxable",
            "/totals/tax", "/totals/due",
        ][place];
        for prices_include_tax in [false, true] {
            let mut request = with(pointer, json!(text));
            request["pricesIncludeTax"] = json!(prices_include_tax);
            let _ = parse_value(&request);
        }
    }
}
