//! Gives a row its e-invoice back, where that is an object of its own: made again, and stored only if its bytes are those that were
//! issued.

use einvoice::EInvoiceMark;
use invoice::{ObjectKey, Sha256Digest};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::Repair;
use super::judge;
use super::locks::subject;
use super::put_back::ERASED;
use super::task::{Audit, Repairs};
use crate::database::sales_invoice::Model;
use crate::e_invoices::xml_again;
use crate::storage::{Content, NewObject};

/// An e-invoice with the recorded bytes.
struct Again {
    key: ObjectKey,
    xml: Vec<u8>,
    mark: EInvoiceMark,
    request_digest: Sha256Digest,
}

impl Audit<'_> {
    pub(super) async fn put_xml_back(
        &self,
        repairs: &Repairs<'_>,
        record: &Model,
        answer: &Answer,
    ) -> Result<Repair, AuditError> {
        let again = match self.xml_of(record).await {
            Ok(again) => again,
            Err(why) => return Ok(Repair::Impossible(why)),
        };
        if repairs.dry_run {
            let action = "made again with the recorded SHA-256; it would be stored";
            return Ok(Repair::Possible(action.to_owned()));
        }
        let object = NewObject {
            key: &again.key,
            bytes: &again.xml,
            sha256: again.mark.sha256,
            request_digest: again.request_digest,
            content: Content::Xml(&again.mark),
            subject: subject(record),
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
                "the e-invoice was made again, but it cannot be stored: {error}"
            )));
        }
        let now = self.calls().examine(&again.key).await?;
        Ok(match judge::xml_fault(record, &now) {
            None => Repair::Done {
                action: "made again, and stored".to_owned(),
                after: judge::state(&now),
            },
            Some((_, detail)) => Repair::Impossible(format!(
                "the e-invoice was stored again, but was not found so afterwards: {detail}"
            )),
        })
    }

    /// The e-invoice of a row with the recorded bytes, or why there is none.
    async fn xml_of(&self, record: &Model) -> Result<Again, String> {
        let no_proof = || "the row has no SHA-256 that could prove an e-invoice".to_owned();
        let mark = record.e_invoice().ok_or_else(no_proof)?;
        let key = record.xml_object_key.as_deref().ok_or_else(no_proof)?;
        let request_digest = record.request_digest.parse();
        let request_digest = request_digest.map_err(|_| no_proof())?;
        let xml = xml_again(self.storage, record).await.map_err(|error| {
            format!(
                "neither the stored request nor the stored document gives an e-invoice with the recorded SHA-256 here ({})",
                error.code()
            )
        })?;
        Ok(Again {
            key: ObjectKey::recorded(key),
            xml,
            mark,
            request_digest,
        })
    }
}
