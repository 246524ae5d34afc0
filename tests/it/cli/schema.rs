//! `migrate`.

use std::path::Path;

use futures_util::future::join_all;
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;

use crate::harness::{Finished, Options, Program, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_missing_then_created_then_up_to_date() {
    let folder = TempDir::new().expect("a temporary folder");
    let run = async |arguments: &[&str]| -> Finished {
        let url = format!("sqlite://{}/new.db?mode=rwc", folder.path().display());
        let program = Program::new(folder.path(), arguments);
        program.envs([("DATABASE_URL", url)]).run().await
    };
    let status = run(&["migrate", "status"]).await;
    assert_eq!(status.code, 1, "{status:#?}");
    assert!(status.stdout.contains("missing m2026"), "{status:#?}");
    assert!(status.stderr.contains("migrate up"), "{status:#?}");

    let up = run(&["migrate", "up"]).await.succeeded();
    assert!(up.contains("migrations applied"), "{up}");
    let status = run(&["migrate", "status"]).await.succeeded();
    assert!(
        status.lines().all(|line| line.starts_with("applied m2026")),
        "{status}"
    );
    let again = run(&["migrate", "up"]).await.succeeded();
    assert_eq!(again, "the schema is up to date\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_that_we_ship_make_a_database() {
    let folder = TempDir::new().expect("a temporary folder");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.example");
    std::fs::copy(example, folder.path().join(".env")).expect("copied");
    let up = Program::new(folder.path(), &["migrate", "up"]).run().await;
    assert!(up.succeeded().contains("migrations applied"));
    assert!(folder.path().join("data/invoices.db").is_file());

    let missing = Program::new(folder.path(), &["migrate", "up"]);
    let url = [("DATABASE_URL", "sqlite://none/x.db?mode=rw")];
    let missing = missing.envs(url).run().await;
    assert_eq!(missing.code, 1, "{missing:#?}");
    let file = "none/x.db (DATABASE_URL): the folder none does not exist";
    assert!(missing.stderr.contains(file), "{missing:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_in_postgresql_is_up_to_date_after_a_migration() {
    let world = World::new(Options::default()).await;
    let status = world
        .program(&["migrate", "status"])
        .run()
        .await
        .succeeded();
    assert!(
        status.lines().all(|line| line.starts_with("applied m2026")),
        "{status}"
    );
    let up = world.program(&["migrate", "up"]).run().await.succeeded();
    assert_eq!(up, "the schema is up to date\n");
}

/// After a roll back: a later version has migrated, and this one's deployment migrates before its workers start.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_a_later_version_is_up_to_date() {
    for sqlite in [false, true] {
        let world = World::new(Options {
            sqlite,
            ..Options::default()
        })
        .await;
        let url = world.variables["DATABASE_URL"].as_str();
        let database = sea_orm::Database::connect(url).await.expect("connected");
        let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_later', 0)";
        let inserted = database.execute_unprepared(later).await;
        inserted.expect("inserted");
        database.close().await.expect("closed");

        let up = world.program(&["migrate", "up"]).run().await.succeeded();
        assert_eq!(up, "the schema is up to date\n");
        let status = world.program(&["migrate", "status"]);
        let status = status.run().await.succeeded();
        assert!(
            status.contains("applied m20991231_000001_later\n"),
            "{status}"
        );
        world.program(&["check"]).run().await.succeeded();
    }
}

/// As the replicas of a deployment do when they start together.
#[tokio::test(flavor = "multi_thread")]
async fn programs_that_migrate_at_once_take_turns() {
    let world = World::new(Options::default()).await;
    let database = sea_orm::Database::connect(world.variables["DATABASE_URL"].as_str()).await;
    let database = database.expect("the database can be reached");
    let emptied = database.execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    emptied.await.expect("emptied");
    database.close().await.expect("closed");
    let migrating = (0..4).map(|_| world.program(&["migrate", "up"]).run());
    let printed: Vec<String> = join_all(migrating)
        .await
        .into_iter()
        .map(Finished::succeeded)
        .collect();
    let idle = printed
        .iter()
        .filter(|printed| *printed == "the schema is up to date\n");
    assert_eq!(idle.count(), 3, "{printed:#?}");
}
