//! Pages of lists whose newest rows come first.

use sea_orm::{
    ColumnTrait as _, EntityTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use time::OffsetDateTime;

use super::{Database, DatabaseError};

/// A page of a list, the newest first. Rows that are added meanwhile are on none of the further pages, and shift none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T, C = i64> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor of the next page: the id of the last row; none if this is the last page.
    pub next: Option<C>,
    /// Where the call has ended before the page was full: when the rows were added that it has looked at last. The next page goes on
    /// there, and one without rows need not be the last.
    pub searched_to: Option<OffsetDateTime>,
}

impl Database {
    /// A page of at most `limit` of these rows, the newest first, from the cursor of the page before.
    pub(super) async fn newest<E: EntityTrait>(
        &self,
        rows: Select<E>,
        key: E::Column,
        id: impl Fn(&E::Model) -> i64,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<E::Model>, DatabaseError> {
        let mut page = rows.order_by_desc(key);
        if let Some(id) = cursor {
            page = page.filter(key.lt(id));
        }
        let page = page.limit(limit.saturating_add(1));
        let rows = self.in_time(async |connection| page.all(&connection).await);
        Ok(Listed::of(rows.await?, limit, id))
    }
}

impl<T, C> Default for Listed<T, C> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            next: None,
            searched_to: None,
        }
    }
}

impl<T, C> Listed<T, C> {
    /// From one row more than a page has, if there are so many.
    pub(super) fn of(mut items: Vec<T>, limit: u64, id: impl Fn(&T) -> C) -> Self {
        let has_next = items.len() as u64 > limit;
        if has_next {
            items.pop();
        }
        let next = items.last().map(id).filter(|_| has_next);
        Self {
            items,
            next,
            searched_to: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_is_the_last_one_unless_there_is_a_row_more() {
        for (rows, limit, items, next) in [
            (&[3, 2, 1][..], 2, &[3, 2][..], Some(2)),
            (&[3, 2], 2, &[3, 2], None),
            (&[], 2, &[], None),
        ] {
            let page = Listed::of(rows.to_vec(), limit, |id| *id);
            assert_eq!((page.items.as_slice(), page.next), (items, next));
        }
    }
}
