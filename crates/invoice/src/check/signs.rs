//! Which signs the amounts of a document may have.
//!
//! EN 16931-1 has a rule on the sign of the unit price (BR-27) and on no other amount: quantities, allowances, charges and
//! totals may be negative. A negative amount that is more likely a mistake is refused all the same.

use super::type_code::is_corrective;
use crate::model::DocumentType;

/// The type of a document and its exact code, where they are known. Where not, that was reported.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) document_type: Option<DocumentType>,
    pub(super) code: Option<&'static str>,
}

impl Kind {
    /// Whether the document corrects an earlier one, as its type or its code says.
    pub(super) fn corrects(self) -> bool {
        self.document_type == Some(DocumentType::CorrectedInvoice)
            || self.code.is_some_and(is_corrective)
    }

    /// Whether allowances and charges may be negative: the document takes back those of an earlier one. On others, a negative
    /// allowance is a charge with the wrong name.
    pub(super) fn takes_back(self) -> bool {
        self.corrects() || self.document_type.is_none_or(takes_back)
    }

    /// Whether the total may be negative, so that the buyer gets money back.
    pub(super) fn total_may_be_negative(self) -> bool {
        self.document_type.is_none_or(total_may_be_negative)
    }
}

fn takes_back(document_type: DocumentType) -> bool {
    match document_type {
        DocumentType::CorrectedInvoice
        | DocumentType::CreditNote
        | DocumentType::SelfBilledCreditNote => true,
        DocumentType::Invoice
        | DocumentType::SelfBilledInvoice
        | DocumentType::PrepaymentInvoice
        | DocumentType::Receipt => false,
    }
}

/// A credit note says by its type that the buyer gets money back: with a negative total it would mean the opposite.
fn total_may_be_negative(document_type: DocumentType) -> bool {
    match document_type {
        DocumentType::Invoice
        | DocumentType::CorrectedInvoice
        | DocumentType::SelfBilledInvoice
        | DocumentType::PrepaymentInvoice
        | DocumentType::Receipt => true,
        DocumentType::CreditNote | DocumentType::SelfBilledCreditNote => false,
    }
}
