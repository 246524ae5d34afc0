//! The database answers, but cannot do what it is asked. No request is at fault.

use sea_orm::{ConnectionTrait as _, DatabaseConnection, TransactionTrait as _};

use super::servers::PrivateServer;
use super::{assert_in_the_middle, impatient, rows_are_written};
use crate::harness::{Options, World, eventually, samples, waits_for_a_lock};

const REQUESTS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_dead_letters_wait_while_the_database_is_read_only() {
    let postgres = PrivateServer::postgres().await;
    let mut options = impatient();
    options.postgres_url = Some(postgres.url.clone());
    let archiving = ("ARCHIVE_DEAD_LETTERS", "true".to_owned());
    options.variables.push(archiving);
    let world = World::new(options).await;
    let admin = connect(&postgres.url).await;
    let mut worker = world.worker(&[]).await;
    let requests = samples::many(REQUESTS);
    world.publish_many(requests[..REQUESTS / 2].to_vec()).await;
    rows_are_written(&world, 5).await;
    // As monitors of the disk do when it is almost full. It holds for existing connections too.
    read_only(&admin, "on").await;
    world.publish_many(requests[REQUESTS / 2..].to_vec()).await;
    world.publish("{ \"documentType\": ").await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry.field_contains("detail", "read-only transaction")
        })
        .await;
    worker.reaches_attempt(3).await;
    worker.emits("archive_waiting").await;
    assert_in_the_middle(&world, REQUESTS).await;

    read_only(&admin, "off").await;
    world.assert_settled(REQUESTS, 0).await;
    worker.emits("archived").await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

async fn read_only(admin: &DatabaseConnection, state: &str) {
    let setting = format!("ALTER SYSTEM SET default_transaction_read_only = {state}");
    for statement in [&setting, "SELECT pg_reload_conf()"] {
        execute(admin, statement).await;
    }
}

/// What PostgreSQL says when it cannot extend a table; here a trigger says it.
#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_the_disk_of_the_database_is_full() {
    let world = World::new(impatient()).await;
    let admin = connect(&world.variables["DATABASE_URL"]).await;
    let full = "
        CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
        END $$;
        CREATE TRIGGER disk_full BEFORE INSERT ON sales_invoice EXECUTE FUNCTION disk_full();";
    execute(&admin, full).await;
    let mut worker = world.worker(&[]).await;
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry.field_contains("detail", "(53100)")
        })
        .await;
    worker.reaches_attempt(3).await;
    assert_eq!(world.rows().await.len(), 0);

    execute(&admin, "DROP TRIGGER disk_full ON sales_invoice").await;
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

/// Another transaction has the lock that the worker needs next, and waits for the one that the worker has.
#[tokio::test(flavor = "multi_thread")]
async fn the_victim_of_a_deadlock_tries_again() {
    let world = World::new(impatient()).await;
    let url = &world.variables["DATABASE_URL"];
    let admin = connect(url).await;
    let (_, name) = url.rsplit_once('/').expect("a URL with a database");
    // Enough time to close the circle after the worker has begun to wait. The worker then detects the deadlock and is its
    // victim.
    execute(
        &admin,
        &format!("ALTER DATABASE {name} SET deadlock_timeout = '4s'"),
    )
    .await;
    let two_locks = "
        CREATE TABLE two_locks (id int PRIMARY KEY);
        INSERT INTO two_locks VALUES (1), (2);
        CREATE FUNCTION take_both() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM id FROM two_locks WHERE id = 1 FOR UPDATE;
            PERFORM id FROM two_locks WHERE id = 2 FOR UPDATE;
            RETURN NEW;
        END $$;
        CREATE TRIGGER take_both BEFORE INSERT ON sales_invoice FOR EACH ROW EXECUTE FUNCTION take_both();";
    execute(&admin, two_locks).await;
    let other = admin.begin().await.expect("a transaction");
    for statement in [
        "SET LOCAL deadlock_timeout = '1h'",
        "SELECT id FROM two_locks WHERE id = 2 FOR UPDATE",
    ] {
        let done = other.execute_unprepared(statement).await;
        done.expect("a free lock");
    }

    let mut worker = world.worker(&[]).await;
    world.publish_many(samples::many(1)).await;
    waits_for_a_lock(&admin).await;
    let closing = "SELECT id FROM two_locks WHERE id = 1 FOR UPDATE";
    let closed = other.execute_unprepared(closing).await;
    closed.expect("the worker is the victim");
    worker
        .emits_where("retry_scheduled", |retry| {
            retry.field_contains("detail", "(40P01)")
        })
        .await;
    other.commit().await.expect("committed");
    world.assert_settled(1, 0).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

/// SQLite hands out the row of an insertion before it commits. Here the commit fails, because a parent is missing that is
/// only checked then.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_in_sqlite_is_not_taken_for_done() {
    let world = World::new(Options {
        sqlite: true,
        ..impatient()
    })
    .await;
    let admin = connect(&world.variables["DATABASE_URL"]).await;
    let orphan = "
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER orphan AFTER INSERT ON sales_invoice WHEN new.status = 'generated'
            BEGIN INSERT INTO child VALUES (1); END;";
    execute(&admin, orphan).await;
    let mut worker = world.worker(&[]).await;
    let requests = samples::many(1);
    world.publish_many(requests.clone()).await;
    let dead = eventually("a dead letter", async || {
        world.dead_letters().await.pop().ok_or("none")
    })
    .await;
    assert_eq!(dead.header("x-error-code"), "database_refused");
    let detail = dead.header("x-error-detail");
    assert!(detail.contains("FOREIGN KEY"), "{detail}");

    execute(&admin, "INSERT INTO parent VALUES (1)").await;
    world.publish_many(requests).await;
    world.assert_settled(1, 1).await;
    worker.stop().await;
    world.assert_settled(1, 1).await;
}

async fn connect(url: &str) -> DatabaseConnection {
    let connection = sea_orm::Database::connect(url).await;
    connection.expect("the database can be reached")
}

async fn execute(database: &DatabaseConnection, statement: &str) {
    let done = database.execute_unprepared(statement).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
