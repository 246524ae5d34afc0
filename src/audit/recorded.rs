//! The record of a repair among what people changed: who replaced documents or made records, when and why.

use super::error::AuditError;
use super::finding::Totals;
use super::task::Audit;
use crate::database::ChangeAction;
use crate::database::changes::NewChange;

/// What the record says of an audit that repairs.
pub(super) struct Recorded {
    /// Its number; none where nothing is repaired.
    change: Option<i64>,
    repaired: u64,
}

impl Recorded {
    /// Records that repairs begin, before the first one is made.
    pub(super) async fn begin(audit: &Audit<'_>) -> Result<Self, AuditError> {
        let repairs = audit.repairs.as_ref();
        let mut change = None;
        if let Some(repairs) = repairs.filter(|repairs| !repairs.dry_run) {
            let new = NewChange {
                by: repairs.by,
                action: ChangeAction::AuditRepair,
                target: audit.scope.target(),
                counts: &[],
            };
            change = Some(audit.database.record_change(new).await?.id);
        }
        Ok(Self {
            change,
            repaired: 0,
        })
    }

    /// Counts what is repaired so far, where that is more than before: an audit may be stopped at any time.
    pub(super) async fn count(
        &mut self,
        audit: &Audit<'_>,
        totals: &Totals,
    ) -> Result<(), AuditError> {
        let repaired = totals.repaired();
        let Some(change) = self.change.filter(|_| repaired > self.repaired) else {
            return Ok(());
        };
        let counts = totals.findings.iter();
        let counts = counts.filter(|(_, count)| count.repaired > 0);
        let counts: Vec<(&str, u64)> = counts
            .map(|(code, count)| (code.as_str(), count.repaired))
            .collect();
        audit.database.count_change(change, &counts).await?;
        self.repaired = repaired;
        Ok(())
    }
}
