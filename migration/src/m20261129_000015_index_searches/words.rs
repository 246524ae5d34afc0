//! Words of rows, which the program writes beside them, and the beginnings of texts.
//!
//! The words are in an index of PostgreSQL that needs no extension. Its own parser is not used: it takes `ORD-2026-0001` apart, into
//! other pieces than the beginning of it. Rows from before have no words until the program has added them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;
use sea_orm_migration::sea_orm::DbBackend;

/// Indexes of PostgreSQL: names, tables, and what they index.
const INDEXES: [(&str, &str, &str); 6] = [
    (
        "sales_invoice_order_search",
        "sales_invoice",
        r#"(lower("order_id") text_pattern_ops)"#,
    ),
    (
        "sales_invoice_package_search",
        "sales_invoice",
        r#"(lower("package_id") text_pattern_ops)"#,
    ),
    (
        "sales_invoice_number_search",
        "sales_invoice",
        r#"(lower("number") text_pattern_ops)"#,
    ),
    (
        "sales_invoice_buyer_search",
        "sales_invoice",
        r#"USING gin (array_to_tsvector(array_remove(string_to_array("buyer_words", ' '), '')))"#,
    ),
    (
        "dead_letter_search",
        "dead_letter",
        r#"USING gin (array_to_tsvector(array_remove(string_to_array("words", ' '), '')))"#,
    ),
    (
        "dead_letter_status_times",
        "dead_letter",
        r#"("status", "code", "last_failed_at")"#,
    ),
];

/// Dead letters whose words are missing.
const MISSING: &str = r#"CREATE INDEX IF NOT EXISTS "dead_letter_without_words" ON "dead_letter" ("id") WHERE "words" IS NULL"#;

/// A process of an earlier version may change a dead letter without its words, which are then missing. Processes of this version
/// write other words with it, unless these stay the same.
const FORGET: [&str; 2] = [
    r#"CREATE OR REPLACE FUNCTION "forget_dead_letter_words"() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW."words" IS NOT DISTINCT FROM OLD."words"
            AND (NEW."detail" IS DISTINCT FROM OLD."detail" OR NEW."payload" IS DISTINCT FROM OLD."payload") THEN
            NEW."words" := NULL;
        END IF;
        RETURN NEW;
    END $$"#,
    r#"CREATE TRIGGER "dead_letter_forget_words" BEFORE UPDATE OF "detail", "payload" ON "dead_letter"
    FOR EACH ROW EXECUTE FUNCTION "forget_dead_letter_words"()"#,
];

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    for (table, column) in COLUMNS {
        let (table_name, column_name) = (table.to_string(), column.to_string());
        // An operator may have added it, to make the index before. Even to find that it is there would lock the table.
        if !manager.has_column(&table_name, &column_name).await? {
            let mut alter = Table::alter();
            alter.table(table);
            alter.add_column(text_null(column));
            manager.alter_table(alter).await?;
        }
        if !is_postgres {
            continue;
        }
        for (name, of, what) in INDEXES {
            if of == table_name {
                let create = format!(r#"CREATE INDEX IF NOT EXISTS "{name}" ON "{of}" {what}"#);
                connection.execute_unprepared(&create).await?;
            }
        }
        // How frequent the beginning of a text is, is known of statistics only.
        let analyze = format!(r#"ANALYZE "{table_name}""#);
        connection.execute_unprepared(&analyze).await?;
    }
    connection.execute_unprepared(MISSING).await?;
    if is_postgres {
        for forget in FORGET {
            connection.execute_unprepared(forget).await?;
        }
    }
    Ok(())
}

pub(super) async fn drop(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DbBackend::Postgres {
        for forget in [
            r#"DROP TRIGGER "dead_letter_forget_words" ON "dead_letter""#,
            r#"DROP FUNCTION "forget_dead_letter_words"()"#,
        ] {
            connection.execute_unprepared(forget).await?;
        }
        for (name, _, _) in INDEXES {
            let drop = format!(r#"DROP INDEX "{name}""#);
            connection.execute_unprepared(&drop).await?;
        }
    }
    let missing = r#"DROP INDEX "dead_letter_without_words""#;
    connection.execute_unprepared(missing).await?;
    for (table, column) in COLUMNS {
        let mut alter = Table::alter();
        alter.table(table);
        alter.drop_column(column);
        manager.alter_table(alter).await?;
    }
    Ok(())
}

/// Workers write to the second table with every document: it is locked last, and for the shortest time.
const COLUMNS: [(Name, Name); 2] = [
    (Name::DeadLetter, Name::Words),
    (Name::SalesInvoice, Name::BuyerWords),
];

#[derive(Clone, Copy, DeriveIden)]
enum Name {
    SalesInvoice,
    BuyerWords,
    DeadLetter,
    Words,
}
