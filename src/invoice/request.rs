//! The wire types: a request as it arrives.
//!
//! Every field is optional here, so that one pass of [`check`](super::check) can name everything that is missing or
//! wrong; serde reports only the first error that it meets. Amounts are decimal strings, ids are strings (platform
//! order ids exceed 2^53), dates are ISO 8601. Fields that are not listed are ignored; the request is stored as
//! received, so nothing of it is lost.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// `invoice.requested`, version 1.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceRequest {
    pub(super) document_type: Option<String>,
    pub(super) number: Option<String>,
    pub(super) issue_date: Option<String>,
    pub(super) due_date: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) template: Option<TemplateField>,
    pub(super) marketplace: Option<MarketplaceField>,
    pub(super) seller: Option<PartyField>,
    pub(super) buyer: Option<PartyField>,
    pub(super) references: Option<ReferencesField>,
    pub(super) lines: Option<Vec<LineField>>,
    pub(super) tax_breakdown: Option<Vec<TaxSubtotalField>>,
    pub(super) totals: Option<TotalsField>,
    pub(super) payment: Option<PaymentField>,
    pub(super) notes: Option<Vec<NoteField>>,

    // Would change what is owed, and cannot be honoured yet: refused rather than ignored.
    pub(super) allowances: Option<Vec<IgnoredAny>>,
    pub(super) charges: Option<Vec<IgnoredAny>>,
    pub(super) tax_currency: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TemplateField {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarketplaceField {
    pub(super) platform: Option<String>,
    pub(super) region: Option<String>,
    pub(super) shop_id: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) package_id: Option<String>,
    pub(super) sequence_number: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartyField {
    pub(super) name: Option<String>,
    pub(super) vat_id: Option<String>,
    pub(super) legal_id: Option<SchemedField>,
    pub(super) electronic_address: Option<SchemedField>,
    pub(super) address: Option<AddressField>,
    pub(super) contact: Option<ContactField>,
}

/// An identifier with the scheme that issued it (ISO/IEC 6523 or the EAS list).
#[derive(Debug, Deserialize)]
pub(super) struct SchemedField {
    pub(super) value: Option<String>,
    pub(super) scheme: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddressField {
    pub(super) street: Option<String>,
    pub(super) number: Option<String>,
    pub(super) city: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) region: Option<String>,
    pub(super) country: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ContactField {
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReferencesField {
    pub(super) buyer_reference: Option<String>,
    pub(super) purchase_order: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineField {
    pub(super) id: Option<String>,
    pub(super) sku: Option<String>,
    pub(super) name: Option<String>,
    pub(super) quantity: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) unit_price: Option<String>,
    pub(super) net_amount: Option<String>,
    pub(super) tax: Option<TaxField>,

    pub(super) allowances: Option<Vec<IgnoredAny>>,
    pub(super) charges: Option<Vec<IgnoredAny>>,
    pub(super) price_base_quantity: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TaxField {
    pub(super) category: Option<String>,
    pub(super) rate: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TaxSubtotalField {
    pub(super) category: Option<String>,
    pub(super) rate: Option<String>,
    pub(super) taxable: Option<String>,
    pub(super) tax: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TotalsField {
    pub(super) lines: Option<String>,
    pub(super) net: Option<String>,
    pub(super) tax: Option<String>,
    pub(super) gross: Option<String>,
    pub(super) due: Option<String>,

    pub(super) allowances: Option<String>,
    pub(super) charges: Option<String>,
    pub(super) prepaid: Option<String>,
    pub(super) rounding: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentField {
    pub(super) terms: Option<String>,
    pub(super) means: Option<PaymentMeansField>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentMeansField {
    pub(super) iban: Option<String>,
    pub(super) bic: Option<String>,
    pub(super) account_name: Option<String>,
    pub(super) remittance: Option<String>,
    pub(super) qr: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NoteField {
    pub(super) text: Option<String>,
}
