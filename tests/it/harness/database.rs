//! A database of the test's own.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, DatabaseConnection};

/// Creates an empty database on the server of this URL, and answers the URL of the database.
pub(super) async fn create_postgres(server_url: &str, name: &str) -> String {
    execute(server_url, &format!("CREATE DATABASE {name}"))
        .await
        .expect("the database can be created");
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

async fn execute(url: &str, statement: &str) -> Result<(), sea_orm::DbErr> {
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

/// The URL of a SQLite file in this folder.
pub(super) fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}?mode=rwc", folder.join("invoices.db").display())
}
