//! Laws of prices that include tax.

use proptest::prelude::*;

use super::signs::{document, line, tax};
use super::*;
use crate::amount;

/// Asserts the rules of EN 16931 on amounts.
pub(super) fn assert_rules(invoice: &Invoice) {
    let minor_digits = u32::from(invoice.currency.exponent().expect("a minor unit"));
    let unit = amount::minor_unit(minor_digits);
    let sum = |amounts: &mut dyn Iterator<Item = Decimal>| amounts.sum::<Decimal>();
    let totals = &invoice.totals;
    for line in &invoice.lines {
        let adjusted = sum(&mut line.charges.iter().map(|it| it.amount))
            - sum(&mut line.allowances.iter().map(|it| it.amount));
        let price = line.quantity * line.unit_price / line.price_base_quantity;
        let difference = (price + adjusted - line.net).abs();
        assert!(
            difference <= Decimal::new(2, 2).max(unit / Decimal::TWO),
            "R120: {line:?}"
        );
        assert!(line.unit_price >= Decimal::ZERO, "BR-27: {line:?}");
        if let Some(gross) = line.details.gross_price {
            assert!(gross.price >= Decimal::ZERO, "BR-28: {line:?}");
            assert_eq!(gross.price - gross.discount, line.unit_price, "R046");
        }
        if line.with_tax.is_some_and(|it| it.amount.is_zero()) {
            assert!(line.net.is_zero(), "no tax is in 0.00: {line:?}");
        }
    }
    let adjustments = (invoice.lines.iter())
        .flat_map(|line| line.allowances.iter().chain(&line.charges))
        .chain(&invoice.allowances)
        .chain(&invoice.charges);
    for adjustment in adjustments {
        if let (Some(percent), Some(base)) = (adjustment.percent, adjustment.base) {
            let difference = (base * percent / Decimal::ONE_HUNDRED - adjustment.amount).abs();
            assert!(
                difference <= Decimal::new(2, 2).max(unit),
                "R040: {adjustment:?}"
            );
        }
    }
    assert_eq!(
        totals.lines,
        sum(&mut invoice.lines.iter().map(|line| line.net)),
        "BR-CO-10"
    );
    assert_eq!(
        totals.allowances,
        sum(&mut invoice.allowances.iter().map(|it| it.amount)),
        "BR-CO-11"
    );
    assert_eq!(
        totals.charges,
        sum(&mut invoice.charges.iter().map(|it| it.amount)),
        "BR-CO-12"
    );
    assert_eq!(
        totals.net,
        totals.lines - totals.allowances + totals.charges,
        "BR-CO-13"
    );
    assert_eq!(
        totals.tax,
        sum(&mut invoice.taxes.iter().map(|it| it.amount)),
        "BR-CO-14"
    );
    assert_eq!(totals.gross, totals.net + totals.tax, "BR-CO-15");
    assert_eq!(
        totals.due,
        totals.gross - totals.prepaid + totals.rounding,
        "BR-CO-16"
    );
    for subtotal in &invoice.taxes {
        let of = |tax: &crate::model::Tax, amount: Decimal| {
            if *tax == subtotal.tax {
                amount
            } else {
                Decimal::ZERO
            }
        };
        let taxable = sum(&mut invoice.lines.iter().map(|it| of(&it.tax, it.net)))
            - sum(&mut invoice.allowances.iter().map(|it| of(&it.tax, it.amount)))
            + sum(&mut invoice.charges.iter().map(|it| of(&it.tax, it.amount)));
        assert_eq!(subtotal.taxable, taxable, "BR-S-08");
        let difference =
            (subtotal.taxable * subtotal.tax.rate / Decimal::ONE_HUNDRED - subtotal.amount).abs();
        let items = invoice
            .lines
            .iter()
            .filter(|it| it.tax == subtotal.tax)
            .filter(|it| it.with_tax.map_or(it.net, |it| it.amount) != Decimal::ZERO)
            .count()
            + invoice
                .allowances
                .iter()
                .chain(&invoice.charges)
                .filter(|it| it.tax == subtotal.tax)
                .filter(|it| it.with_tax.map_or(it.amount, |it| it.amount) != Decimal::ZERO)
                .count();
        let factor = Decimal::ONE + subtotal.tax.rate / Decimal::ONE_HUNDRED;
        let of_one = unit / Decimal::TWO * factor;
        let bound = of_one * Decimal::from(items);
        assert!(difference <= bound, "BR-CO-17: {subtotal:?}");
        // Half a yen with its tax may be nearly 1.
        let published = Decimal::new(99, 2).max(of_one);
        assert!(difference <= published, "BR-CO-17: {subtotal:?}");
    }
}

/// An item: quantity and price in thousandths, an index of a rate, a percentage that is taken off, and an amount that is added.
type Item = (i64, u32, usize, Option<u32>, Option<u32>);

const RATES: [&str; 6] = ["0", "5.5", "7", "19", "20", "99.99"];

