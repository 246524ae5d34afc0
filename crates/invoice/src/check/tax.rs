//! Tax categories and rates, and the breakdown by them.

use super::fields::{Checker, Place, are_capitals_and_digits};
use super::number::{compare, decimal};
use crate::FailureCode;
use crate::amount;
use crate::model::{Exemption, Tax, TaxCategory, TaxSubtotal};
use crate::request::{TaxField, TaxSubtotalField};

pub(super) fn tax(
    check: &mut Checker,
    place: &Place,
    field: TaxField,
) -> Option<(Tax, Option<Exemption>)> {
    let category = category(check, &place.field("category"), field.category);
    let rate = check.required(&place.field("rate"), field.rate, None);
    let rate = rate.and_then(|text| self::rate(check, &place.field("rate"), &text));
    let exemption = exemption(check, place, field.exemption_code, field.exemption_reason);
    let tax = Tax {
        category: category?,
        rate: rate?,
    };
    if !tax.category.may_be_taxed() && !tax.rate.is_zero() {
        let message = format!("must be 0 for category {}", tax.category.code());
        check.report(FailureCode::TaxInvalid, &place.field("rate"), None, message);
        return None;
    }
    Some((tax, exemption))
}

fn category(check: &mut Checker, place: &Place, code: Option<String>) -> Option<TaxCategory> {
    let code = check.required(place, code, "BR-CO-04")?;
    let category = TaxCategory::from_code(&code);
    if category.is_none() {
        let codes = TaxCategory::ALL.map(TaxCategory::code).join(", ");
        check.report(
            FailureCode::TaxInvalid,
            place,
            Some("BR-CL-18"),
            format!("must be one of {codes}"),
        );
    }
    category
}

fn rate(check: &mut Checker, place: &Place, text: &str) -> Option<rust_decimal::Decimal> {
    let rate = decimal(check, FailureCode::TaxInvalid, place, text, amount::RATE)?;
    if rate > rust_decimal::Decimal::ONE_HUNDRED {
        check.report(
            FailureCode::TaxInvalid,
            place,
            None,
            "must not be above 100 percent".into(),
        );
        return None;
    }
    // 7, 7.0 and 7.00 are one rate and must group together; normalising makes them print alike too.
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

/// The breakdown that was given must be the one that was computed. Its exemption reasons are those of the lines, allowances
/// and charges, or add to them.
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
        let subtotal = computed.iter_mut().find(|subtotal| subtotal.tax == tax);
        let Some(subtotal) = subtotal.filter(|_| !seen.contains(&tax)) else {
            let message = "no line has this category and rate, or it is given twice".into();
            check.report(
                FailureCode::TotalsMismatch,
                &place,
                Some("BR-S-08"),
                message,
            );
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
        for (name, text, value, rule) in [
            ("taxable", field.taxable, taxable, "BR-S-08"),
            ("tax", field.tax, amount, "BR-CO-17"),
        ] {
            let place = place.field(name);
            compare(check, &place, text.as_deref(), value, minor_digits, rule);
        }
    }
    for subtotal in computed
        .iter()
        .filter(|subtotal| !seen.contains(&subtotal.tax))
    {
        let message = format!(
            "lacks category {} with rate {}",
            subtotal.tax.category.code(),
            subtotal.tax.rate
        );
        check.report(
            FailureCode::TotalsMismatch,
            &place,
            Some("BR-CO-18"),
            message,
        );
    }
}

/// Code and reason are those that were said elsewhere, where they were.
fn agree(check: &mut Checker, place: &Place, known: &mut Exemption, given: Exemption) {
    for (name, known, given) in [
        ("exemptionCode", &mut known.code, given.code),
        ("exemptionReason", &mut known.reason, given.reason),
    ] {
        if known.is_none() {
            *known = given;
        } else if given.is_some() && given != *known {
            let message = "differs from what is said elsewhere for this category and rate".into();
            let place = place.field(name);
            check.report(FailureCode::TotalsMismatch, &place, None, message);
        }
    }
}
