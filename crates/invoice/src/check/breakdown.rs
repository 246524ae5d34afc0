//! The tax of each category and rate: computed, or as the request gives it within the tolerance of BR-CO-17.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::components::{self, are_same, sum_of};
use super::fields::{Checker, Place, present};
use super::number::{Expected, accepted, compare};
use super::tax::{Taxed, named, tax};
use crate::FailureCode;
use crate::amount;
use crate::model::{Exemption, Tax, TaxComponent, TaxSubtotal};
use crate::request::{TaxField, TaxSubtotalField, TotalsField};
use crate::totals::{TaxGroup, Taxable};

/// A group with its tax.
pub(super) struct TaxedGroup {
    pub(super) group: TaxGroup,
    pub(super) tax: Decimal,
    /// Whether the request gives the tax of this group.
    is_given: bool,
    /// Components with amounts that the breakdown gives, and their place.
    components: Option<(Place, Vec<Option<String>>)>,
}

impl TaxedGroup {
    /// The group with its computed tax.
    pub(super) fn computed(group: TaxGroup, minor_digits: u32) -> Self {
        Self {
            tax: group.tax_rounded_once(minor_digits),
            group,
            is_given: false,
            components: None,
        }
    }

    /// Takes a tax that follows from other given values, where it is near enough to the computed one.
    pub(super) fn take_implied(&mut self, tax: Decimal, minor_digits: u32) {
        if !self.is_given && self.group.allows(tax, minor_digits) {
            self.tax = amount::round(tax, minor_digits);
            self.is_given = true;
        }
    }

    pub(super) fn into_subtotal(self, check: &mut Checker, minor_digits: u32) -> TaxSubtotal {
        let components: Vec<TaxComponent> = match &self.components {
            Some((place, given)) => {
                components::take_given(check, place, &self.group, self.tax, given, minor_digits)
            }
            None => components::amounts(&self.group, self.tax, minor_digits),
        };
        TaxSubtotal {
            tax: self.group.tax,
            taxable: amount::round(self.group.taxable(self.tax), minor_digits),
            amount: self.tax,
            exemption: self.group.exemption,
            components,
        }
    }
}

/// Takes the taxes of the given breakdown, and compares its taxable amounts. It may add exemption reasons and components to
/// those of lines, allowances and charges.
pub(super) fn take_breakdown(
    check: &mut Checker,
    groups: &mut [TaxedGroup],
    given: Vec<TaxSubtotalField>,
    minor_digits: u32,
) {
    let place = Place::root().field("taxBreakdown");
    let mut seen: Vec<Tax> = Vec::with_capacity(given.len());
    let mut has_unknown = false;
    for (index, field) in given.into_iter().enumerate() {
        let place = place.item(index);
        let (rates, amounts) = components::split(field.components);
        let tax_field = TaxField {
            category: field.category,
            rate: field.rate,
            components: rates,
            exemption_code: field.exemption_code,
            exemption_reason: field.exemption_reason,
        };
        let Some(taxed) = tax(check, &place, tax_field) else {
            has_unknown = true;
            continue;
        };
        let mut report = |message: String| {
            let rule = Some("BR-S-08");
            check.report(FailureCode::TotalsMismatch, &place, rule, message);
        };
        if seen.contains(&taxed.tax) {
            let tax = named(taxed.tax);
            report(format!("is another entry for {tax}, expected one"));
            continue;
        }
        let known = |taxed_group: &&mut TaxedGroup| taxed_group.group.tax == taxed.tax;
        let Some(group) = groups.iter_mut().find(known) else {
            let amounts = [field.taxable.as_deref(), field.tax.as_deref()];
            let is_empty = |text: &Option<&str>| {
                let amount = parsed(*text, minor_digits);
                present(*text).is_none() || amount.is_some_and(|amount| amount.is_zero())
            };
            // Some programs list each category without tax, whether a line has it or not. Such an entry adds nothing.
            if !taxed.tax.category.may_be_taxed() && amounts.iter().all(is_empty) {
                seen.push(taxed.tax);
                continue;
            }
            let tax = named(taxed.tax);
            report(format!(
                "is for {tax}, expected a category and rate of a line, an allowance or a charge"
            ));
            continue;
        };
        seen.push(taxed.tax);
        take_properties(check, &place, group, taxed);
        let given = (field.taxable.as_deref(), field.tax.as_deref());
        take_tax(check, &place, group, given, &amounts, minor_digits);
        if amounts.iter().any(Option::is_some) {
            group.components = Some((place.field("components"), amounts));
        }
    }
    if has_unknown {
        // An entry whose category or rate was reported may be the one that seems to be missing.
        return;
    }
    for TaxedGroup { group, .. } in groups.iter() {
        if seen.contains(&group.tax) {
            continue;
        }
        let message = format!(
            "has no entry for {}, expected one for each category and rate",
            named(group.tax)
        );
        let rule = Some("BR-CO-18");
        check.report(FailureCode::TotalsMismatch, &place, rule, message);
    }
}

/// The exemption and the components of an entry.
fn take_properties(check: &mut Checker, place: &Place, group: &mut TaxedGroup, taxed: Taxed) {
    let group = &mut group.group;
    if let Some(given) = taxed.exemption {
        match &mut group.exemption {
            Some(known) => agree(check, place, known, given),
            unknown => *unknown = Some(given),
        }
    }
    if taxed.components.is_empty() {
        return;
    }
    if group.components.is_empty() || are_same(&group.components, &taxed.components) {
        // In the order of the breakdown, which may give their amounts.
        group.components = taxed.components;
    } else {
        let message = "differ from those of a line, an allowance or a charge, expected the same for one category and rate";
        let place = place.field("components");
        check.report(FailureCode::TaxInvalid, &place, None, message.into());
    }
}

