//! Gives a row its document back: rendered again from the stored request, and stored only if its bytes are those that were
//! issued.

use document::{Pdf, RenderedWith};
use einvoice::{EInvoice, EInvoiceMark};
use invoice::{Invoice, ObjectKey, Sha256Digest};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::Repair;
use super::judge;
use super::task::{Audit, Repairs};
use crate::database::sales_invoice::Model;
use crate::e_invoices::made_again;
use crate::storage::{Content, NewObject, Subject};
use crate::template_archive::ArchiveError;

/// Why a document that was made again is not stored.
pub(super) const ERASED: &str = "its personal data were erased meanwhile";

/// A document with the recorded bytes.
struct Again {
    key: ObjectKey,
    pdf: Pdf,
    sha256: Sha256Digest,
    rendered_with: RenderedWith,
    request_digest: Sha256Digest,
    invoice: Invoice,
    /// The e-invoice in it.
    e_invoice: Option<EInvoiceMark>,
}

impl Audit<'_> {
    pub(super) async fn put_back(
        &self,
        repairs: &Repairs<'_>,
        record: &Model,
        answer: &Answer,
    ) -> Result<Repair, AuditError> {
        let again = match again(repairs, record).await {
            Ok(again) => again,
            Err(why) => return Ok(Repair::Impossible(why)),
        };
        if repairs.dry_run {
            let action = "rendered again with the recorded SHA-256; it would be stored";
            return Ok(Repair::Possible(action.to_owned()));
        }
        let object = NewObject {
            key: &again.key,
            bytes: &again.pdf.bytes,
            sha256: again.sha256,
            request_digest: again.request_digest,
            content: Content::Pdf {
                pages: again.pdf.pages,
                rendered_with: &again.rendered_with,
                e_invoice: again.e_invoice.as_ref(),
            },
            subject: Some(Subject::from(&again.invoice)),
        };
        if self.was_erased(record).await? {
            return Ok(Repair::Impossible(ERASED.to_owned()));
        }
        let stored = match answer.found() {
            None => self.storage.put_new(object).await,
            Some(damaged) => self.storage.replace_damaged(object, damaged).await,
        };
        if let Err(error) = stored {
            return Ok(Repair::Impossible(format!(
                "the document was rendered again, but it cannot be stored: {error}"
            )));
        }
        let now = self.calls().examine(&again.key).await?;
        Ok(match judge::object_fault(record, &now) {
            None => Repair::Done {
                action: "rendered again from the stored request, and stored".to_owned(),
                after: judge::state(&now),
            },
            Some((_, detail)) => Repair::Impossible(format!(
                "the document was stored again, but was not found so afterwards: {detail}"
            )),
        })
    }
}

impl Audit<'_> {
    /// Whether a record was erased since it was read, or its documents were: rendering takes a while.
    pub(super) async fn was_erased(&self, before: &Model) -> Result<bool, AuditError> {
        let now = self.calls().record(before.id).await?;
        Ok(now.is_none_or(|now| {
            now.documents_erased_at.is_some() || (now.is_erased() && !before.is_erased())
        }))
    }
}

/// The document of a row with the recorded bytes, or why there is none.
async fn again(repairs: &Repairs<'_>, record: &Model) -> Result<Again, String> {
    let (Some(key), Some(recorded)) = (&record.object_key, &record.sha256) else {
        return Err("the row has no SHA-256 that could prove a document".to_owned());
    };
    let again = made_again(record).map_err(|why| format!("the record {why}"))?;
    if again.request_digest.to_string() != record.request_digest {
        return Err("the stored request is not the one that was issued".to_owned());
    }
    let rendered_with = record
        .rendered_with()
        .ok_or_else(|| "the row does not say what the document was rendered with".to_owned())?;
    let sha256 = recorded
        .parse()
        .map_err(|_| "the row has no SHA-256 that could prove a document".to_owned())?;
    let rendered = repairs.templates.render(&again, &rendered_with, sha256);
    let pdf = rendered.await.map_err(why_not)?;
    let e_invoice = record.e_invoice();
    Ok(Again {
        key: ObjectKey::recorded(key),
        pdf,
        sha256,
        rendered_with,
        request_digest: again.request_digest,
        e_invoice: e_invoice
            .filter(|_| again.e_invoice.as_ref().is_some_and(EInvoice::is_embedded)),
        invoice: again.invoice,
    })
}

/// What a renderer says may quote the request: of that there is only the code.
fn why_not(error: ArchiveError) -> String {
    match error {
        ArchiveError::Render(error) => {
            let code = error.code();
            format!(
                "the stored request cannot be rendered again ({})",
                code.as_str()
            )
        }
        other @ (ArchiveError::Record(_)
        | ArchiveError::Missing { .. }
        | ArchiveError::FileMissing { .. }
        | ArchiveError::Unusable { .. }
        | ArchiveError::Storage { .. }
        | ArchiveError::Embed(_)
        | ArchiveError::OtherBytes { .. }) => format!("{:#}", anyhow::Error::from(other)),
    }
}
