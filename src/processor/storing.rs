//! Stores a document with its e-invoice, and records both.
//!
//! The document is stored first: the key of the e-invoice follows from that of its document, so there is no contest for it. The row
//! comes last. What a worker leaves behind that dies on the way is adopted by the next delivery, and no record lacks its e-invoice.

use std::borrow::Cow;

use document::faults::{self, Step};
use document::{Pdf, RenderedWith};
use einvoice::{EInvoiceMark, extracted};
use futures_util::future::BoxFuture;
use invoice::{Invoice, ObjectKey, Sha256Digest};
use tracing::{debug, info};

use super::failure::Failure;
use super::message::Message;
use super::request::Request;
use super::{Processor, issued};
use crate::database::sales_invoice::Model;
use crate::database::{Generated, GeneratedEInvoice, Status};
use crate::storage::{Content, NewObject, StorageError, StoredObject, Subject};

/// A document in the bucket.
pub(super) struct Stored {
    pub(super) object: StoredObject,
    pub(super) key: ObjectKey,
    pub(super) pages: usize,
    pub(super) e_invoice: Option<StoredEInvoice>,
}

/// Its e-invoice.
pub(super) struct StoredEInvoice {
    pub(super) mark: EInvoiceMark,
    /// Key and URL, where it is an object of its own.
    pub(super) object: Option<(ObjectKey, String)>,
}

impl Processor {
    /// Stores a document, and its e-invoice where that is an object of its own.
    pub(super) async fn store(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        pdf: &Pdf,
        rendered_with: &RenderedWith,
    ) -> Result<Stored, Failure> {
        let embedded = request.e_invoice.filter(|made| made.is_embedded());
        let mark = embedded.map(|made| made.mark());
        let usual_key = ObjectKey::for_invoice(request.identity);
        let object = pdf_object(
            &usual_key,
            pdf,
            request.digest,
            rendered_with,
            mark.as_ref(),
            invoice,
        );
        let stored = self.upload(message, object).await;
        let is_beside = match &stored {
            Err(StorageError::Occupied) => self.is_beside(message, request, &usual_key).await?,
            // A version that did not know the field has stored it without its e-invoice, and has not recorded it.
            Ok(found) => mark.is_some() && found.uploaded.e_invoice.is_none(),
            Err(_) => false,
        };
        let (key, stored) = if is_beside {
            let key = ObjectKey::beside(request.identity, request.digest);
            let object = NewObject {
                key: &key,
                ..object
            };
            let stored = self.upload(message, object).await;
            (key, stored)
        } else {
            (usual_key, stored)
        };
        let object = stored.map_err(Failure::storage)?;
        faults::at(Step::Stored, &request.identity.to_string());
        info!(
            event = "uploaded",
            url = object.url,
            size_bytes = object.size_bytes,
            "document uploaded"
        );
        let e_invoice = self
            .store_e_invoice(message, request, invoice, &key, &object)
            .await;
        let e_invoice = e_invoice.map_err(|failure| failure.after_upload(&key))?;
        faults::at(Step::Complete, &request.identity.to_string());
        Ok(Stored {
            pages: object.uploaded.pages.unwrap_or(pdf.pages),
            object,
            key,
            e_invoice,
        })
    }

    /// Stores the XML of a document that is in the bucket, where it is to be an object of its own.
    async fn store_e_invoice(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        key: &ObjectKey,
        document: &StoredObject,
    ) -> Result<Option<StoredEInvoice>, Failure> {
        let Some(made) = request.e_invoice else {
            return Ok(None);
        };
        if !made.is_embedded() {
            let mark = made.mark();
            let stored = self.upload_xml(message, request, invoice, key, &mark, &made.xml);
            let (object, found) = stored.await?;
            // Another version may have made other bytes of the same request.
            let mark = EInvoiceMark {
                sha256: found.sha256,
                ..found.uploaded.e_invoice.unwrap_or(mark)
            };
            let object = Some(object);
            return Ok(Some(StoredEInvoice { mark, object }));
        }
        // Of the stored document: an attempt of another version may have put another XML into it.
        let Some(mark) = document.uploaded.e_invoice.clone() else {
            return Err(Failure::storage(StorageError::Occupied));
        };
        let mut object = None;
        if self.store_xml {
            let xml = if mark.sha256 == made.sha256 {
                Cow::Borrowed(made.xml.as_slice())
            } else {
                Cow::Owned(self.xml_in(message, key, &mark).await?)
            };
            let stored = self.upload_xml(message, request, invoice, key, &mark, &xml);
            let (stored, found) = stored.await?;
            if found.sha256 != mark.sha256 {
                return Err(Failure::storage(StorageError::Damaged));
            }
            object = Some(stored);
        }
        Ok(Some(StoredEInvoice { mark, object }))
    }

