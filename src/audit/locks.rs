//! Whether documents are locked as the settings say. Only for those who have set that.

use invoice::ObjectKey;
use invoice::model::DocumentType;
use serde_json::Value;

use super::calls::Answer;
use super::error::AuditError;
use super::finding::{FindingCode, Repair};
use super::judge::{self, Fault};
use super::task::{Audit, Repairs};
use crate::database::kept::ErasedRequest;
use crate::database::sales_invoice::Model;
use crate::moment;
use crate::storage::Subject;

impl Audit<'_> {
    /// What is wrong with the locks of a document and of its e-invoice. Of an object that is not the one that was recorded, this
    /// is not asked: it is stored again, and locked then.
    pub(super) async fn lock_faults(
        &self,
        record: &Model,
        answer: &Answer,
        xml: Option<&Answer>,
    ) -> Result<Vec<Fault>, AuditError> {
        let mut faults = Vec::new();
        let Some(subject) = subject(record).filter(|_| self.storage.locks()) else {
            return Ok(faults);
        };
        let objects = [
            (
                FindingCode::ObjectUnlocked,
                &record.object_key,
                answer.found(),
            ),
            (
                FindingCode::XmlUnlocked,
                &record.xml_object_key,
                xml.and_then(Answer::found),
            ),
        ];
        for (code, key, found) in objects {
            let (Some(key), Some(found)) = (key, found) else {
                continue;
            };
            let key = ObjectKey::recorded(key);
            let fault = self.calls().lock_fault(&key, found, subject).await?;
            faults.extend(fault.map(|detail| (code, detail)));
        }
        Ok(faults)
    }

    /// Locks an object of a row as the settings say.
    pub(super) async fn lock_again(
        &self,
        repairs: &Repairs<'_>,
        record: &Model,
        key: Option<&str>,
    ) -> Result<Repair, AuditError> {
        let (Some(subject), Some(key)) = (subject(record), key) else {
            return Ok(Repair::Impossible("the row is of no document".to_owned()));
        };
        if repairs.dry_run {
            return Ok(Repair::Possible("it would be locked".to_owned()));
        }
        let key = ObjectKey::recorded(key);
        if let Err(error) = self.storage.lock(&key, subject).await {
            let why = format!("the object cannot be locked: {error}");
            return Ok(Repair::Impossible(why));
        }
        let now = self.calls().look(&key).await?;
        let fault = match now.found() {
            Some(found) => self.calls().lock_fault(&key, found, subject).await?,
            None => Some("there is no object under the key".to_owned()),
        };
        Ok(match fault {
            None => Repair::Done {
                action: "locked".to_owned(),
                after: judge::state(&now),
            },
            Some(detail) => Repair::Impossible(format!(
                "the object was locked, but was not found so afterwards: {detail}"
            )),
        })
    }
}

/// What the record says of its invoice, also where this version would not accept its request any more.
pub(super) fn subject(record: &Model) -> Option<Subject<'_>> {
    let issue_date = if record.is_erased() {
        let erased = ErasedRequest::parse(&record.request)?;
        erased.invoice()?.issue_date.clone()
    } else {
        let request: Value = serde_json::from_str(&record.request).ok()?;
        request["issueDate"].as_str()?.to_owned()
    };
    Some(Subject {
        document_type: DocumentType::from_name(record.document_type.as_deref()?)?,
        issue_date: moment::day(&issue_date)?,
        number: record.number.as_deref()?,
    })
}
