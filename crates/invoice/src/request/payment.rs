//! Payment instructions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;
use crate::limits;

/// Payment instructions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Payment")]
pub(crate) struct PaymentField {
    /// Payment terms (BT-20). May have line breaks.
    #[schemars(length(max = limits::LINES))]
    pub(crate) terms: Option<String>,
    /// Payment means (BG-16, BG-17): the first one, or the only one.
    pub(crate) means: Option<PaymentMeansField>,
    /// Further payment means and accounts, from which the payer chooses.
    #[schemars(length(max = 20))]
    pub(crate) further_means: Option<Vec<PaymentMeansField>>,
}

/// Payment means.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PaymentMeans")]
pub(crate) struct PaymentMeansField {
    /// Payment means code (BT-81) of UNTDID 4461: `30` and `58` are credit transfers, `48` is a card, `59` a direct debit.
    #[schemars(regex(pattern = "^([0-9]{1,2}|ZZZ)$"))]
    pub(crate) code: Option<String>,
    /// Payment means in words (BT-82).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) text: Option<String>,
    /// Payment account (BT-84); for a direct debit without `debitedAccount`, the debited account (BT-91). A text that has not
    /// the form of an IBAN is an `account`, except with `code` `58` or `59` or with `qr`.
    #[schemars(with = "Option<form::Iban>")]
    pub(crate) iban: Option<String>,
    /// Payment account (BT-84) that is no IBAN; instead of `iban`.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) account: Option<String>,
    /// Bank of the account (BT-86): a BIC (ISO 9362). A text that does not have the form of a BIC is a `providerId`, except
    /// with `code` `58` or `59` or with `qr`.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) bic: Option<String>,
    /// Bank of the account (BT-86) that is no BIC; instead of `bic`.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) provider_id: Option<String>,
    /// Name of the account holder (BT-85).
    #[schemars(length(max = 70))]
    pub(crate) account_name: Option<String>,
    /// Remittance information (BT-83). On a Swiss QR-bill: a QR reference, a creditor reference (`RF...`) or a message.
    #[schemars(length(max = 140))]
    pub(crate) remittance: Option<String>,
    /// Mandate reference of a direct debit (BT-89).
    #[schemars(length(max = 35))]
    pub(crate) mandate: Option<String>,
    /// Creditor identifier of a direct debit (BT-90), assigned by the payee's bank.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) creditor_id: Option<String>,
    /// Debited account of a direct debit (BT-91), where `iban` or `account` is that of the payee.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) debited_account: Option<String>,
    /// Holder of the card (BT-88).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) card_holder: Option<String>,
    /// First six digits of the card that was charged (BT-87). Requires `cardLast4`.
    #[schemars(regex(pattern = "^[0-9]{6}$"))]
    pub(crate) card_first6: Option<String>,
    /// Last four digits of the card that was charged (BT-87).
    #[schemars(regex(pattern = "^[0-9]{4}$"))]
    pub(crate) card_last4: Option<String>,
    /// Page for online payment.
    #[schemars(with = "Option<form::Url>")]
    pub(crate) url: Option<String>,
    /// Whether the document shows a payment code for banking apps: a Swiss QR-bill for an account in Switzerland or
    /// Liechtenstein, otherwise a GiroCode (EPC069-12). A document with nothing due shows none. Not for further means.
    pub(crate) qr: Option<bool>,
}
