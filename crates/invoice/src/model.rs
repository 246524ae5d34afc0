//! The domain types: an invoice as it is, with everything checked and everything derivable derived.

mod line;
mod party;
mod payment;
mod tax;

use icu_locale::LanguageIdentifier;
use iso_currency::Currency;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use time::Date;

pub use self::line::{Adjustment, AdjustmentKind, Line, Period};
pub use self::party::{Address, Contact, Delivery, Identifier, Party};
pub use self::payment::{Payment, PaymentCode, SwissReference};
pub use self::tax::{Exemption, Tax, TaxCategory, TaxSubtotal};
use super::identity::InvoiceIdentity;

/// An invoice that obeys every rule. It keeps everything that the request says, and adds what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoice {
    /// Which invoice this is.
    pub identity: InvoiceIdentity,
    /// Country or region of the marketplace, for example `US`.
    pub marketplace_region: Option<String>,
    /// Invoice, receipt, credit note or the like (BT-3).
    pub document_type: DocumentType,
    /// Invoice number (BT-1); for a receipt without one, the sequence number.
    pub number: String,
    /// Issue date (BT-2). The only date that a document shows as its own: no clock is read.
    pub issue_date: Date,
    /// Due date (BT-9).
    pub due_date: Option<Date>,
    /// Date on which the tax becomes accountable (BT-7).
    pub tax_point_date: Option<Date>,
    /// Currency of all amounts (BT-5).
    pub currency: Currency,
    /// Total tax in the currency in which the seller accounts for it (BT-6, BT-111).
    pub tax_in_tax_currency: Option<(Currency, Decimal)>,
    /// Language and region of the reader.
    pub locale: LanguageIdentifier,
    /// The template to set it with.
    pub template: TemplateChoice,
    /// Who sells (BG-4).
    pub seller: Party,
    /// Who buys (BG-7).
    pub buyer: Option<Party>,
    /// Who is paid (BG-10), where it is not the seller.
    pub payee: Option<Party>,
    /// Who answers for the seller's tax (BG-11).
    pub tax_representative: Option<Party>,
    /// Where and when the goods were delivered (BG-13).
    pub delivery: Option<Delivery>,
    /// Other documents that this one belongs to.
    pub references: References,
    /// The lines (BG-25), at least one.
    pub lines: Vec<Line>,
    /// Discounts on the whole document (BG-20).
    pub allowances: Vec<Adjustment>,
    /// Charges on the whole document (BG-21).
    pub charges: Vec<Adjustment>,
    /// Tax by category and rate (BG-23), in the order in which the lines name them.
    pub taxes: Vec<TaxSubtotal>,
    /// The document's totals (BG-22).
    pub totals: Totals,
    /// How to pay (BG-16).
    pub payment: Option<Payment>,
    /// Free text (BG-1).
    pub notes: Vec<Note>,
    /// Documents that support this one (BG-24).
    pub attachments: Vec<Attachment>,
    /// What a template of the operator's own may want to show, as it came.
    pub extensions: Map<String, Value>,
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentType {
    /// A commercial invoice (UNTDID 1001: 380).
    Invoice,
    /// A credit note (381): its amounts are positive and flow back to the buyer.
    CreditNote,
    /// An invoice that takes the place of an earlier one (384).
    CorrectedInvoice,
    /// An invoice that the buyer issues in the seller's name (389).
    SelfBilledInvoice,
    /// A receipt for a marketplace order.
    Receipt,
}

impl DocumentType {
    /// All types.
    pub const ALL: [Self; 5] = [
        Self::Invoice,
        Self::CreditNote,
        Self::CorrectedInvoice,
        Self::SelfBilledInvoice,
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
            Self::Receipt => "receipt",
        }
    }

    /// The template that sets it when the request names none.
    pub fn default_template(self) -> &'static str {
        match self {
            Self::Invoice | Self::CorrectedInvoice | Self::SelfBilledInvoice => "invoice",
            Self::CreditNote => "credit-note",
            Self::Receipt => "receipt",
        }
    }
}

/// The template that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChoice {
    /// The template's folder; by default the one for the document type.
    pub name: String,
    /// The version that must be in use, when the request insists on one.
    pub version: Option<String>,
    /// The paper, when the request asks for one.
    pub paper: Option<Paper>,
}

/// What a document is printed on.
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
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::A4, Self::UsLetter, Self::Roll80];

    /// The kind with this name on the wire.
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

/// Other documents that this one belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// What the buyer wants to find on the document (BT-10).
    pub buyer_reference: Option<String>,
    /// The buyer's order (BT-13).
    pub purchase_order: Option<String>,
    /// The seller's order (BT-14).
    pub sales_order: Option<String>,
    /// The contract (BT-12).
    pub contract: Option<String>,
    /// The project (BT-11).
    pub project: Option<String>,
    /// The despatch advice (BT-16).
    pub despatch_advice: Option<String>,
    /// The documents that this one corrects or credits (BG-3).
    pub preceding_invoices: Vec<PrecedingInvoice>,
}

/// A document that this one corrects or credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrecedingInvoice {
    /// Its number (BT-25).
    pub number: String,
    /// Its issue date (BT-26).
    pub issue_date: Option<Date>,
}

/// The document's totals. Allowances and charges here are those on the document; those on lines are in their net
/// amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the lines' net amounts (BT-106).
    pub lines: Decimal,
    /// Sum of the allowances (BT-107).
    pub allowances: Decimal,
    /// Sum of the charges (BT-108).
    pub charges: Decimal,
    /// Total without tax (BT-109).
    pub net: Decimal,
    /// Total tax (BT-110).
    pub tax: Decimal,
    /// Total with tax (BT-112).
    pub gross: Decimal,
    /// What was paid before (BT-113).
    pub prepaid: Decimal,
    /// What is added to round the amount due (BT-114).
    pub rounding: Decimal,
    /// Amount due for payment (BT-115).
    pub due: Decimal,
}

/// Free text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about, UNTDID 4451 (BT-21).
    pub subject_code: Option<String>,
    /// The text (BT-22).
    pub text: String,
}

/// A document that supports this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its number or name (BT-122).
    pub id: String,
    /// What it is (BT-123).
    pub description: Option<String>,
    /// Where it is (BT-124).
    pub url: Option<String>,
}
