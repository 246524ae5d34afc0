//! Looks at e-invoices that are objects of their own and whose document has no row.

use einvoice::EInvoiceMark;
use invoice::{Invoice, InvoiceIdentity, ObjectKey};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::{FindingCode, Repair};
use super::lone::finding;
use super::passes::Looked;
use super::task::Audit;
use crate::database::Status;
use crate::storage::{FoundObject, ListedObject};

/// The e-invoice of a document that is given its row back.
pub(super) struct FoundEInvoice {
    pub(super) mark: EInvoiceMark,
    /// Key and URL, where it is an object of its own.
    pub(super) object: Option<(ObjectKey, String)>,
}

impl Audit<'_> {
    /// An object that was listed under the key of an e-invoice. It belongs to the document beside it: what is wrong with both is
    /// found with that.
    pub(super) async fn lone_xml(
        &self,
        listed: &ListedObject,
        document: &ObjectKey,
        identity: &InvoiceIdentity,
        looked: &mut Looked,
    ) -> Result<(), AuditError> {
        let calls = self.calls();
        let records = calls.records_of_key(document.as_str()).await?;
        if let Some(record) = records.first() {
            let is_its = record.xml_object_key.as_deref() == Some(&listed.key);
            // That of a document that was never issued, or of an attempt with another setting of STORE_XML.
            looked.totals.left += u64::from(!is_its);
            return Ok(());
        }
        if calls.look(document).await?.found().is_some() {
            return Ok(());
        }
        let record = calls.record_of(identity).await?;
        if record.is_some_and(|record| record.status == Status::Generated) {
            looked.totals.left += 1;
            return Ok(());
        }
        let answer = calls.look(&ObjectKey::recorded(&listed.key)).await?;
        let Answer::Found(object) = &answer else {
            return Ok(());
        };
        if self.is_in_work(object.last_modified) {
            looked.totals.in_work += 1;
            return Ok(());
        }
        let repair = match self.repairs {
            None => Repair::NotRequested,
            Some(_) => Repair::Impossible(
                "its document is gone; publish the request again: a worker adopts the e-invoice"
                    .to_owned(),
            ),
        };
        let detail = "the e-invoice has neither a document nor a row".to_owned();
        looked.findings.push(finding(
            FindingCode::ObjectOrphaned,
            listed,
            Some(identity),
            detail,
            object,
            repair,
        ));
        Ok(())
    }

    /// The e-invoice of a document that has no row, or why the two are no whole.
    pub(super) async fn e_invoice_beside(
        &self,
        key: &ObjectKey,
        document: &FoundObject,
        invoice: &Invoice,
    ) -> Result<Result<Option<FoundEInvoice>, String>, AuditError> {
        let embedded = document.uploaded.e_invoice.clone();
        let Some(profile) = invoice.e_invoice else {
            return Ok(Ok(None));
        };
        if profile.is_embedded() && embedded.is_none() {
            let why = "the document lacks the e-invoice that its request asks for; publish the request again";
            return Ok(Err(why.to_owned()));
        }
        let key = key.xml();
        let answer = self.calls().examine(&key).await?;
        let found = match answer {
            Answer::Found(found) => found,
            Answer::NotFound => {
                let mark = embedded.map(|mark| FoundEInvoice { mark, object: None });
                let why =
                    "the e-invoice of the document is not in the bucket; publish the request again";
                return Ok(mark.map(Some).ok_or_else(|| why.to_owned()));
            }
            Answer::Fails(error) => {
                return Ok(Err(format!(
                    "the e-invoice of the document cannot be read: {error}"
                )));
            }
        };
        let mark = embedded.or(found.uploaded.e_invoice);
        let Some(mark) = mark.filter(|mark| Some(mark.sha256) == found.sha256) else {
            let why = format!("the object {key} is not the e-invoice of the document");
            return Ok(Err(why));
        };
        Ok(Ok(Some(FoundEInvoice {
            mark,
            object: Some((key, found.url)),
        })))
    }
}
