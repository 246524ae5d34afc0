//! How far a selection reaches, and looking for a text: that is in no index, and no statement may take long, so each looks
//! through part of the archive only.

use std::borrow::Cow;

use sea_orm::{
    ColumnTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use time::OffsetDateTime;

use super::selection::{Frozen, Page, Selection};
use crate::database::dead_letter::Column;
use crate::database::{Database, DatabaseError};

/// Dead letters that one statement looks through for a text.
const WINDOW: u64 = 1_000;

/// Dead letters with a text that are counted together.
const COUNTED: u64 = 1_000;

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

impl Page {
    /// The page that begins behind this id.
    pub(super) fn behind(self, id: i64) -> Self {
        match self {
            Self::After(_) => Self::After(id),
            Self::Below(_) => Self::Below(id),
        }
    }
}

impl Database {
    /// Bounds a selection by the dead letters of now: by the highest id, and by the last failure, since an old dead letter
    /// that is replayed and fails again keeps its id.
    pub async fn freeze(&self, selection: &Selection) -> Result<Frozen, DatabaseError> {
        let extent = if selection.text.is_some() {
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
        let mut after = 0;
        loop {
            let page = self.searched(selection, Page::After(after), COUNTED);
            let page = page.await?;
            let Some(last) = page.last else {
                return Ok(extent);
            };
            after = last;
            extent = extent.and(self.extent(&page.selection).await?);
        }
    }

    /// Looks for the text of a selection, if it has one.
    pub(super) async fn searched<'a>(
        &self,
        selection: &'a Selection,
        page: Page,
        limit: u64,
    ) -> Result<Searched<'a>, DatabaseError> {
        if selection.text.is_none() {
            return Ok(Searched {
                selection: Cow::Borrowed(selection),
                last: None,
            });
        }
        let ids = self.found(selection, page, limit).await?;
        // No numbers would mean all.
        let max_id = if ids.is_empty() {
            Some(0)
        } else {
            selection.max_id
        };
        Ok(Searched {
            last: ids.last().copied(),
            selection: Cow::Owned(Selection {
                ids,
                text: None,
                max_id,
                ..selection.clone()
            }),
        })
    }

    /// The ids of the next page of a selection by text.
    pub(super) async fn found(
        &self,
        selection: &Selection,
        page: Page,
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        let others = Selection {
            text: None,
            ..selection.clone()
        };
        let mut found = Vec::new();
        let mut page = page;
        loop {
            let left = limit.saturating_sub(found.len() as u64);
            if left == 0 {
                return Ok(found);
            }
            let window = self.ids(&others, page, None, WINDOW).await?;
            let Some(last) = window.last().copied() else {
                return Ok(found);
            };
            found.extend(self.ids(selection, page, Some(last), left).await?);
            page = page.behind(last);
        }
    }

    /// The id at this place of a selection by text.
    pub(super) async fn found_at(
        &self,
        selection: &Selection,
        place: u64,
    ) -> Result<Option<i64>, DatabaseError> {
        let (mut after, mut place) = (0, place);
        loop {
            let page = self.found(selection, Page::After(after), COUNTED).await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            after = *last;
            let count = page.len() as u64;
            if place < count {
                let skipped = usize::try_from(place).unwrap_or(usize::MAX);
                return Ok(page.get(skipped).copied());
            }
            place -= count;
        }
    }

    /// The ids of a page, up to this one.
    async fn ids(
        &self,
        selection: &Selection,
        page: Page,
        last: Option<i64>,
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        let mut ids = self.selected(selection).select_only().column(Column::Id);
        ids = match page {
            Page::After(id) => ids.filter(Column::Id.gt(id)).order_by_asc(Column::Id),
            Page::Below(id) => ids.filter(Column::Id.lt(id)).order_by_desc(Column::Id),
        };
        ids = match (page, last) {
            (_, None) => ids,
            (Page::After(_), Some(last)) => ids.filter(Column::Id.lte(last)),
            (Page::Below(_), Some(last)) => ids.filter(Column::Id.gte(last)),
        };
        let ids = ids.limit(limit).into_tuple::<i64>();
        self.in_time(async |connection| ids.all(&connection).await)
            .await
    }
}
