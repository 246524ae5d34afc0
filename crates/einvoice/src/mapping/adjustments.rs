//! Allowances and charges: BG-20 and BG-21 of the document, BG-27 and BG-28 of a line.

use en16931::invoice::{Code, DocumentAllowanceCharge, LineAllowanceCharge};
use en16931::{Invoice as Model, Percentage};
use invoice::Invoice;
use invoice::model::{Adjustment, AdjustmentKind};

use super::taxes::line_vat;
use crate::place::Place;
use crate::problems::Problems;

/// The reason of an allowance for which the request gives none: a discount (UNTDID 5189), as the page calls it.
const DISCOUNT: &str = "95";

pub(super) fn of_document(problems: &mut Problems, invoice: &Invoice, model: &mut Model) {
    let allowances = (Place::root("allowances"), &ALLOWANCE_RULES);
    let charges = (Place::root("charges"), &CHARGE_RULES);
    for ((list, rules), adjustments, into) in [
        (allowances, &invoice.allowances, &mut model.allowances),
        (charges, &invoice.charges, &mut model.charges),
    ] {
        for (index, adjustment) in adjustments.iter().enumerate() {
            let place = list.item(index);
            let parts = parts(problems, place, rules, adjustment);
            into.push(DocumentAllowanceCharge {
                amount: parts.amount,
                base_amount: parts.base_amount,
                percentage: parts.percentage,
                vat: line_vat(adjustment.tax),
                reason: parts.reason,
                reason_code: parts.reason_code,
            });
        }
    }
}

/// The allowances or the charges of a line; their place is that of the line and the name of the list.
pub(super) fn of_line(
    problems: &mut Problems,
    line: Place<'_>,
    name: &'static str,
    adjustments: &[Adjustment],
) -> Vec<LineAllowanceCharge> {
    let list = line.field(name);
    let rules = if name == "charges" {
        &LINE_CHARGE_RULES
    } else {
        &LINE_ALLOWANCE_RULES
    };
    let adjustments = adjustments.iter().enumerate();
    adjustments
        .map(|(index, adjustment)| parts(problems, list.item(index), rules, adjustment))
        .collect()
}

/// The rules about the decimals of amount and base amount.
type Rules = [&'static str; 2];

const ALLOWANCE_RULES: Rules = ["BR-DEC-01", "BR-DEC-02"];
const CHARGE_RULES: Rules = ["BR-DEC-05", "BR-DEC-06"];
const LINE_ALLOWANCE_RULES: Rules = ["BR-DEC-24", "BR-DEC-25"];
const LINE_CHARGE_RULES: Rules = ["BR-DEC-27", "BR-DEC-28"];

fn parts(
    problems: &mut Problems,
    place: Place<'_>,
    [amount_rule, base_rule]: &Rules,
    adjustment: &Adjustment,
) -> LineAllowanceCharge {
    let reason = problems.texts(place.field("reason"), adjustment.reason.as_ref());
    let code = adjustment.reason_code.as_deref();
    let code = code.or_else(|| default_reason(adjustment.kind).filter(|_| reason.is_none()));
    LineAllowanceCharge {
        amount: problems.amount(place.field("amount"), amount_rule, adjustment.amount),
        base_amount: adjustment
            .base
            .map(|base| problems.amount(place.field("base"), base_rule, base)),
        percentage: percentage(adjustment),
        reason,
        reason_code: code.map(Code::from),
    }
}

/// The percentage. Where prices include tax, there may be no base amount without tax of which the amount is this percentage: then
/// the amount stands alone.
fn percentage(adjustment: &Adjustment) -> Option<Percentage> {
    let base_with_tax = adjustment.with_tax.and_then(|with_tax| with_tax.base);
    let is_alone = adjustment.base.is_none() && base_with_tax.is_some();
    adjustment
        .percent
        .filter(|_| !is_alone)
        .map(Percentage::new)
}

/// Charges have a reason in each request (BR-38, BR-44).
fn default_reason(kind: AdjustmentKind) -> Option<&'static str> {
    match kind {
        AdjustmentKind::Discount | AdjustmentKind::PlatformDiscount => Some(DISCOUNT),
        AdjustmentKind::Shipping | AdjustmentKind::OtherCharge => None,
    }
}