fn request_of(items: &[Item], adjustments: &[(bool, u32, usize)], currency: &str) -> Value {
    let decimals = match currency {
        "JPY" => 0,
        "KWD" => 3,
        _ => 2,
    };
    let amount = |units: u32| Decimal::new(i64::from(units), decimals).to_string();
    let line = |(quantity, price, rate, percent, charge): &Item| {
        let mut line = line(
            &Decimal::new(*quantity, 3).to_string(),
            &Decimal::new((*price).into(), 3).to_string(),
            RATES[*rate],
        );
        if let Some(percent) = percent {
            line["allowances"] = json!([{ "percent": percent.to_string() }]);
        }
        if quantity % 2 == 0 {
            // The gross price is 0 or above.
            let discount = (quantity % 7 - 3).max(-i64::from(*price));
            line["priceDiscount"] = json!(Decimal::new(discount, 3).to_string());
        }
        if let Some(charge) = charge {
            line["charges"] = json!([{ "amount": amount(*charge), "reason": "x" }]);
        }
        line
    };
    let lines: Vec<Value> = items.iter().map(line).collect();
    let adjustments_of = |kind: bool| -> Vec<Value> {
        let of_kind = adjustments
            .iter()
            .filter(|(is_charge, _, _)| *is_charge == kind);
        of_kind
            .map(|(_, units, rate)| json!({ "amount": amount(*units), "reason": "x", "tax": tax(RATES[*rate]) }))
            .collect()
    };
    let members = json!({
        "lines": lines, "allowances": adjustments_of(false), "charges": adjustments_of(true), "currency": currency
    });
    let mut request = document("receipt", members);
    request["pricesIncludeTax"] = json!(true);
    request
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_was_paid_is_the_total_and_the_rules_hold(
        items in prop::collection::vec(
            (-5_000..50_000_i64, 0..200_000_u32, 0..RATES.len(), prop::option::of(0..100_u32), prop::option::of(0..500_u32)),
            1..30,
        ),
        adjustments in prop::collection::vec((any::<bool>(), 0..10_000_u32, 0..RATES.len()), 0..6),
        currency in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let mut request = request_of(&items, &adjustments, currency);
        let invoice = parse_value(&request).expect("valid");
        assert_rules(&invoice);

        let minor_digits = u32::from(invoice.currency.exponent().expect("a minor unit"));
        let round = |value: Decimal| amount::round(value, minor_digits);
        let mut paid = Decimal::ZERO;
        for (line, (_, price, ..)) in invoice.lines.iter().zip(&items) {
            let of_price = round(line.quantity * Decimal::new((*price).into(), 3));
            let with_tax = line.with_tax.expect("prices include tax");
            let of = |adjustments: &[crate::model::Adjustment]| -> Decimal {
                adjustments.iter().map(|it| it.with_tax.expect("prices include tax").amount).sum()
            };
            prop_assert_eq!(with_tax.amount, of_price - of(&line.allowances) + of(&line.charges));
            paid += with_tax.amount;
        }
        for (is_charge, units, _) in &adjustments {
            let amount = Decimal::new((*units).into(), minor_digits);
            paid += if *is_charge { amount } else { -amount };
        }
        prop_assert_eq!(invoice.totals.gross, paid);

        // The derived values may be given.
        for (index, line) in invoice.lines.iter().enumerate() {
            request["lines"][index]["netAmount"] = json!(line.net.to_string());
        }
        let totals = &invoice.totals;
        request["totals"] = json!({
            "lines": totals.lines.to_string(), "allowances": totals.allowances.to_string(),
            "charges": totals.charges.to_string(), "net": totals.net.to_string(), "tax": totals.tax.to_string(),
            "gross": totals.gross.to_string(), "due": totals.due.to_string()
        });
        prop_assert_eq!(parse_value(&request).expect("valid"), invoice);
    }

    #[test]
    fn given_net_values_that_are_accepted_change_neither_the_total_nor_the_rules(
        items in prop::collection::vec(
            (-5_000..50_000_i64, 0..20_000_u32, 0..3_usize, Just(None), prop::option::of(0..500_u32)),
            1..8,
        ),
        cents in prop::collection::vec(prop::option::of(-2..3_i64), 8),
        tax_cents in -9..10_i64,
        gifts in prop::collection::vec(0..3_usize, 0..12),
    ) {
        let mut request = request_of(&items, &[], "EUR");
        let gifts = gifts.into_iter().map(|rate| line("1", "0.00", RATES[rate]));
        request["lines"].as_array_mut().expect("lines").extend(gifts);
        let derived = parse_value(&request).expect("valid");
        for (index, line) in derived.lines.iter().enumerate() {
            if let Some(cents) = cents.get(index).copied().flatten() {
                request["lines"][index]["netAmount"] = json!((line.net + Decimal::new(cents, 2)).to_string());
            }
        }
        if tax_cents != 9 {
            let tax = derived.totals.tax + Decimal::new(tax_cents, 2);
            request["totals"] = json!({ "tax": tax.to_string() });
        }
        if let Ok(invoice) = parse_value(&request) {
            assert_rules(&invoice);
            prop_assert_eq!(invoice.totals.gross, derived.totals.gross);
            for line in &invoice.lines {
                let with_tax = line.with_tax.expect("prices include tax").amount;
                prop_assert!(line.net * with_tax >= Decimal::ZERO, "{:?}", line);
            }
            for (index, line) in invoice.lines.iter().enumerate() {
                let given = &request["lines"][index]["netAmount"];
                prop_assert!(given.is_null() || *given == json!(line.net.to_string()));
            }
            let tax = &request["totals"]["tax"];
            prop_assert!(tax.is_null() || *tax == json!(invoice.totals.tax.to_string()));
        }
    }
}
