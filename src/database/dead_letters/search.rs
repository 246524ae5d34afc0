//! How far a selection reaches, and what is known of a selection whose text was looked for.

use std::borrow::Cow;

use sea_orm::{ColumnTrait as _, FromQueryResult, QuerySelect as _};
use time::OffsetDateTime;

use super::selection::{Frozen, Page, Selection};
use super::walk::Walk;
use crate::database::dead_letter::Column;
use crate::database::reach::Reach;
use crate::database::{Database, DatabaseError};

/// Dead letters with a text that are counted together. Each statement of a frequent text reads all that the index has of it, so that
/// few of them are better.
const COUNTED: u64 = 8_000;

#[derive(Default, FromQueryResult)]
struct Extent {
    count: i64,
    max_id: Option<i64>,
    last_failed_at: Option<OffsetDateTime>,
}

impl Extent {
    /// The extent of both.
    fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            max_id: self.max_id.max(other.max_id),
            last_failed_at: self.last_failed_at.max(other.last_failed_at),
        }
    }
}

/// A selection whose text was looked for.
pub(super) struct Searched<'a> {
    /// With the numbers of the next page in the place of the text; one without a text as it is.
    pub(super) selection: Cow<'a, Selection>,
    /// The last of these numbers. The search goes on behind it where all of them have changed before they were read.
    pub(super) last: Option<i64>,
}

impl Selection {
    /// The same with these numbers in the place of the text.
    pub(super) fn with_found(&self, ids: Vec<i64>) -> Self {
        // No numbers would mean all.
        let max_id = if ids.is_empty() { Some(0) } else { self.max_id };
        Self {
            ids,
            text: None,
            max_id,
            ..self.clone()
        }
    }
}

impl Database {
    /// Bounds a selection by the dead letters of now: by the highest id, and by the last failure, since an old dead letter
    /// that is replayed and fails again keeps its id.
    pub async fn freeze(&self, selection: &Selection) -> Result<Frozen, DatabaseError> {
        let extent = if selection.looked_for().is_some() {
            self.searched_extent(selection).await?
        } else {
            self.extent(selection).await?
        };
        let mut frozen = Frozen {
            selection: selection.clone(),
            count: 0,
        };
        // Without a row nothing is selected, now or later.
        frozen.selection.max_id = Some(0);
        if let (Some(max_id), Some(last_failed_at)) = (extent.max_id, extent.last_failed_at) {
            frozen.selection.max_id = Some(max_id);
            frozen.selection.until = Some(last_failed_at);
            frozen.count = extent.count.try_into().unwrap_or(0);
        }
        Ok(frozen)
    }

    async fn extent(&self, selection: &Selection) -> Result<Extent, DatabaseError> {
        let extent = self
            .selected(selection)
            .select_only()
            .column_as(Column::Id.count(), "count")
            .column_as(Column::Id.max(), "max_id")
            .column_as(Column::LastFailedAt.max(), "last_failed_at")
            .into_model::<Extent>();
        let extent = self.in_time(async |connection| extent.one(&connection).await);
        Ok(extent.await?.unwrap_or_default())
    }

    /// The same of a selection by text.
    async fn searched_extent(&self, selection: &Selection) -> Result<Extent, DatabaseError> {
        let mut extent = Extent::default();
        let (mut walk, mut reach) = (Walk::new(selection, Page::After(0)), Reach::new(None));
        loop {
            let ids = self.walk(&mut walk, COUNTED, &mut reach).await?;
            if ids.is_empty() {
                return Ok(extent);
            }
            let found = selection.with_found(ids);
            extent = extent.and(self.extent(&found).await?);
        }
    }

    /// Looks for the text of a selection, if it has one.
    pub(super) async fn searched<'a>(
        &self,
        selection: &'a Selection,
        page: Page,
        limit: u64,
    ) -> Result<Searched<'a>, DatabaseError> {
        if selection.looked_for().is_none() {
            return Ok(Searched {
                selection: Cow::Borrowed(selection),
                last: None,
            });
        }
        let ids = self.found(selection, page, limit).await?;
        Ok(Searched {
            last: ids.last().copied(),
            selection: Cow::Owned(selection.with_found(ids)),
        })
    }

    /// The ids of the next page of a selection by text.
    pub(super) async fn found(
        &self,
        selection: &Selection,
        page: Page,
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        let mut walk = Walk::new(selection, page);
        self.walk(&mut walk, limit, &mut Reach::new(None)).await
    }

    /// The id at this place of a selection by text.
    pub(super) async fn found_at(
        &self,
        selection: &Selection,
        place: u64,
    ) -> Result<Option<i64>, DatabaseError> {
        let (mut walk, mut reach) = (Walk::new(selection, Page::After(0)), Reach::new(None));
        let mut place = place;
        loop {
            let page = self.walk(&mut walk, COUNTED, &mut reach).await?;
            let count = page.len() as u64;
            if place < count {
                let skipped = usize::try_from(place).unwrap_or(usize::MAX);
                return Ok(page.get(skipped).copied());
            }
            if page.is_empty() {
                return Ok(None);
            }
            place -= count;
        }
    }
}
