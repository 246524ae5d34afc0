//! Lines, allowances, charges, taxes and totals: parsed, computed, and compared with the values of the request.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::adjustments::{Context, Side, adjustments};
use super::breakdown::{TaxedGroup, take_breakdown, take_total};
use super::components::are_same;
use super::fields::{Checker, Place, present};
use super::lines::{LineContext, ParsedLine, lines};
use super::number::{compare, decimal, free_amount};
use super::signs::Kind;
use super::tax::named;
use crate::FailureCode;
use crate::amount;
use crate::model::{Adjustment, Line, Tax, TaxSubtotal, Totals};
use crate::request::{AdjustmentField, LineField, TaxSubtotalField, TotalsField};
use crate::totals::{self, TaxGroup, Taxable, taxables};
use crate::with_tax::WithTax;

/// The fields of the request that have amounts.
pub(super) struct AmountFields {
    pub(super) prices_include_tax: bool,
    pub(super) lines: Option<Vec<LineField>>,
    pub(super) allowances: Option<Vec<AdjustmentField>>,
    pub(super) charges: Option<Vec<AdjustmentField>>,
    pub(super) breakdown: Option<Vec<TaxSubtotalField>>,
    pub(super) totals: TotalsField,
}

pub(super) struct Amounts {
    pub(super) lines: Vec<Line>,
    pub(super) allowances: Vec<Adjustment>,
    pub(super) charges: Vec<Adjustment>,
    pub(super) taxes: Vec<TaxSubtotal>,
    pub(super) totals: Totals,
}

pub(super) fn amounts(
    check: &mut Checker,
    currency: Currency,
    kind: Kind,
    fields: AmountFields,
) -> Option<Amounts> {
    let minor_digits = u32::from(currency.exponent()?);
    let prices_include_tax = fields.prices_include_tax;
    let context = LineContext {
        minor_digits,
        takes_back: kind.takes_back(),
        prices_include_tax,
    };
    let lines = lines(check, fields.lines, context)?;
    let (mut lines, given_nets): (Vec<Line>, Vec<Option<Decimal>>) =
        lines.into_iter().map(|line: ParsedLine| line).unzip();

    let sum_of_lines = totals::sum_of_lines(&lines, minor_digits);
    let context = Context {
        base: sum_of_lines,
        tax: common_tax(&lines),
        takes_back: kind.takes_back() || sum_of_lines < Decimal::ZERO,
        minor_digits,
    };
    let root = Place::root();
    let side = Side::DocumentAllowance;
    let allowances = adjustments(check, &root, side, fields.allowances, context);
    let charges = adjustments(check, &root, Side::DocumentCharge, fields.charges, context);
    let (mut allowances, mut charges) = (allowances?, charges?);

    let items = taxables(&lines, [&allowances, &charges]);
    let (groups, group_of) = totals::groups(&items, prices_include_tax, minor_digits);
    let places = Places {
        lines: lines.len(),
        allowances: allowances.len(),
    };
    refuse_other_properties(check, &items, (&groups, &group_of), places);
    let computed = |group| TaxedGroup::computed(group, minor_digits);
    let mut groups: Vec<TaxedGroup> = groups.into_iter().map(computed).collect();
    let breakdown = fields.breakdown.filter(|list| !list.is_empty());
    let place_of_tax = match breakdown {
        Some(_) => root.field("taxBreakdown"),
        None => root.field("totals").field("tax"),
    };
    if let Some(breakdown) = breakdown {
        take_breakdown(check, &mut groups, breakdown, minor_digits);
    }
    if prices_include_tax {
        take_nets(&mut groups, (&items, &group_of), &given_nets, minor_digits);
    }
    let of_items = (items.as_slice(), group_of.as_slice());
    take_total(&mut groups, of_items, &fields.totals, minor_digits);
    if prices_include_tax {
        let groups: Vec<(TaxGroup, Decimal)> = groups
            .iter()
            .map(|TaxedGroup { group, tax, .. }| (group.clone(), *tax))
            .collect();
        let with_tax = WithTax {
            groups: &groups,
            group_of: &group_of,
            given: &given_nets,
            minor_digits,
        };
        let made = with_tax.make_net(&mut lines, &mut allowances, &mut charges);
        let unfit = made.err().unwrap_or_default();
        refuse_nets(check, &lines, &given_nets, unfit.nets);
        for index in unfit.taxes {
            refuse_tax(check, &place_of_tax, &groups[index], minor_digits);
        }
    }
    let taxes: Vec<TaxSubtotal> = groups
        .into_iter()
        .map(|group| group.into_subtotal(check, minor_digits))
        .collect();

    let place = root.field("totals");
    let prepaid = fields.totals.prepaid.as_deref();
    let prepaid = free_amount(check, &place.field("prepaid"), prepaid, minor_digits);
    let rounding = rounding(
        check,
        &place.field("rounding"),
        &fields.totals,
        minor_digits,
    );
    let totals = totals::totals(
        &lines,
        [&allowances, &charges],
        &taxes,
        prepaid.unwrap_or_default(),
        rounding.unwrap_or_default(),
        minor_digits,
    );
    if totals.gross < Decimal::ZERO && !kind.total_may_be_negative() {
        let message = format!(
            "is {}, expected 0 or more: a credit note states what is paid back, so a negative total would mean the opposite; \
             request an invoice",
            totals.gross
        );
        let place = place.field("gross");
        check.report(FailureCode::AmountInvalid, &place, None, message);
    }
    refuse_large_rounding(check, &place, &totals);
    compare_totals(check, &totals, &fields.totals, minor_digits);
    Some(Amounts {
        lines,
        allowances,
        charges,
        taxes,
        totals,
    })
}

