//! Goes through everything once.

use std::io;
use std::pin::pin;

use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::error::AuditError;
use super::finding::{Finding, Totals};
use super::merge::Merge;
use super::pace::Pace;
use super::passes::{Item, Items, Looked};
use super::position::Position;
use super::recorded::Recorded;
use super::task::{Audit, Audited};

/// Rows and objects that are looked at together.
const TOGETHER: usize = 16;

impl Audit<'_> {
    /// Looks at everything of the scope behind `after`. `report` is called with each finding, and `progress` after each row
    /// or object, in an order that does not change: an audit that goes on where another one has ended finds what one audit of
    /// everything would have found.
    pub async fn run(
        &self,
        after: Position,
        mut report: impl FnMut(&Finding) -> io::Result<()>,
        mut progress: impl FnMut(&Audited),
    ) -> (Audited, Result<(), AuditError>) {
        let mut audited = Audited {
            totals: Totals::default(),
            position: after,
            complete: false,
        };
        let pace = Pace::new(self.rate, self.limit);
        let mut recorded = match Recorded::begin(self).await {
            Ok(recorded) => recorded,
            Err(error) => return (audited, Err(error)),
        };
        let result = loop {
            let items = self.items(&audited.position);
            // On the heap: the types of the futures, nested in each other, are more than the compiler follows.
            let pass = self.pass(
                items,
                &pace,
                &mut audited,
                &mut recorded,
                &mut report,
                &mut progress,
            );
            let passed = Box::pin(pass).await;
            if passed.is_err() || pace.has_stopped() {
                break passed;
            }
            // One pass after the other: a document that the first one adopts can close a dead letter of the last one.
            audited.position = match audited.position {
                Position::Key(_) => Position::Row(Uuid::nil()),
                Position::Row(_) => Position::DeadLetter(0),
                Position::DeadLetter(_) => {
                    audited.complete = true;
                    break Ok(());
                }
            };
        };
        (audited, result)
    }

    fn items(&self, after: &Position) -> Items<'_> {
        match after {
            Position::Key(key) => {
                Items::Pairs(Box::new(Merge::new(self.calls(), &self.scope, key)))
            }
            Position::Row(id) => Items::rows(self.calls(), *id),
            Position::DeadLetter(id) => Items::letters(self.calls(), &self.scope, *id),
        }
    }

    async fn pass(
        &self,
        items: Items<'_>,
        pace: &Pace,
        audited: &mut Audited,
        recorded: &mut Recorded,
        report: &mut impl FnMut(&Finding) -> io::Result<()>,
        progress: &mut impl FnMut(&Audited),
    ) -> Result<(), AuditError> {
        let items = stream::try_unfold(items, |mut items| async move {
            if !pace.next(self.shutdown).await {
                return Ok(None);
            }
            let next: Option<Item> = items.next().await?;
            Ok::<_, AuditError>(next.map(|item| (item, items)))
        });
        let looking = items.map(|item| self.look_at(item));
        let mut looked = pin!(looking.buffered(TOGETHER));
        while let Some(looked) = looked.next().await {
            let Looked {
                position,
                totals,
                findings,
            } = looked?;
            audited.totals.add(&totals);
            for finding in &findings {
                audited.totals.count(finding);
                report(finding)?;
            }
            recorded.count(self, &audited.totals).await?;
            audited.position = position;
            progress(audited);
        }
        Ok(())
    }
}
