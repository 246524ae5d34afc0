//! How to pay.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;

/// How to pay.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Payment")]
pub(crate) struct PaymentField {
    /// Terms in words (BT-20).
    #[schemars(length(max = 2000))]
    pub(crate) terms: Option<String>,
    /// By what means.
    pub(crate) means: Option<PaymentMeansField>,
}

/// By what means to pay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PaymentMeans")]
pub(crate) struct PaymentMeansField {
    /// A code of UNTDID 4461 (BT-81): `30` and `58` are transfers, `48` a card, `59` a direct debit.
    #[schemars(regex(pattern = "^([0-9]{1,2}|ZZZ)$"))]
    pub(crate) code: Option<String>,
    /// The account to pay to (BT-84), for a direct debit the one to take from (BT-91).
    #[schemars(with = "Option<form::Iban>")]
    pub(crate) iban: Option<String>,
    /// Its bank (BT-86), ISO 9362.
    #[schemars(regex(pattern = "^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"))]
    pub(crate) bic: Option<String>,
    /// Whose account it is (BT-85).
    #[schemars(length(max = 70))]
    pub(crate) account_name: Option<String>,
    /// What to write on the transfer (BT-83). For a Swiss QR-bill: a QR reference, a creditor reference (`RF...`), or a
    /// message.
    #[schemars(length(max = 140))]
    pub(crate) remittance: Option<String>,
    /// The mandate of a direct debit (BT-89).
    #[schemars(length(max = 35))]
    pub(crate) mandate: Option<String>,
    /// The last four digits of the card that was charged (BT-87).
    #[schemars(regex(pattern = "^[0-9]{4}$"))]
    pub(crate) card_last4: Option<String>,
    /// Where to pay online.
    #[schemars(with = "Option<form::Url>")]
    pub(crate) url: Option<String>,
    /// Whether the page shows a code for the payer's bank app: a Swiss QR-bill where the account is in Switzerland or
    /// Liechtenstein, a GiroCode (EPC069-12) where it is elsewhere. There is none when nothing is due.
    pub(crate) qr: Option<bool>,
}
