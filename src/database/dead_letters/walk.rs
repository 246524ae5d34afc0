//! Looking for the dead letters of a selection in the order of their ids, part of the archive at a time.
//!
//! PostgreSQL has an index of words, and SQLite has none. The index has all rows with a word, in no order: where they are few, it is
//! asked once. A word of very many rows is mostly in the first rows that are read, too. In between, as for a word that only old
//! letters have, the index is asked for a range of ids after the other, which it takes from another index.
//!
//! PostgreSQL collects all rows of a frequent word before it sees that its time is over. So a word that many of the first rows have is
//! taken as frequent without asking the index.

use std::time::Instant;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::selection::{Page, Selection};
use crate::database::dead_letter::{Column, Entity};
use crate::database::reach::{BY_INDEX, FIRST, Reach};
use crate::database::{Database, DatabaseError, words};

/// As many of the first rows with a text say that it is frequent: one of twenty.
const FREQUENT: u64 = FIRST / 20;

/// A walk through the rows of a selection.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    selection: &'a Selection,
    /// What follows: ids after or below this one.
    page: Page,
    /// The lowest and the highest id; none before they were asked for.
    ends: Option<(i64, i64)>,
    index: Index,
    is_over: bool,
}

/// What the index of words has said.
#[derive(Debug)]
enum Index {
    NotAsked,
    /// The selection with all rows that have the text.
    Few(Box<Selection>),
    /// There are many, or there is no such index.
    Many,
}

impl<'a> Walk<'a> {
    pub(super) fn new(selection: &'a Selection, page: Page) -> Self {
        Self {
            selection,
            page,
            ends: None,
            index: Index::NotAsked,
            is_over: false,
        }
    }

    /// The id that the walk has come to, unless it has come to the end.
    pub(super) fn place(&self) -> Option<i64> {
        let (Page::After(id) | Page::Below(id)) = self.page;
        (!self.is_over).then_some(id)
    }

    /// Takes what a statement has found, of at most `limit` rows up to the id `last`.
    fn step(&mut self, ids: &[i64], limit: u64, last: Option<i64>) {
        match (ids.last().copied(), last) {
            // The rest of the range comes later.
            (Some(id), _) if ids.len() as u64 >= limit => self.page = self.page.behind(id),
            (_, Some(last)) => self.page = self.page.behind(last),
            (_, None) => self.is_over = true,
        }
    }
}

impl Page {
    /// The page that begins behind this id.
    pub(super) fn behind(self, id: i64) -> Self {
        match self {
            Self::After(_) => Self::After(id),
            Self::Below(_) => Self::Below(id),
        }
    }

    /// The last id of the next `rows`, where they are not the last ones.
    fn last(self, rows: u64, (lowest, highest): (i64, i64)) -> Option<i64> {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        match self {
            Self::After(id) => {
                let last = id.max(lowest.saturating_sub(1)).saturating_add(rows);
                (last < highest).then_some(last)
            }
            Self::Below(id) => {
                let last = id.min(highest.saturating_add(1)).saturating_sub(rows);
                (last > lowest).then_some(last)
            }
        }
    }
}

impl Database {
    /// The next ids of a walk, `limit` at most. Fewer are found where the walk is over, or the reach.
    pub(super) async fn walk(
        &self,
        walk: &mut Walk<'_>,
        limit: u64,
        reach: &mut Reach,
    ) -> Result<Vec<i64>, DatabaseError> {
        let mut found = Vec::new();
        let ends = match walk.ends {
            Some(ends) => ends,
            None => *walk.ends.insert(self.ends(walk.selection).await?),
        };
        loop {
            let left = limit.saturating_sub(found.len() as u64);
            if left == 0 || walk.is_over {
                return Ok(found);
            }
            if let Index::Few(rest) = &walk.index {
                let all = self.selected(rest);
                let ids = self.ids(all, walk.page, None, left).await?;
                walk.step(&ids, left, None);
                found.extend(ids);
                return Ok(found);
            }
            let first = walk.page;
            let last = first.last(reach.rows(), ends);
            let begin = Instant::now();
            let ids = match walk.index {
                Index::Many => {
                    self.ids_by_index(walk.selection, walk.page, last, left)
                        .await?
                }
                Index::NotAsked | Index::Few(_) => {
                    let all = self.selected(walk.selection);
                    self.ids(all, walk.page, last, left).await?
                }
            };
            reach.has_taken(begin.elapsed());
            walk.step(&ids, left, last);
            found.extend(ids);
            if found.len() as u64 >= limit || walk.is_over {
                return Ok(found);
            }
            // A frequent word fills the page with the first rows, and for a rare one the index has them all.
            if matches!(walk.index, Index::NotAsked) {
                let is_frequent = self.is_frequent(walk.selection, first, last).await?;
                walk.index = if is_frequent {
                    reach.of_frequent();
                    Index::Many
                } else {
                    self.ask_index(walk.selection, reach).await?
                };
            }
            if matches!(walk.index, Index::Many) && reach.is_over() {
                return Ok(found);
            }
        }
    }

    /// The lowest and the highest id that a selection may have.
    async fn ends(&self, selection: &Selection) -> Result<(i64, i64), DatabaseError> {
        let ends = Entity::find()
            .select_only()
            .column_as(Column::Id.min(), "lowest")
            .column_as(Column::Id.max(), "highest")
            .into_tuple::<(Option<i64>, Option<i64>)>();
        let ends = self.in_time(async |connection| ends.one(&connection).await);
        let (lowest, highest) = ends.await?.unwrap_or_default();
        let highest = highest.unwrap_or(0);
        let highest = selection.max_id.map_or(highest, |max| max.min(highest));
        Ok((lowest.unwrap_or(0), highest))
    }

