//! Tax categories and rates, and the breakdown by them.

use rust_decimal::Decimal;

use super::components::{components, whole_rate};
use super::fields::{Checker, Place, present};
use super::number::rate;
use super::rules::names;
use crate::FailureCode;
use crate::code_lists::EXEMPTIONS;
use crate::limits;
use crate::model::{ComponentRate, Exemption, Tax, TaxCategory};
use crate::problem::{WarningCode, shown};
use crate::request::TaxField;

/// The tax of a line, an allowance or a charge, with what the request says about it there.
pub(super) struct Taxed {
    pub(super) tax: Tax,
    pub(super) exemption: Option<Exemption>,
    pub(super) components: Vec<ComponentRate>,
}

pub(super) fn tax(check: &mut Checker, place: &Place, field: TaxField) -> Option<Taxed> {
    let category = category(check, &place.field("category"), field.category);
    let components = components(check, &place.field("components"), field.components);
    if let (Some(category), Some([_, ..])) = (category, components.as_deref())
        && !category.may_be_taxed()
    {
        let message = format!(
            "is given, expected none: category {} has no tax",
            category.code()
        );
        let place = place.field("components");
        check.report(FailureCode::TaxInvalid, &place, None, message);
        return None;
    }
    let rate_place = place.field("rate");
    // BR-O-05 to 07: what is outside the scope of tax has no rate, not even 0.
    let absent = (category == Some(TaxCategory::OutOfScope)).then(|| "0".to_owned());
    let given = present(field.rate).or(absent);
    let is_derived = given.is_none() && components.as_ref().is_none_or(|list| !list.is_empty());
    let rate = if is_derived {
        // Where components are wrong, that was reported.
        components
            .as_deref()
            .and_then(|list| whole_rate(check, &rate_place, None, list))
    } else {
        let rule = rate_place.is_within("taxBreakdown").then_some("BR-48");
        let expected = "a rate in percent like \"19\", or components";
        check
            .required(&rate_place, given, rule, expected)
            .and_then(|text| rate(check, &rate_place, &text))
            .and_then(|rate| match &components {
                Some(components) => whole_rate(check, &rate_place, Some(rate), components),
                None => Some(rate),
            })
    };
    let exemption = exemption(check, place, field.exemption_code, field.exemption_reason);
    let tax = Tax {
        category: category?,
        rate: rate?,
    };
    if !tax.category.may_be_taxed() && !tax.rate.is_zero() {
        let Tax { category, rate } = tax;
        let message = format!("is {rate}, expected 0 for category {}", category.code());
        let rule = names::rate_rule(category, &rate_place);
        check.report(FailureCode::TaxInvalid, &rate_place, rule, message);
        return None;
    }
    let is_fraction = tax.rate > Decimal::ZERO && tax.rate < Decimal::ONE;
    // A part of a rate may be small, and so may a rate that is the sum of such parts.
    if is_fraction && components.as_ref().is_some_and(Vec::is_empty) {
        let message = format!("is {} percent; rates are in percent, like \"19\"", tax.rate);
        check.warn(WarningCode::RateUnusual, &rate_place, message);
    }
    Some(Taxed {
        tax,
        exemption,
        components: components?,
    })
}

fn category(check: &mut Checker, place: &Place, code: Option<String>) -> Option<TaxCategory> {
    let codes = || TaxCategory::ALL.map(TaxCategory::code).join(", ");
    let Some(code) = present(code) else {
        check.missing(
            place,
            names::category_rules(place).0,
            &format!("one of {}", codes()),
        );
        return None;
    };
    let category = TaxCategory::from_code(&code);
    if category.is_none() {
        let message = format!("is {}, expected one of {}", shown(&code), codes());
        let rule = Some(names::category_rules(place).1);
        check.report(FailureCode::TaxInvalid, place, rule, message);
    }
    category
}

fn exemption(
    check: &mut Checker,
    place: &Place,
    code: Option<String>,
    reason: Option<String>,
) -> Option<Exemption> {
    // BR-CL-22 compares in capital letters.
    let code = code.map(|code| code.to_ascii_uppercase());
    let code = check.listed(&place.field("exemptionCode"), code, &EXEMPTIONS, "BR-CL-22");
    let reason = check.text(&place.field("exemptionReason"), reason, limits::REASON);
    (code.is_some() || reason.is_some()).then_some(Exemption { code, reason })
}

/// A category and rate, as a message shows it.
pub(super) fn named(tax: Tax) -> String {
    format!("category {} with rate {}", tax.category.code(), tax.rate)
}
