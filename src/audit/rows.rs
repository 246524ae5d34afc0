//! Looks at generated rows and at the objects under their keys.

use invoice::{ClaimedIdentity, ObjectKey};

use super::calls::Answer;
use super::error::AuditError;
use super::finding::{Finding, Repair};
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
        let calls = self.calls();
        let record = match calls.record(row.id).await? {
            Some(record) if record.status == Status::Generated => record,
            Some(_) | None => return Ok(None),
        };
        let key = record.object_key.as_deref().map(ObjectKey::recorded);
        let answer = match &key {
            None => Answer::NotFound,
            Some(key) if self.quick => calls.look(key).await?,
            Some(key) => calls.examine(key).await?,
        };
        let faults = judge::faults(&record, &answer, !self.quick);
        Ok(Some(Seen {
            record,
            answer,
            faults,
        }))
    }

    async fn finding(&self, seen: &Seen, (code, detail): Fault) -> Result<Finding, AuditError> {
        let record = &seen.record;
        let repair = match &self.repairs {
            None => Repair::NotRequested,
            Some(repairs) if code.lacks_its_document() => {
                self.put_back(repairs, record, &seen.answer).await?
            }
            Some(_) if code.is_about_the_row() => {
                Repair::Impossible("nothing proves which column is right".to_owned())
            }
            Some(_) => Repair::Impossible("the object cannot be read".to_owned()),
        };
        let before = if code.is_about_the_row() {
            format!("row {}", record.id)
        } else {
            judge::state(&seen.answer)
        };
        Ok(Finding {
            code,
            object_key: record.object_key.clone(),
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
