//! The payment.

use serde::Serialize;

use crate::payment_code::{self, PaymentQr, in_groups_of_four};
use invoice::model::{Invoice, Payment};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentView<'a> {
    terms: Option<&'a str>,
    means_code: Option<&'a str>,
    iban: Option<String>,
    bic: Option<&'a str>,
    account_name: Option<&'a str>,
    remittance: Option<&'a str>,
    mandate: Option<&'a str>,
    card_last4: Option<&'a str>,
    url: Option<&'a str>,
    pub(super) qr: Option<PaymentQr>,
}

impl<'a> PaymentView<'a> {
    pub(super) fn new(payment: &'a Payment, invoice: &Invoice) -> Self {
        Self {
            terms: payment.terms.as_deref(),
            means_code: payment.means_code.as_deref(),
            iban: payment.iban.as_deref().map(in_groups_of_four),
            bic: payment.bic.as_deref(),
            account_name: payment.account_name.as_deref(),
            remittance: payment.remittance.as_deref(),
            mandate: payment.mandate.as_deref(),
            card_last4: payment.card_last4.as_deref(),
            url: payment.url.as_deref(),
            qr: payment_code::for_invoice(invoice),
        }
    }
}
