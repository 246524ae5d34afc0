//! Tax categories and rates, and the breakdown by them.

use super::fields::{Checker, Place, are_capitals_and_digits, present};
use super::number::{compare, decimal};
use crate::FailureCode;
use crate::amount;
use crate::model::{Exemption, Tax, TaxCategory, TaxSubtotal};
use crate::problem::shown;
use crate::request::{TaxField, TaxSubtotalField};

pub(super) fn tax(
    check: &mut Checker,
    place: &Place,
    field: TaxField,
) -> Option<(Tax, Option<Exemption>)> {
    let category = category(check, &place.field("category"), field.category);
    let rate_place = place.field("rate");
    let rate = check.required(
        &rate_place,
        field.rate,
        None,
        "a rate in percent like \"19\"",
    );
    let rate = rate.and_then(|text| self::rate(check, &rate_place, &text));
    let exemption = exemption(check, place, field.exemption_code, field.exemption_reason);
    let tax = Tax {
        category: category?,
        rate: rate?,
    };
    if !tax.category.may_be_taxed() && !tax.rate.is_zero() {
        let Tax { category, rate } = tax;
        let message = format!("is {rate}, expected 0 for category {}", category.code());
        check.report(FailureCode::TaxInvalid, &rate_place, None, message);
        return None;
    }
    Some((tax, exemption))
}

fn category(check: &mut Checker, place: &Place, code: Option<String>) -> Option<TaxCategory> {
    let codes = || TaxCategory::ALL.map(TaxCategory::code).join(", ");
    let Some(code) = present(code) else {
        check.missing(place, "BR-CO-04", &format!("one of {}", codes()));
        return None;
    };
    let category = TaxCategory::from_code(&code);
    if category.is_none() {
        let message = format!("is {}, expected one of {}", shown(&code), codes());
        check.report(FailureCode::TaxInvalid, place, Some("BR-CL-18"), message);
    }
    category
}

fn rate(check: &mut Checker, place: &Place, text: &str) -> Option<rust_decimal::Decimal> {
    let rate = decimal(check, FailureCode::TaxInvalid, place, text, amount::RATE)?;
    if rate > rust_decimal::Decimal::ONE_HUNDRED {
        let message = format!("is {rate} percent, expected at most 100");
        check.report(FailureCode::TaxInvalid, place, None, message);
        return None;
    }
    // 7, 7.0 and 7.00 are the same rate; normalised, they are equal and are printed alike.
    Some(rate.normalize())
}

fn exemption(
    check: &mut Checker,
    place: &Place,
    code: Option<String>,
    reason: Option<String>,
) -> Option<Exemption> {
    let code = check.code(
        &place.field("exemptionCode"),
        code,
        "a code of the VATEX list like VATEX-EU-132",
        |code| {
            code.len() <= 40
                && code.strip_prefix("VATEX-").is_some_and(|rest| {
                    !rest.is_empty() && rest.split('-').all(are_capitals_and_digits)
                })
        },
    );
    let reason = check.text(&place.field("exemptionReason"), reason, 500);
    (code.is_some() || reason.is_some()).then_some(Exemption { code, reason })
}

/// Compares the given breakdown with the computed one. It may add exemption reasons to those of lines, allowances and
/// charges.
pub(super) fn compare_breakdown(
    check: &mut Checker,
    computed: &mut [TaxSubtotal],
    given: Vec<TaxSubtotalField>,
    minor_digits: u32,
) {
    let place = Place::root().field("taxBreakdown");
    let mut seen: Vec<Tax> = Vec::with_capacity(given.len());
    for (index, field) in given.into_iter().enumerate() {
        let place = place.item(index);
        let tax_field = TaxField {
            category: field.category,
            rate: field.rate,
            exemption_code: field.exemption_code,
            exemption_reason: field.exemption_reason,
        };
        let Some((tax, exemption)) = tax(check, &place, tax_field) else {
            continue;
        };
        let mut report = |message: String| {
            let rule = Some("BR-S-08");
            check.report(FailureCode::TotalsMismatch, &place, rule, message);
        };
        if seen.contains(&tax) {
            let tax = named(tax);
            report(format!("is another entry for {tax}, expected one"));
            continue;
        }
        let subtotal = computed.iter_mut().find(|subtotal| subtotal.tax == tax);
        let Some(subtotal) = subtotal else {
            let tax = named(tax);
            report(format!(
                "is for {tax}, expected a category and rate of a line, an allowance or a charge"
            ));
            continue;
        };
        seen.push(tax);
        if let Some(given) = exemption {
            match &mut subtotal.exemption {
                Some(known) => agree(check, &place, known, given),
                unknown => *unknown = Some(given),
            }
        }
        let (taxable, amount) = (subtotal.taxable, subtotal.amount);
        compare(
            check,
            &place.field("taxable"),
            field.taxable.as_deref(),
            taxable,
            "the lines, allowances and charges with this category and rate",
            minor_digits,
            "BR-S-08",
        );
        compare(
            check,
            &place.field("tax"),
            field.tax.as_deref(),
            amount,
            "the taxable amount and the rate",
            minor_digits,
            "BR-CO-17",
        );
    }
    for subtotal in computed
        .iter()
        .filter(|subtotal| !seen.contains(&subtotal.tax))
    {
        let message = format!(
            "has no entry for {}, expected one for each category and rate",
            named(subtotal.tax)
        );
        check.report(
            FailureCode::TotalsMismatch,
            &place,
            Some("BR-CO-18"),
            message,
        );
    }
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

/// A category and rate, as a message shows it.
pub(super) fn named(tax: Tax) -> String {
    format!("category {} with rate {}", tax.category.code(), tax.rate)
}
