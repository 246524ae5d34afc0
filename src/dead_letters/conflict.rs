//! How the request of a conflict differs from the one that was issued under its identity.

use invoice::{FailureCode, InvoiceIdentity};

use super::diff::changes;
use crate::broker::replayed::{ARCHIVED_MAX, Archived};
use crate::contract::FieldChange;
use crate::database::dead_letter::Model;
use crate::database::{Database, DatabaseError, Status, sales_invoice};

/// What the request of a dead letter has other than the issued one, where its code is `conflict` and there is an issued one: the
/// first differences, with the issued value as the former one. Spelling is no difference. None where the issued one is erased.
pub(super) async fn differences(
    database: &Database,
    row: &Model,
) -> Result<Option<Vec<FieldChange>>, DatabaseError> {
    if row.code != FailureCode::Conflict.as_str() {
        return Ok(None);
    }
    let parts = row.invoice().into_parts().map(Option::unwrap_or_default);
    let Ok(identity) = InvoiceIdentity::from_parts(parts) else {
        return Ok(None);
    };
    let record = database.find(&identity).await?;
    let is_issued = |record: &sales_invoice::Model| record.status == Status::Generated;
    // Of an erased request there is nothing to compare with.
    let Some(record) = record.filter(|record| is_issued(record) && !record.is_erased()) else {
        return Ok(None);
    };
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let content = archived.content(&row.payload, ARCHIVED_MAX);
    let envelope = archived.envelope(&row.payload, ARCHIVED_MAX).ok();
    let request = envelope
        .as_ref()
        .and_then(|it| it.request(&row.payload).ok());
    let request = request.unwrap_or(&content);
    Ok(Some(changes(record.request.as_bytes(), request)))
}
