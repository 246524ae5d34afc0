//! References to other documents.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form;
use super::party::SchemedField;
use crate::limits;

/// References to other documents.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "References")]
pub(crate) struct ReferencesField {
    /// Buyer reference (BT-10): assigned by the buyer, to route the invoice in its organisation.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) buyer_reference: Option<String>,
    /// Purchase order reference (BT-13), assigned by the buyer.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) purchase_order: Option<String>,
    /// Sales order reference (BT-14), assigned by the seller.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) sales_order: Option<String>,
    /// Contract reference (BT-12).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) contract: Option<String>,
    /// Project reference (BT-11).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) project: Option<String>,
    /// Despatch advice reference (BT-16).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) despatch_advice: Option<String>,
    /// Receiving advice reference (BT-15), assigned by the buyer when the goods arrived.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) receiving_advice: Option<String>,
    /// Tender or lot reference (BT-17).
    #[schemars(length(max = limits::TEXT))]
    pub(crate) tender: Option<String>,
    /// Invoiced object (BT-18), for example a meter or a subscriber. Its scheme is a code of UNTDID 1153.
    pub(crate) invoiced_object: Option<SchemedField>,
    /// Buyer accounting reference (BT-19): the account to which the buyer books the document.
    #[schemars(length(max = limits::TEXT))]
    pub(crate) buyer_accounting: Option<String>,
    /// Preceding invoices (BG-3), which this document corrects or credits. A corrected invoice requires one.
    #[schemars(length(max = 100))]
    pub(crate) preceding_invoices: Option<Vec<PrecedingInvoiceField>>,
}

/// Reference to a preceding invoice, which this document corrects or credits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PrecedingInvoice")]
pub(crate) struct PrecedingInvoiceField {
    /// Number of the preceding invoice (BT-25).
    #[schemars(with = "String", length(max = limits::TEXT))]
    pub(crate) number: Option<String>,
    /// Issue date of the preceding invoice (BT-26).
    #[schemars(with = "Option<form::Date>")]
    pub(crate) issue_date: Option<String>,
}
