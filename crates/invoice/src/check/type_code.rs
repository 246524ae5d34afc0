//! The exact document type code (BT-3).

use super::fields::{Checker, Place, present};
use crate::FailureCode;
use crate::code_lists::{CREDIT_NOTE_TYPES, INVOICE_TYPES};
use crate::model::DocumentType;
use crate::problem::shown;

/// Corrective invoices: corrected, self-billed, factored, self-billed and factored.
const CORRECTIVE: &[&str] = &["384", "471", "472", "473"];
/// Prepayment invoices; the second is self-billed.
const PREPAYMENT: &[&str] = &["386", "500"];
/// Self-billed invoices: plain, corrective, factored and corrective, prepayment, factored, debit note.
const SELF_BILLED: &[&str] = &["389", "471", "473", "500", "501", "527"];
/// Self-billed credit notes: plain, factored.
const SELF_BILLED_CREDIT: &[&str] = &["261", "502"];

/// Whether a document with this code corrects an earlier one.
pub(super) fn is_corrective(code: &str) -> bool {
    CORRECTIVE.contains(&code)
}

/// The codes that say what the type says. `None` where any code of an invoice or of a credit note agrees with it.
fn codes_of(document_type: DocumentType) -> Option<&'static [&'static str]> {
    match document_type {
        DocumentType::CorrectedInvoice => Some(CORRECTIVE),
        DocumentType::PrepaymentInvoice => Some(PREPAYMENT),
        DocumentType::SelfBilledInvoice => Some(SELF_BILLED),
        DocumentType::SelfBilledCreditNote => Some(SELF_BILLED_CREDIT),
        DocumentType::Invoice | DocumentType::CreditNote | DocumentType::Receipt => None,
    }
}

/// The code of the document: the one that the request gives, or else that of its type. A code of another type, one of an
/// invoice where the type is a credit note, and one that leaves out what the type says, contradict the type.
pub(super) fn type_code(
    check: &mut Checker,
    given: Option<&str>,
    document_type: Option<DocumentType>,
) -> Option<&'static str> {
    // The problem of the type was reported.
    let document_type = document_type?;
    let own = document_type.code();
    let Some(given) = present(given) else {
        return own;
    };
    let place = Place::root().field("documentTypeCode");
    let list = match document_type {
        DocumentType::Receipt => {
            let message = format!(
                "is {}, expected none: a receipt has no code of UNTDID 1001",
                shown(given)
            );
            check.report(FailureCode::DocumentTypeUnsupported, &place, None, message);
            return None;
        }
        DocumentType::CreditNote | DocumentType::SelfBilledCreditNote => &CREDIT_NOTE_TYPES,
        DocumentType::Invoice
        | DocumentType::CorrectedInvoice
        | DocumentType::SelfBilledInvoice
        | DocumentType::PrepaymentInvoice => &INVOICE_TYPES,
    };
    let known = list.find(given);
    let mut others = DocumentType::ALL.into_iter();
    let other = others.find(|kind| *kind != document_type && kind.code() == known);
    let message = match (known, other) {
        (Some(code), None) => match codes_of(document_type) {
            Some(codes) if !codes.contains(&code) => format!(
                "is {code}, expected {} for documentType {}",
                codes.join(" or "),
                document_type.as_str()
            ),
            Some(_) | None => return Some(code),
        },
        (Some(_), Some(other)) => format!(
            "is {given}, expected documentType {} with this code",
            other.as_str()
        ),
        (None, _) => {
            let kind = if document_type.is_credit_note() {
                "a credit note"
            } else {
                "an invoice"
            };
            format!(
                "is {}, expected a code of {} for {kind}, since documentType is {}",
                shown(given),
                list.name,
                document_type.as_str()
            )
        }
    };
    let code = FailureCode::DocumentTypeUnsupported;
    check.report(code, &place, Some("BR-CL-01"), message);
    None
}
