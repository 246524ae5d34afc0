//! What a document was rendered with.

use serde::{Deserialize, Serialize};

/// What a document was rendered with. It is kept with the object and in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderedWith {
    /// Name of the template.
    pub template: String,
    /// Its version.
    pub version: String,
    /// Digest of its files, hexadecimal.
    pub digest: String,
    /// Digest of the shop's brand, hexadecimal; none where no brand applies.
    pub brand_digest: Option<String>,
}
