//! The database is away, restarts, or has no schema yet.

use migration::{Migrator, MigratorTraitSelf as _};

use super::servers::PrivateServer;
use super::{holds_back_twice, impatient, rows_are_written};
use crate::harness::{Options, World, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_the_database_refuses_connections() {
    let world = World::new(impatient()).await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let mut worker = world.worker(&[("DATABASE_URL", &url)]).await;
    proxy.set(Mode::Refuse);
    world.publish_many(samples::many(20)).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "database_unreachable"
        })
        .await;
    worker.reaches_attempt(3).await;

    proxy.set(Mode::Pass);
    world.assert_settled(20, 0).await;
    worker.stop().await;
    world.assert_settled(20, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_starts_without_a_database_says_where_it_looked() {
    let world = World::new(impatient()).await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    proxy.set(Mode::Refuse);
    let mut worker = world.worker(&[("DATABASE_URL", &url)]).await;
    let address = proxy.address().to_string();
    worker
        .emits_where("database_unavailable", |away| {
            away.field_contains("error", &address)
        })
        .await;
    world.publish_many(samples::many(5)).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "database_unreachable"
        })
        .await;

    proxy.set(Mode::Pass);
    world.assert_settled(5, 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_reply_was_lost_is_recognised_as_done() {
    let world = World::new(impatient()).await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let mut worker = world.worker(&[("DATABASE_URL", &url)]).await;
    let requests = samples::many(100);
    world.publish_many(requests[..50].to_vec()).await;
    rows_are_written(&world, 5).await;
    // Existing connections lose the replies to the statements they carry.
    proxy.set(Mode::LoseReplies);
    world.publish_many(requests[50..].to_vec()).await;
    worker.emits("call_retried").await;

    proxy.set(Mode::Pass);
    world.assert_settled(100, 0).await;
    worker.stop().await;
    world.assert_settled(100, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_postgresql_restarts() {
    requests_wait_while_postgresql_is_away(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_postgresql_recovers_from_a_crash() {
    requests_wait_while_postgresql_is_away(true).await;
}

async fn requests_wait_while_postgresql_is_away(crash: bool) {
    let postgres = PrivateServer::postgres().await;
    let world = World::new(Options {
        postgres_url: Some(postgres.url.clone()),
        ..impatient()
    })
    .await;
    let mut worker = world.worker(&[]).await;
    let requests = samples::many(100);
    world.publish_many(requests[..70].to_vec()).await;
    rows_are_written(&world, 5).await;
    if crash {
        postgres.kill().await;
    } else {
        postgres.stop().await;
    }
    // However fast the worker is, the database is away for these.
    world.publish_many(requests[70..].to_vec()).await;
    worker.emits("call_retried").await;

    postgres.start().await;
    world.assert_settled(100, 0).await;
    worker.stop().await;
    world.assert_settled(100, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_silent_for_good_are_given_up() {
    let world = World::new(impatient()).await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let mut worker = world.worker(&[("DATABASE_URL", &url)]).await;
    world.publish_many(samples::many(10)).await;
    world.assert_settled(10, 0).await;

    proxy.set(Mode::Forget);
    let requests = samples::many(20);
    world.publish_many(requests[10..].to_vec()).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry.field_contains("detail", "no answer within 20 s")
        })
        .await;
    world.assert_settled(20, 0).await;
    worker.stop().await;
    world.assert_settled(20, 0).await;
}

/// On SQLite; `hold_back` has the same test for PostgreSQL.
#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_for_the_schema_in_sqlite() {
    let world = World::new(Options {
        sqlite: true,
        ..impatient()
    })
    .await;
    forget_the_schema(&world).await;
    let mut worker = world.worker(&[]).await;
    world.publish_many(samples::many(20)).await;
    worker
        .emits_where("held_back", |held| {
            held["code"] == "database_schema_missing"
        })
        .await;
    holds_back_twice(&mut worker).await;

    world.program(&["migrate", "up"]).run().await.succeeded();
    world.assert_settled(20, 0).await;
    worker.stop().await;
    world.assert_settled(20, 0).await;
}

/// Restores the state before the first migration.
async fn forget_the_schema(world: &World) {
    let url = &world.variables["DATABASE_URL"];
    let database = sea_orm::Database::connect(url.as_str())
        .await
        .expect("the database can be reached");
    let migrator = Migrator::of(&database).await.expect("the schema");
    let reset = migrator.reset(&database).await;
    reset.expect("the migrations can be taken back");
    database.close().await.expect("closed");
}
