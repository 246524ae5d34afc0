//! Looks at open dead letters: the request of one may be generated all the same.

use invoice::InvoiceIdentity;

use super::error::AuditError;
use super::finding::{Finding, FindingCode, Repair};
use super::passes::Looked;
use super::position::Position;
use super::requests::digest_of_letter;
use super::task::{Audit, Repairs};
use crate::database::dead_letters::{Frozen, Selection, Summary};
use crate::database::{DeadLetterStatus, Status};

/// The reason that a discarded dead letter is given.
const REASON: &str = "found by an audit: the document of this very request is generated";

impl Audit<'_> {
    /// An open dead letter. That of a conflict is as it should be: its request is another one than that of the row.
    pub(super) async fn letter(&self, summary: Summary) -> Result<Looked, AuditError> {
        let id = summary.id;
        let mut looked = Looked::at(Position::DeadLetter(id));
        looked.totals.dead_letters = 1;
        let invoice = summary.invoice();
        let [
            Some(platform),
            Some(shop_id),
            Some(order_id),
            Some(package_id),
            Some(sequence_number),
        ] = invoice.parts()
        else {
            return Ok(looked);
        };
        let parts = [platform, shop_id, order_id, package_id, sequence_number];
        let Ok(identity) = InvoiceIdentity::from_parts(parts) else {
            return Ok(looked);
        };
        let calls = self.calls();
        let record = match calls.record_of(&identity).await? {
            Some(record) if record.status == Status::Generated => record,
            Some(_) | None => return Ok(looked),
        };
        if !self.scope.contains(record.generated_at) {
            return Ok(looked);
        }
        // As it is now: it may have been replayed since the page was read.
        let letter = match calls.dead_letter(id).await? {
            Some(letter) if letter.status == DeadLetterStatus::Open => letter,
            Some(_) | None => return Ok(looked),
        };
        if digest_of_letter(&letter).as_ref() != Some(&record.request_digest) {
            return Ok(looked);
        }
        // A replay marks its dead letters after it has published them.
        if self.is_in_work(record.generated_at) {
            looked.totals.in_work += 1;
            return Ok(looked);
        }
        let repair = match &self.repairs {
            None => Repair::NotRequested,
            Some(repairs) => self.close(repairs, id).await?,
        };
        looked.findings.push(Finding {
            code: FindingCode::GeneratedAndOpen,
            object_key: record.object_key,
            invoice,
            dead_letter: Some(id),
            detail: format!(
                "the document of this request is generated, and dead letter {id} ({}) is open",
                letter.code
            ),
            before: format!("dead letter {id} open"),
            repair,
        });
        Ok(looked)
    }

    async fn close(&self, repairs: &Repairs<'_>, id: i64) -> Result<Repair, AuditError> {
        if repairs.dry_run {
            let action = format!("dead letter {id} would be discarded");
            return Ok(Repair::Possible(action));
        }
        let frozen = Frozen {
            selection: Selection {
                ids: vec![id],
                status: Some(DeadLetterStatus::Open),
                ..Selection::default()
            },
            count: 1,
        };
        let discarded = self
            .database
            .discard(&frozen, REASON, repairs.by.actor)
            .await;
        if let Err(error) = discarded {
            return Ok(Repair::Impossible(format!(
                "dead letter {id} cannot be discarded: {error}"
            )));
        }
        let status = self.calls().dead_letter(id).await?.map(|row| row.status);
        Ok(match status {
            Some(DeadLetterStatus::Open) | None => Repair::Impossible(format!(
                "dead letter {id} was changed meanwhile, or a replay is publishing it"
            )),
            Some(status @ (DeadLetterStatus::Discarded | DeadLetterStatus::Replayed)) => {
                Repair::Done {
                    action: format!("dead letter {id} discarded"),
                    after: format!("dead letter {id} {}", status.as_str()),
                }
            }
        })
    }
}
