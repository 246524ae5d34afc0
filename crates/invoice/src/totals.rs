//! The arithmetic of an invoice: the amounts that are derived from its lines.

use rust_decimal::Decimal;

use super::amount;
use super::model::{Adjustment, Exemption, Line, Tax, TaxSubtotal, Totals};

/// Quantity times price, rounded to the minor unit: the net amount of a line without allowances and charges.
///
/// `None` where the product does not fit into a [`Decimal`]; the limits of [`amount`] prevent that.
pub fn line_gross(
    quantity: Decimal,
    unit_price: Decimal,
    price_base_quantity: Decimal,
    minor_digits: u32,
) -> Option<Decimal> {
    let product = quantity.checked_mul(unit_price)?;
    let price = product.checked_div(price_base_quantity)?;
    Some(amount::round(price, minor_digits))
}

/// The sum of allowances or charges, with the currency's minor digits.
pub fn sum(adjustments: &[Adjustment], minor_digits: u32) -> Decimal {
    let amounts = adjustments.iter().map(|adjustment| adjustment.amount);
    with_minor_digits(amounts, minor_digits)
}

/// The sum of the net amounts of the lines (BR-CO-10).
pub fn sum_of_lines(lines: &[Line], minor_digits: u32) -> Decimal {
    with_minor_digits(lines.iter().map(|line| line.net), minor_digits)
}

/// A sum with the minor digits of the currency. It starts from a scaled zero, so that an empty sum has them too.
fn with_minor_digits(amounts: impl Iterator<Item = Decimal>, minor_digits: u32) -> Decimal {
    let zero = amount::round(Decimal::ZERO, minor_digits);
    amounts.fold(zero, |sum, amount| sum + amount)
}

/// The tax by category and rate (BR-S-08, BR-CO-17). It is rounded once for each category and rate, not for each line.
pub fn tax_subtotals(
    lines: &[Line],
    allowances: &[Adjustment],
    charges: &[Adjustment],
    minor_digits: u32,
) -> Vec<TaxSubtotal> {
    let mut subtotals: Vec<TaxSubtotal> = Vec::new();
    let mut add = |tax: Tax, exemption: &Option<Exemption>, amount: Decimal| {
        let subtotal = subtotal(&mut subtotals, tax);
        subtotal.taxable += amount;
        if subtotal.exemption.is_none() {
            subtotal.exemption.clone_from(exemption);
        }
    };
    for line in lines {
        add(line.tax, &line.exemption, line.net);
    }
    for allowance in allowances {
        add(allowance.tax, &allowance.exemption, -allowance.amount);
    }
    for charge in charges {
        add(charge.tax, &charge.exemption, charge.amount);
    }
    for subtotal in &mut subtotals {
        subtotal.taxable = amount::round(subtotal.taxable, minor_digits);
        subtotal.amount = amount::round(
            subtotal.taxable * subtotal.tax.rate / Decimal::ONE_HUNDRED,
            minor_digits,
        );
    }
    subtotals
}

fn subtotal(subtotals: &mut Vec<TaxSubtotal>, tax: Tax) -> &mut TaxSubtotal {
    let known = subtotals.iter().position(|subtotal| subtotal.tax == tax);
    let index = known.unwrap_or_else(|| {
        subtotals.push(TaxSubtotal {
            tax,
            taxable: Decimal::ZERO,
            amount: Decimal::ZERO,
            exemption: None,
        });
        subtotals.len() - 1
    });
    &mut subtotals[index]
}

