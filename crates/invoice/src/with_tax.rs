//! Prices that include tax: the net amounts that EN 16931 wants are derived from what was paid.
//!
//! For each category and rate, the tax in the prices is rounded once, and the rest is the taxable amount. It is shared out to
//! the lines, allowances and charges so that the shares add up to it ([`apportion`]), and a line's share to its price,
//! allowances and charges in the same way. The unit price without tax has as many decimals as it takes to give the line's share
//! again. So the document's total is exactly what was paid, and net amounts obey the rules of an invoice with net prices:
//! BR-CO-10, BR-CO-13, BR-CO-15, BR-S-08 and PEPPOL-EN16931-R120.
//!
//! BR-CO-17 holds as its published check does, which allows a difference below 1 (CEN/TC 434), and not always to the last minor
//! unit: with 20 %, a total of 0.03 is no sum of a net amount and its rounded tax.

use rust_decimal::{Decimal, RoundingStrategy};

use super::amount;
use super::apportion::apportion;
use super::model::{Adjustment, AdjustmentWithTax, GrossPrice, Line, LineWithTax};
use super::totals::{LINE_SLACK, TaxGroup, line_gross};

/// The net part of an amount with tax at this rate, before it is rounded.
pub fn net_of(amount: Decimal, rate: Decimal) -> Decimal {
    amount * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate)
}

/// How much the net amount of a line, an allowance or a charge may differ from its exact value: as much as that of any line, or
/// a minor unit where that is more.
pub fn share_slack(minor_digits: u32) -> Decimal {
    LINE_SLACK.max(amount::minor_unit(minor_digits))
}

fn have_opposite_signs(one: Decimal, other: Decimal) -> bool {
    (one < Decimal::ZERO && other > Decimal::ZERO) || (one > Decimal::ZERO && other < Decimal::ZERO)
}

/// Whether the shares add up to the taxable amount, and none has the opposite sign of its amount with tax, or a part of nothing.
fn is_shared_out(taxable: Decimal, shares: &[Decimal], amounts: &[Decimal]) -> bool {
    let is_right = |(share, amount): (&Decimal, &Decimal)| {
        share.is_zero() || !(amount.is_zero() || have_opposite_signs(*share, *amount))
    };
    shares.iter().sum::<Decimal>() == taxable && shares.iter().zip(amounts).all(is_right)
}

/// Given values that do not fit what was paid. The amounts are then derived as if no net amount were given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unfit {
    /// Lines whose given net amount leaves too much or too little to the others of its category and rate.
    pub nets: Vec<usize>,
    /// Groups whose tax leaves a taxable amount that cannot be shared out.
    pub taxes: Vec<usize>,
}

/// Lines, allowances and charges whose amounts include tax.
#[derive(Debug)]
pub struct WithTax<'a> {
    /// The groups of [`groups`](super::totals::groups), each with its tax.
    pub groups: &'a [(TaxGroup, Decimal)],
    /// The index of the group of each line, allowance and charge.
    pub group_of: &'a [usize],
    /// Net amounts of lines that the request gives, by the index of the line.
    pub given: &'a [Option<Decimal>],
    /// Decimals of the currency.
    pub minor_digits: u32,
}

