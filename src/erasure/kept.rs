//! What stays of a request: what tax law wants to be known of an invoice, and nothing of the buyer.

use invoice::model::{Party, TaxSubtotal};
use invoice::{Invoice, Sha256Digest, canonical};
use time::OffsetDateTime;

use crate::database::Status;
use crate::database::kept::{
    ErasedRequest, ErasureNote, Kept, KeptInvoice, KeptRow, KeptSeller, KeptTax, KeptTotals,
};
use crate::database::sales_invoice::Model;
use crate::moment;

/// What takes the place of the request of a record.
pub(super) fn kept(record: &Model, at: OffsetDateTime) -> ErasedRequest {
    let digest = canonical::digest(record.request.as_bytes()).ok();
    ErasedRequest {
        erased: ErasureNote {
            at: moment::text(at),
            request_digest: digest.as_ref().map(Sha256Digest::to_string),
        },
        kept: match record.status {
            Status::Generated => Some(issued(record)),
            // Nothing was issued.
            Status::Failed => None,
        },
    }
}

fn issued(record: &Model) -> Kept {
    // Limits may have been higher when it was accepted. What this version does not understand any more, the row has as far as it
    // has it.
    let parsed = invoice::parse(record.request.as_bytes(), usize::MAX).ok();
    match parsed.and_then(|parsed| parsed.invoice.ok()) {
        Some(invoice) => Kept::Invoice(Box::new(of_invoice(&invoice))),
        None => Kept::Row(KeptRow {
            document_type: record.document_type.clone(),
            number: record.number.clone(),
            currency: record.currency.clone(),
            gross_minor: record.gross_minor,
        }),
    }
}

fn of_invoice(invoice: &Invoice) -> KeptInvoice {
    let totals = &invoice.totals;
    let tax_currency = invoice.tax_in_tax_currency.as_ref();
    let corrected = invoice.references.preceding_invoices.iter();
    KeptInvoice {
        document_type: invoice.document_type.as_str().to_owned(),
        type_code: invoice.type_code.map(ToOwned::to_owned),
        number: invoice.number.clone(),
        issue_date: invoice.issue_date.to_string(),
        tax_point_date: invoice.tax_point_date.map(|date| date.to_string()),
        preceding_invoices: corrected.map(|it| it.number.clone()).collect(),
        currency: invoice.currency.code().to_owned(),
        seller: seller(&invoice.seller),
        taxes: invoice.taxes.iter().map(of_tax).collect(),
        totals: KeptTotals {
            net: totals.net.to_string(),
            tax: totals.tax.to_string(),
            gross: totals.gross.to_string(),
            prepaid: totals.prepaid.to_string(),
            due: totals.due.to_string(),
        },
        tax_currency: tax_currency.map(|(currency, _)| currency.code().to_owned()),
        tax_in_tax_currency: tax_currency.map(|(_, tax)| tax.to_string()),
        lines: invoice.lines.len(),
    }
}

fn of_tax(subtotal: &TaxSubtotal) -> KeptTax {
    KeptTax {
        category: subtotal.tax.category.code().to_owned(),
        rate: subtotal.tax.rate.to_string(),
        taxable: subtotal.taxable.to_string(),
        tax: subtotal.amount.to_string(),
    }
}

fn seller(party: &Party) -> KeptSeller {
    KeptSeller {
        name: party.name.clone(),
        vat_id: party.vat_id.clone(),
        tax_registration_id: party.tax_registration_id.clone(),
        legal_id: party.legal_id.as_ref().map(|id| id.value.clone()),
        country: (party.address.as_ref()).map(|address| address.country.clone()),
    }
}
