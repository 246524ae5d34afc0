//! What is kept of an e-invoice where it is stored: in the record of its document, and in the metadata of its objects.

use invoice::Sha256Digest;
use serde::{Deserialize, Serialize};

use crate::e_invoice::EInvoice;

/// What is kept of an e-invoice where it is stored. Another version may have made it, so that its profile may be unknown here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EInvoiceMark {
    /// The name of its profile, with the version.
    pub profile: String,
    /// The digest of the XML.
    pub sha256: Sha256Digest,
    /// Version of the rules that it was checked by.
    pub rules_version: String,
}

impl EInvoice {
    /// What is kept of it.
    pub fn mark(&self) -> EInvoiceMark {
        EInvoiceMark {
            profile: self.profile.as_str().to_owned(),
            sha256: self.sha256,
            rules_version: self.rules_version().to_owned(),
        }
    }
}
