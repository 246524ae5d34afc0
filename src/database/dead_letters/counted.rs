//! Dead letters by their cause, as triggers of PostgreSQL have counted them: no dead letter is read.

use sea_orm::{DbBackend, FromQueryResult, Statement};
use time::OffsetDateTime;

use super::selection::Selection;
use crate::database::dead_letter::DeadLetterStatus;
use crate::database::workers::OpenLetters;
use crate::database::{Database, DatabaseError};

/// Dead letters of one state, code, stage and cause.
#[derive(Clone, Debug, FromQueryResult)]
pub struct CountedGroup {
    /// Their state.
    pub status: DeadLetterStatus,
    /// Their code.
    pub code: String,
    /// Where they failed.
    pub stage: String,
    /// What their details have in common; none for all that are in none of the largest groups.
    pub cause: Option<String>,
    /// How many.
    pub count: i64,
    /// When the first of them failed the first time.
    pub first_failed_at: OffsetDateTime,
    /// When the last of them failed the last time.
    pub last_failed_at: OffsetDateTime,
    /// How many failed last in each of the given times.
    pub last_hour: i64,
    /// The same of the second one.
    pub last_day: i64,
    /// The same of the third one.
    pub last_week: i64,
}

/// Open dead letters of one code.
#[derive(FromQueryResult)]
struct CountedCode {
    code: String,
    count: i64,
    oldest: OffsetDateTime,
    newest: OffsetDateTime,
}

impl From<CountedCode> for OpenLetters {
    fn from(counted: CountedCode) -> Self {
        Self {
            code: counted.code,
            count: counted.count.try_into().unwrap_or(0),
            oldest: counted.oldest,
            newest: counted.newest,
        }
    }
}

impl Database {
    /// The largest groups of a selection, `most` at most, and the others by state, code and stage. None where the counts do not have the
    /// answer: where the selection has other filters than state, codes and stages, and on SQLite.
    pub async fn counted_groups(
        &self,
        selection: &Selection,
        since: [OffsetDateTime; 3],
        most: usize,
    ) -> Result<Option<Vec<CountedGroup>>, DatabaseError> {
        if !self.has_counts() || !is_counted(selection) {
            return Ok(None);
        }
        const GROUPS: &str = r#"
            WITH "ranked" AS (
                SELECT *, row_number() OVER (ORDER BY "count" DESC, "status", "code", "stage", "cause") <= $4 AS "is_large"
                FROM "dead_letter_group"
                WHERE "count" > 0 AND ($1 = '' OR "status" = $1)
                    AND ($2 = '[]' OR "code" IN (SELECT jsonb_array_elements_text(CAST($2 AS jsonb))))
                    AND ($3 = '[]' OR "stage" IN (SELECT jsonb_array_elements_text(CAST($3 AS jsonb))))),
            "recent" AS (
                SELECT "status", "code", "stage", "cause",
                    CAST(sum("count") FILTER (WHERE "hour" >= $5) AS bigint) AS "last_hour",
                    CAST(sum("count") FILTER (WHERE "hour" >= $6) AS bigint) AS "last_day",
                    CAST(sum("count") AS bigint) AS "last_week"
                FROM "dead_letter_hour" WHERE "hour" >= $7 GROUP BY 1, 2, 3, 4)
            SELECT "status", "code", "stage", CASE WHEN "is_large" THEN "cause" END AS "cause",
                CAST(sum("count") AS bigint) AS "count", min("first_failed_at") AS "first_failed_at",
                max("last_failed_at") AS "last_failed_at", CAST(coalesce(sum("last_hour"), 0) AS bigint) AS "last_hour",
                CAST(coalesce(sum("last_day"), 0) AS bigint) AS "last_day",
                CAST(coalesce(sum("last_week"), 0) AS bigint) AS "last_week"
            FROM "ranked" LEFT JOIN "recent" USING ("status", "code", "stage", "cause")
            GROUP BY 1, 2, 3, 4"#;
        let json = |texts: &[String]| serde_json::Value::from(texts.to_vec()).to_string();
        let status = selection.status.map_or("", DeadLetterStatus::as_str);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let [hour, day, week] = since;
        let values = [
            status.into(),
            json(&selection.codes).into(),
            json(&selection.stages).into(),
            most.into(),
            hour.into(),
            day.into(),
            week.into(),
        ];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, GROUPS, values);
        let groups = CountedGroup::find_by_statement(statement);
        self.in_time(async |connection| groups.all(&connection).await)
            .await
            .map(Some)
    }

    /// Open dead letters by their code, the most frequent first; none on SQLite.
    pub(crate) async fn counted_codes(&self) -> Result<Option<Vec<OpenLetters>>, DatabaseError> {
        if !self.has_counts() {
            return Ok(None);
        }
        const CODES: &str = r#"
            SELECT "code", "count", "oldest", "newest" FROM (
                SELECT "code", CAST(sum("count") AS bigint) AS "count"
                FROM "dead_letter_group" WHERE "count" > 0 AND "status" = 'open' GROUP BY "code") AS "codes",
            LATERAL (
                SELECT min("last_failed_at") AS "oldest", max("last_failed_at") AS "newest"
                FROM "dead_letter" WHERE "status" = 'open' AND "dead_letter"."code" = "codes"."code") AS "times"
            WHERE "oldest" IS NOT NULL ORDER BY "count" DESC, "code""#;
        let statement = Statement::from_string(DbBackend::Postgres, CODES);
        let codes = CountedCode::find_by_statement(statement);
        let codes = self.in_time(async |connection| codes.all(&connection).await);
        let codes = codes.await?.into_iter();
        Ok(Some(codes.map(OpenLetters::from).collect()))
    }

    fn has_counts(&self) -> bool {
        self.connection().get_database_backend() == DbBackend::Postgres
    }
}

/// Whether the counts have the answer.
fn is_counted(selection: &Selection) -> bool {
    *selection
        == Selection {
            status: selection.status,
            codes: selection.codes.clone(),
            stages: selection.stages.clone(),
            ..Selection::default()
        }
}
