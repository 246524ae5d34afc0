//! The arithmetic of an invoice: the amounts that are derived from its lines, allowances and charges.

use rust_decimal::Decimal;

use super::amount;
use super::model::{Adjustment, ComponentRate, Exemption, Line, Tax, TaxSubtotal, Totals};

/// How much the net amount of a line, and the amount of a percentage, may differ from what they are computed from: 0.02
/// (PEPPOL-EN16931-R120, PEPPOL-EN16931-R040).
pub const LINE_SLACK: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// How much the tax of a group may differ from its taxable amount times the rate: CEN's check of BR-CO-17 compares it with this
/// product, rounded to 0.01, and accepts a difference below 1.
const MAX_TAX_SLACK: Decimal = Decimal::from_parts(99, 0, 0, false, 2);

/// Quantity times price, rounded to the minor unit: the amount of a line without allowances and charges.
///
/// `None` where the product does not fit into a [`Decimal`].
pub fn line_gross(
    quantity: Decimal,
    unit_price: Decimal,
    price_base_quantity: Decimal,
    minor_digits: u32,
) -> Option<Decimal> {
    let price = exact_line_gross(quantity, unit_price, price_base_quantity)?;
    Some(amount::round(price, minor_digits))
}

/// Quantity times price before it is rounded.
pub fn exact_line_gross(
    quantity: Decimal,
    unit_price: Decimal,
    price_base_quantity: Decimal,
) -> Option<Decimal> {
    let product = quantity.checked_mul(unit_price)?;
    product.checked_div(price_base_quantity)
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

/// What has a tax: a line, an allowance or a charge on the document.
#[derive(Clone, Copy, Debug)]
pub struct Taxable<'a> {
    /// Category and rate.
    pub tax: Tax,
    /// Exemption reason that is given for it.
    pub exemption: Option<&'a Exemption>,
    /// Components of the rate that are given for it.
    pub components: &'a [ComponentRate],
    /// Net amount, or amount with tax where prices include tax; that of an allowance has the opposite sign.
    pub amount: Decimal,
}

/// Lines, allowances and charges, in this order.
pub fn taxables<'a>(
    lines: &'a [Line],
    [allowances, charges]: [&'a [Adjustment]; 2],
) -> Vec<Taxable<'a>> {
    let adjustment = |item: &'a Adjustment, amount| Taxable {
        tax: item.tax,
        exemption: item.exemption.as_ref(),
        components: &item.components,
        amount,
    };
    let lines = lines.iter().map(|line| Taxable {
        tax: line.tax,
        exemption: line.exemption.as_ref(),
        components: &line.components,
        amount: line.net,
    });
    let allowances = allowances.iter().map(|item| adjustment(item, -item.amount));
    let charges = charges.iter().map(|item| adjustment(item, item.amount));
    lines.chain(allowances).chain(charges).collect()
}

/// The lines, allowances and charges of one category and rate (BR-S-08).
#[derive(Clone, Debug)]
pub struct TaxGroup {
    /// Category and rate.
    pub tax: Tax,
    /// Exemption reason: the first that is given.
    pub exemption: Option<Exemption>,
    /// Components of the rate: the first that are given.
    pub components: Vec<ComponentRate>,
    /// Sum of the amounts, net or with tax.
    pub sum: Decimal,
    /// Number of lines, allowances and charges whose amount is not 0. The others have no tax that could be rounded.
    pub items: u32,
    /// Whether the amounts include tax.
    pub with_tax: bool,
}

impl TaxGroup {
    /// The tax of `amount`, a part of the group, before it is rounded.
    pub fn exact_tax_of(&self, amount: Decimal) -> Decimal {
        let rate = self.tax.rate;
        if self.with_tax {
            amount * rate / (Decimal::ONE_HUNDRED + rate)
        } else {
            amount * rate / Decimal::ONE_HUNDRED
        }
    }

    /// The tax before it is rounded.
    pub fn exact_tax(&self) -> Decimal {
        self.exact_tax_of(self.sum)
    }

    /// The tax, rounded once for the whole group (BR-CO-17).
    pub fn tax_rounded_once(&self, minor_digits: u32) -> Decimal {
        amount::round(self.exact_tax(), minor_digits)
    }

    /// How much a given tax may differ from the exact one: half a minor unit for each line, allowance and charge whose amount is
    /// not 0, since many programs round the tax of each, and never more than BR-CO-17 accepts. Without a rate there is no tax
    /// (BR-Z-09, BR-E-09 and the like).
    pub fn tolerance(&self, minor_digits: u32) -> Decimal {
        let rate = self.tax.rate;
        if rate.is_zero() {
            return Decimal::ZERO;
        }
        let of_items = amount::minor_unit(minor_digits) / Decimal::TWO * Decimal::from(self.items);
        let most = if self.with_tax {
            // More tax makes the taxable amount smaller, so that they differ by more than what was added to the tax.
            MAX_TAX_SLACK * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate)
        } else {
            MAX_TAX_SLACK
        };
        of_items.min(most)
    }

    /// Whether a given tax is near enough to the exact one.
    pub fn allows(&self, tax: Decimal, minor_digits: u32) -> bool {
        (tax - self.exact_tax()).abs() <= self.tolerance(minor_digits)
    }

    /// The taxable amount with this tax (BT-116).
    pub fn taxable(&self, tax: Decimal) -> Decimal {
        if self.with_tax {
            self.sum - tax
        } else {
            self.sum
        }
    }
}

