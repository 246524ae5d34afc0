//! The wire types: a request as it arrives.
//!
//! Every field is optional here, because serde reports only the first error that it meets: one pass of
//! [`check`](super::check) can then report every missing and wrong field. Amounts are decimal strings. Ids are strings,
//! since order ids of platforms exceed 2^53. Dates are ISO 8601. Fields that are not listed are ignored; the request is
//! stored as received, so nothing of it is lost.
//!
//! The JSON Schema of `docs/request.schema.json` is generated from these types. Their comments become its descriptions
//! and name the business term of EN 16931-1 (`BT-1`) where there is one.

mod attachment;
mod blank;
pub mod form;
mod lines;
mod party;
mod payment;
mod references;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) use self::attachment::AttachmentField;
pub(crate) use self::lines::{
    AdjustmentField, AttributeField, ClassificationField, LineField, PeriodField,
    TaxComponentField, TaxField, TaxSubtotalComponentField, TaxSubtotalField, TotalsField,
};
pub(crate) use self::party::{AddressField, ContactField, DeliveryField, PartyField, SchemedField};
pub(crate) use self::payment::{PaymentField, PaymentMeansField};
pub(crate) use self::references::ReferencesField;
use crate::limits;

/// A request for one document: an invoice, a receipt, a credit note.
///
/// Fields have the meaning and obey the rules of EN 16931-1. A value that can be derived from other fields may be left
/// out; a given value must agree with the derived one. `null`, an empty or blank text and an empty list count as absent.
/// Fields that are not listed here are ignored, so that later versions can add fields.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "invoice.requested.v1")]
pub struct InvoiceRequest {
    /// Document type (BT-3); `receipt` when absent.
    #[schemars(with = "Option<form::DocumentType>")]
    pub(super) document_type: Option<String>,
    /// Exact document type code (BT-3), where it is another one than that of `documentType`: a code of UNTDID 1001 for an
    /// invoice or a credit note, as `documentType` says. Not for receipts.
    #[schemars(regex(pattern = "^[0-9]{1,3}$"))]
    pub(super) document_type_code: Option<String>,
    /// Business process (BT-23), in which the document is exchanged.
    #[schemars(length(max = limits::TEXT))]
    pub(super) business_process: Option<String>,
    /// Specification identifier (BT-24): the rules that the document follows.
    #[schemars(length(max = limits::TEXT))]
    pub(super) specification: Option<String>,
    /// Invoice number (BT-1). Required, except on a receipt, which then shows its sequence number.
    #[schemars(length(max = limits::TEXT))]
    pub(super) number: Option<String>,
    /// Issue date (BT-2). The document shows this date, never the date of rendering.
    #[schemars(with = "form::Date")]
    pub(super) issue_date: Option<String>,
    /// Payment due date (BT-9).
    #[schemars(with = "Option<form::Date>")]
    pub(super) due_date: Option<String>,
    /// Tax point date (BT-7): when the tax becomes accountable, where that is not the issue date.
    #[schemars(with = "Option<form::Date>")]
    pub(super) tax_point_date: Option<String>,
    /// Tax point date code (BT-8), instead of `taxPointDate`, where the date is not known yet: the tax becomes accountable at
    /// the issue date (`3`), the delivery (`35`) or the payment (`432`).
    #[schemars(with = "Option<form::TaxPointDateCode>")]
    pub(super) tax_point_date_code: Option<String>,
    /// Invoicing period (BG-14). Requires a start date (BT-73) or an end date (BT-74).
    pub(super) period: Option<PeriodField>,
    /// Invoice currency (BT-5): the currency of all amounts.
    #[schemars(with = "form::CurrencyCode")]
    pub(super) currency: Option<String>,
    /// Whether unit prices, allowances and charges include tax; they do not when absent. The document's total is then exactly
    /// what these prices add up to, and the net amounts are derived from them.
    pub(super) prices_include_tax: Option<bool>,
    /// Tax accounting currency (BT-6), where it is another one. Requires `totals.taxInTaxCurrency`.
    #[schemars(with = "Option<form::CurrencyCode>")]
    pub(super) tax_currency: Option<String>,
    /// Language and region of the reader; `en-US` when absent.
    #[schemars(with = "Option<form::LanguageTag>")]
    pub(super) locale: Option<String>,
    /// Template of the document; by default the one for the document type.
    pub(super) template: Option<TemplateField>,
    /// The order that the document is for: its identity. Two different requests with one identity are a conflict.
    #[schemars(with = "MarketplaceField")]
    pub(super) marketplace: Option<MarketplaceField>,
    /// Seller (BG-4).
    #[schemars(with = "PartyField")]
    pub(super) seller: Option<PartyField>,
    /// Buyer (BG-7). Required, except on a receipt.
    pub(super) buyer: Option<PartyField>,
    /// Payee (BG-10), where the seller is not the one who is paid.
    pub(super) payee: Option<PartyField>,
    /// The seller's tax representative (BG-11). Requires `vatId` and `address`.
    pub(super) tax_representative: Option<PartyField>,
    /// Delivery (BG-13): recipient, address and date.
    pub(super) delivery: Option<DeliveryField>,
    /// References to other documents.
    pub(super) references: Option<ReferencesField>,
    /// Invoice lines (BG-25): at least one, at most 10,000.
    #[schemars(with = "Vec<LineField>", length(min = 1, max = 10000))]
    pub(super) lines: Option<Vec<LineField>>,
    /// Allowances (discounts) on the whole document (BG-20).
    #[schemars(length(max = 100))]
    pub(super) allowances: Option<Vec<AdjustmentField>>,
    /// Charges on the whole document (BG-21), for example shipping.
    #[schemars(length(max = 100))]
    pub(super) charges: Option<Vec<AdjustmentField>>,
    /// Tax breakdown by category and rate (BG-23); derived when absent.
    #[schemars(length(max = 100))]
    pub(super) tax_breakdown: Option<Vec<TaxSubtotalField>>,
    /// Document totals (BG-22). All but `prepaid`, `rounding` and `taxInTaxCurrency` are derived when absent.
    pub(super) totals: Option<TotalsField>,
    /// Payment instructions (BG-16).
    pub(super) payment: Option<PaymentField>,
    /// Notes (BG-1). A note without text counts as absent.
    #[schemars(length(max = 100))]
    pub(super) notes: Option<Vec<NoteField>>,
    /// Additional supporting documents (BG-24).
    #[schemars(length(max = 100))]
    pub(super) attachments: Option<Vec<AttachmentField>>,
    /// The e-invoice that the document carries; none when absent. Not for receipts.
    pub(super) e_invoice: Option<EInvoiceField>,
    /// Data for templates of your own. They receive it unchanged.
    pub(super) extensions: Option<Map<String, Value>>,
}

