//! Dead letters counted by state, code, stage and cause: in all, and by the hour of the last failure.
//!
//! Triggers count in the transaction that changes a dead letter. So the counts are exact, and workers of an earlier version, which
//! know nothing of them, are counted too. The function runs with the rights of its owner: workers need no right on the tables.

use sea_orm_migration::prelude::*;

/// The detail with `#` for each number and for each chain of numbers (a date, an amount), on one line of 80 characters at most.
/// Numbers within a name stay. `dead_letters::groups` does the same with what it reads.
const CAUSE: &str = r#"CREATE OR REPLACE FUNCTION "dead_letter_cause"(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN char_length("line") > 80 THEN left("line", 79) || '…' ELSE "line" END
    FROM (SELECT btrim(regexp_replace(regexp_replace(left($1, 500),
        '(?<![0-9A-Za-z_:\u0080-\uffff\U00010000-\U0010ffff-])-?[0-9]+([.,-][0-9]+)*', '#', 'g'), '\s+', ' ', 'g')) AS "line") AS "masked"
    $$"#;

const TABLES: [&str; 2] = [
    r#"CREATE TABLE "dead_letter_group" (
        "status" varchar NOT NULL, "code" varchar NOT NULL, "stage" varchar NOT NULL, "cause" text NOT NULL,
        "count" bigint NOT NULL, "first_failed_at" timestamptz, "last_failed_at" timestamptz,
        PRIMARY KEY ("status", "code", "stage", "cause"))"#,
    r#"CREATE TABLE "dead_letter_hour" (
        "status" varchar NOT NULL, "code" varchar NOT NULL, "stage" varchar NOT NULL, "cause" text NOT NULL,
        "hour" timestamptz NOT NULL, "count" bigint NOT NULL,
        PRIMARY KEY ("hour", "status", "code", "stage", "cause"))"#,
];

