//! The arithmetic of an invoice: what follows from its lines.

use rust_decimal::Decimal;

use super::amount;
use super::model::{Line, TaxSubtotal, Totals};

/// The net amount of a line: quantity times unit price, rounded to the minor unit.
///
/// `None` when the product does not fit; the limits of [`amount`] keep that from happening.
pub fn line_net(quantity: Decimal, unit_price: Decimal, minor_digits: u32) -> Option<Decimal> {
    quantity
        .checked_mul(unit_price)
        .map(|product| amount::round(product, minor_digits))
}

/// Tax by category and rate (BR-S-08, BR-CO-17): rounded once per group, not per line.
pub fn tax_subtotals(lines: &[Line], minor_digits: u32) -> Vec<TaxSubtotal> {
    let mut subtotals: Vec<TaxSubtotal> = Vec::new();
    for line in lines {
        match subtotals
            .iter_mut()
            .find(|subtotal| subtotal.tax == line.tax)
        {
            Some(subtotal) => subtotal.taxable += line.net,
            None => subtotals.push(TaxSubtotal {
                tax: line.tax,
                taxable: line.net,
                amount: Decimal::ZERO,
            }),
        }
    }
    for subtotal in &mut subtotals {
        subtotal.amount = amount::round(
            subtotal.taxable * subtotal.tax.rate / Decimal::ONE_HUNDRED,
            minor_digits,
        );
    }
    subtotals
}

/// The document's totals (BR-CO-10, BR-CO-13 to BR-CO-16).
pub fn totals(lines: &[Line], taxes: &[TaxSubtotal], minor_digits: u32) -> Totals {
    // Starting from a scaled zero keeps the minor digits of an empty sum.
    let zero = amount::round(Decimal::ZERO, minor_digits);
    let net = lines.iter().fold(zero, |sum, line| sum + line.net);
    let tax = taxes
        .iter()
        .fold(zero, |sum, subtotal| sum + subtotal.amount);
    let gross = net + tax;
    Totals {
        lines: net,
        net,
        tax,
        gross,
        due: gross,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::invoice::model::{Tax, TaxCategory};

    fn line(quantity: i64, unit_price_cents: i64, rate: u32) -> Line {
        let quantity = Decimal::from(quantity);
        let unit_price = Decimal::new(unit_price_cents, 2);
        Line {
            id: "1".into(),
            sku: None,
            name: "item".into(),
            quantity,
            unit: "C62".into(),
            unit_price,
            tax: Tax {
                category: TaxCategory::Standard,
                rate: Decimal::from(rate),
            },
            net: line_net(quantity, unit_price, 2).expect("within the limits"),
        }
    }

    #[test]
    fn tax_is_rounded_once_for_each_rate() {
        // Three lines of 0.05 at 19 %: 0.0285 together, 3 x 0.0095 apart.
        let lines = [line(1, 5, 19), line(1, 5, 19), line(1, 5, 19)];
        let subtotals = tax_subtotals(&lines, 2);
        assert_eq!(subtotals.len(), 1);
        assert_eq!(subtotals[0].amount.to_string(), "0.03");
    }

    proptest! {
        #[test]
        fn totals_agree_under_any_lines(lines in prop::collection::vec((1..1_000_000_i64, 0..100_000_000_i64, 0..28_u32), 1..60)) {
            let lines: Vec<Line> = lines.into_iter().map(|(quantity, price, rate)| line(quantity, price, rate)).collect();
            let subtotals = tax_subtotals(&lines, 2);
            let totals = totals(&lines, &subtotals, 2);
            prop_assert_eq!(totals.net, subtotals.iter().map(|subtotal| subtotal.taxable).sum::<Decimal>());
            prop_assert_eq!(totals.gross, totals.net + totals.tax);
            prop_assert_eq!(totals.due.scale(), 2);
            // A subtotal's rounding error is at most half a minor unit.
            let exact: Decimal = lines.iter().map(|line| line.net * line.tax.rate / Decimal::ONE_HUNDRED).sum();
            let bound = Decimal::new(5, 3) * Decimal::from(subtotals.len());
            prop_assert!((totals.tax - exact).abs() <= bound);
        }
    }
}
