//! Looks at generated rows and at the objects under their keys.

use invoice::{ClaimedIdentity, ObjectKey};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::{Finding, Repair, Subject};
use super::judge::{self, Fault};
use super::merge::Pair;
use super::passes::Looked;
use super::position::Position;
use super::task::Audit;
use crate::database::Status;
use crate::database::audited::AuditedRow;
use crate::database::sales_invoice::Model;
use crate::storage::ListedObject;

/// A row and its object as they are now, and what is wrong with them.
struct Seen {
    record: Model,
    answer: Answer,
    /// Its e-invoice, where that is an object of its own.
    xml: Option<Answer>,
    faults: Vec<Fault>,
}

impl Audit<'_> {
    /// Everything that has one key.
    pub(super) async fn pair(&self, pair: Pair) -> Result<Looked, AuditError> {
        let mut looked = Looked::at(Position::Key(pair.key));
        looked.totals.objects = u64::from(pair.object.is_some());
        for row in &pair.rows {
            match row.status {
                Status::Generated if self.scope.contains(row.generated_at) => {
                    looked.totals.rows += 1;
                    let findings = self.row(row, pair.object.as_ref()).await?;
                    looked.findings.extend(findings);
                }
                Status::Generated => {}
                // The key of a failed row is that of a document that was never issued.
                Status::Failed => looked.totals.left += looked.totals.objects,
            }
        }
        if let (Some(object), true) = (&pair.object, pair.rows.is_empty()) {
            self.lone_object(object, &mut looked).await?;
        }
        Ok(looked)
    }

    /// A generated row without a key.
    pub(super) async fn row_without_key(&self, row: AuditedRow) -> Result<Looked, AuditError> {
        let mut looked = Looked::at(Position::Row(row.id));
        if self.scope.includes(&row.platform, &row.shop_id) && self.scope.contains(row.generated_at)
        {
            looked.totals.rows = 1;
            looked.findings = self.row(&row, None).await?;
        }
        Ok(looked)
    }

    async fn row(
        &self,
        row: &AuditedRow,
        listed: Option<&ListedObject>,
    ) -> Result<Vec<Finding>, AuditError> {
        if self.quick && judge::agrees_with_listing(row, listed) {
            return Ok(Vec::new());
        }
        let first = match self.see(row).await? {
            Some(first) if !first.faults.is_empty() => first,
            Some(_) | None => return Ok(Vec::new()),
        };
        // Once more: row and object may have been read at two moments between which something was restored or repaired.
        let Some(second) = self.see(row).await? else {
            return Ok(Vec::new());
        };
        let mut findings = Vec::new();
        for fault in second.faults.clone() {
            if first.faults.iter().any(|(code, _)| *code == fault.0) {
                findings.push(self.finding(&second, fault).await?);
            }
        }
        Ok(findings)
    }

    /// A row and its object, read now; none where the row is gone.
    async fn see(&self, row: &AuditedRow) -> Result<Option<Seen>, AuditError> {
        let record = match self.calls().record(row.id).await? {
            Some(record) if record.status == Status::Generated => record,
            Some(_) | None => return Ok(None),
        };
        let key = record.object_key.as_deref().map(ObjectKey::recorded);
        let answer = match &key {
            None => Answer::NotFound,
            Some(key) => self.object(key).await?,
        };
        let key = record.xml_object_key.as_deref().map(ObjectKey::recorded);
        let xml = match &key {
            None => None,
            Some(key) => Some(self.object(key).await?),
        };
        let mut faults = judge::faults(&record, &answer, xml.as_ref(), !self.quick);
        if faults.is_empty() && !self.quick {
            faults = self.lock_faults(&record, &answer, xml.as_ref()).await?;
        }
        Ok(Some(Seen {
            record,
            answer,
            xml,
            faults,
        }))
    }

    async fn object(&self, key: &ObjectKey) -> Result<Answer, AuditError> {
        if self.quick {
            self.calls().look(key).await
        } else {
            self.calls().examine(key).await
        }
    }

    async fn finding(&self, seen: &Seen, (code, detail): Fault) -> Result<Finding, AuditError> {
        let record = &seen.record;
        let missing = Answer::NotFound;
        let xml = seen.xml.as_ref().unwrap_or(&missing);
        let impossible = |why: &str| Repair::Impossible(why.to_owned());
        let repair = match (&self.repairs, code.subject()) {
            (None, _) => Repair::NotRequested,
            (Some(repairs), Subject::Document) => {
                self.put_back(repairs, record, &seen.answer).await?
            }
            (Some(repairs), Subject::Xml) => self.put_xml_back(repairs, record, xml).await?,
            (Some(repairs), Subject::Lock) => {
                let key = record.object_key.as_deref();
                self.lock_again(repairs, record, key).await?
            }
            (Some(repairs), Subject::LockOfXml) => {
                let key = record.xml_object_key.as_deref();
                self.lock_again(repairs, record, key).await?
            }
            (Some(_), Subject::Row) => impossible("nothing proves which column is right"),
            (Some(_), Subject::UnreadableDocument | Subject::UnreadableXml | Subject::Other) => {
                impossible("the object cannot be read")
            }
        };
        let (before, key) = match code.subject() {
            Subject::Row => (format!("row {}", record.id), &record.object_key),
            Subject::Xml | Subject::UnreadableXml | Subject::LockOfXml => {
                (judge::state(xml), &record.xml_object_key)
            }
            Subject::Document | Subject::UnreadableDocument | Subject::Lock | Subject::Other => {
                (judge::state(&seen.answer), &record.object_key)
            }
        };
        Ok(Finding {
            code,
            object_key: key.clone(),
            invoice: claimed(record),
            dead_letter: None,
            detail,
            before,
            repair,
        })
    }
}

/// The identity of a row as it is, whether it is valid or not.
fn claimed(record: &Model) -> ClaimedIdentity {
    ClaimedIdentity::from_parts(
        [
            &record.platform,
            &record.shop_id,
            &record.order_id,
            &record.package_id,
            &record.sequence_number,
        ]
        .map(|part| Some(part.clone())),
    )
}
