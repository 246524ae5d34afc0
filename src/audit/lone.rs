//! Looks at objects that no row has.

use invoice::{ClaimedIdentity, InvoiceIdentity, ObjectKey};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::{Finding, FindingCode, Repair};
use super::judge;
use super::keys;
use super::passes::Looked;
use super::task::Audit;
use crate::database::Status;
use crate::storage::{FoundObject, ListedObject};

impl Audit<'_> {
    /// An object that was listed and whose key no row had.
    pub(super) async fn lone_object(
        &self,
        listed: &ListedObject,
        looked: &mut Looked,
    ) -> Result<(), AuditError> {
        let calls = self.calls();
        if !self.scope.contains(listed.last_modified) {
            return Ok(());
        }
        // A worker may have written the row since the rows were read.
        if !calls.records_of_key(&listed.key).await?.is_empty() {
            return Ok(());
        }
        if let Some((document, identity)) = keys::document_of(&listed.key) {
            return self.lone_xml(listed, &document, &identity, looked).await;
        }
        let Some(identity) = keys::owner(&listed.key) else {
            let detail = "no invoice has this key, expected \
                          invoices/PLATFORM/SHOP/ORDER/PACKAGE/SEQUENCE.pdf";
            return self.unknown(listed, None, detail, looked).await;
        };
        let record = calls.record_of(&identity).await?;
        if let Some(record) = &record
            && record.status == Status::Generated
        {
            let has_proper_key = keys::fits(
                record.object_key.as_deref(),
                Some(&identity),
                &record.request_digest,
            );
            // Another document was issued. This one is that of a request that was refused after its upload, or had lost a
            // race. What is wrong with a row is reported with the row.
            looked.totals.left += u64::from(has_proper_key);
            return Ok(());
        }
        let key = ObjectKey::recorded(&listed.key);
        let answer = calls.look(&key).await?;
        let Answer::Found(object) = &answer else {
            return Ok(());
        };
        if self.is_in_work(object.last_modified) {
            looked.totals.in_work += 1;
            return Ok(());
        }
        let Some(request_digest) = &object.uploaded.request_digest else {
            let detail = "the object has no metadata of this program and no row, expected the digest of its request";
            return self.unknown(listed, Some(&identity), detail, looked).await;
        };
        let detail = format!(
            "the document has no row; its metadata says that it was made from the request {request_digest}"
        );
        let repair = match &self.repairs {
            None => Repair::NotRequested,
            Some(repairs) => {
                self.adopt(repairs, &identity, &key, request_digest, record.as_ref())
                    .await?
            }
        };
        let code = FindingCode::ObjectOrphaned;
        let finding = finding(code, listed, Some(&identity), detail, object, repair);
        looked.findings.push(finding);
        Ok(())
    }

    async fn unknown(
        &self,
        listed: &ListedObject,
        identity: Option<&InvoiceIdentity>,
        detail: &str,
        looked: &mut Looked,
    ) -> Result<(), AuditError> {
        let answer = self.calls().look(&ObjectKey::recorded(&listed.key)).await?;
        let Answer::Found(object) = &answer else {
            return Ok(());
        };
        if self.is_in_work(object.last_modified) {
            looked.totals.in_work += 1;
            return Ok(());
        }
        let repair = match self.repairs {
            None => Repair::NotRequested,
            Some(_) => Repair::Impossible("nothing proves what it is".to_owned()),
        };
        let code = FindingCode::ObjectUnknown;
        let finding = finding(code, listed, identity, detail.to_owned(), object, repair);
        looked.findings.push(finding);
        Ok(())
    }
}

pub(super) fn finding(
    code: FindingCode,
    listed: &ListedObject,
    identity: Option<&InvoiceIdentity>,
    detail: String,
    object: &FoundObject,
    repair: Repair,
) -> Finding {
    let invoice = identity.map(|identity| identity.parts().map(|part| Some(part.to_owned())));
    Finding {
        code,
        object_key: Some(listed.key.clone()),
        invoice: ClaimedIdentity::from_parts(invoice.unwrap_or_default()),
        dead_letter: None,
        detail,
        before: judge::describe(object),
        repair,
    }
}
