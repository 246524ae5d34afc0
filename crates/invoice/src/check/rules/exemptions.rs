//! Exemption reasons stand only where a category without tax explains itself by one.

use super::super::amounts::AmountFields;
use super::super::fields::{Checker, Place, present};
use super::names::{Source, names};
use crate::FailureCode;
use crate::model::TaxCategory;
use crate::request::TaxField;

/// BR-S-10, BR-Z-10, BR-IG-10 and BR-IP-10: no exemption reason where tax is charged, at zero or more percent. Reports the
/// first one of each list: the others have the same cause.
pub(crate) fn refuse_needless(check: &mut Checker, fields: &AmountFields) {
    let lines = fields.lines.iter().flatten();
    refuse_first(check, Source::Line, lines.map(|line| line.tax.as_ref()));
    for (source, list) in [
        (Source::Allowance, &fields.allowances),
        (Source::Charge, &fields.charges),
    ] {
        let adjustments = list.iter().flatten();
        refuse_first(
            check,
            source,
            adjustments.map(|adjustment| adjustment.tax.as_ref()),
        );
    }
    let breakdown = fields.breakdown.iter().flatten();
    for (index, field) in breakdown.enumerate() {
        let texts = [&field.exemption_code, &field.exemption_reason];
        if let Some(needless) = needless(field.category.as_deref(), texts) {
            let place = Place::root().field("taxBreakdown").item(index);
            report(check, &place, &needless);
            return;
        }
    }
}

fn refuse_first<'a>(
    check: &mut Checker,
    source: Source,
    taxes: impl Iterator<Item = Option<&'a TaxField>>,
) {
    let found = taxes.enumerate().find_map(|(index, tax)| {
        let tax = tax?;
        let texts = [&tax.exemption_code, &tax.exemption_reason];
        Some((index, needless(tax.category.as_deref(), texts)?))
    });
    if let Some((index, needless)) = found {
        let place = Place::root().field(source.list()).item(index).field("tax");
        report(check, &place, &needless);
    }
}

struct Needless {
    category: TaxCategory,
    field: &'static str,
    rule: &'static str,
}

fn needless(category: Option<&str>, [code, reason]: [&Option<String>; 2]) -> Option<Needless> {
    let field = match (present(code.as_deref()), present(reason.as_deref())) {
        (None, None) => return None,
        (Some(_), _) => "exemptionCode",
        (None, Some(_)) => "exemptionReason",
    };
    let category = TaxCategory::from_code(category?)?;
    match category {
        TaxCategory::Standard
        | TaxCategory::ZeroRated
        | TaxCategory::CanaryIslands
        | TaxCategory::CeutaMelilla => {}
        // The standard says nothing about split payment.
        TaxCategory::SplitPayment
        | TaxCategory::Exempt
        | TaxCategory::ReverseCharge
        | TaxCategory::IntraCommunity
        | TaxCategory::Export
        | TaxCategory::OutOfScope => return None,
    }
    let rule = names(category)?.exemption;
    Some(Needless {
        category,
        field,
        rule,
    })
}

fn report(check: &mut Checker, place: &Place, needless: &Needless) {
    let Needless {
        category,
        field,
        rule,
    } = needless;
    let message = format!(
        "is given for category {}, expected none: only categories without tax, like E, have a reason",
        category.code()
    );
    check.report(
        FailureCode::TaxInvalid,
        &place.field(field),
        Some(rule),
        message,
    );
}