/// Counts rows that are given as `delta` and the columns of a dead letter.
macro_rules! count {
    ($changed:literal) => {
        concat!(
            r#"WITH "changed" AS MATERIALIZED (
                SELECT "delta", "status", left("code", 255) AS "code", left("stage", 255) AS "stage",
                    "dead_letter_cause"("detail") AS "cause", "first_failed_at", "last_failed_at",
                    date_trunc('hour', "last_failed_at", 'UTC') AS "hour"
                FROM ("#,
            $changed,
            r#") AS "rows"),
            "groups" AS (
                INSERT INTO "dead_letter_group" AS "g"
                    ("status", "code", "stage", "cause", "count", "first_failed_at", "last_failed_at")
                SELECT "status", "code", "stage", "cause", sum("delta"),
                    min("first_failed_at") FILTER (WHERE "delta" > 0), max("last_failed_at") FILTER (WHERE "delta" > 0)
                FROM "changed" GROUP BY 1, 2, 3, 4
                HAVING sum("delta") <> 0 OR max("last_failed_at") FILTER (WHERE "delta" > 0)
                    > max("last_failed_at") FILTER (WHERE "delta" < 0)
                ORDER BY 1, 2, 3, 4
                ON CONFLICT ("status", "code", "stage", "cause") DO UPDATE SET
                    "count" = "g"."count" + excluded."count",
                    "first_failed_at" = CASE WHEN "g"."count" > 0
                        THEN least("g"."first_failed_at", excluded."first_failed_at") ELSE excluded."first_failed_at" END,
                    "last_failed_at" = CASE WHEN "g"."count" > 0
                        THEN greatest("g"."last_failed_at", excluded."last_failed_at") ELSE excluded."last_failed_at" END)
            INSERT INTO "dead_letter_hour" AS "h" ("hour", "status", "code", "stage", "cause", "count")
            SELECT "hour", "status", "code", "stage", "cause", sum("delta")
            FROM "changed" WHERE "hour" >= now() - interval '8 days' GROUP BY 1, 2, 3, 4, 5 HAVING sum("delta") <> 0
            ORDER BY 1, 2, 3, 4, 5
            ON CONFLICT ("hour", "status", "code", "stage", "cause") DO UPDATE SET "count" = "h"."count" + excluded."count""#
        )
    };
}

const COUNT_ALL: &str = count!(r#"SELECT 1 AS "delta", * FROM "dead_letter""#);

/// One transaction at a time counts, from its first change of a count to its end. A statement may fire two triggers, and a
/// transaction may have several statements, so an order of the rows of counts would not prevent a circle of transactions that wait for
/// one another. What changes no count does not wait. The number is arbitrary, and with that of the table each schema has its own lock.
///
/// Hours that no trend has any more are deleted a few at a time, without waiting for another transaction that does the same.
const COUNT_CHANGES: &str = concat!(
    r#"CREATE OR REPLACE FUNCTION "count_dead_letters"() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NOT EXISTS (SELECT FROM "new_rows") THEN
                RETURN NULL;
            END IF;
            PERFORM pg_advisory_xact_lock(1684366188, TG_RELID::integer);
            "#,
    count!(r#"SELECT 1 AS "delta", * FROM "new_rows""#),
    r#";
            DELETE FROM "dead_letter_hour" WHERE ctid IN (SELECT ctid FROM "dead_letter_hour"
                WHERE "hour" < now() - interval '8 days' LIMIT 100 FOR UPDATE SKIP LOCKED);
        ELSIF TG_OP = 'UPDATE' THEN
            IF NOT EXISTS (SELECT FROM "new_rows" AS "n" JOIN "old_rows" AS "o" USING ("id")
                WHERE ("n"."status", "n"."code", "n"."stage", "n"."detail", "n"."last_failed_at")
                    IS DISTINCT FROM ("o"."status", "o"."code", "o"."stage", "o"."detail", "o"."last_failed_at")) THEN
                RETURN NULL;
            END IF;
            PERFORM pg_advisory_xact_lock(1684366188, TG_RELID::integer);
            "#,
    count!(r#"SELECT 1 AS "delta", * FROM "new_rows" UNION ALL SELECT -1, * FROM "old_rows""#),
    r#";
        ELSE
            IF NOT EXISTS (SELECT FROM "old_rows") THEN
                RETURN NULL;
            END IF;
            PERFORM pg_advisory_xact_lock(1684366188, TG_RELID::integer);
            "#,
    count!(r#"SELECT -1 AS "delta", * FROM "old_rows""#),
    r#";
        END IF;
        RETURN NULL;
    END $$"#
);

const TRIGGERS: [(&str, &str); 3] = [
    ("INSERT", r#"NEW TABLE AS "new_rows""#),
    (
        "UPDATE",
        r#"OLD TABLE AS "old_rows" NEW TABLE AS "new_rows""#,
    ),
    ("DELETE", r#"OLD TABLE AS "old_rows""#),
];

pub(super) async fn create(connection: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    connection.execute_unprepared(CAUSE).await?;
    for table in TABLES {
        connection.execute_unprepared(table).await?;
    }
    connection.execute_unprepared(COUNT_CHANGES).await?;
    for (event, rows) in TRIGGERS {
        let name = event.to_lowercase();
        // It locks the table against changes until this step is committed, so that none of them is missed.
        let create = format!(
            r#"CREATE TRIGGER "dead_letter_count_{name}" AFTER {event} ON "dead_letter" REFERENCING {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION "count_dead_letters"()"#
        );
        connection.execute_unprepared(&create).await?;
    }
    connection.execute_unprepared(COUNT_ALL).await?;
    Ok(())
}

pub(super) async fn drop(connection: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    for (event, _) in TRIGGERS {
        let name = event.to_lowercase();
        let drop = format!(r#"DROP TRIGGER "dead_letter_count_{name}" ON "dead_letter""#);
        connection.execute_unprepared(&drop).await?;
    }
    for drop in [
        r#"DROP FUNCTION "count_dead_letters"()"#,
        r#"DROP TABLE "dead_letter_hour""#,
        r#"DROP TABLE "dead_letter_group""#,
        r#"DROP FUNCTION "dead_letter_cause"(text)"#,
    ] {
        connection.execute_unprepared(drop).await?;
    }
    Ok(())
}
