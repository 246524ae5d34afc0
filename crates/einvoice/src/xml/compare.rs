//! What is read back, compared with what was written.

use en16931::invoice::{DocumentAllowanceCharge, InvoiceLine, LineVat, VatBreakdown};
use en16931::{Identifier, Invoice as Model, Percentage};

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
    ("/allowances", |a, b| {
        is_same_list(&a.allowances, &b.allowances)
    }),
    ("/charges", |a, b| is_same_list(&a.charges, &b.charges)),
    ("/taxBreakdown", |a, b| {
        is_same_breakdown(&a.vat_breakdown, &b.vat_breakdown)
    }),
    ("/attachments", same!(attachments)),
    ("/totals", same!(totals, extensions)),
];

fn is_same_line(written: &InvoiceLine, read: &InvoiceLine) -> bool {
    // Few lines have what their readers do not read as it is.
    written == read || as_read(written) == as_read(read)
}

/// The line as it is read: the reader of UBL does not read the version of a classification's scheme, that of CII rounds the last
/// digits of percentages.
fn as_read(line: &InvoiceLine) -> InvoiceLine {
    let mut line = line.clone();
    for id in &mut line.item.classification_identifiers {
        *id = Identifier::schemed(id.content(), id.scheme().unwrap_or_default());
    }
    line.vat.rate = line.vat.rate.map(rounded);
    for adjustment in line.allowances.iter_mut().chain(&mut line.charges) {
        adjustment.percentage = adjustment.percentage.map(rounded);
    }
    line
}

fn is_same_list(written: &[DocumentAllowanceCharge], read: &[DocumentAllowanceCharge]) -> bool {
    let as_read = |adjustment: &DocumentAllowanceCharge| DocumentAllowanceCharge {
        percentage: adjustment.percentage.map(rounded),
        vat: LineVat {
            category: adjustment.vat.category.clone(),
            rate: adjustment.vat.rate.map(rounded),
        },
        ..adjustment.clone()
    };
    written.iter().map(as_read).eq(read.iter().map(as_read))
}

fn is_same_breakdown(written: &[VatBreakdown], read: &[VatBreakdown]) -> bool {
    let as_read = |entry: &VatBreakdown| VatBreakdown {
        rate: entry.rate.map(rounded),
        ..entry.clone()
    };
    written.iter().map(as_read).eq(read.iter().map(as_read))
}

/// Percentages have at most 28 digits, the last two of which the reader of CII rounds.
fn rounded(percentage: Percentage) -> Percentage {
    Percentage::new(percentage.into_decimal().round_dp(20))
}
