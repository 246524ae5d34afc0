//! The labels of numbers and references, and the value that each has beside it.

use invoice::Invoice;
use invoice::model::Party;

use crate::catalog::labels::Labels;
use crate::catalog::promise::{Part, Promise};
use crate::content_check::facts::Labelled;
use crate::fonts::{Coverage, glyphs};

/// The labels of what this template promises.
pub(super) fn labels<'a>(
    invoice: &'a Invoice,
    promise: Promise,
    texts: &'a Labels,
    coverage: &Coverage,
) -> Vec<Labelled<'a>> {
    let ids = &invoice.references;
    let references = [
        (
            "/references/buyerReference",
            "buyer-reference",
            &ids.buyer_reference,
        ),
        (
            "/references/purchaseOrder",
            "purchase-order",
            &ids.purchase_order,
        ),
        ("/references/salesOrder", "sales-order", &ids.sales_order),
        ("/references/contract", "contract", &ids.contract),
        ("/references/project", "project", &ids.project),
        (
            "/references/despatchAdvice",
            "despatch-advice",
            &ids.despatch_advice,
        ),
        (
            "/references/receivingAdvice",
            "receiving-advice",
            &ids.receiving_advice,
        ),
    ]
    .map(|(pointer, key, value)| (Part::References, pointer, key, value.as_deref()));
    let parties = [
        ("/buyer/vatId", "buyer-vat-id", invoice.buyer.as_ref()),
        ("/seller/vatId", "vat-id", Some(&invoice.seller)),
        ("/payee/vatId", "vat-id", invoice.payee.as_ref()),
        (
            "/taxRepresentative/vatId",
            "vat-id",
            invoice.tax_representative.as_ref(),
        ),
    ]
    .map(|(pointer, key, party)| {
        let vat_id = party.and_then(|party: &Party| party.vat_id.as_deref());
        (Part::Parties, pointer, key, vat_id)
    });
    let mut labels = Vec::new();
    for (part, pointer, key, value) in references.into_iter().chain(parties) {
        if let (Some(value), Some(label)) = (value, texts.get(key))
            && promise.has(part)
        {
            let value = glyphs::shown(value, coverage);
            Labelled::add(&mut labels, pointer, label, std::iter::once(value));
        }
    }
    labels
}
