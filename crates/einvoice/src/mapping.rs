//! From an [`Invoice`] to the model of EN 16931.

mod adjustments;
mod attachments;
mod document;
mod lines;
mod parties;
mod payment;
mod references;
mod taxes;

use en16931::DocumentKind;
use invoice::Invoice;
use invoice::model::EInvoiceProfile;

use crate::problems::Problems;

/// The invoice in the model of EN 16931, as this profile has it. What has no place is reported.
pub(crate) fn model(
    problems: &mut Problems,
    invoice: &Invoice,
    profile: EInvoiceProfile,
) -> en16931::Invoice {
    let mut model = en16931::Invoice::default();
    if invoice.document_type.is_credit_note() {
        model.kind = DocumentKind::CreditNote;
    }
    document::document(problems, invoice, profile, &mut model);
    references::references(problems, &invoice.references, &mut model);
    parties::parties(problems, invoice, &mut model);
    payment::payment(problems, invoice.payment.as_ref(), &mut model);
    adjustments::of_document(problems, invoice, &mut model);
    taxes::breakdown(problems, invoice, &mut model);
    taxes::totals(problems, invoice, &mut model);
    model.attachments = attachments::attachments(problems, &invoice.attachments);
    model.lines = lines::lines(problems, &invoice.lines);
    model
}
