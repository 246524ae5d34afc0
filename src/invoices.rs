//! Looking invoices up.

use std::time::Duration;

use invoice::{InvoiceIdentity, ObjectKey};

use crate::database::sales_invoice::Model;
use crate::database::{Database, DatabaseError, Status};
use crate::storage::{Storage, StorageError};

/// Why an invoice could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No request of this identity was processed.
    #[error("there is no record of {0}")]
    Unknown(InvoiceIdentity),
    /// Its request was dead-lettered.
    #[error("there is no document for {0}: its request failed")]
    Failed(InvoiceIdentity),
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The URL cannot be signed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The record of an invoice.
pub async fn record(database: &Database, identity: &InvoiceIdentity) -> Result<Model, LookupError> {
    let record = database.find(identity).await?;
    record.ok_or_else(|| LookupError::Unknown(identity.clone()))
}

/// A URL that opens the stored document until it expires.
pub async fn presigned_url(
    database: &Database,
    storage: &Storage,
    identity: &InvoiceIdentity,
    expires_in: Duration,
) -> Result<String, LookupError> {
    let record = record(database, identity).await?;
    match record.status {
        Status::Generated => {
            let key = record
                .object_key
                .as_deref()
                .map_or_else(|| ObjectKey::for_invoice(identity), ObjectKey::recorded);
            Ok(storage.presign(&key, expires_in).await?)
        }
        Status::Failed => Err(LookupError::Failed(identity.clone())),
    }
}
