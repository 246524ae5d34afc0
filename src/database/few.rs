//! Keys of rows that an index finds, where they are few.
//!
//! PostgreSQL does not know how many rows have the beginning of an id, and guesses that they are many. It then reads the table in the
//! order of a list until the page is full, which for one row is the whole table. So the index is asked first.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait as _, EntityTrait, QuerySelect as _, Select, TransactionTrait as _,
    TryGetableMany,
};

use super::reach::limit_time;
use super::{Database, DatabaseError};

/// Keys that are few. Of more rows, reading in the order of the list soon fills a page.
const MOST: u64 = 2_000;

impl Database {
    /// The keys that these queries find, each of which selects its key by an index; none where one of them finds many, or takes longer
    /// than this. For PostgreSQL only.
    pub(super) async fn few<E, T>(
        &self,
        queries: Vec<Select<E>>,
        longest: Option<Duration>,
    ) -> Result<Option<Vec<T>>, DatabaseError>
    where
        E: EntityTrait,
        T: TryGetableMany + Send + Sync,
    {
        let found = self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            limit_time(&transaction, longest).await?;
            let by_index = "SET LOCAL enable_seqscan = off";
            transaction.execute_unprepared(by_index).await?;
            let mut keys = Vec::new();
            for query in queries {
                let query = query.limit(MOST + 1).into_tuple::<T>();
                let found = query.all(&transaction).await?;
                if found.len() as u64 > MOST {
                    return Ok(None);
                }
                keys.extend(found);
            }
            transaction.commit().await?;
            Ok(Some(keys))
        });
        match found.await {
            Err(error) if longest.is_some() && error.is_late() => Ok(None),
            found => found,
        }
    }
}
