//! Payment instructions and payment codes.

/// Payment instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// Payment terms (BT-20).
    pub terms: Option<String>,
    /// Payment means. The payment code is for the first one.
    pub means: Vec<PaymentMeans>,
    /// Whether the request asks for a payment code.
    pub code_requested: bool,
    /// The payment code that the page shows; `None` where nothing is due.
    pub code: Option<PaymentCode>,
}

/// Payment means (BG-16) with its account, card or mandate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentMeans {
    /// Payment means code, UNTDID 4461 (BT-81).
    pub code: Option<String>,
    /// Payment means in words (BT-82).
    pub text: Option<String>,
    /// Payment account of the payee (BT-84).
    pub account: Option<Account>,
    /// BIC of the bank (BT-86).
    pub bic: Option<String>,
    /// Identifier of the bank that is no BIC (BT-86).
    pub provider_id: Option<String>,
    /// Name of the account holder (BT-85).
    pub account_name: Option<String>,
    /// Remittance information (BT-83).
    pub remittance: Option<String>,
    /// Mandate reference of a direct debit (BT-89).
    pub mandate: Option<String>,
    /// Creditor identifier of a direct debit (BT-90).
    pub creditor_id: Option<String>,
    /// Account of the payer that is debited (BT-91).
    pub debited_account: Option<Account>,
    /// Holder of the card (BT-88).
    pub card_holder: Option<String>,
    /// First six digits of the card (BT-87); given only with the last four.
    pub card_first6: Option<String>,
    /// Last four digits of the card (BT-87).
    pub card_last4: Option<String>,
    /// Page for online payment: an `https` URL.
    pub url: Option<String>,
}

impl PaymentMeans {
    /// The account of the payee, where it is an IBAN.
    pub fn iban(&self) -> Option<&str> {
        match self.account.as_ref()? {
            Account::Iban(iban) => Some(iban),
            Account::Other(_) => None,
        }
    }
}

/// Number of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// An IBAN in electronic form: without spaces.
    Iban(String),
    /// A number of another form: domestic, bankgiro, at a payment service.
    Other(String),
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
