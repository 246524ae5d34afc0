//! Conditions of a selection, or of a change, that need more than a comparison of a column.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, UnionType};
use sea_orm::{ColumnTrait as _, DbBackend};

use crate::database::dead_letter::{Column, Entity};
use crate::database::leases::clock;
use crate::database::{Applied, dead_letter_edit, repair_letter, words};

/// Of a dead letter whose detail is about this pointer. Only what stands before the first colon is compared, and only where that
/// quotes nothing: the rest of a detail may have values of the request.
pub(super) fn about_pointer(pointer: &str, backend: DbBackend) -> Expr {
    let begin = if backend == DbBackend::Postgres {
        r#"substr("detail", 1, greatest(strpos("detail", ': ') - 1, 0))"#
    } else {
        r#"substr("detail", 1, instr("detail", ': ') - 1)"#
    };
    let quotes_nothing = format!(r#"{begin} NOT LIKE '%"%'"#);
    let pattern = words::literal(pointer).replace('#', "%");
    words::like(begin, pattern, backend).and(Expr::cust(quotes_nothing))
}

/// Of a dead letter whose detail names this rule at its end.
pub(super) fn breaks_rule(rule: &str, backend: DbBackend) -> Expr {
    let pattern = format!("%({})", words::literal(rule));
    words::like(r#""detail""#, pattern, backend)
}

/// Of a dead letter that has this order, or had it until an edit. Both are looked up in an index, which an OR would prevent.
pub(super) fn of_order(order_id: &str) -> Expr {
    let has = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::OrderId.eq(order_id))
        .to_owned();
    let had = Query::select()
        .column(dead_letter_edit::Column::DeadLetterId)
        .from(dead_letter_edit::Entity)
        .and_where(dead_letter_edit::Column::FormerOrderId.eq(order_id))
        .to_owned();
    let mut either = has;
    Column::Id.in_subquery(either.union(UnionType::Distinct, had).to_owned())
}

/// Of a dead letter that no running replay has claimed. A replay publishes what it read before it claimed a letter, and may wait
/// for minutes until that is confirmed. So each statement that changes a letter asks for this.
pub(in crate::database) fn is_unclaimed(backend: DbBackend) -> Expr {
    Expr::cust(format!(
        r#"("dead_letter"."claimed_by" IS NULL OR NOT EXISTS (SELECT 1 FROM "replay"
            WHERE "replay"."lease" = "dead_letter"."claimed_by" AND "replay"."lease_until_ms" > {}))"#,
        clock(backend)
    ))
}

/// Of a dead letter whose request was edited.
pub(super) fn is_edited() -> Expr {
    let edited = Query::select()
        .column(dead_letter_edit::Column::DeadLetterId)
        .from(dead_letter_edit::Entity)
        .to_owned();
    Column::Id.in_subquery(edited)
}

/// Of a dead letter that this repair has edited.
pub(super) fn edited_by(repair: i64) -> Expr {
    let edited = Query::select()
        .column(repair_letter::Column::DeadLetterId)
        .from(repair_letter::Entity)
        .and_where(repair_letter::Column::RepairId.eq(repair))
        .and_where(repair_letter::Column::Applied.eq(Applied::Edited))
        .to_owned();
    Column::Id.in_subquery(edited)
}
