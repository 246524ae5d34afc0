//! Gives a document that has no row its row back, where its request is known.

use invoice::{InvoiceIdentity, ObjectKey};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::Repair;
use super::requests::{Known, of_letter};
use super::task::{Audit, Repairs};
use super::xml_alone::FoundEInvoice;
use crate::database::dead_letters::Selection;
use crate::database::sales_invoice::Model;
use crate::database::{Generated, GeneratedEInvoice, Received, Status};
use crate::storage::FoundObject;

/// Dead letters that are in memory at once.
const PAGE: u64 = 100;

impl Audit<'_> {
    /// The object is not changed. It is adopted under the conditions of a worker that finds it when its request is delivered
    /// again: made from this very request, and with the bytes that were uploaded.
    pub(super) async fn adopt(
        &self,
        repairs: &Repairs<'_>,
        identity: &InvoiceIdentity,
        key: &ObjectKey,
        request_digest: &str,
        failed: Option<&Model>,
    ) -> Result<Repair, AuditError> {
        let impossible = |why: &str| Ok(Repair::Impossible(why.to_owned()));
        let Answer::Found(object) = self.calls().examine(key).await? else {
            return impossible("the object cannot be read any more");
        };
        if object.uploaded.request_digest.as_deref() != Some(request_digest) {
            return impossible("the object has changed meanwhile");
        }
        let sha256 = object.sha256.map(|sha256| sha256.to_string());
        if sha256.is_none() || object.uploaded.sha256 != sha256 {
            return impossible(
                "the bytes of the object are not those that were uploaded, by its own metadata",
            );
        }
        let usual = ObjectKey::for_invoice(identity);
        if key != &usual && !key.as_str().ends_with(&format!("/{request_digest}.pdf")) {
            return impossible("the key is that of another request");
        }
        let Some(known) = self
            .known_request(repairs, identity, request_digest, failed)
            .await?
        else {
            return impossible(
                "its request is neither in the records nor in the archive nor in a file of --requests; publish it again: a \
                 worker adopts the document",
            );
        };
        let e_invoice = match self.e_invoice_beside(key, &object, &known.invoice).await? {
            Ok(e_invoice) => e_invoice,
            Err(why) => return impossible(&why),
        };
        if repairs.dry_run {
            let action = format!(
                "it would be recorded with the request from {}",
                known.source
            );
            return Ok(Repair::Possible(action));
        }
        self.record(identity, key, &object, &known, e_invoice.as_ref())
            .await
    }

    async fn record(
        &self,
        identity: &InvoiceIdentity,
        key: &ObjectKey,
        object: &FoundObject,
        known: &Known,
        e_invoice: Option<&FoundEInvoice>,
    ) -> Result<Repair, AuditError> {
        let (Some(sha256), Some(pages)) = (object.sha256, object.uploaded.pages) else {
            let why = "the metadata of the object has no number of pages";
            return Ok(Repair::Impossible(why.to_owned()));
        };
        let received = Received {
            identity,
            request: &known.text,
            request_digest: known.digest,
            message_id: known.message_id.as_deref(),
            trace_id: None,
            attempt: 1,
            received_at: None,
            failed_attempts: None,
        };
        let generated = Generated {
            invoice: &known.invoice,
            rendered_with: object.uploaded.rendered_with.as_ref(),
            sha256,
            size_bytes: usize::try_from(object.size_bytes).unwrap_or(usize::MAX),
            pages,
            object_key: key.as_str(),
            url: &object.url,
            e_invoice: e_invoice.map(|FoundEInvoice { mark, object }| GeneratedEInvoice {
                mark,
                object: object.as_ref().map(|(key, url)| (key.as_str(), &**url)),
            }),
        };
        let recorded = self.database.record_generated(received, generated).await;
        if let Err(error) = recorded {
            return Ok(Repair::Impossible(format!(
                "it cannot be recorded: {error}"
            )));
        }
        let row = self.calls().record_of(identity).await?;
        let is_recorded = |row: &Model| {
            row.status == Status::Generated
                && row.object_key.as_deref() == Some(key.as_str())
                && row.sha256 == Some(sha256.to_string())
                && row.request_digest == known.digest.to_string()
        };
        Ok(match row.filter(is_recorded) {
            Some(row) => Repair::Done {
                action: format!("recorded with the request from {}", known.source),
                after: format!("row {}", row.id),
            },
            None => Repair::Impossible(
                "another document was recorded under this identity meanwhile".to_owned(),
            ),
        })
    }

    /// The valid request of this identity with this digest.
    async fn known_request(
        &self,
        repairs: &Repairs<'_>,
        identity: &InvoiceIdentity,
        digest: &str,
        failed: Option<&Model>,
    ) -> Result<Option<Known>, AuditError> {
        let is_it = |known: &Known| known.is(identity, digest);
        let of_row = failed.and_then(|row| {
            let request = row.request.as_bytes();
            Known::parse(request, row.message_id.clone(), "the failed row")
        });
        if let Some(known) = of_row.filter(is_it) {
            return Ok(Some(known));
        }
        if let Some(known) = self.archived_request(identity, &is_it).await? {
            return Ok(Some(known));
        }
        let given = repairs.requests.and_then(|files| files.find(digest));
        Ok(given.filter(is_it))
    }

    /// The request in the archive of dead letters, open or not.
    async fn archived_request(
        &self,
        identity: &InvoiceIdentity,
        is_it: &impl Fn(&Known) -> bool,
    ) -> Result<Option<Known>, AuditError> {
        let selection = Selection {
            platform: Some(identity.platform().to_owned()),
            shop_id: Some(identity.shop_id().to_owned()),
            order_id: Some(identity.order_id().to_owned()),
            ..Selection::default()
        };
        let calls = self.calls();
        let mut after = 0;
        loop {
            let page = calls.dead_letter_summaries(&selection, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            after = last.id;
            for summary in page {
                let parts = identity.parts().map(Some);
                if summary.invoice().parts() != parts {
                    continue;
                }
                // One at a time: they can be large.
                let letter = calls.dead_letter(summary.id).await?;
                let known = letter.as_ref().and_then(of_letter);
                if let Some(known) = known.filter(is_it) {
                    return Ok(Some(known));
                }
            }
        }
    }
}
