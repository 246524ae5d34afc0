//! Several taxes on one line: the named components of a rate.

use rust_decimal::Decimal;

use super::fields::{Checker, Place, present};
use super::number::{Expected, accepted, rate};
use crate::FailureCode;
use crate::amount;
use crate::apportion::apportion;
use crate::limits;
use crate::model::{ComponentRate, TaxComponent};
use crate::request::{TaxComponentField, TaxSubtotalComponentField};
use crate::totals::TaxGroup;

/// Most components of one rate. A sale in the USA has up to five: state, county, city and two districts.
const MAX_COMPONENTS: usize = 20;

/// The components at `place`; `None` where one is not valid.
pub(super) fn components(
    check: &mut Checker,
    place: &Place,
    fields: Option<Vec<TaxComponentField>>,
) -> Option<Vec<ComponentRate>> {
    let fields = check.items(place, fields, MAX_COMPONENTS);
    let expected = fields.len();
    let components: Vec<ComponentRate> = fields
        .into_iter()
        .enumerate()
        .filter_map(|(index, field)| component(check, &place.item(index), field))
        .collect();
    (components.len() == expected).then_some(components)
}

fn component(
    check: &mut Checker,
    place: &Place,
    field: TaxComponentField,
) -> Option<ComponentRate> {
    let name = check.required_text(&place.field("name"), field.name, limits::TEXT, None);
    let rate_place = place.field("rate");
    let expected = "a rate in percent like \"9.975\"";
    let rate = check
        .required(&rate_place, field.rate, None, expected)
        .and_then(|text| rate(check, &rate_place, &text));
    Some(ComponentRate {
        name: name?,
        rate: rate?,
    })
}

/// The rate of these components: the given one, which must be their sum, or their sum.
pub(super) fn whole_rate(
    check: &mut Checker,
    place: &Place,
    given: Option<Decimal>,
    components: &[ComponentRate],
) -> Option<Decimal> {
    if components.is_empty() {
        return given;
    }
    let sum: Decimal = components.iter().map(|component| component.rate).sum();
    let sum = sum.normalize();
    match given {
        Some(rate) if rate != sum => {
            let message = format!("is {rate}, expected {sum}, the sum of the rates of components");
            check.report(FailureCode::TaxInvalid, place, None, message);
            None
        }
        Some(_) | None if sum > Decimal::ONE_HUNDRED => {
            let message = format!("is {sum} percent from components, expected at most 100");
            check.report(FailureCode::TaxInvalid, place, None, message);
            None
        }
        Some(_) | None => Some(sum),
    }
}

/// Components of the breakdown: the rates, and the amounts where they are given.
pub(super) type GivenComponents = (Option<Vec<TaxComponentField>>, Vec<Option<String>>);

/// Splits the components of the breakdown into rates and given amounts.
pub(super) fn split(fields: Option<Vec<TaxSubtotalComponentField>>) -> GivenComponents {
    let Some(fields) = fields else {
        return (None, Vec::new());
    };
    let (rates, amounts) = fields
        .into_iter()
        .map(|TaxSubtotalComponentField { name, rate, tax }| {
            (TaxComponentField { name, rate }, present(tax))
        })
        .unzip();
    (Some(rates), amounts)
}

/// The tax of a group whose components all have an amount: their sum.
pub(super) fn sum_of(amounts: &[Option<String>], minor_digits: u32) -> Option<Decimal> {
    let parse = |amount: &Option<String>| {
        let limits = amount::money(minor_digits);
        amount::parse(amount.as_deref()?, limits).ok()
    };
    let first = amounts.first().map(|_| Decimal::ZERO)?;
    amounts
        .iter()
        .try_fold(first, |sum, amount| Some(sum + parse(amount)?))
}

/// Whether two lists have the same components, in any order.
pub(super) fn are_same(one: &[ComponentRate], other: &[ComponentRate]) -> bool {
    let sorted = |components: &[ComponentRate]| {
        let mut sorted: Vec<(String, Decimal)> = components
            .iter()
            .map(|component| (component.name.clone(), component.rate))
            .collect();
        sorted.sort();
        sorted
    };
    one == other || sorted(one) == sorted(other)
}

/// The components of a group with their amounts, which add up to its tax.
pub(super) fn amounts(group: &TaxGroup, tax: Decimal, minor_digits: u32) -> Vec<TaxComponent> {
    let exact: Vec<Decimal> = (group.components.iter())
        .map(|component| exact_amount(group, component))
        .collect();
    let shares = apportion(tax, &exact, minor_digits);
    (group.components.iter().zip(shares))
        .map(|(component, amount)| TaxComponent {
            name: component.name.clone(),
            rate: component.rate,
            amount,
        })
        .collect()
}

fn exact_amount(group: &TaxGroup, component: &ComponentRate) -> Decimal {
    if group.tax.rate.is_zero() {
        return Decimal::ZERO;
    }
    group.exact_tax() * component.rate / group.tax.rate
}

/// Takes the amounts that the breakdown gives for components. They are accepted within the tolerance of the tax, and add up
/// to it.
pub(super) fn take_given(
    check: &mut Checker,
    place: &Place,
    group: &TaxGroup,
    tax: Decimal,
    given: &[Option<String>],
    minor_digits: u32,
) -> Vec<TaxComponent> {
    let mut components = amounts(group, tax, minor_digits);
    if given.iter().all(Option::is_none) {
        return components;
    }
    // What is given for a part must leave the rest as it is computed, so it is compared exactly.
    let adds_up = sum_of(given, minor_digits) == Some(tax);
    for ((index, component), rate) in components.iter_mut().enumerate().zip(&group.components) {
        let expected = Expected {
            computed: component.amount,
            exact: if adds_up {
                exact_amount(group, rate)
            } else {
                component.amount
            },
            tolerance: if adds_up {
                group.tolerance(minor_digits)
            } else {
                Decimal::ZERO
            },
            source: "the tax of this category and rate, shared out by the rates of components",
            rule: None,
        };
        let place = place.item(index).field("tax");
        let given = given.get(index).and_then(Option::as_deref);
        if let Some(amount) = accepted(check, &place, given, &expected, minor_digits) {
            component.amount = amount;
        }
    }
    components
}
