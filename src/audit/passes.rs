//! What an audit looks at, in the order of its positions.

use std::collections::VecDeque;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::calls::Calls;
use super::error::AuditError;
use super::finding::{Finding, Totals};
use super::merge::{Merge, Pair};
use super::position::Position;
use super::scope::Scope;
use super::task::Audit;
use crate::database::DeadLetterStatus;
use crate::database::audited::AuditedRow;
use crate::database::dead_letters::{Selection, Summary};

/// Rows and dead letters of a page.
const PAGE: u64 = 500;

/// What is looked at by itself.
pub(super) enum Item {
    Pair(Pair),
    Row(AuditedRow),
    Letter(Summary),
}

/// All of one pass.
pub(super) enum Items<'a> {
    /// Rows and objects, by key.
    Pairs(Box<Merge<'a>>),
    /// Generated rows without a key, by id.
    Rows {
        calls: Calls<'a>,
        after: Uuid,
        page: VecDeque<AuditedRow>,
    },
    /// Open dead letters, by number.
    Letters {
        calls: Calls<'a>,
        selection: Box<Selection>,
        after: i64,
        page: VecDeque<Summary>,
    },
}

impl<'a> Items<'a> {
    pub(super) fn rows(calls: Calls<'a>, after: Uuid) -> Self {
        Self::Rows {
            calls,
            after,
            page: VecDeque::new(),
        }
    }

    pub(super) fn letters(calls: Calls<'a>, scope: &Scope, after: i64) -> Self {
        let selection = Selection {
            platform: scope.platform.clone(),
            shop_id: scope.shop_id.clone(),
            status: Some(DeadLetterStatus::Open),
            ..Selection::default()
        };
        Self::Letters {
            calls,
            selection: Box::new(selection),
            after,
            page: VecDeque::new(),
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Item>, AuditError> {
        match self {
            Self::Pairs(merge) => Ok(merge.next().await?.map(Item::Pair)),
            Self::Rows { calls, after, page } => {
                if page.is_empty() {
                    page.extend(calls.generated_without_key(*after, PAGE).await?);
                }
                let row = page.pop_front();
                *after = row.as_ref().map_or(*after, |row| row.id);
                Ok(row.map(Item::Row))
            }
            Self::Letters {
                calls,
                selection,
                after,
                page,
            } => {
                if page.is_empty() {
                    page.extend(calls.dead_letter_summaries(selection, *after, PAGE).await?);
                }
                let letter = page.pop_front();
                *after = letter.as_ref().map_or(*after, |letter| letter.id);
                Ok(letter.map(Item::Letter))
            }
        }
    }
}

/// What a look at an item has shown.
pub(super) struct Looked {
    pub(super) position: Position,
    pub(super) totals: Totals,
    pub(super) findings: Vec<Finding>,
}

impl Looked {
    pub(super) fn at(position: Position) -> Self {
        Self {
            position,
            totals: Totals::default(),
            findings: Vec::new(),
        }
    }
}

impl Audit<'_> {
    /// As a trait object: the types of the futures, nested in each other, are more than the compiler follows.
    pub(super) fn look_at(
        &self,
        item: Result<Item, AuditError>,
    ) -> BoxFuture<'_, Result<Looked, AuditError>> {
        async move {
            match item? {
                Item::Pair(pair) => self.pair(pair).await,
                Item::Row(row) => self.row_without_key(row).await,
                Item::Letter(letter) => self.letter(letter).await,
            }
        }
        .boxed()
    }
}
