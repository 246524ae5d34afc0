//! The payment.

use std::borrow::Cow;

use serde::Serialize;

use crate::catalog::words::{CodeList, Words};
use crate::payment_code::{self, PaymentQr, in_groups_of_four};
use invoice::model::{Account, Invoice, Payment, PaymentMeans};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentView<'a> {
    terms: Option<&'a str>,
    /// The first payment means.
    #[serde(flatten)]
    first: MeansView<'a>,
    further_means: Vec<MeansView<'a>>,
    pub(super) qr: Option<PaymentQr>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct MeansView<'a> {
    means_code: Option<&'a str>,
    /// The payment means in words: those of the request, or else those for its code.
    means: Option<Cow<'a, str>>,
    means_text: Option<&'a str>,
    iban: Option<String>,
    account: Option<&'a str>,
    bic: Option<&'a str>,
    provider_id: Option<&'a str>,
    account_name: Option<&'a str>,
    remittance: Option<&'a str>,
    mandate: Option<&'a str>,
    creditor_id: Option<&'a str>,
    debited_account: Option<String>,
    card_holder: Option<&'a str>,
    card_first6: Option<&'a str>,
    card_last4: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> PaymentView<'a> {
    pub(super) fn new(payment: &'a Payment, words: &'a Words, invoice: &Invoice) -> Self {
        let means = payment.means.iter();
        let mut means = means.map(|means| MeansView::new(means, words));
        Self {
            terms: payment.terms.as_deref(),
            first: means.next().unwrap_or_default(),
            further_means: means.collect(),
            qr: payment_code::for_invoice(invoice),
        }
    }
}

impl<'a> MeansView<'a> {
    fn new(means: &'a PaymentMeans, words: &'a Words) -> Self {
        let in_words = |code| words.word(CodeList::PaymentMeans, code).printed();
        let text = means.text.as_deref().map(Cow::from);
        Self {
            means_code: means.code.as_deref(),
            means: text.or_else(|| in_words(means.code.as_deref()?)),
            means_text: means.text.as_deref(),
            iban: means.iban().map(in_groups_of_four),
            account: match &means.account {
                Some(Account::Other(account)) => Some(account),
                Some(Account::Iban(_)) | None => None,
            },
            bic: means.bic.as_deref(),
            provider_id: means.provider_id.as_deref(),
            account_name: means.account_name.as_deref(),
            remittance: means.remittance.as_deref(),
            mandate: means.mandate.as_deref(),
            creditor_id: means.creditor_id.as_deref(),
            debited_account: means.debited_account.as_ref().map(|account| match account {
                Account::Iban(iban) => in_groups_of_four(iban),
                Account::Other(account) => account.clone(),
            }),
            card_holder: means.card_holder.as_deref(),
            card_first6: means.card_first6.as_deref(),
            card_last4: means.card_last4.as_deref(),
            url: means.url.as_deref(),
        }
    }
}
