//! How many dead letters are read together: each may be as large as the broker allows.

use sea_orm::sea_query::Expr;
use sea_orm::{QuerySelect as _, Select};

use crate::database::dead_letter::{Column, Entity};
use crate::database::{Database, DatabaseError};

/// Largest contents of dead letters that are in memory together, in bytes. One alone may be larger.
const MAX_BYTES: i64 = 16 << 20;

impl Database {
    /// The numbers of the first of these dead letters, as many as may be read together: one at least, where there is any.
    pub(super) async fn first_together(
        &self,
        rows: Select<Entity>,
    ) -> Result<Vec<i64>, DatabaseError> {
        let sizes = rows
            .select_only()
            .column(Column::Id)
            .expr(Expr::cust(r#"CAST(length("payload") AS BIGINT)"#))
            .into_tuple::<(i64, i64)>();
        let sizes = self.in_time(async |connection| sizes.all(&connection).await);
        Ok(first_within(&sizes.await?, MAX_BYTES))
    }
}

/// The first of numbers, given with sizes in bytes, that have no more than this together; one at least.
pub fn first_within(sizes: &[(i64, i64)], bytes: i64) -> Vec<i64> {
    let mut left = bytes;
    let first = sizes.iter().enumerate().take_while(|(index, (_, size))| {
        left = left.saturating_sub(*size);
        *index == 0 || left >= 0
    });
    first.map(|(_, (id, _))| *id).collect()
}

#[cfg(test)]
mod tests {
    use super::first_within;

    #[test]
    fn large_dead_letters_are_read_alone() {
        let first = |sizes: &[i64]| {
            let sizes: Vec<(i64, i64)> = (1..).zip(sizes.iter().copied()).collect();
            first_within(&sizes, 10)
        };
        assert_eq!(first(&[]), [0_i64; 0]);
        assert_eq!(first(&[11, 1]), [1]);
        assert_eq!(first(&[4, 6, 1]), [1, 2]);
        assert_eq!(first(&[4, 7, 1]), [1]);
    }
}
