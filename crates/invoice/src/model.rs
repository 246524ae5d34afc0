//! The domain types: an invoice whose fields are checked, with every derived value filled in.

mod attachment;
mod e_invoice;
mod line;
mod party;
mod payment;
mod tax;

use icu_locale::LanguageIdentifier;
use iso_currency::Currency;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use time::Date;

pub use self::attachment::{AttachedFile, Attachment, FileContent, FileType, Relationship};
pub use self::e_invoice::EInvoiceProfile;
pub use self::line::{
    Adjustment, AdjustmentKind, AdjustmentWithTax, Attribute, Classification, GrossPrice, Line,
    LineDetails, LineWithTax, Period,
};
pub use self::party::{Address, Contact, Delivery, Identifier, Party};
pub use self::payment::{Account, Payment, PaymentCode, PaymentMeans, SwissReference};
pub use self::tax::{ComponentRate, Exemption, Tax, TaxCategory, TaxComponent, TaxSubtotal};
use super::identity::InvoiceIdentity;

/// A valid invoice. It keeps every value that the request gives, and has every value that is derived from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoice {
    /// Identity of the invoice.
    pub identity: InvoiceIdentity,
    /// Country or region of the marketplace, for example `US`.
    pub marketplace_region: Option<String>,
    /// Document type (BT-3).
    pub document_type: DocumentType,
    /// Document type code (BT-3), UNTDID 1001: the one of the document type unless the request gives another one. A receipt
    /// has none.
    pub type_code: Option<&'static str>,
    /// Business process (BT-23).
    pub business_process: Option<String>,
    /// Specification identifier (BT-24).
    pub specification: Option<String>,
    /// Invoice number (BT-1); for a receipt without one, the sequence number.
    pub number: String,
    /// Issue date (BT-2). The document shows this date, never the date of rendering.
    pub issue_date: Date,
    /// Payment due date (BT-9).
    pub due_date: Option<Date>,
    /// Tax point date (BT-7): when the tax becomes accountable.
    pub tax_point_date: Option<Date>,
    /// Tax point date code (BT-8), where the date is not known yet.
    pub tax_point_event: Option<TaxPointEvent>,
    /// Invoicing period (BG-14).
    pub period: Option<Period>,
    /// Invoice currency (BT-5): the currency of all amounts.
    pub currency: Currency,
    /// Whether the request gives prices, allowances and charges with tax. Lines, allowances and charges then have both: net
    /// values, as EN 16931 wants them, and `with_tax`, as they were given.
    pub prices_include_tax: bool,
    /// Tax accounting currency and the total tax in it (BT-6, BT-111).
    pub tax_in_tax_currency: Option<(Currency, Decimal)>,
    /// Language and region of the reader.
    pub locale: LanguageIdentifier,
    /// Template to render the document with.
    pub template: TemplateChoice,
    /// Seller (BG-4).
    pub seller: Party,
    /// Buyer (BG-7); given unless the document is a receipt.
    pub buyer: Option<Party>,
    /// Payee (BG-10), where the seller is not the one who is paid.
    pub payee: Option<Party>,
    /// The seller's tax representative (BG-11).
    pub tax_representative: Option<Party>,
    /// Delivery (BG-13).
    pub delivery: Option<Delivery>,
    /// References to other documents.
    pub references: References,
    /// Invoice lines (BG-25), at least one.
    pub lines: Vec<Line>,
    /// Allowances on the whole document (BG-20).
    pub allowances: Vec<Adjustment>,
    /// Charges on the whole document (BG-21).
    pub charges: Vec<Adjustment>,
    /// Tax breakdown by category and rate (BG-23), in the order of the lines.
    pub taxes: Vec<TaxSubtotal>,
    /// Document totals (BG-22).
    pub totals: Totals,
    /// Payment instructions (BG-16).
    pub payment: Option<Payment>,
    /// Notes (BG-1).
    pub notes: Vec<Note>,
    /// Additional supporting documents (BG-24).
    pub attachments: Vec<Attachment>,
    /// Profile of the e-invoice that the document carries.
    pub e_invoice: Option<EInvoiceProfile>,
    /// Data for templates of the operator, as received.
    pub extensions: Map<String, Value>,
}

/// Document type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentType {
    /// A commercial invoice (UNTDID 1001: 380).
    Invoice,
    /// A credit note (381). Its total is positive and is paid to the buyer.
    CreditNote,
    /// A corrected invoice (384), which replaces an earlier one.
    CorrectedInvoice,
    /// A self-billed invoice (389), which the buyer issues for the seller.
    SelfBilledInvoice,
    /// A self-billed credit note (261), which the buyer issues for the seller. Its amounts are positive.
    SelfBilledCreditNote,
    /// A prepayment invoice (386), for an amount that is paid before the delivery.
    PrepaymentInvoice,
    /// A receipt for a marketplace order.
    Receipt,
}

impl DocumentType {
    /// All types.
    pub const ALL: [Self; 7] = [
        Self::Invoice,
        Self::CreditNote,
        Self::CorrectedInvoice,
        Self::SelfBilledInvoice,
        Self::SelfBilledCreditNote,
        Self::PrepaymentInvoice,
        Self::Receipt,
    ];

