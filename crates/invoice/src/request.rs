//! The wire types: a request as it arrives.
//!
//! Every field is optional here, so that one pass of [`check`](super::check) can name everything that is missing or
//! wrong; serde reports only the first error that it meets. Amounts are decimal strings, ids are strings (platform
//! order ids exceed 2^53), dates are ISO 8601. Fields that are not listed are ignored; the request is stored as
//! received, so nothing of it is lost.
//!
//! The JSON Schema of `docs/request.schema.json` is made from these types; their comments are its descriptions, with
//! the business term of EN 16931-1 (`BT-1`) where there is one.

pub mod form;
mod lines;
mod party;
mod payment;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) use self::lines::{
    AdjustmentField, LineField, PeriodField, TaxField, TaxSubtotalField, TotalsField,
};
pub(crate) use self::party::{AddressField, ContactField, DeliveryField, PartyField, SchemedField};
pub(crate) use self::payment::{PaymentField, PaymentMeansField};

/// A request for one document: an invoice, a receipt, a credit note.
///
/// Meaning and rules are those of EN 16931-1. Everything that follows from the rest may be left out; what is given
/// must agree with it. `null`, an empty or blank text and an empty list count as absent. Fields that are not listed here
/// are ignored, so that later versions can add some.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "invoice.requested.v1")]
pub struct InvoiceRequest {
    /// What kind of document (BT-3); a receipt when absent.
    #[schemars(with = "Option<form::DocumentType>")]
    pub(super) document_type: Option<String>,
    /// Number of the document (BT-1). Only a receipt may go without: it then shows its sequence number.
    #[schemars(length(max = 100))]
    pub(super) number: Option<String>,
    /// Date of issue (BT-2). The document shows no other date as its own: no clock is read.
    #[schemars(with = "form::Date")]
    pub(super) issue_date: Option<String>,
    /// Date until which the amount due is to be paid (BT-9).
    #[schemars(with = "Option<form::Date>")]
    pub(super) due_date: Option<String>,
    /// Date on which the tax becomes accountable (BT-7), where it is not the date of issue.
    #[schemars(with = "Option<form::Date>")]
    pub(super) tax_point_date: Option<String>,
    /// Currency of all amounts (BT-5).
    #[schemars(with = "form::CurrencyCode")]
    pub(super) currency: Option<String>,
    /// Currency in which the seller accounts for tax (BT-6), where it is another one; needs `totals.taxInTaxCurrency`.
    #[schemars(with = "Option<form::CurrencyCode>")]
    pub(super) tax_currency: Option<String>,
    /// Language and region of the reader; `en-US` when absent.
    #[schemars(with = "Option<form::LanguageTag>")]
    pub(super) locale: Option<String>,
    /// How the document looks; by default the template named like the document type.
    pub(super) template: Option<TemplateField>,
    /// Which order the document is for: its identity. Two different requests with one identity are a conflict.
    #[schemars(with = "MarketplaceField")]
    pub(super) marketplace: Option<MarketplaceField>,
    /// Who sells (BG-4).
    #[schemars(with = "PartyField")]
    pub(super) seller: Option<PartyField>,
    /// Who buys (BG-7); only a receipt may go without.
    pub(super) buyer: Option<PartyField>,
    /// Who is paid (BG-10), where it is not the seller.
    pub(super) payee: Option<PartyField>,
    /// Who answers for the seller's tax (BG-11); needs `vatId` and `address`.
    pub(super) tax_representative: Option<PartyField>,
    /// Where and when the goods were delivered (BG-13).
    pub(super) delivery: Option<DeliveryField>,
    /// Other documents that this one belongs to.
    pub(super) references: Option<ReferencesField>,
    /// What is sold (BG-25): at least one line, at most 10,000.
    #[schemars(with = "Vec<LineField>", length(min = 1, max = 10000))]
    pub(super) lines: Option<Vec<LineField>>,
    /// Discounts on the whole document (BG-20).
    #[schemars(length(max = 100))]
    pub(super) allowances: Option<Vec<AdjustmentField>>,
    /// Charges on the whole document, shipping for example (BG-21).
    #[schemars(length(max = 100))]
    pub(super) charges: Option<Vec<AdjustmentField>>,
    /// Tax by category and rate (BG-23); derived when absent.
    #[schemars(length(max = 100))]
    pub(super) tax_breakdown: Option<Vec<TaxSubtotalField>>,
    /// Totals of the document (BG-22); all but `prepaid`, `rounding` and `taxInTaxCurrency` are derived when absent.
    pub(super) totals: Option<TotalsField>,
    /// How to pay (BG-16).
    pub(super) payment: Option<PaymentField>,
    /// Free text (BG-1).
    #[schemars(length(max = 100))]
    pub(super) notes: Option<Vec<NoteField>>,
    /// Documents that support this one (BG-24).
    #[schemars(length(max = 100))]
    pub(super) attachments: Option<Vec<AttachmentField>>,
    /// Anything else that a template of your own wants to show, as it is.
    pub(super) extensions: Option<Map<String, Value>>,
}

