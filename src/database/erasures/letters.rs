//! Dead letters, their edits, and what repairs have noted of them.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, QuerySelect as _, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::ErasureRun;
use crate::database::dead_letter::{Column, DeadLetterStatus, Entity};
use crate::database::dead_letters::is_unclaimed;
use crate::database::records::sortable;
use crate::database::{Database, DatabaseError, change, dead_letter_edit, repair_letter};

/// What is said in the place of what was erased.
const ERASED: &str = "erased";

/// An erased dead letter is the same as no message: one that is dead-lettered again has a row of its own, with its request.
const NO_MESSAGE: &str = r#"'erased-' || "id""#;

/// The reason of a discarded one is in a person's words, which may name somebody.
const DISCARD_REASON: &str =
    r#"CASE WHEN "status" = 'open' OR "discard_reason" IS NOT NULL THEN 'erased' END"#;

/// Causes that no dead letter has any more, or whose hour is not shown any more: they are the beginnings of details, and so may
/// have personal data.
const CAUSES: [&str; 2] = [
    r#"DELETE FROM "dead_letter_group" WHERE "count" <= 0"#,
    r#"DELETE FROM "dead_letter_hour" WHERE "count" <= 0 OR "hour" < now() - interval '8 days'"#,
];

/// What became of dead letters that were to be erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasedLetters {
    /// Those whose personal data are erased.
    pub erased: Vec<i64>,
    /// How many former and later requests of their edits went with them.
    pub edits: u64,
}

impl Database {
    /// Erases the personal data of these dead letters, except of open ones unless that is asked for: their requests were not
    /// processed yet. An open one is discarded then. Of those that a replay has claimed nothing is erased: it publishes them as
    /// it has read them.
    pub async fn erase_dead_letters(
        &self,
        ids: &[i64],
        with_open: bool,
        run: &mut ErasureRun<'_>,
    ) -> Result<ErasedLetters, DatabaseError> {
        let now = sortable(OffsetDateTime::now_utc());
        let mut counts = run.counts;
        let erasure = &*run;
        let committed = self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            // The only statement that locks dead letters: it changes counts, which others wait for from then on.
            let erased = erase(&transaction, ids, with_open, now).await?;
            if erased.is_empty() {
                return Ok(None);
            }
            let edits = erase_beside(&transaction, &erased).await?;
            counts.dead_letters += erased.len() as u64;
            let recorded = erasure.record(&transaction, counts).await?;
            if ErasureRun::is_held(recorded) {
                transaction.commit().await?;
            }
            Ok(Some((recorded, counts, ErasedLetters { erased, edits })))
        });
        let Some((recorded, counts, letters)) = committed.await? else {
            return Ok(ErasedLetters::default());
        };
        if run.committed(recorded, counts) {
            Ok(letters)
        } else {
            Ok(ErasedLetters::default())
        }
    }
}

async fn erase(
    transaction: &DatabaseTransaction,
    ids: &[i64],
    with_open: bool,
    now: OffsetDateTime,
) -> Result<Vec<i64>, DbErr> {
    let is_open = || Column::Status.eq(DeadLetterStatus::Open);
    let mut update = Entity::update_many()
        .col_expr(Column::Payload, Expr::value(Vec::<u8>::new()))
        .col_expr(Column::Headers, Expr::value("{}"))
        .col_expr(Column::Properties, Expr::value("{}"))
        .col_expr(Column::Detail, Expr::value(ERASED))
        .col_expr(Column::Words, Expr::value(" "))
        .col_expr(Column::Fingerprint, Expr::cust(NO_MESSAGE))
        .col_expr(Column::DiscardReason, Expr::cust(DISCARD_REASON))
        .col_expr(
            Column::DiscardedAt,
            Expr::case(is_open(), Expr::value(now))
                .finally(Expr::col(Column::DiscardedAt))
                .into(),
        )
        .col_expr(
            Column::Status,
            Expr::case(is_open(), Expr::value(DeadLetterStatus::Discarded))
                .finally(Expr::col(Column::Status))
                .into(),
        )
        .col_expr(Column::ErasedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::ErasedAt.is_null())
        .filter(is_unclaimed(transaction.get_database_backend()));
    if !with_open {
        update = update.filter(Condition::not(Condition::all().add(is_open())));
    }
    if update.exec(transaction).await?.rows_affected == 0 {
        return Ok(Vec::new());
    }
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::ErasedAt.eq(now))
        .into_tuple::<i64>()
        .all(transaction)
        .await
}

/// What other tables have of these dead letters. Returns how many edits that were.
async fn erase_beside(transaction: &DatabaseTransaction, ids: &[i64]) -> Result<u64, DbErr> {
    let nothing = || Expr::value(Option::<String>::None);
    let empty = || Expr::value(Vec::<u8>::new());
    let edits = {
        use dead_letter_edit::{Column, Entity};
        let edits = Entity::update_many()
            .col_expr(Column::Before, empty())
            .col_expr(Column::After, empty())
            .col_expr(Column::Reason, nothing())
            .filter(Column::DeadLetterId.is_in(ids.iter().copied()));
        edits.exec(transaction).await?.rows_affected
    };
    {
        use repair_letter::{Column, Entity};
        let noted = Entity::update_many()
            .col_expr(Column::Detail, nothing())
            .col_expr(Column::Problems, nothing())
            .filter(Column::DeadLetterId.is_in(ids.iter().copied()));
        noted.exec(transaction).await?;
    }
    {
        use change::{Column, Entity};
        let targets = ids.iter().map(|id| format!("dead-letter {id}"));
        let reasons = Entity::update_many()
            .col_expr(Column::Reason, Expr::value(ERASED))
            .filter(Column::Target.is_in(targets))
            .filter(Column::Reason.is_not_null());
        reasons.exec(transaction).await?;
    }
    if transaction.get_database_backend() == DbBackend::Postgres {
        for causes in CAUSES {
            transaction.execute_unprepared(causes).await?;
        }
    }
    Ok(edits)
}