impl InvoiceRequest {
    /// The JSON Schema (draft 2020-12) of a request. It has the form of each field; rules that concern several fields are
    /// in the descriptions.
    pub fn json_schema() -> Value {
        let mut schema = schemars::schema_for!(Self).to_value();
        blank::allow(&mut schema);
        schema
    }
}

/// The e-invoice that the document carries. It is made from the same fields as the document.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EInvoice")]
pub(super) struct EInvoiceField {
    /// Profile: the rules that the e-invoice obeys.
    #[schemars(with = "form::EInvoiceProfile")]
    pub(super) profile: Option<String>,
}

/// Template of the document.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Template")]
pub(super) struct TemplateField {
    /// Name of the template.
    #[schemars(length(max = 64))]
    pub(super) name: Option<String>,
    /// Version of the template that is required. Another version in use is an error.
    #[schemars(length(max = 64))]
    pub(super) version: Option<String>,
    /// Paper; by default the usual one in the reader's region.
    #[schemars(with = "Option<form::Paper>")]
    pub(super) paper: Option<String>,
}

/// The order that the document is for. Five of the fields are the path of the stored file:
/// `invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}.pdf`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Marketplace")]
pub(super) struct MarketplaceField {
    /// Marketplace platform, for example `tiktok`.
    #[schemars(with = "form::IdentityPart")]
    pub(super) platform: Option<String>,
    /// Country or region of the marketplace, for example `US`.
    #[schemars(length(max = 20))]
    pub(super) region: Option<String>,
    /// Shop on the platform (BT-29).
    #[schemars(with = "form::IdentityPart")]
    pub(super) shop_id: Option<String>,
    /// Order in the shop (BT-14).
    #[schemars(with = "form::IdentityPart")]
    pub(super) order_id: Option<String>,
    /// Package of the order (BT-16).
    #[schemars(with = "form::IdentityPart")]
    pub(super) package_id: Option<String>,
    /// Sequence number of the document within the package.
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

/// Note: free text on the document.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Note")]
pub(super) struct NoteField {
    /// Subject of the note (BT-21): a code of UNTDID 4451, for example `REG`.
    #[schemars(regex(pattern = r"^[A-Z]{3}$"))]
    pub(super) subject_code: Option<String>,
    /// Text of the note (BT-22). May have line breaks.
    #[schemars(length(max = limits::LINES))]
    pub(super) text: Option<String>,
}
