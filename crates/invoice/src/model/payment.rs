//! Payment instructions and payment codes.

/// Payment instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// Payment terms (BT-20).
    pub terms: Option<String>,
    /// Payment means code, UNTDID 4461 (BT-81).
    pub means_code: Option<String>,
    /// Payment account (BT-84) or debited account (BT-91): an IBAN in electronic form.
    pub iban: Option<String>,
    /// BIC of the bank (BT-86).
    pub bic: Option<String>,
    /// Name of the account holder (BT-85).
    pub account_name: Option<String>,
    /// Remittance information (BT-83).
    pub remittance: Option<String>,
    /// Mandate reference of a direct debit (BT-89).
    pub mandate: Option<String>,
    /// Last four digits of the card (BT-87).
    pub card_last4: Option<String>,
    /// Page for online payment: an `https` URL.
    pub url: Option<String>,
    /// Whether the request asks for a payment code.
    pub code_requested: bool,
    /// The payment code that the page shows; `None` where nothing is due.
    pub code: Option<PaymentCode>,
}

/// A payment code, which a banking app reads. The checks guarantee that the invoice has all the data that it needs.
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
    /// `NON`: no reference. The remittance information is a message.
    None,
}