    /// The type with this name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit-note",
            Self::CorrectedInvoice => "corrected-invoice",
            Self::SelfBilledInvoice => "self-billed-invoice",
            Self::SelfBilledCreditNote => "self-billed-credit-note",
            Self::PrepaymentInvoice => "prepayment-invoice",
            Self::Receipt => "receipt",
        }
    }

    /// The code of UNTDID 1001; none for a receipt.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Invoice => Some("380"),
            Self::CreditNote => Some("381"),
            Self::CorrectedInvoice => Some("384"),
            Self::SelfBilledInvoice => Some("389"),
            Self::SelfBilledCreditNote => Some("261"),
            Self::PrepaymentInvoice => Some("386"),
            Self::Receipt => None,
        }
    }

    /// Whether its amounts are paid to the buyer.
    pub fn is_credit_note(self) -> bool {
        match self {
            Self::CreditNote | Self::SelfBilledCreditNote => true,
            Self::Invoice
            | Self::CorrectedInvoice
            | Self::SelfBilledInvoice
            | Self::PrepaymentInvoice
            | Self::Receipt => false,
        }
    }

    /// The template that renders this type when the request names none.
    pub fn default_template(self) -> &'static str {
        match self {
            Self::Invoice
            | Self::CorrectedInvoice
            | Self::SelfBilledInvoice
            | Self::PrepaymentInvoice => "invoice",
            Self::CreditNote | Self::SelfBilledCreditNote => "credit-note",
            Self::Receipt => "receipt",
        }
    }
}

/// Event at which the tax becomes accountable (UNTDID 2005).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxPointEvent {
    /// The issue of the document.
    Issue,
    /// The delivery.
    Delivery,
    /// The payment.
    Payment,
}

impl TaxPointEvent {
    /// All events.
    pub const ALL: [Self; 3] = [Self::Issue, Self::Delivery, Self::Payment];

    /// The event with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.code() == code)
    }

    /// The code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Issue => "3",
            Self::Delivery => "35",
            Self::Payment => "432",
        }
    }
}

/// The template that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChoice {
    /// Name of the template; by default the one for the document type.
    pub name: String,
    /// Version of the template that the request requires.
    pub version: Option<String>,
    /// Paper that the request asks for.
    pub paper: Option<Paper>,
}

/// Paper of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// ISO 216 A4.
    A4,
    /// US Letter.
    UsLetter,
    /// The roll of a receipt printer, 80 mm wide and as long as needed.
    Roll80,
}

impl Paper {
    /// All papers.
    pub const ALL: [Self; 3] = [Self::A4, Self::UsLetter, Self::Roll80];

    /// The paper with this name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|paper| paper.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A4 => "a4",
            Self::UsLetter => "us-letter",
            Self::Roll80 => "80mm",
        }
    }
}

/// References to other documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Buyer reference (BT-10).
    pub buyer_reference: Option<String>,
    /// Purchase order reference (BT-13).
    pub purchase_order: Option<String>,
    /// Sales order reference (BT-14).
    pub sales_order: Option<String>,
    /// Contract reference (BT-12).
    pub contract: Option<String>,
    /// Project reference (BT-11).
    pub project: Option<String>,
    /// Despatch advice reference (BT-16).
    pub despatch_advice: Option<String>,
    /// Receiving advice reference (BT-15).
    pub receiving_advice: Option<String>,
    /// Tender or lot reference (BT-17).
    pub tender: Option<String>,
    /// Invoiced object (BT-18); its scheme is of UNTDID 1153.
    pub invoiced_object: Option<Identifier>,
    /// Buyer accounting reference (BT-19).
    pub buyer_accounting: Option<String>,
    /// Preceding invoices (BG-3), which this document corrects or credits.
    pub preceding_invoices: Vec<PrecedingInvoice>,
}

/// Reference to a preceding invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrecedingInvoice {
    /// Number of the preceding invoice (BT-25).
    pub number: String,
    /// Issue date of the preceding invoice (BT-26).
    pub issue_date: Option<Date>,
}

/// Document totals. Allowances and charges here are those on the document; those on lines are part of the net amounts
/// of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the net amounts of the lines (BT-106).
    pub lines: Decimal,
    /// Sum of the allowances on the document (BT-107).
    pub allowances: Decimal,
    /// Sum of the charges on the document (BT-108).
    pub charges: Decimal,
    /// Total without tax (BT-109).
    pub net: Decimal,
    /// Total tax (BT-110).
    pub tax: Decimal,
    /// Total with tax (BT-112).
    pub gross: Decimal,
    /// Paid amount (BT-113).
    pub prepaid: Decimal,
    /// Rounding amount (BT-114), which is added to the amount due.
    pub rounding: Decimal,
    /// Amount due for payment (BT-115).
    pub due: Decimal,
}

/// Note: free text on the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Subject of the note (BT-21), UNTDID 4451.
    pub subject_code: Option<String>,
    /// Text of the note (BT-22).
    pub text: String,
}