/// The tax of all lines, where it is the same.
fn common_tax(lines: &[Line]) -> Option<Tax> {
    let (first, others) = lines.split_first()?;
    let same = others.iter().all(|line| line.tax == first.tax);
    same.then_some(first.tax)
}

/// The numbers of lines and allowances, from which the place of an item follows.
#[derive(Clone, Copy)]
struct Places {
    lines: usize,
    allowances: usize,
}

impl Places {
    /// The place of the tax of an item of [`taxables`].
    fn tax(self, item: usize) -> Place {
        let place = |list: &str, index| Place::root().field(list).item(index).field("tax");
        let charge = item.checked_sub(self.lines + self.allowances);
        match (item.checked_sub(self.lines), charge) {
            (_, Some(charge)) => place("charges", charge),
            (Some(allowance), None) => place("allowances", allowance),
            (None, None) => place("lines", item),
        }
    }
}

/// The breakdown has one exemption (BT-120, BT-121) and one list of components for each category and rate, so all places must
/// give the same ones.
fn refuse_other_properties(
    check: &mut Checker,
    items: &[Taxable<'_>],
    (groups, group_of): (&[TaxGroup], &[usize]),
    places: Places,
) {
    for (index, (item, group)) in items.iter().zip(group_of).enumerate() {
        let group = &groups[*group];
        let mut report = |what: &str| {
            let tax = named(item.tax);
            let message = format!("has {what} than an earlier entry of {tax}, expected the same");
            check.report(FailureCode::TaxInvalid, &places.tax(index), None, message);
        };
        if item.exemption.is_some() && item.exemption != group.exemption.as_ref() {
            report("another exemption");
        }
        if !item.components.is_empty() && !are_same(item.components, &group.components) {
            report("other components");
        }
    }
}

/// Where prices include tax and all net amounts of a group are given, its tax is what is left.
fn take_nets(
    groups: &mut [TaxedGroup],
    (items, group_of): (&[Taxable<'_>], &[usize]),
    given: &[Option<Decimal>],
    minor_digits: u32,
) {
    if given.iter().all(Option::is_none) {
        return;
    }
    let mut nets: Vec<Option<Decimal>> = vec![Some(Decimal::ZERO); groups.len()];
    for (index, (item, group)) in items.iter().zip(group_of).enumerate() {
        let net = given.get(index).copied().flatten();
        let net = net.or_else(|| item.amount.is_zero().then_some(Decimal::ZERO));
        nets[*group] = nets[*group].and_then(|sum| Some(sum + net?));
    }
    for (group, net) in groups.iter_mut().zip(nets) {
        if let Some(net) = net {
            group.take_implied(group.group.sum - net, minor_digits);
        }
    }
}

/// Reports given net amounts that do not leave the others theirs. `lines` have the net amounts that fit.
fn refuse_nets(check: &mut Checker, lines: &[Line], given: &[Option<Decimal>], wrong: Vec<usize>) {
    for index in wrong {
        let place = Place::root().field("lines").item(index).field("netAmount");
        let (Some(line), Some(Some(given))) = (lines.get(index), given.get(index)) else {
            continue;
        };
        let message = format!(
            "is {given} and does not add up with the net amounts of the same category and rate, expected {} from what they \
             include with tax",
            line.net
        );
        let rule = Some("BR-S-08");
        check.report(FailureCode::TotalsMismatch, &place, rule, message);
    }
}

/// Reports a given tax that leaves a taxable amount which cannot be shared out.
fn refuse_tax(
    check: &mut Checker,
    place: &Place,
    (group, tax): &(TaxGroup, Decimal),
    minor_digits: u32,
) {
    let message = format!(
        "makes a tax of {tax} for {}, expected {}: the net amounts would not have the signs of what they include with tax",
        named(group.tax),
        group.tax_rounded_once(minor_digits)
    );
    check.report(
        FailureCode::TotalsMismatch,
        place,
        Some("BR-CO-17"),
        message,
    );
}

fn rounding(
    check: &mut Checker,
    place: &Place,
    given: &TotalsField,
    minor_digits: u32,
) -> Option<Decimal> {
    let text = present(given.rounding.as_deref())?;
    let limits = amount::money(minor_digits);
    decimal(check, FailureCode::AmountInvalid, place, text, limits)
}

/// Cash is rounded to the smallest coin or note, which is worth up to hundreds of units in some currencies. An amount that
/// is above 100 and above a tenth of the total belongs in another field.
fn refuse_large_rounding(check: &mut Checker, place: &Place, totals: &Totals) {
    let bound = Decimal::ONE_HUNDRED.max(totals.gross.abs() / Decimal::TEN);
    if totals.rounding.abs() >= bound {
        let message = format!(
            "is {}, expected less than {} in either direction: 100, or a tenth of gross where that is more",
            totals.rounding,
            bound.normalize()
        );
        let place = place.field("rounding");
        check.report(FailureCode::AmountInvalid, &place, None, message);
    }
}

fn compare_totals(check: &mut Checker, computed: &Totals, given: &TotalsField, minor_digits: u32) {
    let place = Place::root().field("totals");
    let mut compare = |name: &str, given: Option<&str>, value: Decimal, source: &str, rule| {
        let place = place.field(name);
        compare(check, &place, given, value, source, minor_digits, rule);
    };
    let Totals {
        lines,
        allowances,
        charges,
        net,
        tax,
        gross,
        due,
        ..
    } = *computed;
    let items = "the line items";
    compare("lines", given.lines.as_deref(), lines, items, "BR-CO-10");
    let text = given.allowances.as_deref();
    compare("allowances", text, allowances, "/allowances", "BR-CO-11");
    let text = given.charges.as_deref();
    compare("charges", text, charges, "/charges", "BR-CO-12");
    compare("net", given.net.as_deref(), net, items, "BR-CO-13");
    compare("tax", given.tax.as_deref(), tax, items, "BR-CO-14");
    compare("gross", given.gross.as_deref(), gross, items, "BR-CO-15");
    let source = "gross, prepaid and rounding";
    compare("due", given.due.as_deref(), due, source, "BR-CO-16");
}