/// The groups in the order of their first lines, allowances and charges, and the index of the group of each of these.
pub fn groups(
    items: &[Taxable<'_>],
    with_tax: bool,
    minor_digits: u32,
) -> (Vec<TaxGroup>, Vec<usize>) {
    let mut groups: Vec<TaxGroup> = Vec::new();
    let mut group_of = Vec::with_capacity(items.len());
    for item in items {
        let known = groups.iter().position(|group| group.tax == item.tax);
        let index = known.unwrap_or_else(|| {
            groups.push(TaxGroup {
                tax: item.tax,
                exemption: None,
                components: Vec::new(),
                sum: amount::round(Decimal::ZERO, minor_digits),
                items: 0,
                with_tax,
            });
            groups.len() - 1
        });
        let group = &mut groups[index];
        group.sum += item.amount;
        group.items += u32::from(!item.amount.is_zero());
        if group.exemption.is_none() {
            group.exemption = item.exemption.cloned();
        }
        if group.components.is_empty() {
            group.components = item.components.to_vec();
        }
        group_of.push(index);
    }
    (groups, group_of)
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
    // A difference of zero has no sign.
    let round = |value| amount::round(value, minor_digits);
    Totals {
        lines: round(lines),
        allowances: round(allowances),
        charges: round(charges),
        net: round(net),
        tax: round(tax),
        gross: round(gross),
        prepaid,
        rounding,
        due: round(gross - prepaid + rounding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaxCategory;

    fn group(amounts: &[&str], rate: u32, with_tax: bool) -> TaxGroup {
        let tax = Tax {
            category: TaxCategory::Standard,
            rate: Decimal::from(rate),
        };
        let item = |amount: &&str| Taxable {
            tax,
            exemption: None,
            components: &[],
            amount: amount.parse().expect("a decimal"),
        };
        let items: Vec<Taxable<'_>> = amounts.iter().map(item).collect();
        let (mut groups, group_of) = groups(&items, with_tax, 2);
        assert_eq!((groups.len(), group_of), (1, vec![0; items.len()]));
        groups.remove(0)
    }

    #[test]
    fn tax_is_rounded_once_for_each_rate() {
        // Three lines of 0.05 at 19 %: 0.0285 together, 3 x 0.0095 apart.
        let group = group(&["0.05", "0.05", "0.05"], 19, false);
        assert_eq!(group.tax_rounded_once(2).to_string(), "0.03");
    }

    #[test]
    fn a_given_tax_differs_by_half_a_unit_for_each_line_at_most() {
        for (amounts, rate, tax, allowed) in [
            // Exactly 14.1075: either neighbour of one line, since the half may be rounded down.
            (&["74.25"][..], 19, "14.10", false),
            (&["74.25"], 19, "14.11", true),
            (&["0.50"], 5, "0.02", true),
            (&["0.50"], 5, "0.03", true),
            (&["0.50"], 5, "0.04", false),
            (&["2391.60", "1594.78"], 19, "757.42", true),
            (&["2391.60", "1594.78"], 19, "757.43", false),
            (&["5.00", "5.00"], 0, "0.01", false),
            // What is given away has no tax that could be rounded.
            (&["0.05", "0.00", "0.00", "0.00"], 19, "0.02", false),
            (&["0.00", "0.00"], 19, "0.01", false),
            // The next hundredth would differ by 1, which BR-CO-17 does not accept.
            (&["1.00"; 300], 19, "57.99", true),
            (&["1.00"; 300], 19, "56.01", true),
            (&["1.00"; 300], 19, "58.00", false),
            (&["1.00"; 300], 19, "56.00", false),
        ] {
            let group = group(amounts, rate, false);
            let tax = tax.parse().expect("a decimal");
            assert_eq!(group.allows(tax, 2), allowed, "{tax} for {amounts:?}");
        }
    }

    #[test]
    fn a_given_tax_in_prices_differs_from_that_of_its_taxable_amount_by_less_than_one() {
        let group = group(&["1.19"; 300], 19, true);
        for (tax, allowed) in [
            ("57.83", true),
            ("57.84", false),
            ("56.17", true),
            ("56.16", false),
        ] {
            let tax: Decimal = tax.parse().expect("a decimal");
            assert_eq!(group.allows(tax, 2), allowed, "{tax}");
            let of_taxable = group.taxable(tax) * group.tax.rate / Decimal::ONE_HUNDRED;
            assert!(!allowed || (of_taxable - tax).abs() < Decimal::ONE, "{tax}");
        }
    }

    #[test]
    fn the_tax_in_a_price_is_rounded_once() {
        let group = group(&["29.97"], 19, true);
        let tax = group.tax_rounded_once(2);
        assert_eq!(tax.to_string(), "4.79");
        assert_eq!(group.taxable(tax).to_string(), "25.18");
    }
}
