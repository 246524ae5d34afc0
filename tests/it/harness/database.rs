//! A database of the test's own.

use std::path::Path;

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, TransactionTrait as _,
};

use super::eventually;

/// Creates an empty database on the server of this URL, and answers the URL of the database.
pub(super) async fn create_postgres(server_url: &str, name: &str) -> String {
    create_postgres_like(server_url, name, "template1").await
}

/// The same with what another database of the server has in it. No program may be connected to that one.
pub(super) async fn create_postgres_like(server_url: &str, name: &str, template: &str) -> String {
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
    let created = execute(server_url, &statement).await;
    created.expect("the database can be created");
    let (url, query) = match server_url.split_once('?') {
        Some((url, query)) => (url, format!("?{query}")),
        None => (server_url, String::new()),
    };
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}{query}")
}

/// Deletes it, even if programs are connected.
pub(super) async fn drop_postgres(server_url: &str, name: &str) -> Result<(), sea_orm::DbErr> {
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    execute(server_url, &statement).await
}

pub(super) async fn execute(url: &str, statement: &str) -> Result<(), sea_orm::DbErr> {
    let connection = connect(url).await?;
    connection.execute_unprepared(statement).await?;
    connection.close().await
}

/// A connection for the test itself.
pub(super) async fn connect(url: &str) -> Result<DatabaseConnection, sea_orm::DbErr> {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(2).sqlx_logging(false);
    sea_orm::Database::connect(options).await
}

/// Makes a table of PostgreSQL refuse new rows with other characters than ASCII in these texts, as a database does whose
/// encoding lacks a character. Dropping the trigger `ascii_only`, with the connection that is returned, ends it.
pub(crate) async fn refuse_all_but_ascii(
    url: &str,
    table: &str,
    texts: &str,
) -> DatabaseConnection {
    let connection = connect(url).await.expect("the database can be reached");
    let trigger = format!(
        "CREATE FUNCTION ascii_only() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE texts text := concat({texts});
            BEGIN
                IF octet_length(texts) <> char_length(texts) THEN
                    RAISE EXCEPTION 'no equivalent in encoding' USING ERRCODE = 'untranslatable_character';
                END IF;
                RETURN NEW;
            END $$;
        CREATE TRIGGER ascii_only BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION ascii_only();"
    );
    let created = connection.execute_unprepared(&trigger).await;
    created.expect("the trigger can be created");
    connection
}

/// New rows of a table of PostgreSQL that wait before they are written: the database has the statement, and does it later.
pub(crate) struct HeldInserts {
    database: DatabaseConnection,
    lock: DatabaseTransaction,
}

impl HeldInserts {
    /// Holds every insert into this table from now on.
    pub(crate) async fn into_table(url: &str, table: &str) -> Self {
        let database = connect(url).await.expect("the database can be reached");
        let trigger = format!(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM pg_advisory_xact_lock(1);
                RETURN NEW;
            END $$;
            CREATE TRIGGER hold BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION hold();"
        );
        let created = database.execute_unprepared(&trigger).await;
        created.expect("the trigger can be created");
        let lock = database.begin().await.expect("a transaction");
        let locked = lock.execute_unprepared("SELECT pg_advisory_xact_lock(1)");
        locked.await.expect("a lock");
        Self { database, lock }
    }

    /// Waits until there is one.
    pub(crate) async fn holds_one(&self) {
        waits_for_a_lock(&self.database).await;
    }

    /// Lets them be done, and all later ones.
    pub(crate) async fn release(self) {
        self.lock.rollback().await.expect("the lock is free");
    }
}

/// Waits until a statement in the database of this connection waits for a lock.
pub(crate) async fn waits_for_a_lock(database: &DatabaseConnection) {
    eventually("a statement that waits for a lock", async || {
        let waiting = "SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waiting = database.execute_unprepared(waiting).await;
        if waiting.expect("an answer").rows_affected() > 0 {
            Ok(())
        } else {
            Err("none")
        }
    })
    .await;
}

/// The URL of a SQLite file in this folder.
pub(super) fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}?mode=rwc", folder.join("invoices.db").display())
}
