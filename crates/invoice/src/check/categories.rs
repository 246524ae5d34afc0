//! What a tax category requires of other fields (EN 16931-1, rules BR-AE, BR-B, BR-E, BR-G, BR-IC, BR-IG, BR-IP, BR-O, BR-S and
//! BR-Z). The rules do not apply to receipts.

use super::fields::{Checker, Place};
use super::rules::names::{Source, names};
use crate::FailureCode;
use crate::model::{
    Adjustment, Delivery, DocumentType, Line, Party, Period, Tax, TaxCategory, TaxSubtotal,
};

/// The parts of the document that the rules concern. A part that is `None` is absent, or its problem was reported.
pub(super) struct Facts<'a> {
    pub(super) document_type: DocumentType,
    pub(super) seller: &'a Party,
    pub(super) tax_representative: Option<&'a Party>,
    pub(super) buyer: Option<&'a Party>,
    pub(super) delivery: Option<&'a Delivery>,
    pub(super) period: Option<Period>,
    pub(super) lines: &'a [Line],
    pub(super) allowances: &'a [Adjustment],
    pub(super) charges: &'a [Adjustment],
    pub(super) taxes: &'a [TaxSubtotal],
}

impl Facts<'_> {
    /// The first entry of the list whose tax is wanted.
    fn first_of(&self, source: Source, wanted: impl Fn(Tax) -> bool) -> Option<usize> {
        let of = |list: &[Adjustment]| list.iter().position(|entry| wanted(entry.tax));
        match source {
            Source::Line => self.lines.iter().position(|line| wanted(line.tax)),
            Source::Allowance => of(self.allowances),
            Source::Charge => of(self.charges),
        }
    }

    /// The first line, allowance or charge whose tax is wanted, and the place of its tax.
    fn first(&self, wanted: impl Fn(Tax) -> bool) -> Option<(Source, Place)> {
        Source::ALL.into_iter().find_map(|source| {
            let index = self.first_of(source, &wanted)?;
            Some((source, place_of_tax(source, index)))
        })
    }
}

fn place_of_tax(source: Source, index: usize) -> Place {
    Place::root().field(source.list()).item(index).field("tax")
}

pub(super) fn categories(check: &mut Checker, facts: &Facts<'_>) {
    if facts.document_type == DocumentType::Receipt {
        return;
    }
    refuse_beside_split_payment(check, facts);
    for subtotal in facts.taxes {
        let tax = subtotal.tax;
        let Some((source, place)) = facts.first(|other| other == tax) else {
            continue;
        };
        let Some(names) = names(tax.category) else {
            continue;
        };
        let rule = names.parties(source);
        match tax.category {
            TaxCategory::Standard => {
                seller_has_tax_number(check, facts, tax.category, rule);
                if tax.rate.is_zero() {
                    let message = "is 0, expected more than 0 for category S, or another category, like Z, E or O";
                    let (place, rule) = (place.field("rate"), Some(names.rate(source)));
                    check.report(FailureCode::TaxInvalid, &place, rule, message.into());
                }
            }
            TaxCategory::ZeroRated | TaxCategory::CanaryIslands | TaxCategory::CeutaMelilla => {
                seller_has_tax_number(check, facts, tax.category, rule);
            }
            TaxCategory::Exempt => {
                seller_has_tax_number(check, facts, tax.category, rule);
                // For the other categories without tax, the category is the reason.
                if subtotal.exemption.is_none() {
                    let expected = "a reason or an exemptionCode for category E";
                    let place = place.field("exemptionReason");
                    check.missing(&place, names.exemption, expected);
                }
            }
            TaxCategory::ReverseCharge => {
                seller_has_tax_number(check, facts, tax.category, rule);
                let known = |buyer: &Party| buyer.vat_id.is_some() || buyer.legal_id.is_some();
                let expected = "the VAT or legal identifier of the buyer for category AE";
                buyer_is_known(check, facts, known, rule, expected);
            }
            TaxCategory::IntraCommunity => {
                seller_has_vat_id(check, facts, tax.category, rule);
                let known = |buyer: &Party| buyer.vat_id.is_some();
                let expected = "the VAT identifier of the buyer for category K";
                buyer_is_known(check, facts, known, rule, expected);
                delivery_is_known(check, facts);
            }
            TaxCategory::Export => seller_has_vat_id(check, facts, tax.category, rule),
            TaxCategory::OutOfScope => {
                refuse_vat_ids(check, facts, rule);
                refuse_beside_out_of_scope(check, facts);
            }
            // It has no names.
            TaxCategory::SplitPayment => {}
        }
    }
}

