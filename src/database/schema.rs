//! The schema: its migrations.

use migration::{Migrator, MigratorTraitSelf as _};
use sea_orm::{ConnectionTrait as _, DbBackend, TransactionTrait as _};

use super::{Database, DatabaseError};

/// Number of the advisory lock that lets one process at a time change the schema: arbitrary, and the same for all.
const MIGRATION_LOCK: i64 = 0x696e_766f_6963_6573;

impl Database {
    /// Brings the schema up to date; returns how many migrations were applied. Several processes may do so at once.
    pub async fn migrate(&self) -> Result<usize, DatabaseError> {
        let connection = self.connection();
        // Held by a transaction of its own until the end.
        let lock = connection.begin().await?;
        if lock.get_database_backend() == DbBackend::Postgres {
            let wait = format!(
                "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
            );
            lock.execute_unprepared(&wait).await?;
        }
        let migrator = Migrator::of(&connection).await?;
        let pending = migrator.get_pending_migrations(&connection).await?.len();
        migrator.up(&connection, None).await?;
        lock.commit().await?;
        Ok(pending)
    }

    /// Every migration, and whether it was applied. Those that only a later version knows are among them.
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, DatabaseError> {
        let connection = self.connection();
        let migrator = Migrator::of(&connection).await?;
        let migrations = migrator
            .get_migration_with_status_read_only(&connection)
            .await?;
        let applied = migration::MigrationStatus::Applied;
        Ok(migrations
            .iter()
            .map(|step| (step.name().to_owned(), step.status() == applied))
            .collect())
    }
}
