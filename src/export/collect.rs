//! What is exported of one record: its content from the stored request, and its files from the bucket, each compared with the
//! recorded SHA-256.

use invoice::Sha256Digest;

use super::entry::{Content, Entry, Fault};
use super::error::ExportError;
use super::job::Export;
use super::kept;
use crate::blocking::{IS_LARGE, off_the_runtime};
use crate::database::sales_invoice::Model;
use crate::e_invoices::issued_xml;
use crate::invoices;
use crate::retry;
use crate::storage::StorageError;

/// A record with its files.
pub(super) struct Collected {
    pub(super) entry: Entry,
    /// Extension, bytes and SHA-256 of each file.
    pub(super) files: Vec<(&'static str, Vec<u8>, Sha256Digest)>,
}

/// Collects a record; none where its issue date is not selected.
///
/// # Errors
///
/// The bucket cannot be read. What is wrong with this document alone is a fault of its entry.
pub(super) async fn collected(
    export: &Export,
    record: Model,
) -> Result<Option<Collected>, ExportError> {
    let (record, content) = read(record).await;
    let issue_date = content.as_ref().map(|content| content.issue_date);
    let is_erased = record.is_erased();
    if !export.selection.is_of(issue_date, is_erased) {
        return Ok(None);
    }
    let mut entry = Entry::of(&record, content);
    let mut files = Vec::new();
    if entry.content.is_none() {
        let (code, detail) = if is_erased {
            (
                "request_erased",
                "the request was erased, and no amounts were kept of it: the document is not in the totals",
            )
        } else {
            (
                "request_unreadable",
                "this version cannot read the stored request: the document is not in the totals",
            )
        };
        entry.faults.push(Fault::new(code, detail));
    }
    match file(export, &PDF, || {
        invoices::document(&export.storage, &record)
    })
    .await?
    {
        Ok(Some(bytes)) => {
            let sha256 = Sha256Digest::of(&bytes);
            match &record.sha256 {
                Some(_) => files.push((PDF.extension, bytes, sha256)),
                None => {
                    let detail = "the record has no SHA-256, so nothing proves the document";
                    entry.faults.push(Fault::new("pdf_without_proof", detail));
                }
            }
        }
        Ok(None) => {}
        Err(fault) => entry.faults.push(fault),
    }
    match file(export, &XML, || issued_xml(&export.storage, &record)).await? {
        Ok(Some(bytes)) => {
            let sha256 = Sha256Digest::of(&bytes);
            files.push((XML.extension, bytes, sha256));
        }
        Ok(None) => {}
        Err(fault) => entry.faults.push(fault),
    }
    let unbooked = export.datev.as_ref().and_then(|datev| datev.fault(&entry));
    entry.faults.extend(unbooked);
    Ok(Some(Collected { entry, files }))
}

/// What the request of a record says; none where this version cannot read it.
async fn read(record: Model) -> (Model, Option<Content>) {
    let read = |record: Model| {
        if record.is_erased() {
            let content = kept::content(&record.request);
            return (record, content);
        }
        // It was accepted, whatever the limit is by now.
        let parsed = invoice::parse(record.request.as_bytes(), usize::MAX).ok();
        let invoice = parsed.and_then(|parsed| parsed.invoice.ok());
        let content = invoice.as_ref().and_then(Content::of);
        (record, content)
    };
    if record.request.len() < IS_LARGE {
        return read(record);
    }
    off_the_runtime(move || read(record)).await
}

/// A kind of file, with the codes of what can be wrong with one.
struct Kind {
    extension: &'static str,
    missing: &'static str,
    damaged: &'static str,
    refused: &'static str,
}

const PDF: Kind = Kind {
    extension: "pdf",
    missing: "pdf_missing",
    damaged: "pdf_damaged",
    refused: "pdf_refused",
};

const XML: Kind = Kind {
    extension: "xml",
    missing: "xml_missing",
    damaged: "xml_damaged",
    refused: "xml_refused",
};

/// Reads a file, again and again where the bucket is away for a moment.
async fn file<F>(
    export: &Export,
    kind: &Kind,
    call: impl Fn() -> F,
) -> Result<Result<Option<Vec<u8>>, Fault>, StorageError>
where
    F: Future<Output = Result<Option<Vec<u8>>, StorageError>>,
{
    let attempt = || async {
        match call().await {
            Ok(bytes) => Ok(Ok(bytes)),
            // Without the right to list the bucket, S3 denies access to an object that is not there.
            Err(StorageError::AccessDenied(answer)) => match export.storage.reach().await {
                Ok(()) => {
                    let detail = format!(
                        "the bucket has no such object, or does not let it be read ({answer}): `audit` tells more, and can repair it"
                    );
                    Ok(Err(Fault::new(kind.missing, detail)))
                }
                Err(error) => Err(error),
            },
            Err(error) => of_the_file(kind, error).map(Err),
        }
    };
    retry::in_place(export.patience, "read a document for an export", attempt).await
}

/// What an error says of the file; an error again where it is one of the bucket.
fn of_the_file(kind: &Kind, error: StorageError) -> Result<Fault, StorageError> {
    match error {
        StorageError::NotFound => {
            let detail = "the bucket has no such object: `audit` tells more, and can repair it";
            Ok(Fault::new(kind.missing, detail))
        }
        StorageError::Damaged => {
            let detail =
                "the bytes do not have the recorded SHA-256: `audit` tells more, and can repair it";
            Ok(Fault::new(kind.damaged, detail))
        }
        StorageError::Refused { .. } | StorageError::TooLarge { .. } | StorageError::Occupied => {
            Ok(Fault::new(kind.refused, error.to_string()))
        }
        StorageError::Unreachable(_)
        | StorageError::Server { .. }
        | StorageError::WriteInProgress
        | StorageError::BucketMissing(_)
        | StorageError::AccessDenied(_)
        | StorageError::ReadDenied(_)
        | StorageError::ClockWrong(_)
        | StorageError::Misconfigured(_)
        | StorageError::Unproven(_)
        | StorageError::ConditionIgnored
        | StorageError::ConditionRefused { .. }
        | StorageError::Unordered
        | StorageError::LockMissing(_)
        | StorageError::EncryptionIgnored
        | StorageError::Presign(_) => Err(error),
    }
}
