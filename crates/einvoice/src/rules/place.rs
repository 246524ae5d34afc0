//! The field of a request that a finding is about.

use en16931::bt::{Group, Path};
use en16931::invoice::LineAllowanceCharge;
use en16931::validation::Finding;
use invoice::Invoice;
use invoice::model::Exemption;
use rust_decimal::Decimal;

use crate::terms::pointer_of;

/// The pointer of the field to change: that of the words, or else that of the term.
pub(super) fn of(
    finding: &Finding,
    place: Option<&'static str>,
    model: &en16931::Invoice,
    invoice: &Invoice,
) -> String {
    let path = finding.path;
    if finding.rule.starts_with("PEPPOL-EN16931-P01")
        && let (Group::VatBreakdown, Some(index)) = (path.group, path.index)
    {
        return exemption(invoice, index);
    }
    if let (Group::Line, Some(index)) = (path.group, path.index) {
        let is_broken = match finding.rule.as_str() {
            "PEPPOL-EN16931-R040" => Some((is_no_share as Broken, "amount")),
            "PEPPOL-EN16931-R041" => Some((is_half as Broken, "base")),
            _ => None,
        };
        if let Some((is_broken, field)) = is_broken {
            return adjustment(model, index, is_broken, field);
        }
    }
    match place {
        Some(place) if place.starts_with('/') => with_index(place, path),
        Some("") | None => with_index(of_path(path), path),
        Some(field) => format!("{}/{field}", with_index(of_group(path.group), path)),
    }
}

/// The field of the term, or that of the group.
fn of_path(path: Path) -> &'static str {
    if let Some(pointer) = path.term.and_then(|term| pointer_of(term.0)) {
        return pointer;
    }
    of_group(path.group)
}

/// What a group is called in a request.
fn of_group(group: Group) -> &'static str {
    match group {
        Group::Seller => "/seller",
        Group::Buyer => "/buyer",
        Group::Payee => "/payee",
        Group::TaxRepresentative => "/taxRepresentative",
        Group::Delivery => "/delivery",
        Group::Payment => "/payment/means",
        Group::DocumentAllowance => "/allowances/*",
        Group::DocumentCharge => "/charges/*",
        Group::Totals => "/totals",
        Group::VatBreakdown => "/taxBreakdown",
        Group::Attachment => "/attachments/*",
        Group::Line => "/lines/*",
        // The list of groups may grow.
        Group::Document | _ => "",
    }
}

/// The pointer with the index of the finding. What is behind an index that the finding does not have is left out. The breakdown
/// of a request may have another order than the model's, and mostly there is none.
fn with_index(place: &str, path: Path) -> String {
    let index = path.index.filter(|_| path.group != Group::VatBreakdown);
    let mut parts = place.splitn(3, "/*");
    let first = parts.next().unwrap_or_default();
    match (parts.next(), index) {
        (Some(second), Some(index)) => format!("{first}/{index}{second}"),
        (Some(_), None) | (None, _) => first.to_owned(),
    }
}

/// Where the request gives the exemption reason of this entry of the breakdown.
fn exemption(invoice: &Invoice, index: usize) -> String {
    let Some(subtotal) = invoice.taxes.get(index) else {
        return "/taxBreakdown".to_owned();
    };
    let gives = |exemption: &Option<Exemption>| exemption.is_some();
    let line = invoice
        .lines
        .iter()
        .position(|line| line.tax == subtotal.tax && gives(&line.exemption));
    match line {
        Some(line) => format!("/lines/{line}/tax/exemptionCode"),
        None => "/taxBreakdown".to_owned(),
    }
}

/// Whether an allowance or charge breaks a rule.
type Broken = fn(&LineAllowanceCharge) -> bool;

/// The field of the allowance or charge of this line that breaks the rule.
fn adjustment(model: &en16931::Invoice, index: usize, is_broken: Broken, field: &str) -> String {
    let found = model.lines.get(index).and_then(|line| {
        let lists = [("allowances", &line.allowances), ("charges", &line.charges)];
        lists
            .into_iter()
            .find_map(|(name, list)| Some((name, list.iter().position(is_broken)?)))
    });
    match found {
        Some((name, entry)) => format!("/lines/{index}/{name}/{entry}/{field}"),
        None => format!("/lines/{index}"),
    }
}

/// A percentage without base amount.
fn is_half(entry: &LineAllowanceCharge) -> bool {
    entry.percentage.is_some() && entry.base_amount.is_none()
}

/// An amount that is not the percentage of the base amount.
fn is_no_share(entry: &LineAllowanceCharge) -> bool {
    let (Some(percentage), Some(base)) = (entry.percentage, entry.base_amount) else {
        return false;
    };
    let share = percentage.as_fraction().checked_mul(base.into_decimal());
    let slack = Decimal::new(2, 2);
    share.is_some_and(|share| (share - entry.amount.into_decimal()).abs() > slack)
}
