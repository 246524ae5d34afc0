//! What the rows of replays and erasures have alike: a process runs each, and a person may have it stop.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait, DbBackend, DbErr, QueryFilter as _};

use super::leases::{Leased, is_over};
use super::records::now;
use super::run_status::RunStatus;

/// A table of runs.
pub(super) trait Run: Leased {
    /// The [`RunStatus`].
    const STATUS: Self::Column;
    /// When a person has asked for the end.
    const CANCEL_REQUESTED_AT: Self::Column;
}

/// Of a run that waits for a process, or whose process has died.
pub(super) fn is_free<E: Run>(backend: DbBackend) -> Condition {
    let left = Condition::all()
        .add(E::STATUS.eq(RunStatus::Running))
        .add(is_over::<E>(backend));
    Condition::any()
        .add(E::STATUS.eq(RunStatus::Queued))
        .add(left)
}

/// Asks the process of a run to stop. `None` where none runs it, or somebody has asked before.
pub(super) async fn request_cancel<E: Run>(
    connection: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<E::Model>, DbErr> {
    let now = now();
    let requested = E::update_many()
        .col_expr(E::CANCEL_REQUESTED_AT, Expr::value(now))
        .col_expr(E::COLUMNS.updated_at, Expr::value(now))
        .filter(E::COLUMNS.id.eq(id))
        .filter(E::STATUS.eq(RunStatus::Running))
        .filter(E::CANCEL_REQUESTED_AT.is_null())
        .exec_with_returning(connection)
        .await?;
    Ok(requested.into_iter().next())
}
