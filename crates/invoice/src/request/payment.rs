//! Payment instructions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;

/// Payment instructions.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Payment")]
pub(crate) struct PaymentField {
    /// Payment terms (BT-20). May have line breaks.
    #[schemars(length(max = 2000))]
    pub(crate) terms: Option<String>,
    /// Payment means.
    pub(crate) means: Option<PaymentMeansField>,
}

/// Payment means.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PaymentMeans")]
pub(crate) struct PaymentMeansField {
    /// Payment means code (BT-81) of UNTDID 4461: `30` and `58` are credit transfers, `48` is a card, `59` a direct debit.
    #[schemars(regex(pattern = "^([0-9]{1,2}|ZZZ)$"))]
    pub(crate) code: Option<String>,
    /// Payment account (BT-84); for a direct debit, the debited account (BT-91).
    #[schemars(with = "Option<form::Iban>")]
    pub(crate) iban: Option<String>,
    /// Bank of the account (BT-86): a BIC (ISO 9362).
    #[schemars(regex(pattern = "^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"))]
    pub(crate) bic: Option<String>,
    /// Name of the account holder (BT-85).
    #[schemars(length(max = 70))]
    pub(crate) account_name: Option<String>,
    /// Remittance information (BT-83). On a Swiss QR-bill: a QR reference, a creditor reference (`RF...`) or a message.
    #[schemars(length(max = 140))]
    pub(crate) remittance: Option<String>,
    /// Mandate reference of a direct debit (BT-89).
    #[schemars(length(max = 35))]
    pub(crate) mandate: Option<String>,
    /// Last four digits of the card that was charged (BT-87).
    #[schemars(regex(pattern = "^[0-9]{4}$"))]
    pub(crate) card_last4: Option<String>,
    /// Page for online payment.
    #[schemars(with = "Option<form::Url>")]
    pub(crate) url: Option<String>,
    /// Whether the document shows a payment code for banking apps: a Swiss QR-bill for an account in Switzerland or
    /// Liechtenstein, otherwise a GiroCode (EPC069-12). A document with nothing due shows none.
    pub(crate) qr: Option<bool>,
}