    /// Key and URL of the XML beside the document under this key, and what is there.
    async fn upload_xml(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        document: &ObjectKey,
        mark: &EInvoiceMark,
        xml: &[u8],
    ) -> Result<((ObjectKey, String), StoredObject), Failure> {
        let key = document.xml();
        let object = NewObject {
            key: &key,
            bytes: xml,
            sha256: mark.sha256,
            request_digest: request.digest,
            content: Content::Xml(mark),
            subject: Some(Subject::from(invoice)),
        };
        let stored = self.upload(message, object).await;
        // The key follows from that of the document, which is this request's: what is here is of no other request.
        let stored = stored.map_err(|error| {
            if matches!(error, StorageError::Occupied) {
                StorageError::Damaged
            } else {
                error
            }
        });
        let stored = stored.map_err(Failure::storage)?;
        debug!(
            event = "e_invoice_uploaded",
            url = stored.url,
            size_bytes = stored.size_bytes,
            "e-invoice uploaded"
        );
        Ok(((key, stored.url.clone()), stored))
    }

    /// The XML in the document that is stored under this key.
    async fn xml_in(
        &self,
        message: &Message,
        key: &ObjectKey,
        mark: &EInvoiceMark,
    ) -> Result<Vec<u8>, Failure> {
        let reading = self.in_place(message, "download", || self.storage.get(key));
        let pdf = reading.await.map_err(Failure::storage)?;
        let xml = extracted(&pdf).filter(|xml| Sha256Digest::of(xml) == mark.sha256);
        xml.ok_or_else(|| Failure::storage(StorageError::Damaged))
    }

    /// As a trait object: the types of the futures of a request, nested in each other, are more than the compiler follows.
    fn upload<'a>(
        &'a self,
        message: &'a Message,
        object: NewObject<'a>,
    ) -> BoxFuture<'a, Result<StoredObject, StorageError>> {
        Box::pin(self.in_place(message, "upload", move || self.storage.put_new(object)))
    }

    /// Whether this request's document belongs beside that of another request under this key, which was dead-lettered after its
    /// upload. That was never issued, so it does not stand in the way. It is not deleted: its own request may be replayed as
    /// well, and whichever request is recorded first is the one that is issued.
    ///
    /// # Errors
    ///
    /// A conflict, where another request was issued since the look-up.
    async fn is_beside(
        &self,
        message: &Message,
        request: &Request<'_>,
        key: &ObjectKey,
    ) -> Result<bool, Failure> {
        let found = self
            .in_place(message, "look up", || self.database.find(request.identity))
            .await;
        let found = found.map_err(Failure::database)?;
        if is_left(found.as_ref(), key) {
            return Ok(true);
        }
        let issued = issued(found, request.digest)?;
        // Another delivery of this request was faster, and has stored it beside.
        Ok(issued.is_some_and(|record| record.object_key.as_deref() != Some(key.as_str())))
    }

    /// Records a stored document with its e-invoice.
    pub(super) async fn record(
        &self,
        message: &Message,
        request: &Request<'_>,
        invoice: &Invoice,
        stored: &Stored,
    ) -> Result<Model, Failure> {
        let received = request.received(message);
        let e_invoice = stored.e_invoice.as_ref();
        let generated = Generated {
            invoice,
            // That of the stored object: an earlier attempt may have rendered it with other templates.
            rendered_with: stored.object.uploaded.rendered_with.as_ref(),
            sha256: stored.object.sha256,
            size_bytes: stored.object.size_bytes,
            pages: stored.pages,
            object_key: stored.key.as_str(),
            url: &stored.object.url,
            e_invoice: e_invoice.map(|StoredEInvoice { mark, object }| GeneratedEInvoice {
                mark,
                object: object.as_ref().map(|(key, url)| (key.as_str(), &**url)),
            }),
        };
        let written = self
            .in_place(message, "record", || {
                self.database.record_generated(received, generated)
            })
            .await;
        let record = match written.map_err(Failure::database)? {
            Some(record) => record,
            // Another worker was faster; its record is the one.
            None => self
                .find(message, request)
                .await?
                .ok_or_else(Failure::record_lost)?,
        };
        faults::at(Step::Recorded, &request.identity.to_string());
        Ok(record)
    }
}

/// A document as an object.
pub(super) fn pdf_object<'a>(
    key: &'a ObjectKey,
    pdf: &'a Pdf,
    request_digest: Sha256Digest,
    rendered_with: &'a RenderedWith,
    e_invoice: Option<&'a EInvoiceMark>,
    invoice: &'a Invoice,
) -> NewObject<'a> {
    NewObject {
        key,
        bytes: &pdf.bytes,
        sha256: Sha256Digest::of(&pdf.bytes),
        request_digest,
        content: Content::Pdf {
            pages: pdf.pages,
            rendered_with,
            e_invoice,
        },
        subject: Some(Subject::from(invoice)),
    }
}

/// Whether the document under this key was left by a request that was dead-lettered after its upload, as its record says.
pub(super) fn is_left(record: Option<&Model>, key: &ObjectKey) -> bool {
    record.is_some_and(|record| {
        record.status == Status::Failed && record.object_key.as_deref() == Some(key.as_str())
    })
}
