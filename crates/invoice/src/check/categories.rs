//! What a tax category requires of other fields (EN 16931-1, rules BR-AE, BR-E, BR-G, BR-IC, BR-O and BR-S). The rules do not
//! apply to receipts: marketplaces issue them for sellers of any country, often without the data that the rules require.

use super::fields::{Checker, Place};
use crate::FailureCode;
use crate::model::{Adjustment, Delivery, DocumentType, Line, Party, TaxCategory, TaxSubtotal};

/// The parts of the document that the rules concern. A part that is `None` is absent, or its problem was reported.
pub(super) struct Facts<'a> {
    pub(super) document_type: DocumentType,
    pub(super) seller: &'a Party,
    pub(super) tax_representative: Option<&'a Party>,
    pub(super) buyer: Option<&'a Party>,
    pub(super) delivery: Option<&'a Delivery>,
    pub(super) lines: &'a [Line],
    pub(super) charges: &'a [Adjustment],
    pub(super) taxes: &'a [TaxSubtotal],
}

pub(super) fn categories(check: &mut Checker, facts: &Facts<'_>) {
    if facts.document_type == DocumentType::Receipt {
        return;
    }
    for subtotal in facts.taxes {
        match subtotal.tax.category {
            TaxCategory::Exempt => exempt(check, facts, subtotal),
            TaxCategory::ReverseCharge => {
                let registered = facts.seller.tax_registration_id.is_some();
                if !registered {
                    let expected = "the VAT identifier or tax number of the seller for category AE";
                    seller_is_known(check, facts, "BR-AE-02", expected);
                }
                let known = |buyer: &Party| buyer.vat_id.is_some() || buyer.legal_id.is_some();
                let expected = "the VAT or legal identifier of the buyer for category AE";
                buyer_is_known(check, facts, known, "BR-AE-02", expected);
            }
            TaxCategory::IntraCommunity => {
                let expected = "the VAT identifier of the seller for category K";
                seller_is_known(check, facts, "BR-IC-02", expected);
                let known = |buyer: &Party| buyer.vat_id.is_some();
                let expected = "the VAT identifier of the buyer for category K";
                buyer_is_known(check, facts, known, "BR-IC-02", expected);
                delivery_is_known(check, facts);
            }
            TaxCategory::Export => {
                let expected = "the VAT identifier of the seller for category G";
                seller_is_known(check, facts, "BR-G-02", expected);
            }
            TaxCategory::OutOfScope => {
                if facts.taxes.len() > 1 {
                    let message = format!(
                        "have category O and {} further categories or rates, expected category O alone",
                        facts.taxes.len() - 1
                    );
                    let place = Place::root().field("lines");
                    check.report(FailureCode::TaxInvalid, &place, Some("BR-O-11"), message);
                }
            }
            TaxCategory::Standard => taxed(check, facts, subtotal),
            TaxCategory::ZeroRated | TaxCategory::CanaryIslands | TaxCategory::CeutaMelilla => {}
        }
    }
}

/// Category S requires a rate above 0. A supply without tax has another category: zero rated, exempt or out of scope.
fn taxed(check: &mut Checker, facts: &Facts<'_>, subtotal: &TaxSubtotal) {
    if !subtotal.tax.rate.is_zero() {
        return;
    }
    let Some((place, source)) = source(facts, subtotal) else {
        return;
    };
    let place = place.field("rate");
    let rule = match source {
        Source::Line => "BR-S-05",
        Source::Charge => "BR-S-07",
    };
    let message = "is 0, expected more than 0 for category S, or another category, like Z, E or O";
    check.report(FailureCode::TaxInvalid, &place, Some(rule), message.into());
}

/// Category E requires a reason. For the other categories without tax, the category is the reason.
fn exempt(check: &mut Checker, facts: &Facts<'_>, subtotal: &TaxSubtotal) {
    if subtotal.exemption.is_none()
        && let Some((place, _)) = source(facts, subtotal)
    {
        let expected = "a reason or an exemptionCode for category E";
        check.missing(&place.field("exemptionReason"), "BR-E-10", expected);
    }
}

/// What has a category and rate.
enum Source {
    Line,
    Charge,
}

/// The first line or charge with this category and rate, and the place of its tax.
fn source(facts: &Facts<'_>, subtotal: &TaxSubtotal) -> Option<(Place, Source)> {
    let tax = |list: &str, index| Place::root().field(list).item(index).field("tax");
    let mut lines = facts.lines.iter();
    if let Some(index) = lines.position(|line| line.tax == subtotal.tax) {
        return Some((tax("lines", index), Source::Line));
    }
    let mut charges = facts.charges.iter();
    // An allowance with a tax that no line has is refused before.
    let index = charges.position(|charge| charge.tax == subtotal.tax)?;
    Some((tax("charges", index), Source::Charge))
}

fn seller_is_known(check: &mut Checker, facts: &Facts<'_>, rule: &'static str, expected: &str) {
    if facts.seller.vat_id.is_none() && facts.tax_representative.is_none() {
        let place = Place::root().field("seller").field("vatId");
        check.missing(&place, rule, expected);
    }
}

fn buyer_is_known(
    check: &mut Checker,
    facts: &Facts<'_>,
    known: impl Fn(&Party) -> bool,
    rule: &'static str,
    expected: &str,
) {
    // A buyer that is absent or wrong was reported before (BR-07).
    if facts.buyer.is_some_and(|buyer| !known(buyer)) {
        let place = Place::root().field("buyer").field("vatId");
        check.missing(&place, rule, expected);
    }
}

fn delivery_is_known(check: &mut Checker, facts: &Facts<'_>) {
    let place = Place::root().field("delivery");
    let dated = facts
        .delivery
        .is_some_and(|delivery| delivery.date.is_some());
    if !dated && facts.lines.iter().all(|line| line.period.is_none()) {
        let expected = "the date of the delivery for category K, or a period on a line";
        check.missing(&place.field("date"), "BR-IC-11", expected);
    }
    if facts
        .delivery
        .is_none_or(|delivery| delivery.address.is_none())
    {
        let expected = "the address of the delivery for category K";
        check.missing(&place.field("address"), "BR-IC-12", expected);
    }
}
