//! Lines, allowances, charges, taxes and totals: parsed, computed, and compared with the values of the request.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::adjustments::{Context, Side, adjustments};
use super::fields::{Checker, Place, present};
use super::lines::{LineContext, lines};
use super::number::{compare, decimal, unsigned_amount};
use super::tax::{compare_breakdown, named};
use crate::FailureCode;
use crate::amount;
use crate::model::{Adjustment, DocumentType, Exemption, Line, Tax, TaxSubtotal, Totals};
use crate::request::{AdjustmentField, LineField, TaxSubtotalField, TotalsField};
use crate::totals;

/// The fields of the request that have amounts.
pub(super) struct AmountFields {
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
    document_type: Option<DocumentType>,
    fields: AmountFields,
) -> Option<Amounts> {
    let minor_digits = u32::from(currency.exponent()?);
    let may_take_back = document_type == Some(DocumentType::CorrectedInvoice);
    let context = LineContext {
        minor_digits,
        may_take_back,
    };
    let lines = lines(check, fields.lines, context)?;

    let context = Context {
        base: totals::sum_of_lines(&lines, minor_digits),
        tax: common_tax(&lines),
        minor_digits,
    };
    let root = Place::root();
    let side = Side::DocumentAllowance;
    let allowances = adjustments(check, &root, side, fields.allowances, context);
    let charges = adjustments(check, &root, Side::DocumentCharge, fields.charges, context);
    let (allowances, charges) = (allowances?, charges?);
    refuse_foreign_taxes(check, &lines, &allowances);

    let mut taxes = totals::tax_subtotals(&lines, &allowances, &charges, minor_digits);
    refuse_other_exemptions(check, &lines, [&allowances, &charges], &taxes);
    if let Some(breakdown) = fields.breakdown.filter(|list| !list.is_empty()) {
        compare_breakdown(check, &mut taxes, breakdown, minor_digits);
    }
    let place = root.field("totals");
    let prepaid = fields.totals.prepaid.as_deref();
    let prepaid = unsigned_amount(check, &place.field("prepaid"), prepaid, minor_digits);
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
    if totals.net < Decimal::ZERO && !may_take_back {
        refuse_negative(check, &lines, &totals);
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

/// An allowance reduces the taxable amount of its category and rate, so a line must have them.
fn refuse_foreign_taxes(check: &mut Checker, lines: &[Line], allowances: &[Adjustment]) {
    for (index, allowance) in allowances.iter().enumerate() {
        if lines.iter().all(|line| line.tax != allowance.tax) {
            let place = Place::root().field("allowances").item(index).field("tax");
            let tax = named(allowance.tax);
            let message = format!("is {tax}, expected a category and rate that a line has");
            check.report(FailureCode::TaxInvalid, &place, Some("BR-S-08"), message);
        }
    }
}

/// The breakdown has one exemption for each category and rate (BT-120, BT-121), so all places must give the same one.
fn refuse_other_exemptions(
    check: &mut Checker,
    lines: &[Line],
    [allowances, charges]: [&[Adjustment]; 2],
    taxes: &[TaxSubtotal],
) {
    let mut compare = |list: &str, index: usize, tax: Tax, exemption: Option<&Exemption>| {
        let group = taxes.iter().find(|subtotal| subtotal.tax == tax);
        let agreed = group.and_then(|subtotal| subtotal.exemption.as_ref());
        if exemption.is_some() && exemption != agreed {
            let place = Place::root().field(list).item(index).field("tax");
            let message = format!(
                "has another exemption than an earlier entry of {}, expected the same",
                named(tax)
            );
            check.report(FailureCode::TaxInvalid, &place, None, message);
        }
    };
    for (index, line) in lines.iter().enumerate() {
        compare("lines", index, line.tax, line.exemption.as_ref());
    }
    for (list, adjustments) in [("allowances", allowances), ("charges", charges)] {
        for (index, item) in adjustments.iter().enumerate() {
            compare(list, index, item.tax, item.exemption.as_ref());
        }
    }
}

/// Reports the allowances that make the total negative: those of lines, or else those on the document.
fn refuse_negative(check: &mut Checker, lines: &[Line], totals: &Totals) {
    let root = Place::root();
    let mut report = |parent: &Place, net: Decimal| {
        let message = format!(
            "make a net amount of {net}, expected 0 or more: only a corrected invoice may be negative, \
             and a credit note states what is paid back"
        );
        let place = parent.field("allowances");
        check.report(FailureCode::AmountInvalid, &place, None, message);
    };
    if totals.lines >= Decimal::ZERO {
        report(&root, totals.net);
        return;
    }
    for (index, line) in lines.iter().enumerate() {
        if line.net < Decimal::ZERO {
            report(&root.field("lines").item(index), line.net);
        }
    }
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
