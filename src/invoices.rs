//! Looking invoices up.

pub mod timeline;

use std::time::Duration;

use invoice::{InvoiceIdentity, ObjectKey, Sha256Digest};

use crate::contract::MovedInvoice;
use crate::database::dead_letters::Summary;
use crate::database::sales_invoice::Model;
use crate::database::{Database, DatabaseError, Status};
use crate::storage::{self, Disposition, Storage, StorageError};

/// Why an invoice could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No request of this identity was processed.
    #[error("there is no record of {0}")]
    Unknown(InvoiceIdentity),
    /// No request of this identity is left: an edit made it one about another invoice.
    #[error(
        "there is no record of {identity}: dead letter {} had this identity until an edit, and is about {} now",
        moved.dead_letter,
        moved.marketplace
    )]
    Moved {
        /// What was looked up.
        identity: InvoiceIdentity,
        /// Where the request went.
        moved: Box<MovedInvoice>,
    },
    /// Its request was dead-lettered.
    #[error("there is no document for {0}: its request failed")]
    Failed(InvoiceIdentity),
    /// Its document was deleted on demand.
    #[error("the document of {0} was erased")]
    Erased(InvoiceIdentity),
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The URL cannot be signed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The record of an invoice.
pub async fn record(database: &Database, identity: &InvoiceIdentity) -> Result<Model, LookupError> {
    if let Some(record) = database.find(identity).await? {
        return Ok(record);
    }
    let identity = identity.clone();
    Err(match moved_to(database, &identity).await? {
        Some(moved) => LookupError::Moved {
            identity,
            moved: Box::new(moved),
        },
        None => LookupError::Unknown(identity),
    })
}

/// A URL that opens the stored document until it expires.
pub async fn presigned_url(
    database: &Database,
    storage: &Storage,
    identity: &InvoiceIdentity,
    expires_in: Duration,
) -> Result<String, LookupError> {
    let record = record(database, identity).await?;
    let url = match key(&record, identity) {
        Some(key) => storage.presign(&key, None, expires_in).await?,
        None if record.documents_erased_at.is_some() => {
            return Err(LookupError::Erased(identity.clone()));
        }
        None => return Err(LookupError::Failed(identity.clone())),
    };
    Ok(url)
}

/// The same of a record, under a name that a person can read; none where its request failed, or its document was erased.
pub async fn open(
    storage: &Storage,
    record: &Model,
    disposition: Disposition,
    expires_in: Duration,
) -> Result<Option<String>, StorageError> {
    let Ok(identity) = record.identity() else {
        return Ok(None);
    };
    let Some(key) = key(record, &identity) else {
        return Ok(None);
    };
    let header = disposition.header(&file_name(record, "pdf"));
    Ok(Some(storage.presign(&key, Some(header), expires_in).await?))
}

/// The name of a file of the invoice that a person can read.
pub fn file_name(record: &Model, extension: &str) -> String {
    let kind = record.document_type.as_deref().unwrap_or("invoice");
    let number = record.number.as_deref();
    let number = number.unwrap_or(&record.sequence_number);
    storage::file_name(kind, number, extension)
}

/// The bytes of the document; none where the request failed, or the document was erased.
///
/// # Errors
///
/// The bucket cannot be read, or what is in it is not what was recorded.
pub async fn document(storage: &Storage, record: &Model) -> Result<Option<Vec<u8>>, StorageError> {
    let identity = record.identity();
    let key = identity.ok().and_then(|identity| key(record, &identity));
    let Some(key) = key else {
        return Ok(None);
    };
    let bytes = storage.get(&key).await?;
    let recorded = record.sha256.as_deref();
    if recorded.is_some_and(|recorded| Sha256Digest::of(&bytes).to_string() != recorded) {
        return Err(StorageError::Damaged);
    }
    Ok(Some(bytes))
}

fn key(record: &Model, identity: &InvoiceIdentity) -> Option<ObjectKey> {
    match record.status {
        Status::Generated if record.documents_erased_at.is_some() => None,
        Status::Generated => {
            let recorded = record.object_key.as_deref();
            let usual = || ObjectKey::for_invoice(identity);
            Some(recorded.map_or_else(usual, ObjectKey::recorded))
        }
        Status::Failed => None,
    }
}

/// The dead letters of an invoice.
#[derive(Clone, Debug, Default)]
pub struct Letters {
    /// Those about this invoice, the oldest first: fifty at most.
    pub own: Vec<Summary>,
    /// Where the request went that an edit has made one about another invoice.
    pub moved_to: Option<MovedInvoice>,
}

/// The dead letters of the invoice that has this record.
pub async fn letters_of(database: &Database, record: &Model) -> Result<Letters, DatabaseError> {
    /// More are of no use to a reader of one record.
    const MOST: u64 = 50;
    let identity = record.identity()?;
    let moved_to = match record.status {
        Status::Failed => moved_to(database, &identity).await?,
        // It has a document of its own.
        Status::Generated => None,
    };
    Ok(Letters {
        own: database.dead_letters_of(&identity, MOST).await?,
        moved_to,
    })
}

/// Which invoice the request of this one is about since an edit; of several requests the one that was edited last.
pub async fn moved_to(
    database: &Database,
    identity: &InvoiceIdentity,
) -> Result<Option<MovedInvoice>, DatabaseError> {
    for dead_letter in database.moved_from(identity).await? {
        let Some(row) = database.dead_letter(dead_letter).await? else {
            continue;
        };
        let marketplace = row.invoice();
        // Another edit may have made it one about this invoice again.
        if marketplace.parts() != identity.parts().map(Some) {
            return Ok(Some(MovedInvoice {
                dead_letter,
                marketplace,
            }));
        }
    }
    Ok(None)
}
