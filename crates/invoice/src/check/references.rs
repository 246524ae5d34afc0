//! References to other documents.

use super::document::{MAX_ITEMS, date};
use super::fields::{Checker, Place};
use super::parties::identifier;
use super::signs::Kind;
use crate::code_lists::OBJECT_SCHEMES;
use crate::limits;
use crate::model::{PrecedingInvoice, References};
use crate::request::ReferencesField;

/// Longest reference to another document.
const MAX_REFERENCE_CHARS: usize = limits::TEXT;

pub(super) fn references(
    check: &mut Checker,
    field: Option<ReferencesField>,
    kind: Kind,
) -> References {
    let place = Place::root().field("references");
    let field = field.unwrap_or_default();
    let mut text = |name: &str, value| check.text(&place.field(name), value, MAX_REFERENCE_CHARS);
    let mut references = References {
        buyer_reference: text("buyerReference", field.buyer_reference),
        purchase_order: text("purchaseOrder", field.purchase_order),
        sales_order: text("salesOrder", field.sales_order),
        contract: text("contract", field.contract),
        project: text("project", field.project),
        despatch_advice: text("despatchAdvice", field.despatch_advice),
        receiving_advice: text("receivingAdvice", field.receiving_advice),
        tender: text("tender", field.tender),
        buyer_accounting: text("buyerAccounting", field.buyer_accounting),
        invoiced_object: identifier(
            check,
            &place.field("invoicedObject"),
            field.invoiced_object,
            (&OBJECT_SCHEMES, "BR-CL-07"),
        ),
        preceding_invoices: Vec::new(),
    };
    let place = place.field("precedingInvoices");
    let preceding = check.items(&place, field.preceding_invoices, MAX_ITEMS);
    if preceding.is_empty() && kind.corrects() {
        // A document that amends an invoice must refer to it unambiguously.
        let expected = "the invoice that is corrected";
        check.missing(&place, "Directive 2006/112/EC, 219", expected);
    }
    for (index, field) in preceding.into_iter().enumerate() {
        let place = place.item(index);
        let number =
            check.required_text(&place.field("number"), field.number, limits::TEXT, "BR-55");
        let issue_date = date(check, &place.field("issueDate"), field.issue_date);
        if let Some(number) = number {
            references
                .preceding_invoices
                .push(PrecedingInvoice { number, issue_date });
        }
    }
    references
}