/// A tax representative has a VAT identifier, or its absence was reported (BR-56).
fn seller_has_tax_number(
    check: &mut Checker,
    facts: &Facts<'_>,
    category: TaxCategory,
    rule: &'static str,
) {
    if facts.seller.tax_registration_id.is_none() {
        let expected = format!(
            "the VAT identifier of the seller, or its taxRegistrationId, or a taxRepresentative, for category {}",
            category.code()
        );
        seller_is_known(check, facts, rule, &expected);
    }
}

fn seller_has_vat_id(
    check: &mut Checker,
    facts: &Facts<'_>,
    category: TaxCategory,
    rule: &'static str,
) {
    let expected = format!(
        "the VAT identifier of the seller, or a taxRepresentative, for category {}",
        category.code()
    );
    seller_is_known(check, facts, rule, &expected);
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
    // The rule names the period of the document (BG-14). That of a line does not count, even where each line has one: the published
    // check does not look at them, so it would refuse the e-invoice.
    if !dated && facts.period.is_none() {
        let expected = "the date of the delivery for category K, or the period of the document";
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

/// BR-O-02 to 04: a supply outside the scope of VAT is not made under a VAT identifier.
fn refuse_vat_ids(check: &mut Checker, facts: &Facts<'_>, rule: &'static str) {
    for (name, party) in [
        ("seller", Some(facts.seller)),
        ("taxRepresentative", facts.tax_representative),
        ("buyer", facts.buyer),
    ] {
        if party.is_some_and(|party| party.vat_id.is_some()) {
            let message = if name == "seller" {
                "is given, expected none on a document with category O: another tax number belongs in \
                 taxRegistrationId"
            } else {
                "is given, expected none on a document with category O"
            };
            let place = Place::root().field(name).field("vatId");
            check.report(
                FailureCode::FieldInvalid,
                &place,
                Some(rule),
                message.into(),
            );
        }
    }
}

/// BR-O-12 to 14: category O is alone on its document. So the breakdown has no other group (BR-O-11).
fn refuse_beside_out_of_scope(check: &mut Checker, facts: &Facts<'_>) {
    let rules = [
        (Source::Line, "BR-O-12"),
        (Source::Allowance, "BR-O-13"),
        (Source::Charge, "BR-O-14"),
    ];
    for (source, rule) in rules {
        let other = |tax: Tax| tax.category != TaxCategory::OutOfScope;
        if let Some(index) = facts.first_of(source, other) {
            let message = "is not O, expected O: another line, allowance or charge has it, and it stands alone";
            let place = place_of_tax(source, index).field("category");
            check.report(FailureCode::TaxInvalid, &place, Some(rule), message.into());
        }
    }
}

/// BR-B-02: beside split payment there is no tax that the seller pays.
fn refuse_beside_split_payment(check: &mut Checker, facts: &Facts<'_>) {
    let is = |category: TaxCategory| move |tax: Tax| tax.category == category;
    if facts.first(is(TaxCategory::SplitPayment)).is_none() {
        return;
    }
    if let Some((_, place)) = facts.first(is(TaxCategory::Standard)) {
        let message = "is S, expected B: another line, allowance or charge has it, and it does not stand beside S";
        let place = place.field("category");
        check.report(
            FailureCode::TaxInvalid,
            &place,
            Some("BR-B-02"),
            message.into(),
        );
    }
}
