//! The e-invoice of an issued document.

use einvoice::extracted;
use invoice::{ObjectKey, Sha256Digest};

use super::again::made_again;
use crate::blocking::off_the_runtime;
use crate::database::Status;
use crate::database::sales_invoice::Model;
use crate::storage::{Storage, StorageError};

/// The XML that was issued with a document; none where it has none, or where it was erased with its document.
///
/// # Errors
///
/// The bucket cannot be read, or what is in it has not the recorded digest.
pub async fn issued_xml(
    storage: &Storage,
    record: &Model,
) -> Result<Option<Vec<u8>>, StorageError> {
    let (Status::Generated, Some(recorded)) = (record.status, &record.xml_sha256) else {
        return Ok(None);
    };
    if record.documents_erased_at.is_some() {
        return Ok(None);
    }
    let xml = match &record.xml_object_key {
        Some(key) => proved(storage.get(&ObjectKey::recorded(key)).await?, recorded)
            .ok_or(StorageError::Damaged)?,
        None => xml_again(storage, record).await?,
    };
    Ok(Some(xml))
}

/// The same without the object of the XML: made again from the stored request, or, where this version makes another one, out of
/// the stored document. The recorded digest proves it.
///
/// # Errors
///
/// Neither has the recorded digest, or the bucket cannot be read.
pub async fn xml_again(storage: &Storage, record: &Model) -> Result<Vec<u8>, StorageError> {
    let recorded = record.xml_sha256.as_deref().unwrap_or_default();
    let again = {
        let record = record.clone();
        off_the_runtime(move || made_again(&record)).await
    };
    let made = again.ok().and_then(|again| again.e_invoice);
    if let Some(xml) = made.and_then(|made| proved(made.xml, recorded)) {
        return Ok(xml);
    }
    let key = record.object_key.as_deref();
    let key = key.ok_or(StorageError::NotFound)?;
    let pdf = storage.get(&ObjectKey::recorded(key)).await?;
    let xml = off_the_runtime(move || extracted(&pdf)).await;
    xml.and_then(|xml| proved(xml, recorded))
        .ok_or(StorageError::Damaged)
}

fn proved(xml: Vec<u8>, recorded: &str) -> Option<Vec<u8>> {
    Some(xml).filter(|xml| Sha256Digest::of(xml).to_string() == recorded)
}