fn take_tax(
    check: &mut Checker,
    place: &Place,
    group: &mut TaxedGroup,
    (taxable, tax): (Option<&str>, Option<&str>),
    components: &[Option<String>],
    minor_digits: u32,
) {
    let expected = Expected {
        computed: group.tax,
        exact: group.group.exact_tax(),
        tolerance: group.group.tolerance(minor_digits),
        source: if group.group.with_tax {
            "the rate and the amounts with tax"
        } else {
            "the taxable amount and the rate"
        },
        rule: Some("BR-CO-17"),
    };
    if let Some(tax) = accepted(check, &place.field("tax"), tax, &expected, minor_digits) {
        group.tax = tax;
        group.is_given = true;
    } else if let Some(tax) = sum_of(components, minor_digits) {
        group.take_implied(tax, minor_digits);
    } else if let Some(taxable) = parsed(taxable, minor_digits)
        && group.group.with_tax
    {
        group.take_implied(group.group.sum - taxable, minor_digits);
    }
    let place = place.field("taxable");
    let source = "the lines, allowances and charges with this category and rate";
    let computed = amount::round(group.group.taxable(group.tax), minor_digits);
    compare(
        check,
        &place,
        taxable,
        computed,
        source,
        minor_digits,
        "BR-S-08",
    );
}

/// An amount that is reported elsewhere where it is none.
fn parsed(text: Option<&str>, minor_digits: u32) -> Option<Decimal> {
    amount::parse(present(text)?, amount::money(minor_digits)).ok()
}

/// Takes the total tax that the totals give or imply, where the breakdown leaves it open: platforms that round the tax of each
/// line give the total alone.
///
/// The difference from the computed taxes goes to the groups whose tax is not given, within their tolerance. Where it does not
/// fit, nothing is taken, and the totals are reported.
pub(super) fn take_total(
    groups: &mut [TaxedGroup],
    (items, group_of): (&[Taxable<'_>], &[usize]),
    totals: &TotalsField,
    minor_digits: u32,
) {
    let computed: Decimal = groups.iter().map(|group| group.tax).sum();
    let sum: Decimal = groups.iter().map(|group| group.group.sum).sum();
    let with_tax = groups.iter().any(|group| group.group.with_tax);
    let given = |text: &Option<String>| parsed(text.as_deref(), minor_digits);
    let implied = if with_tax {
        given(&totals.tax).or_else(|| Some(sum - given(&totals.net)?))
    } else {
        let of_due = || {
            let rounding = given(&totals.rounding).unwrap_or_default();
            Some(given(&totals.due)? + given(&totals.prepaid).unwrap_or_default() - rounding)
        };
        let gross = || given(&totals.gross).or_else(of_due);
        given(&totals.tax).or_else(|| Some(gross()? - sum))
    };
    let Some(implied) = implied.filter(|implied| *implied != computed) else {
        return;
    };
    // Most programs that do not round once round the tax of each line.
    let mut by_item: Vec<Decimal> = vec![Decimal::ZERO; groups.len()];
    for (item, index) in items.iter().zip(group_of) {
        let tax = groups[*index].group.exact_tax_of(item.amount);
        by_item[*index] += amount::round(tax, minor_digits);
    }
    let by_item: Vec<Decimal> = (groups.iter().zip(by_item))
        .map(|(group, by_item)| if group.is_given { group.tax } else { by_item })
        .collect();
    let taxes = if by_item.iter().sum::<Decimal>() == implied {
        Some(by_item)
    } else {
        spread(groups, implied - computed, minor_digits)
    };
    for (group, tax) in groups.iter_mut().zip(taxes.into_iter().flatten()) {
        group.take_implied(tax, minor_digits);
    }
}

/// The taxes after `difference` was added to those that are not given, a minor unit at a time, each time to the group with most
/// room. `None` where there is too little room.
fn spread(groups: &[TaxedGroup], difference: Decimal, minor_digits: u32) -> Option<Vec<Decimal>> {
    let unit = amount::minor_unit(minor_digits);
    let step = if difference < Decimal::ZERO {
        -unit
    } else {
        unit
    };
    let mut rooms: Vec<(Decimal, usize)> = Vec::new();
    for (
        index,
        TaxedGroup {
            group,
            tax,
            is_given,
            ..
        },
    ) in groups.iter().enumerate()
    {
        let above = (*tax - group.exact_tax()) * step / unit;
        let room = ((group.tolerance(minor_digits) - above) / unit).floor();
        if !is_given && room > Decimal::ZERO {
            rooms.push((room, index));
        }
    }
    let units = difference / step;
    if rooms.iter().map(|(room, _)| *room).sum::<Decimal>() < units {
        return None;
    }
    let mut taxes: Vec<Decimal> = groups.iter().map(|group| group.tax).collect();
    for _ in 0..units.to_u32()? {
        // The first of those with most room.
        let most = rooms.iter_mut().rev().max_by_key(|(room, _)| *room)?;
        most.0 -= Decimal::ONE;
        taxes[most.1] += step;
    }
    Some(taxes)
}

/// The code and the reason of an exemption must be those that lines, allowances and charges give, where they give any.
fn agree(check: &mut Checker, place: &Place, known: &mut Exemption, given: Exemption) {
    for (name, known, given) in [
        ("exemptionCode", &mut known.code, given.code),
        ("exemptionReason", &mut known.reason, given.reason),
    ] {
        if known.is_none() {
            *known = given;
        } else if given.is_some() && given != *known {
            let message = "differs from that of a line, an allowance or a charge, expected the same for one category and rate";
            let place = place.field(name);
            check.report(FailureCode::TotalsMismatch, &place, None, message.into());
        }
    }
}
