//! What other programs read: events, records and dead letters, as JSON in camelCase.
//!
//! Each contract is a type of its own. A column of the database can be renamed without changing what is published.

mod audit;
mod dead_letter;
mod event;
mod record;

use serde::{Serialize, Serializer};

pub use audit::{AuditFinding, AuditSummary};
pub use dead_letter::{DeadLetter, DeadLetterSummary};
pub use event::{CONTENT_TYPE, Cause, Event, FailedRequest};
pub use record::InvoiceRecord;

/// Writes a value as its text.
fn as_text<S: Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What a document was rendered with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Template<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    digest: Option<&'a str>,
    brand_digest: Option<&'a str>,
}

impl<'a> Template<'a> {
    fn of(row: &'a crate::database::sales_invoice::Model) -> Self {
        Self {
            name: row.template_name.as_deref(),
            version: row.template_version.as_deref(),
            digest: row.template_digest.as_deref(),
            brand_digest: row.brand_digest.as_deref(),
        }
    }
}
