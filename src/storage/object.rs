//! What is stored: documents and their e-invoices, and what the metadata of an object says of its upload.

use std::collections::HashMap;

use document::RenderedWith;
use einvoice::EInvoiceMark;
use invoice::model::DocumentType;
use invoice::{Invoice, ObjectKey, Sha256Digest};
use serde_json::json;
use time::Date;

/// Name of the metadata with the digest of the request (`x-amz-meta-request-digest`).
const REQUEST_DIGEST: &str = "request-digest";

/// Name of the metadata with the digest of the object, by which a damaged one is recognised.
const SHA256: &str = "sha256";

/// Name of the metadata with the number of pages.
const PAGES: &str = "pages";

/// Name of the metadata with what the document was rendered with, as JSON.
const RENDERED_WITH: &str = "set-with";

/// Name of the metadata with the e-invoice that is in the object, as JSON.
const E_INVOICE: &str = "e-invoice";

/// A document or an e-invoice to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewObject<'a> {
    /// Where.
    pub key: &'a ObjectKey,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Their digest.
    pub sha256: Sha256Digest,
    /// Digest of the request that it was made from.
    pub request_digest: Sha256Digest,
    /// What it is.
    pub content: Content<'a>,
    /// Which invoice it is about; none where that cannot be known any more. It has no name and is not locked then.
    pub subject: Option<Subject<'a>>,
}

/// What of an invoice decides how its objects are stored.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Document type.
    pub document_type: DocumentType,
    /// Issue date.
    pub issue_date: Date,
    /// Number.
    pub number: &'a str,
}

impl<'a> From<&'a Invoice> for Subject<'a> {
    fn from(invoice: &'a Invoice) -> Self {
        Self {
            document_type: invoice.document_type,
            issue_date: invoice.issue_date,
            number: &invoice.number,
        }
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A document.
    Pdf {
        /// Number of pages.
        pages: usize,
        /// What it was rendered with.
        rendered_with: &'a RenderedWith,
        /// The e-invoice in it.
        e_invoice: Option<&'a EInvoiceMark>,
    },
    /// An e-invoice.
    Xml(&'a EInvoiceMark),
}

/// An object that is in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Its URL, which is recorded. It is private: [`presign`](super::Storage::presign) creates one that opens.
    pub url: String,
    /// Digest of the stored bytes.
    pub sha256: Sha256Digest,
    /// Number of stored bytes.
    pub size_bytes: usize,
    /// What its metadata says.
    pub uploaded: Uploaded,
}

/// What the metadata of an object says. Another program's object says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Digest of the request that it was made from.
    pub request_digest: Option<String>,
    /// Digest of the object.
    pub sha256: Option<String>,
    /// Number of pages of a document.
    pub pages: Option<usize>,
    /// What a document was rendered with.
    pub rendered_with: Option<RenderedWith>,
    /// The e-invoice that it is, or has in it.
    pub e_invoice: Option<EInvoiceMark>,
}

impl Content<'_> {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Pdf { .. } => "application/pdf",
            Self::Xml(_) => "application/xml",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Pdf { .. } => "pdf",
            Self::Xml(_) => "xml",
        }
    }
}

impl NewObject<'_> {
    /// The object once it is in the bucket.
    pub(super) fn stored(self, url: String) -> StoredObject {
        let (pages, rendered_with, e_invoice) = match self.content {
            Content::Pdf {
                pages,
                rendered_with,
                e_invoice,
            } => (Some(pages), Some(rendered_with.clone()), e_invoice),
            Content::Xml(mark) => (None, None, Some(mark)),
        };
        StoredObject {
            url,
            sha256: self.sha256,
            size_bytes: self.bytes.len(),
            uploaded: Uploaded {
                request_digest: Some(self.request_digest.to_string()),
                sha256: Some(self.sha256.to_string()),
                pages,
                rendered_with,
                e_invoice: e_invoice.cloned(),
            },
        }
    }

    /// The object where another attempt has stored the same bytes. What it was rendered with is said by that one.
    pub(super) fn found(self, uploaded: Uploaded, url: String) -> StoredObject {
        let own = self.stored(url);
        StoredObject {
            uploaded: Uploaded {
                pages: uploaded.pages.or(own.uploaded.pages),
                rendered_with: uploaded.rendered_with,
                ..own.uploaded
            },
            ..own
        }
    }

    pub(super) fn metadata(self) -> HashMap<String, String> {
        let mut metadata = HashMap::new();
        let mut add = |name: &str, value: String| metadata.insert(name.to_owned(), value);
        add(REQUEST_DIGEST, self.request_digest.to_string());
        add(SHA256, self.sha256.to_string());
        match self.content {
            Content::Pdf {
                pages,
                rendered_with,
                e_invoice,
            } => {
                add(PAGES, pages.to_string());
                add(RENDERED_WITH, json!(rendered_with).to_string());
                if let Some(mark) = e_invoice {
                    add(E_INVOICE, json!(mark).to_string());
                }
            }
            Content::Xml(mark) => {
                add(E_INVOICE, json!(mark).to_string());
            }
        }
        metadata
    }
}

impl Uploaded {
    pub(super) fn read(metadata: Option<&HashMap<String, String>>) -> Self {
        let value = |name: &str| metadata?.get(name);
        Self {
            request_digest: value(REQUEST_DIGEST).cloned(),
            sha256: value(SHA256).cloned(),
            pages: value(PAGES).and_then(|pages| pages.parse().ok()),
            rendered_with: value(RENDERED_WITH).and_then(|json| serde_json::from_str(json).ok()),
            e_invoice: value(E_INVOICE).and_then(|json| serde_json::from_str(json).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_back_as_it_was_written() {
        let identity = "tiktok/shop/order/package/1".parse().expect("valid");
        let key = ObjectKey::for_invoice(&identity);
        let mark = EInvoiceMark {
            profile: "xrechnung-3.0".into(),
            sha256: Sha256Digest::of(b"<xml/>"),
            rules_version: "1".into(),
        };
        let rendered_with = RenderedWith {
            template: "invoice".into(),
            version: "1".into(),
            digest: "d".into(),
            brand_digest: None,
        };
        let pdf = |e_invoice| Content::Pdf {
            pages: 3,
            rendered_with: &rendered_with,
            e_invoice,
        };
        for content in [pdf(None), pdf(Some(&mark)), Content::Xml(&mark)] {
            let object = NewObject {
                key: &key,
                bytes: b"bytes",
                sha256: Sha256Digest::of(b"bytes"),
                request_digest: Sha256Digest::of(b"{}"),
                content,
                subject: None,
            };
            let read = Uploaded::read(Some(&object.metadata()));
            assert_eq!(read, object.stored(String::new()).uploaded);
        }
    }
}
