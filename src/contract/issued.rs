//! The document that was issued under an identity, as a conflict names it.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::database::sales_invoice::Model;
use crate::moment;

/// The document that was issued under the identity of a request, for another request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedDocument {
    /// Private; never presigned.
    pub url: Option<String>,
    /// Key of the document in the bucket.
    pub object_key: Option<String>,
    /// Digest of the document, hexadecimal.
    pub sha256: Option<String>,
    /// Digest of the content of its request, hexadecimal.
    pub request_digest: String,
    /// The id of the message that brought its request.
    pub request_message_id: Option<String>,
    /// When it was issued.
    #[serde(serialize_with = "moment::serialize")]
    pub generated_at: OffsetDateTime,
}

impl IssuedDocument {
    /// The document of a row that is generated.
    pub fn of(record: &Model) -> Self {
        Self {
            url: record.file_path.clone(),
            object_key: record.object_key.clone(),
            sha256: record.sha256.clone(),
            request_digest: record.request_digest.clone(),
            request_message_id: record.message_id.clone(),
            generated_at: record.generated_at.unwrap_or(record.created_at),
        }
    }

    /// What is wrong with another request under this identity.
    pub fn conflict(&self) -> String {
        format!(
            "another request was issued under this identity at {}; its document stays as it is",
            moment::text(self.generated_at)
        )
    }
}
