//! Rows as statements, and a database of an earlier version.

use migration::{MigrationStatus, Migrator, MigratorTraitSelf as _};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::fixture::Fixture;
use crate::harness::World;

const TABLES: [&str; 6] = [
    "sales_invoice",
    "dead_letter",
    "dead_letter_edit",
    "replay",
    "replay_letter",
    "change",
];

pub(super) async fn connect(world: &World) -> DatabaseConnection {
    let url = world.variables["DATABASE_URL"].as_str();
    let database = sea_orm::Database::connect(url).await;
    database.expect("the database can be reached")
}

fn is_sqlite(database: &DatabaseConnection) -> bool {
    database.get_database_backend() == DbBackend::Sqlite
}

/// The names of the migrations that a database has.
pub(super) async fn migrations(world: &World) -> Vec<String> {
    let database = connect(world).await;
    let migrator = Migrator::of(&database).await.expect("its schema");
    let all = migrator
        .get_migration_with_status_read_only(&database)
        .await;
    let all = all.expect("its migrations").into_iter();
    let applied = all.filter(|step| step.status() == MigrationStatus::Applied);
    applied.map(|step| step.name().to_owned()).collect()
}

/// Every row but those of the order that is left out, as statements that insert them.
pub(super) async fn dump(world: &World, left_out: &str) -> Vec<String> {
    let database = connect(world).await;
    let mut statements = Vec::new();
    for table in TABLES {
        let columns = columns(&database, table).await;
        let literal = |column: &String| {
            if is_sqlite(&database) {
                format!("quote(\"{column}\")")
            } else {
                format!("quote_nullable(\"{column}\"::text)")
            }
        };
        let quoted: Vec<String> = columns.iter().map(literal).collect();
        let condition = match table {
            "sales_invoice" => format!("WHERE order_id <> '{left_out}'"),
            _ => String::new(),
        };
        let select = format!(
            "SELECT {} AS row FROM {table} {condition} ORDER BY id",
            quoted.join(" || ', ' || ")
        );
        for values in texts(&database, &select, "row").await {
            let names = columns.iter().map(|column| format!("\"{column}\""));
            let names: Vec<_> = names.collect();
            let names = names.join(", ");
            statements.push(format!("INSERT INTO {table} ({names}) VALUES ({values});"));
        }
    }
    statements
}

async fn columns(database: &DatabaseConnection, table: &str) -> Vec<String> {
    let select = if is_sqlite(database) {
        format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid")
    } else {
        format!(
            "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}' \
             ORDER BY ordinal_position"
        )
    };
    texts(database, &select, "name").await
}

async fn texts(database: &DatabaseConnection, select: &str, column: &str) -> Vec<String> {
    let statement = Statement::from_string(database.get_database_backend(), select);
    let rows = database
        .query_all_raw(statement)
        .await
        .expect("rows")
        .into_iter();
    rows.map(|row| row.try_get("", column).expect("a text"))
        .collect()
}

/// Makes the schema that the version had, with its rows.
pub(super) async fn restore(world: &World, fixture: &Fixture) {
    let database = connect(world).await;
    let migrator = Migrator::of(&database).await.expect("an empty database");
    let steps = u32::try_from(fixture.migrations.len()).expect("a few");
    let migrated = migrator.up(&database, Some(steps)).await;
    migrated.expect("the first migrations");
    assert_eq!(
        migrations(world).await,
        fixture.migrations,
        "the migrations of version {} are not the first ones any more: steps may only be added behind them",
        fixture.version
    );
    let rows = if is_sqlite(&database) {
        &fixture.sqlite
    } else {
        &fixture.postgres
    };
    for row in rows {
        let inserted = database.execute_unprepared(row).await;
        inserted.unwrap_or_else(|error| {
            let version = &fixture.version;
            panic!("the schema of version {version} was changed: {error}: {row}")
        });
    }
    if !is_sqlite(&database) {
        for table in TABLES.iter().filter(|table| **table != "sales_invoice") {
            // Earlier versions do not have all of them.
            let insert = format!("INSERT INTO {table} ");
            if rows.iter().all(|row| !row.starts_with(&insert)) {
                continue;
            }
            let count_on = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            );
            database
                .execute_unprepared(&count_on)
                .await
                .expect("counted on");
        }
    }
}
