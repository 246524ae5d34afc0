//! How to pay.

/// How to pay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// Payment terms (BT-20).
    pub terms: Option<String>,
    /// The means, UNTDID 4461 (BT-81).
    pub means_code: Option<String>,
    /// Account to pay to (BT-84) or to take from (BT-91), an IBAN in electronic form.
    pub iban: Option<String>,
    /// The bank (BT-86).
    pub bic: Option<String>,
    /// Whose account it is (BT-85).
    pub account_name: Option<String>,
    /// What to write on the transfer (BT-83).
    pub remittance: Option<String>,
    /// The mandate of a direct debit (BT-89).
    pub mandate: Option<String>,
    /// The last four digits of the card (BT-87).
    pub card_last4: Option<String>,
    /// Where to pay online.
    pub url: Option<String>,
    /// Whether the request asks for a code for the payer's bank app.
    pub code_requested: bool,
    /// The code that the page shows: the requested one, unless nothing is due.
    pub code: Option<PaymentCode>,
}

/// A code that a bank app reads. Everything that it needs is known to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentCode {
    /// EPC069-12, known as GiroCode: a SEPA credit transfer in euros.
    Epc,
    /// The Swiss QR-bill: a transfer in francs or euros to an account in Switzerland or Liechtenstein.
    SwissQrBill(SwissReference),
}

/// The reference of a Swiss QR-bill (Swiss Implementation Guidelines QR-bill, 4.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwissReference {
    /// `QRR`: 27 digits, the last of which is a check digit; with a QR-IBAN only.
    Qr(String),
    /// `SCOR`: a creditor reference (ISO 11649), `RF` and check digits first.
    Creditor(String),
    /// `NON`: none; what the payer is to write, if anything, is a message.
    None,
}
