//! Lists of dead letters without their messages.

use std::collections::HashMap;
use std::time::Duration;

use invoice::InvoiceIdentity;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select, TransactionTrait as _,
};

use super::selection::{Page, Selection, Summary};
use super::walk::Walk;
use crate::database::dead_letter::{Column, Entity};
use crate::database::reach::{Reach, limit_time};
use crate::database::{Database, DatabaseError, Listed, dead_letter_edit};

impl Database {
    /// A page of summaries.
    pub async fn dead_letter_summaries(
        &self,
        selection: &Selection,
        page: Page,
        limit: u64,
    ) -> Result<Vec<Summary>, DatabaseError> {
        let mut page = page;
        loop {
            let searched = self.searched(selection, page, limit).await?;
            let rows = self
                .summaries(&searched.selection, page, limit, None)
                .await?;
            match searched.last {
                // All of them have left the selection before they were read.
                Some(last) if rows.is_empty() => page = page.behind(last),
                Some(_) | None => return Ok(rows),
            }
        }
    }

    /// The first dead letters of an invoice, the oldest first, without those that had its identity until an edit.
    pub async fn dead_letters_of(
        &self,
        identity: &InvoiceIdentity,
        limit: u64,
    ) -> Result<Vec<Summary>, DatabaseError> {
        let mut rows = Entity::find();
        for (column, part) in Column::IDENTITY.into_iter().zip(identity.parts()) {
            rows = rows.filter(column.eq(part));
        }
        let rows = summarised(rows)
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_model::<Summary>();
        self.in_time(async |connection| rows.all(&connection).await)
            .await
    }

    /// Summaries of a selection whose text was looked for.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::is_late`] where PostgreSQL has not found them in this time.
    async fn summaries(
        &self,
        selection: &Selection,
        page: Page,
        limit: u64,
        longest: Option<Duration>,
    ) -> Result<Vec<Summary>, DatabaseError> {
        let all = summarised(self.selected(selection));
        let ordered = match page {
            Page::After(id) => all.filter(Column::Id.gt(id)).order_by_asc(Column::Id),
            Page::Below(id) => all.filter(Column::Id.lt(id)).order_by_desc(Column::Id),
        };
        let rows = ordered.limit(limit).into_model::<Summary>();
        self.in_time(|connection| async move {
            if longest.is_none() {
                return rows.all(&connection).await;
            }
            let transaction = connection.begin().await?;
            limit_time(&transaction, longest).await?;
            let rows = rows.all(&transaction).await?;
            transaction.commit().await?;
            Ok(rows)
        })
        .await
    }

    /// A page of summaries, the newest first, from the cursor of the page before: a full one, or what is found in this time. The next
    /// page goes on from there.
    pub async fn listed_dead_letters(
        &self,
        selection: &Selection,
        cursor: Option<i64>,
        limit: u64,
        longest: Option<Duration>,
    ) -> Result<Listed<Summary>, DatabaseError> {
        let page = Page::Below(cursor.unwrap_or(i64::MAX));
        let mut listed = self.listed(selection, page, limit, longest).await?;
        // Audits read summaries as well, and need no right on this table.
        let edits = self.edits_of(listed.items.iter().map(|row| row.id)).await?;
        for row in &mut listed.items {
            row.edits = edits.get(&row.id).copied().unwrap_or_default();
        }
        Ok(listed)
    }

    async fn listed(
        &self,
        selection: &Selection,
        page: Page,
        limit: u64,
        longest: Option<Duration>,
    ) -> Result<Listed<Summary>, DatabaseError> {
        let more = limit.saturating_add(1);
        let mut reach = Reach::new(longest);
        if selection.looked_for().is_none() {
            // Most filters fill a page soon. For others the time ends, and part of the archive is read. What an index answers with
            // few rows is read whole: under load it may take longer, and no answer would be a wrong one.
            let is_postgres = self.connection().get_database_backend() == DbBackend::Postgres;
            let may_be_long = is_postgres && !selection.is_of_few();
            let longest = reach.of_list().filter(|_| may_be_long);
            match self.summaries(selection, page, more, longest).await {
                Err(error) if longest.is_some() && error.is_late() => {}
                rows => return Ok(Listed::of(rows?, limit, |row| row.id)),
            }
        }
        let mut walk = Walk::new(selection, page);
        let ids = self.walk(&mut walk, more, &mut reach).await?;
        let mut ids = Listed::of(ids, limit, |id| *id);
        if let (None, Some(place)) = (ids.next, walk.place()) {
            ids.next = Some(place);
            ids.searched_to = self.archived_at(place).await?;
        }
        // One of them may have left the selection, and others come after it.
        let found = selection.with_found(ids.items);
        Ok(Listed {
            items: self.summaries(&found, page, limit, None).await?,
            next: ids.next,
            searched_to: ids.searched_to,
        })
    }

    /// How many times the requests of these dead letters were edited, of those that were.
    pub(super) async fn edits_of(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, i64>, DatabaseError> {
        let counts = dead_letter_edit::Entity::find()
            .select_only()
            .column(dead_letter_edit::Column::DeadLetterId)
            .column_as(dead_letter_edit::Column::Id.count(), "count")
            .filter(dead_letter_edit::Column::DeadLetterId.is_in(ids))
            .group_by(dead_letter_edit::Column::DeadLetterId)
            .into_tuple::<(i64, i64)>();
        let counts = self.in_time(async |connection| counts.all(&connection).await);
        Ok(counts.await?.into_iter().collect())
    }
}

/// Rows with the columns of summaries.
fn summarised(rows: Select<Entity>) -> Select<Entity> {
    /// Lists show less of a detail.
    const BEGINNING: &str = r#"substr("dead_letter"."detail", 1, 500)"#;
    const NO_EDITS: &str = "CAST(0 AS bigint)";
    let columns = [
        Column::Id,
        Column::Status,
        Column::Code,
        Column::Stage,
        Column::Failures,
        Column::Attempts,
        Column::MessageId,
        Column::FirstFailedAt,
        Column::LastFailedAt,
        Column::ErasedAt,
    ];
    rows.select_only()
        .columns(columns)
        .columns(Column::IDENTITY)
        .column_as(Expr::cust(BEGINNING), "detail")
        .column_as(Expr::cust(NO_EDITS), "edits")
}
