//! The e-invoice of a document, as events and records say it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::database::sales_invoice::Model;

/// The e-invoice of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordedEInvoice)]
pub(crate) struct EInvoice<'a> {
    /// The rules that it obeys, with their version.
    pub(crate) profile: &'a str,
    /// Digest of the XML, hexadecimal.
    #[schema(required)]
    pub(crate) sha256: Option<&'a str>,
    /// Version of the rules that it was checked by.
    #[schema(required)]
    pub(crate) rules_version: Option<&'a str>,
    /// Of the XML, where that is an object of its own. Private; never presigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<&'a str>,
    /// Key of the XML in the bucket, where that is an object of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object_key: Option<&'a str>,
}

impl<'a> EInvoice<'a> {
    /// That of a row; none where its document has none.
    pub(super) fn of(row: &'a Model) -> Option<Self> {
        Some(Self {
            profile: row.e_invoice_profile.as_deref()?,
            sha256: row.xml_sha256.as_deref(),
            rules_version: row.e_invoice_rules.as_deref(),
            url: row.xml_url.as_deref(),
            object_key: row.xml_object_key.as_deref(),
        })
    }
}