/// The document's totals (BR-CO-10 to BR-CO-16), from its lines, its allowances and charges, and its taxes.
pub fn totals(
    lines: &[Line],
    [allowances, charges]: [&[Adjustment]; 2],
    taxes: &[TaxSubtotal],
    prepaid: Decimal,
    rounding: Decimal,
    minor_digits: u32,
) -> Totals {
    let lines = sum_of_lines(lines, minor_digits);
    let (allowances, charges) = (sum(allowances, minor_digits), sum(charges, minor_digits));
    let net = lines - allowances + charges;
    let tax = with_minor_digits(taxes.iter().map(|subtotal| subtotal.amount), minor_digits);
    let gross = net + tax;
    let (prepaid, rounding) = (
        amount::round(prepaid, minor_digits),
        amount::round(rounding, minor_digits),
    );
    Totals {
        lines,
        allowances,
        charges,
        net,
        tax,
        gross,
        prepaid,
        rounding,
        due: gross - prepaid + rounding,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AdjustmentKind, Tax, TaxCategory};

    fn tax(rate: u32) -> Tax {
        Tax {
            category: TaxCategory::Standard,
            rate: Decimal::from(rate),
        }
    }

    fn line(quantity: i64, unit_price_cents: i64, rate: u32, minor_digits: u32) -> Line {
        let quantity = Decimal::from(quantity);
        let unit_price = Decimal::new(unit_price_cents, 2);
        let gross = line_gross(quantity, unit_price, Decimal::ONE, minor_digits);
        Line {
            id: "1".into(),
            sku: None,
            gtin: None,
            name: "item".into(),
            description: None,
            quantity,
            unit: "C62".into(),
            unit_price,
            price_base_quantity: Decimal::ONE,
            allowances: Vec::new(),
            charges: Vec::new(),
            tax: tax(rate),
            exemption: None,
            net: gross.expect("within the limits"),
            period: None,
        }
    }

    fn adjustment(minor_units: i64, rate: u32, minor_digits: u32) -> Adjustment {
        Adjustment {
            kind: AdjustmentKind::Discount,
            amount: Decimal::new(minor_units, minor_digits),
            percent: None,
            base: None,
            reason: None,
            reason_code: None,
            tax: tax(rate),
            exemption: None,
        }
    }

    #[test]
    fn tax_is_rounded_once_for_each_rate() {
        // Three lines of 0.05 at 19 %: 0.0285 together, 3 x 0.0095 apart.
        let lines = [line(1, 5, 19, 2), line(1, 5, 19, 2), line(1, 5, 19, 2)];
        let subtotals = tax_subtotals(&lines, &[], &[], 2);
        assert_eq!(subtotals.len(), 1);
        assert_eq!(subtotals[0].amount.to_string(), "0.03");
    }

    proptest! {
        #[test]
        fn totals_agree_under_any_lines_and_adjustments(
            minor_digits in 0..4_u32,
            lines in prop::collection::vec((1..1_000_000_i64, 0..100_000_000_i64, 0..28_u32), 1..60),
            allowances in prop::collection::vec((0..100_000_000_i64, 0..28_u32), 0..5),
            charges in prop::collection::vec((0..100_000_000_i64, 0..28_u32), 0..5),
            prepaid in 0..100_000_000_i64,
            rounding in -100..100_i64,
        ) {
            let lines: Vec<Line> = lines
                .into_iter()
                .map(|(quantity, price, rate)| line(quantity, price, rate, minor_digits))
                .collect();
            let adjustments = |items: Vec<(i64, u32)>| -> Vec<Adjustment> {
                items.into_iter().map(|(amount, rate)| adjustment(amount, rate, minor_digits)).collect()
            };
            let (allowances, charges) = (adjustments(allowances), adjustments(charges));
            let subtotals = tax_subtotals(&lines, &allowances, &charges, minor_digits);
            let (prepaid, rounding) = (Decimal::new(prepaid, minor_digits), Decimal::new(rounding, minor_digits));
            let totals = totals(&lines, [&allowances, &charges], &subtotals, prepaid, rounding, minor_digits);
            prop_assert_eq!(totals.net, subtotals.iter().map(|subtotal| subtotal.taxable).sum::<Decimal>());
            prop_assert_eq!(totals.net, totals.lines - totals.allowances + totals.charges);
            prop_assert_eq!(totals.gross, totals.net + totals.tax);
            prop_assert_eq!(totals.due, totals.gross - prepaid + rounding);
            prop_assert_eq!(totals.due.scale(), minor_digits);
            // A subtotal's rounding error is at most half a minor unit.
            let exact: Decimal = subtotals
                .iter()
                .map(|subtotal| subtotal.taxable * subtotal.tax.rate / Decimal::ONE_HUNDRED)
                .sum();
            let bound = Decimal::new(5, minor_digits + 1) * Decimal::from(subtotals.len());
            prop_assert!((totals.tax - exact).abs() <= bound);
        }
    }
}