impl InvoiceRequest {
    /// The JSON Schema (draft 2020-12) of a request: the form of each field. What fields ask of each other is said in
    /// its descriptions.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

/// How the document looks.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Template")]
pub(super) struct TemplateField {
    /// Name of the template.
    #[schemars(length(max = 64))]
    pub(super) name: Option<String>,
    /// The version that must be in use, where the request insists on one.
    #[schemars(length(max = 64))]
    pub(super) version: Option<String>,
    /// The paper; by default the one that is usual in the reader's region.
    #[schemars(with = "Option<form::Paper>")]
    pub(super) paper: Option<String>,
}

/// The order that the document is for. The parts name the stored file:
/// `invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}.pdf`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Marketplace")]
pub(super) struct MarketplaceField {
    /// The platform, for example `tiktok`.
    #[schemars(with = "form::IdentityPart")]
    pub(super) platform: Option<String>,
    /// Country or region of the marketplace, for example `US`.
    #[schemars(length(max = 20))]
    pub(super) region: Option<String>,
    /// The shop on the platform (BT-29).
    #[schemars(with = "form::IdentityPart")]
    pub(super) shop_id: Option<String>,
    /// The order (BT-14).
    #[schemars(with = "form::IdentityPart")]
    pub(super) order_id: Option<String>,
    /// The package of the order (BT-16).
    #[schemars(with = "form::IdentityPart")]
    pub(super) package_id: Option<String>,
    /// Which document of the package.
    #[schemars(with = "form::IdentityPart")]
    pub(super) sequence_number: Option<String>,
}

impl MarketplaceField {
    /// The parts of the identity in the order of [`PARTS`](crate::identity::PARTS).
    pub(super) fn into_parts(self) -> [Option<String>; 5] {
        [
            self.platform,
            self.shop_id,
            self.order_id,
            self.package_id,
            self.sequence_number,
        ]
    }
}

/// Other documents that this one belongs to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "References")]
pub(super) struct ReferencesField {
    /// What the buyer wants to find on the document (BT-10).
    #[schemars(length(max = 200))]
    pub(super) buyer_reference: Option<String>,
    /// The buyer's order (BT-13).
    #[schemars(length(max = 200))]
    pub(super) purchase_order: Option<String>,
    /// The seller's order (BT-14).
    #[schemars(length(max = 200))]
    pub(super) sales_order: Option<String>,
    /// The contract (BT-12).
    #[schemars(length(max = 200))]
    pub(super) contract: Option<String>,
    /// The project (BT-11).
    #[schemars(length(max = 200))]
    pub(super) project: Option<String>,
    /// The despatch advice (BT-16).
    #[schemars(length(max = 200))]
    pub(super) despatch_advice: Option<String>,
    /// The documents that this one corrects or credits (BG-3); a corrected invoice needs one.
    #[schemars(length(max = 100))]
    pub(super) preceding_invoices: Option<Vec<PrecedingInvoiceField>>,
}

/// A document that this one corrects or credits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PrecedingInvoice")]
pub(super) struct PrecedingInvoiceField {
    /// Its number (BT-25).
    #[schemars(with = "String", length(max = 100))]
    pub(super) number: Option<String>,
    /// Its date of issue (BT-26).
    #[schemars(with = "Option<form::Date>")]
    pub(super) issue_date: Option<String>,
}

/// Free text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Note")]
pub(super) struct NoteField {
    /// What the text is about: a code of UNTDID 4451, for example `REG` (BT-21).
    #[schemars(regex(pattern = r"^[A-Z]{3}$"))]
    pub(super) subject_code: Option<String>,
    /// The text, with line breaks where they are wanted (BT-22).
    #[schemars(length(max = 2000))]
    pub(super) text: Option<String>,
}

/// A document that supports this one.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Attachment")]
pub(super) struct AttachmentField {
    /// Its number or name (BT-122).
    #[schemars(with = "String", length(max = 200))]
    pub(super) id: Option<String>,
    /// What it is (BT-123).
    #[schemars(length(max = 200))]
    pub(super) description: Option<String>,
    /// Where it is (BT-124).
    #[schemars(with = "Option<form::Url>")]
    pub(super) url: Option<String>,

    // The document itself would have to be in the PDF; refused rather than left out.
    #[schemars(skip)]
    pub(super) content: Option<Value>,
}