impl WithTax<'_> {
    /// Makes all amounts net, and keeps those with tax in `with_tax`.
    ///
    /// # Errors
    ///
    /// The given net amounts and the taxes that do not fit.
    pub fn make_net(
        &self,
        lines: &mut [Line],
        allowances: &mut [Adjustment],
        charges: &mut [Adjustment],
    ) -> Result<(), Unfit> {
        let amounts: Vec<Decimal> = (lines.iter().map(|line| line.net))
            .chain(allowances.iter().map(|allowance| -allowance.amount))
            .chain(charges.iter().map(|charge| charge.amount))
            .collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.groups.len()];
        for (item, group) in self.group_of.iter().enumerate() {
            members[*group].push(item);
        }
        let mut nets = vec![Decimal::ZERO; amounts.len()];
        let mut unfit = Unfit::default();
        for (index, ((group, tax), items)) in self.groups.iter().zip(members).enumerate() {
            let of_items: Vec<Decimal> = items.iter().map(|item| amounts[*item]).collect();
            let given = |item: &usize| self.given.get(*item).copied().flatten();
            let given: Vec<Option<Decimal>> = items.iter().map(given).collect();
            let taxable = group.taxable(*tax);
            let shares = self.shares(group, taxable, &of_items, &given);
            let shares = shares.unwrap_or_else(|| {
                let given = items
                    .iter()
                    .zip(&given)
                    .filter(|(_, given)| given.is_some());
                let shares = self.free_shares(group, taxable, &of_items);
                if is_shared_out(taxable, &shares, &of_items) {
                    unfit.nets.extend(given.map(|(item, _)| *item));
                } else {
                    unfit.taxes.push(index);
                }
                shares
            });
            for (item, share) in items.into_iter().zip(shares) {
                nets[item] = share;
            }
        }
        let mut nets = nets.into_iter();
        for (line, net) in lines.iter_mut().zip(nets.by_ref()) {
            self.make_line_net(line, net);
        }
        for (allowance, net) in allowances.iter_mut().zip(nets.by_ref()) {
            self.make_adjustment_net(allowance, -net);
        }
        for (charge, net) in charges.iter_mut().zip(nets) {
            self.make_adjustment_net(charge, net);
        }
        if unfit == Unfit::default() {
            Ok(())
        } else {
            Err(unfit)
        }
    }

    /// The net amounts of the items of a group, those that are given among them; `None` where the given ones leave too much or
    /// too little to the others.
    fn shares(
        &self,
        group: &TaxGroup,
        taxable: Decimal,
        amounts: &[Decimal],
        given: &[Option<Decimal>],
    ) -> Option<Vec<Decimal>> {
        let rate = group.tax.rate;
        let is_free = |(amount, given): (&Decimal, &Option<Decimal>)| match given {
            Some(_) => Decimal::ZERO,
            None => net_of(*amount, rate),
        };
        let free: Vec<Decimal> = amounts.iter().zip(given).map(is_free).collect();
        let left = taxable - given.iter().flatten().sum::<Decimal>();
        let mut shares = apportion(left, &free, self.minor_digits);
        for (share, given) in shares.iter_mut().zip(given) {
            *share = given.unwrap_or(*share);
        }
        let near = |(share, amount): (&Decimal, &Decimal)| {
            let exact = net_of(*amount, rate);
            (share - exact).abs() <= share_slack(self.minor_digits)
        };
        let is_right =
            is_shared_out(taxable, &shares, amounts) && shares.iter().zip(amounts).all(near);
        is_right.then_some(shares)
    }

    fn free_shares(&self, group: &TaxGroup, taxable: Decimal, amounts: &[Decimal]) -> Vec<Decimal> {
        let exact: Vec<Decimal> = amounts
            .iter()
            .map(|amount| net_of(*amount, group.tax.rate))
            .collect();
        apportion(taxable, &exact, self.minor_digits)
    }

    fn make_line_net(&self, line: &mut Line, net: Decimal) {
        let rate = line.tax.rate;
        line.with_tax = Some(LineWithTax {
            unit_price: line.unit_price,
            amount: line.net,
            gross_price: line.details.gross_price,
        });
        let of_allowances = line.allowances.iter().map(|allowance| -allowance.amount);
        let of_charges = line.charges.iter().map(|charge| charge.amount);
        let mut parts: Vec<Decimal> = of_allowances.chain(of_charges).collect();
        let of_price = line.net - parts.iter().sum::<Decimal>();
        parts.insert(0, of_price);
        for part in &mut parts {
            *part = net_of(*part, rate);
        }
        let mut shares = apportion(net, &parts, self.minor_digits);
        if let [of_price, of_adjustment, ..] = shares.as_mut_slice()
            && have_opposite_signs(*of_price, line.quantity)
        {
            // Below zero by the last unit of a given net amount. The price must not be (BR-27).
            *of_adjustment += *of_price;
            *of_price = Decimal::ZERO;
        }
        let mut shares = shares.into_iter();
        let of_price = shares.next().unwrap_or(net);
        for (allowance, share) in line.allowances.iter_mut().zip(shares.by_ref()) {
            self.make_adjustment_net(allowance, -share);
        }
        for (charge, share) in line.charges.iter_mut().zip(shares) {
            self.make_adjustment_net(charge, share);
        }
        line.net = net;
        line.unit_price = self.net_price(line, of_price).normalize();
        let gross_price = line.details.gross_price;
        line.details.gross_price = gross_price.and_then(|given| self.net_gross_price(line, given));
    }

    /// The gross price without tax. The rule for the prices holds exactly (PEPPOL-EN16931-R046); `None` where they have too many
    /// digits for it.
    fn net_gross_price(&self, line: &Line, given: GrossPrice) -> Option<GrossPrice> {
        // Trailing zeros of prices are dropped, so their decimals may be fewer than those of the currency.
        let digits = [line.unit_price, given.price, given.discount].map(|price| price.scale());
        let digits = digits.into_iter().fold(self.minor_digits, u32::max);
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        let discount = net_of(given.discount, line.tax.rate);
        // The unit price may be below its exact value. The gross price must not be below 0 (BR-28).
        let discount = (discount.round_dp_with_strategy(digits, strategy)).max(-line.unit_price);
        let price = line.unit_price.checked_add(discount)?;
        let net = GrossPrice {
            price: price.normalize(),
            discount: discount.normalize(),
        };
        (price - discount == line.unit_price).then_some(net)
    }

    fn make_adjustment_net(&self, adjustment: &mut Adjustment, net: Decimal) {
        adjustment.with_tax = Some(AdjustmentWithTax {
            amount: adjustment.amount,
            base: adjustment.base,
        });
        adjustment.amount = amount::round(net, self.minor_digits);
        let rate = adjustment.tax.rate;
        let net_base = |base| amount::round(net_of(base, rate), self.minor_digits);
        let base = adjustment.base.map(net_base);
        // A given amount may differ from the percentage of its base, and its share from its exact value. Together they may differ
        // by more than PEPPOL-EN16931-R040 accepts; a percentage without a base says nothing wrong.
        let percent = adjustment.percent.unwrap_or_default();
        adjustment.base = base.filter(|base| {
            let exact = base * percent / Decimal::ONE_HUNDRED;
            (exact - adjustment.amount).abs() <= share_slack(self.minor_digits)
        });
    }

    /// The unit price without tax: the exact one, rounded to as few decimals as give `amount` for the quantity. Where no
    /// rounding of it does, since `amount` has a unit of the others, the price is derived from `amount`.
    fn net_price(&self, line: &Line, amount: Decimal) -> Decimal {
        /// Further decimals of the exact price cannot change the amount of any line of ordinary size.
        const MAX_EXACT: u32 = 12;
        /// The decimals that a [`Decimal`] holds.
        const MAX_DERIVED: u32 = 28;
        let (quantity, base_quantity) = (line.quantity, line.price_base_quantity);
        let rounded = |price: Decimal, least: u32, most: u32| {
            let strategy = RoundingStrategy::MidpointAwayFromZero;
            (least..=most)
                .map(|digits| price.round_dp_with_strategy(digits, strategy))
                .find(|price| {
                    let gives = line_gross(quantity, *price, base_quantity, self.minor_digits);
                    gives == Some(amount)
                })
        };
        let exact = net_of(line.unit_price, line.tax.rate);
        let derived = || {
            let of_one = amount.checked_div(quantity)?;
            of_one.checked_mul(base_quantity)
        };
        // As many decimals as the price with tax has: more than the currency, where it costs a fraction of a minor unit.
        let least = line.unit_price.scale().max(self.minor_digits);
        rounded(exact, least, MAX_EXACT.max(least))
            .or_else(|| derived().and_then(|price| rounded(price, self.minor_digits, MAX_DERIVED)))
            .or_else(derived)
            .unwrap_or(exact)
    }
}
