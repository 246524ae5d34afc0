//! Numbers, names, accounts and references: what stands anywhere.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::{Account, Payment, PaymentCode, PaymentMeans, SwissReference};

use super::parties::{self, Field};
use crate::catalog::promise::{Part, Promise};
use crate::content_check::facts::Mention;
use crate::fonts::Coverage;
use crate::fonts::glyphs;

/// All mentions.
pub(super) fn of<'a>(
    invoice: &'a Invoice,
    promise: Promise,
    coverage: &Coverage,
) -> Vec<Mention<'a>> {
    let mut fields: Vec<Field<'a>> = Vec::new();
    let mut add = |pointer: Cow<'a, str>, personal: bool, text: Option<&'a str>| {
        fields.extend(text.map(|text| (pointer, personal, text.into())));
    };
    if promise.has(Part::Document) {
        add("/number".into(), false, Some(&invoice.number));
    }
    if promise.has(Part::PrecedingInvoices) {
        for (index, preceding) in invoice.references.preceding_invoices.iter().enumerate() {
            let pointer = format!("/references/precedingInvoices/{index}/number");
            add(pointer.into(), false, Some(&preceding.number));
        }
    }
    if promise.has(Part::References) {
        let references = &invoice.references;
        for (name, text) in [
            ("buyerReference", &references.buyer_reference),
            ("purchaseOrder", &references.purchase_order),
            ("salesOrder", &references.sales_order),
            ("contract", &references.contract),
            ("project", &references.project),
            ("despatchAdvice", &references.despatch_advice),
            ("receivingAdvice", &references.receiving_advice),
        ] {
            add(format!("/references/{name}").into(), false, text.as_deref());
        }
    }
    if let Some(payment) = &invoice.payment
        && promise.has(Part::Payment)
    {
        for (index, means) in payment.means.iter().enumerate() {
            for (field, text) in payment_fields(payment, index, means, promise) {
                let pointer = match index.checked_sub(1) {
                    None => format!("/payment/means/{field}"),
                    Some(index) => format!("/payment/furtherMeans/{index}/{field}"),
                };
                add(pointer.into(), true, text);
            }
        }
    }
    fields.extend(parties::of(invoice, promise));
    fields
        .into_iter()
        .map(|(pointer, personal, text)| Mention {
            pointer,
            personal,
            forms: vec![match text {
                Cow::Borrowed(text) => glyphs::shown(text, coverage),
                Cow::Owned(text) => glyphs::shown(&text, coverage).into_owned().into(),
            }],
        })
        .collect()
}

/// What a page shows of a payment means. The payment part of a Swiss QR-bill has the account and the structured reference of the
/// first one; a message, which it may have to leave out, is not among them.
fn payment_fields<'a>(
    payment: &'a Payment,
    index: usize,
    means: &'a PaymentMeans,
    promise: Promise,
) -> Vec<(&'static str, Option<&'a str>)> {
    let account = means.account.as_ref().map(|account| match account {
        Account::Iban(iban) => ("iban", iban.as_str()),
        Account::Other(account) => ("account", account.as_str()),
    });
    let mut fields: Vec<(&str, Option<&str>)> = Vec::new();
    fields.extend(account.map(|(field, account)| (field, Some(account))));
    if index == 0
        && let Some(PaymentCode::SwissQrBill(reference)) = &payment.code
    {
        let reference = match reference {
            SwissReference::Qr(reference) | SwissReference::Creditor(reference) => Some(reference),
            SwissReference::None => None,
        };
        fields.push(("remittance", reference.map(String::as_str)));
        return fields;
    }
    fields.extend([
        ("remittance", means.remittance.as_deref()),
        ("mandate", means.mandate.as_deref()),
        ("creditorId", means.creditor_id.as_deref()),
        ("cardLast4", means.card_last4.as_deref()),
    ]);
    if promise.has(Part::PaymentDetails) {
        fields.extend([
            ("accountName", means.account_name.as_deref()),
            ("bic", means.bic.as_deref()),
            ("providerId", means.provider_id.as_deref()),
            ("cardHolder", means.card_holder.as_deref()),
        ]);
    }
    fields
}
