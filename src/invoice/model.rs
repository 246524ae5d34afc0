//! The domain types: an invoice as it is, with everything checked and everything derivable derived.

use icu::locale::LanguageIdentifier;
use iso_currency::Currency;
use rust_decimal::Decimal;
use time::Date;

use super::identity::InvoiceIdentity;

/// An invoice that obeys every rule: what a template is set from.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoice {
    /// Which invoice this is.
    pub identity: InvoiceIdentity,
    /// Country or region of the marketplace, for example `US`.
    pub marketplace_region: Option<String>,
    /// Invoice or receipt.
    pub document_type: DocumentType,
    /// Invoice number (BT-1); for a receipt without one, the sequence number.
    pub number: String,
    /// Issue date (BT-2). The only date that a document shows as its own: no clock is read.
    pub issue_date: Date,
    /// Due date (BT-9).
    pub due_date: Option<Date>,
    /// Currency of all amounts (BT-5).
    pub currency: Currency,
    /// Language and region of the reader.
    pub locale: LanguageIdentifier,
    /// The template to set it with.
    pub template: TemplateChoice,
    /// Who sells (BG-4).
    pub seller: Party,
    /// Who buys (BG-7).
    pub buyer: Option<Party>,
    /// The buyer's reference (BT-10).
    pub buyer_reference: Option<String>,
    /// The purchase order (BT-13).
    pub purchase_order: Option<String>,
    /// The lines (BG-25), at least one.
    pub lines: Vec<Line>,
    /// Tax by category and rate (BG-23), in the order in which the lines name them.
    pub taxes: Vec<TaxSubtotal>,
    /// The document's totals (BG-22).
    pub totals: Totals,
    /// How to pay (BG-16).
    pub payment: Option<Payment>,
    /// Free text (BT-22).
    pub notes: Vec<String>,
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentType {
    /// A commercial invoice (UNTDID 1001: 380).
    Invoice,
    /// A receipt for a marketplace order.
    Receipt,
}

impl DocumentType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Receipt => "receipt",
        }
    }
}

/// The template that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChoice {
    /// The template's folder; by default the one named like the document type.
    pub name: String,
    /// The version that must be in force, when the request insists on one.
    pub version: Option<String>,
}

/// A seller or buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Name (BT-27, BT-44).
    pub name: String,
    /// VAT identifier (BT-31, BT-48).
    pub vat_id: Option<String>,
    /// Legal registration identifier (BT-30, BT-47), without its scheme.
    pub legal_id: Option<String>,
    /// Electronic address (BT-34, BT-49), without its scheme.
    pub electronic_address: Option<String>,
    /// Postal address (BG-5, BG-8).
    pub address: Option<Address>,
    /// Contact (BG-6, BG-9).
    pub contact: Option<Contact>,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Street without the number.
    pub street: Option<String>,
    /// House number.
    pub number: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// State, province or the like.
    pub region: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Person or department.
    pub name: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// One line of the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Line identifier (BT-126).
    pub id: String,
    /// Seller's item identifier (BT-155).
    pub sku: Option<String>,
    /// Item name (BT-153).
    pub name: String,
    /// Invoiced quantity (BT-129).
    pub quantity: Decimal,
    /// Unit of measure, UN/ECE Recommendation 20 (BT-130).
    pub unit: String,
    /// Net price of one unit (BT-146).
    pub unit_price: Decimal,
    /// Tax of this line (BG-30).
    pub tax: Tax,
    /// Net amount (BT-131), rounded to the minor unit.
    pub net: Decimal,
}

/// A tax category with its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tax {
    /// Category, UNTDID 5305.
    pub category: TaxCategory,
    /// Rate in percent.
    pub rate: Decimal,
}

/// The categories that EN 16931 allows (UNTDID 5305).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxCategory {
    /// `S`: standard rate.
    Standard,
    /// `Z`: zero rated.
    ZeroRated,
    /// `E`: exempt.
    Exempt,
    /// `AE`: reverse charge.
    ReverseCharge,
    /// `K`: intra-community supply.
    IntraCommunity,
    /// `G`: export.
    Export,
    /// `O`: outside the scope of tax.
    OutOfScope,
    /// `L`: Canary Islands.
    CanaryIslands,
    /// `M`: Ceuta and Melilla.
    CeutaMelilla,
}

impl TaxCategory {
    /// All categories with their codes.
    pub const ALL: [(TaxCategory, &'static str); 9] = [
        (Self::Standard, "S"),
        (Self::ZeroRated, "Z"),
        (Self::Exempt, "E"),
        (Self::ReverseCharge, "AE"),
        (Self::IntraCommunity, "K"),
        (Self::Export, "G"),
        (Self::OutOfScope, "O"),
        (Self::CanaryIslands, "L"),
        (Self::CeutaMelilla, "M"),
    ];

    /// The category with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == code)
            .map(|(category, _)| category)
    }

    /// The code on the wire.
    pub fn code(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(category, _)| *category == self)
            .map_or("", |(_, code)| code)
    }

    /// Whether a rate above zero makes sense.
    pub fn may_be_taxed(self) -> bool {
        match self {
            Self::Standard | Self::CanaryIslands | Self::CeutaMelilla => true,
            Self::ZeroRated
            | Self::Exempt
            | Self::ReverseCharge
            | Self::IntraCommunity
            | Self::Export
            | Self::OutOfScope => false,
        }
    }
}

/// The tax of all lines with the same category and rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxSubtotal {
    /// Category and rate.
    pub tax: Tax,
    /// Sum of the net amounts (BT-116).
    pub taxable: Decimal,
    /// Tax amount (BT-117), rounded to the minor unit.
    pub amount: Decimal,
}

/// The document's totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the lines' net amounts (BT-106).
    pub lines: Decimal,
    /// Total without tax (BT-109).
    pub net: Decimal,
    /// Total tax (BT-110).
    pub tax: Decimal,
    /// Total with tax (BT-112).
    pub gross: Decimal,
    /// Amount due for payment (BT-115).
    pub due: Decimal,
}

/// How to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Payment terms (BT-20).
    pub terms: Option<String>,
    /// Account to pay to (BT-84), an IBAN in electronic form.
    pub iban: Option<String>,
    /// The bank (BT-86).
    pub bic: Option<String>,
    /// Whose account it is (BT-85).
    pub account_name: Option<String>,
    /// What to write on the transfer (BT-83).
    pub remittance: Option<String>,
    /// Whether the page shows a payment QR code.
    pub qr: bool,
}
