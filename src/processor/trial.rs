//! What would become of a request: decided as for a message, and nothing is stored or published.

use document::{RenderJob, TemplateSnapshot};
use invoice::{InvoiceIdentity, ObjectKey, RequestLimits, Sha256Digest};

use super::failure::Failure;
use super::issued;
use super::storing::{is_left, pdf_object};
use crate::database::Database;
use crate::e_invoices::{Checked, check_apart, embedded};
use crate::storage::{Storage, StorageError};

/// What a trial needs.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    /// The templates, with renderers of the trial's own.
    pub templates: &'a TemplateSnapshot,
    /// The bucket, which is only read.
    pub storage: &'a Storage,
    /// The records, which are only read.
    pub database: &'a Database,
    /// Limits of a request.
    pub limits: RequestLimits,
}

/// What would become of a request that does not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Its document would be issued.
    WouldIssue {
        /// The identity in it.
        identity: InvoiceIdentity,
        /// The digest of its content.
        digest: Sha256Digest,
    },
    /// Its document was issued before.
    AlreadyGenerated,
}

impl Trial<'_> {
    /// Tries a request: checks it, looks for a record, renders the document with its e-invoice, and looks for another document
    /// under its key.
    ///
    /// # Errors
    ///
    /// The failure that a worker would have. One that is not permanent says nothing of the request.
    pub async fn of(&self, request: &[u8], is_strict: bool) -> Result<Tried, Failure> {
        let limits = self.limits.strict_if(is_strict);
        let checked = check_apart(request, limits).await;
        let Checked { parsed, e_invoice } = checked.map_err(Failure::invalid)?;
        let invoice = parsed.invoice.map_err(Failure::invalid)?;
        let identity = parsed.identity.ok_or_else(Failure::unidentified)?;
        let digest = parsed.digest;
        let record = self.database.find(&identity).await;
        let record = record.map_err(Failure::database)?;
        let usual_key = ObjectKey::for_invoice(&identity);
        let was_left = is_left(record.as_ref(), &usual_key);
        if issued(record, digest)?.is_some() {
            return Ok(Tried::AlreadyGenerated);
        }
        let prepared = RenderJob::prepare(&self.templates.catalog, &invoice);
        let job = prepared.map_err(Failure::render)?;
        let pdf = self.templates.pool.render(&job).await;
        let pdf = embedded(pdf.map_err(Failure::render)?, &invoice, e_invoice.as_ref());
        let pdf = pdf.await.map_err(|error| Failure::embedding(&error))?;
        let mark = e_invoice
            .as_ref()
            .filter(|made| made.is_embedded())
            .map(|made| made.mark());
        let object_under = |key| {
            let (rendered_with, mark) = (&job.rendered_with, mark.as_ref());
            pdf_object(key, &pdf, digest, rendered_with, mark, &invoice)
        };
        let object = object_under(&usual_key);
        let mut stored = self.storage.try_new(object).await;
        if was_left && matches!(stored, Err(StorageError::Occupied)) {
            let key = ObjectKey::beside(&identity, digest);
            stored = self.storage.try_new(object_under(&key)).await;
        }
        stored.map_err(Failure::storage)?;
        Ok(Tried::WouldIssue { identity, digest })
    }
}
