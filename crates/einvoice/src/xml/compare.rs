//! What is read back, compared with what was written.

use en16931::invoice::InvoiceLine;
use en16931::{Identifier, Invoice as Model};

/// The fields of the request, as JSON pointers, whose values are not read back as they were written.
pub(super) fn differences(written: &Model, read: &Model) -> Vec<String> {
    let mut pointers: Vec<String> = PARTS
        .iter()
        .filter(|(_, is_same)| !is_same(written, read))
        .map(|(pointer, _)| (*pointer).to_owned())
        .collect();
    if written.lines.len() != read.lines.len() {
        pointers.push("/lines".to_owned());
    }
    let lines = written.lines.iter().zip(&read.lines).enumerate();
    let other = lines.filter(|(_, (written, read))| !is_same_line(written, read));
    pointers.extend(other.map(|(index, _)| format!("/lines/{index}")));
    pointers
}

/// A part of an invoice, and whether two invoices have the same.
type Part = (&'static str, fn(&Model, &Model) -> bool);

/// Compares a field of the two.
macro_rules! same {
    ($($field:ident),+) => {
        |a, b| $(a.$field == b.$field)&&+
    };
}

/// Everything but the lines.
const PARTS: &[Part] = &[
    ("/documentTypeCode", same!(kind, type_code)),
    ("/specification", same!(specification_id)),
    ("/businessProcess", same!(business_process)),
    ("/number", same!(number)),
    ("/issueDate", same!(issue_date)),
    ("/dueDate", same!(due_date)),
    ("/currency", same!(currency)),
    ("/taxCurrency", same!(vat_accounting_currency)),
    ("/taxPointDate", same!(vat_point_date)),
    ("/taxPointDateCode", same!(vat_point_date_code)),
    ("/period", same!(invoicing_period)),
    ("/references/buyerReference", same!(buyer_reference)),
    ("/references/project", same!(project_reference)),
    ("/references/contract", same!(contract_reference)),
    ("/references/purchaseOrder", same!(purchase_order_reference)),
    ("/references/salesOrder", same!(sales_order_reference)),
    (
        "/references/receivingAdvice",
        same!(receiving_advice_reference),
    ),
    (
        "/references/despatchAdvice",
        same!(despatch_advice_reference),
    ),
    ("/references/tender", same!(tender_reference)),
    ("/references/invoicedObject", same!(object_identifier)),
    ("/references/buyerAccounting", same!(accounting_reference)),
    ("/references/precedingInvoices", same!(preceding_invoices)),
    ("/payment/terms", same!(payment_terms)),
    ("/payment", same!(payment)),
    ("/notes", same!(notes)),
    ("/seller", same!(seller)),
    ("/buyer", same!(buyer)),
    ("/payee", same!(payee)),
    ("/taxRepresentative", same!(tax_representative)),
    ("/delivery", same!(delivery)),
    ("/allowances", same!(allowances)),
    ("/charges", same!(charges)),
    ("/taxBreakdown", same!(vat_breakdown)),
    ("/attachments", same!(attachments)),
    ("/totals", same!(totals, extensions)),
];

fn is_same_line(written: &InvoiceLine, read: &InvoiceLine) -> bool {
    let versioned = |id: &Identifier| id.scheme_version().is_some();
    let ids = &written.item.classification_identifiers;
    if !ids.iter().any(versioned) {
        return written == read;
    }
    // The reader of UBL does not read the version of a classification's scheme.
    let mut written = written.clone();
    for id in &mut written.item.classification_identifiers {
        *id = Identifier::schemed(id.content(), id.scheme().unwrap_or_default());
    }
    written == *read
}