    /// Whether many rows of this range have the text of a selection, whatever else it asks for.
    async fn is_frequent(
        &self,
        selection: &Selection,
        page: Page,
        last: Option<i64>,
    ) -> Result<bool, DatabaseError> {
        let backend = self.connection().get_database_backend();
        let (Some(text), DbBackend::Postgres) = (&selection.text, backend) else {
            return Ok(false);
        };
        let all = self.selected(&Selection {
            text: Some(text.clone()),
            ..Selection::default()
        });
        let found = self.ids(all, page, last, FREQUENT).await?;
        Ok(found.len() as u64 >= FREQUENT)
    }

    /// Asks the index of words for all rows with the text, where there are few.
    async fn ask_index(
        &self,
        selection: &Selection,
        reach: &mut Reach,
    ) -> Result<Index, DatabaseError> {
        let backend = self.connection().get_database_backend();
        let (Some(text), DbBackend::Postgres) = (&selection.text, backend) else {
            return Ok(Index::Many);
        };
        let ids = Entity::find().select_only().column(Column::Id);
        let query = ids.filter(words::contain("words", text, backend));
        let Some(mut ids) = self.few(vec![query], reach.of_index()).await? else {
            reach.of_frequent();
            return Ok(Index::Many);
        };
        if !selection.ids.is_empty() {
            ids.retain(|id| selection.ids.contains(id));
        }
        Ok(Index::Few(Box::new(selection.with_found(ids))))
    }

    /// The ids of a page of these rows, up to this one.
    async fn ids(
        &self,
        all: Select<Entity>,
        page: Page,
        last: Option<i64>,
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        let ids = ids(all, page, last, limit).into_tuple::<i64>();
        self.in_time(async |connection| ids.all(&connection).await)
            .await
    }

    /// The same of a selection, from indexes.
    async fn ids_by_index(
        &self,
        selection: &Selection,
        page: Page,
        last: Option<i64>,
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        let backend = self.connection().get_database_backend();
        if backend != DbBackend::Postgres {
            return self.ids(self.selected(selection), page, last, limit).await;
        }
        let others = Selection {
            text: None,
            ..selection.clone()
        };
        let text = selection.text.as_deref();
        let text = text.map(|text| words::contain("words", text, backend));
        let all = self
            .selected(&others)
            .filter(text.unwrap_or_else(|| Expr::cust("TRUE")));
        let ids = ids(all, page, last, limit).into_tuple::<i64>();
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            transaction.execute_unprepared(BY_INDEX).await?;
            let ids = ids.all(&transaction).await?;
            transaction.commit().await?;
            Ok(ids)
        })
        .await
    }

    /// When the dead letter of this id came into the archive, or the next one after it.
    pub(super) async fn archived_at(
        &self,
        id: i64,
    ) -> Result<Option<OffsetDateTime>, DatabaseError> {
        let next = Entity::find()
            .select_only()
            .column(Column::CreatedAt)
            .filter(Column::Id.gte(id))
            .order_by_asc(Column::Id)
            .limit(1)
            .into_tuple::<OffsetDateTime>();
        self.in_time(async |connection| next.one(&connection).await)
            .await
    }
}

fn ids(all: Select<Entity>, page: Page, last: Option<i64>, limit: u64) -> Select<Entity> {
    let mut ids = all.select_only().column(Column::Id);
    ids = match page {
        Page::After(id) => ids.filter(Column::Id.gt(id)).order_by_asc(Column::Id),
        Page::Below(id) => ids.filter(Column::Id.lt(id)).order_by_desc(Column::Id),
    };
    ids = match (page, last) {
        (_, None) => ids,
        (Page::After(_), Some(last)) => ids.filter(Column::Id.lte(last)),
        (Page::Below(_), Some(last)) => ids.filter(Column::Id.gte(last)),
    };
    ids.limit(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_ids_ends_with_those_that_there_are() {
        for (page, rows, ends, last) in [
            (Page::Below(i64::MAX), 10, (1, 100), Some(91)),
            (Page::Below(91), 10, (1, 100), Some(81)),
            (Page::Below(12), 10, (1, 100), Some(2)),
            (Page::Below(11), 10, (1, 100), None),
            (Page::Below(5), 10, (1, 100), None),
            (Page::After(0), 10, (1, 100), Some(10)),
            (Page::After(0), 10, (501, 600), Some(510)),
            (Page::After(89), 10, (1, 100), Some(99)),
            (Page::After(90), 10, (1, 100), None),
            (Page::After(0), 10, (0, 0), None),
        ] {
            assert_eq!(page.last(rows, ends), last, "{page:?}");
        }
    }

    #[test]
    fn a_walk_goes_on_behind_what_it_has_given() {
        let selection = Selection::default();
        let mut walk = Walk::new(&selection, Page::Below(100));
        walk.step(&[97, 95], 2, Some(90));
        assert_eq!(walk.place(), Some(95));
        walk.step(&[93], 2, Some(90));
        assert_eq!(walk.place(), Some(90));
        walk.step(&[], 2, None);
        assert_eq!(walk.place(), None);
    }
}
