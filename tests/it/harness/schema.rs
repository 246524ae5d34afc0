//! A database with the schema, which is migrated once for each server and copied for each test.

use std::time::SystemTime;

use invoice_worker::config::MaskedUrl;
use invoice_worker::database::Database;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use super::database::{connect, create_postgres, create_postgres_like, drop_postgres, execute};
use super::eventually;

/// Creates a database with the schema on the server of this URL, and answers the URL of the database.
pub(super) async fn copy_postgres(server_url: &str, name: &str) -> String {
    let template = template(server_url).await;
    create_postgres_like(server_url, name, &template).await
}

/// Migrates a database that has no schema yet.
pub(super) async fn migrate(url: &MaskedUrl) {
    let database = Database::connect(url, false).await;
    let database = database.expect("the database can be reached");
    let migrated = database.migrate().await;
    migrated.expect("the database can be migrated");
}

/// The database that is copied; the first test that needs it makes it, under another name until it is whole.
async fn template(server_url: &str) -> String {
    let name = format!("it_schema_{}", built());
    let connection = connect(server_url).await;
    let connection = connection.expect("the server can be reached");
    let lock = connection.begin().await.expect("a transaction");
    let locked = lock.execute_unprepared("SELECT pg_advisory_xact_lock(hashtext('it_schema'))");
    locked.await.expect("the lock");
    let look = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let found = lock.execute_unprepared(&look).await;
    if found.expect("an answer").rows_affected() == 0 {
        let making = format!("{name}_making");
        let dropped = drop_postgres(server_url, &making).await;
        dropped.expect("what an ended test began can be deleted");
        let url = create_postgres(server_url, &making).await;
        migrate(&MaskedUrl::new(&url)).await;
        let rename = format!("ALTER DATABASE {making} RENAME TO {name}");
        eventually("a database that is not in use", async || {
            execute(server_url, &rename).await
        })
        .await;
    }
    lock.rollback().await.expect("the lock is free");
    name
}

/// When these tests were built: others may have other migrations.
fn built() -> u128 {
    let tests = std::env::current_exe().and_then(std::fs::metadata);
    let modified = tests.and_then(|tests| tests.modified());
    let modified = modified.expect("the program of the tests");
    let since = modified.duration_since(SystemTime::UNIX_EPOCH);
    since.expect("later than 1970").as_millis()
}
