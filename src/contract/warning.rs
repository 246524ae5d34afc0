//! What is suspicious about a request, as events and the API say it.

use invoice::Warning;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that is valid and suspicious.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestWarning {
    /// Where: a JSON pointer (RFC 6901) into the request.
    pub pointer: String,
    /// The stable code: `field_misspelt`, `rate_unusual`, `dates_reversed` or `template_unavailable`.
    pub code: &'static str,
    /// What is suspicious.
    pub detail: String,
}

impl RequestWarning {
    /// A list of these.
    pub fn list(warnings: &[Warning]) -> Vec<Self> {
        warnings.iter().map(Self::from).collect()
    }
}

impl From<&Warning> for RequestWarning {
    fn from(warning: &Warning) -> Self {
        Self {
            pointer: warning.pointer.clone(),
            code: warning.code.as_str(),
            detail: warning.message.clone(),
        }
    }
}
