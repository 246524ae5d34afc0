//! The installation is wrong: no message can be processed, and none is at fault. The worker reports it, leaves the backlog
//! in the queue, and continues by itself when the cause is fixed.

use sea_orm::ConnectionTrait as _;

use crate::faults::impatient;
use crate::harness::{Entry, Options, WorkerProcess, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Requests that are tried, one after the other, again and again.
const TRIED: usize = 2;

/// All requests: those and the backlog behind them.
const REQUESTS: usize = 30;

/// What S3 answers where the secret is wrong.
const WRONG_SECRET: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>SignatureDoesNotMatch</Code><Message>The signatures differ.</Message></Error>";

/// What S3 answers where the signature is of another day.
const WRONG_CLOCK: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>";

/// What S3 answers where the bucket is in another region.
const WRONG_REGION: &[u8] =
    b"HTTP/1.1 301 Moved Permanently\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>PermanentRedirect</Code><Message>Use another endpoint.</Message></Error>";

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_holds_the_worker_back_until_it_is_created() {
    let world = very_impatient_world().await;
    let delete = world.s3.delete_bucket().bucket(&world.bucket).send().await;
    delete.expect("the bucket can be deleted");
    let mut worker = world.worker(&[]).await;
    is_held_back(
        &world,
        &worker,
        &[
            "storage_bucket_missing",
            "make it with `invoice-worker setup`, or set AWS_S3_BUCKET_NAME",
        ],
    )
    .await;

    let create = world.s3.create_bucket().bucket(&world.bucket).send().await;
    create.expect("the bucket can be created");
    goes_on(&world, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_hold_the_worker_back_until_they_are_accepted() {
    let world = very_impatient_world().await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Answer(WRONG_SECRET));
    is_held_back(
        &world,
        &worker,
        &[
            "storage_access_denied",
            "SignatureDoesNotMatch",
            "AWS_SECRET_ACCESS_KEY",
        ],
    )
    .await;

    proxy.set(Mode::Pass);
    goes_on(&world, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_holds_the_worker_back_until_it_is_right() {
    let world = very_impatient_world().await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Answer(WRONG_CLOCK));
    is_held_back(
        &world,
        &worker,
        &["storage_clock_wrong", "correct the clock of this machine"],
    )
    .await;

    proxy.set(Mode::Pass);
    goes_on(&world, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_another_region_holds_the_worker_back_until_the_settings_are_right() {
    let world = very_impatient_world().await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Answer(WRONG_REGION));
    is_held_back(
        &world,
        &worker,
        &["storage_misconfigured", "PermanentRedirect", "AWS_REGION"],
    )
    .await;

    proxy.set(Mode::Pass);
    goes_on(&world, &mut worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_schema_holds_the_worker_back_until_it_is_migrated() {
    let world = very_impatient_world().await;
    let url = &world.variables["DATABASE_URL"];
    let database = sea_orm::Database::connect(url.as_str()).await;
    let database = database.expect("the database can be reached");
    // The state before the first migration.
    let emptied = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
    let emptied = database.execute_unprepared(emptied).await;
    emptied.expect("the schema can be dropped");
    database.close().await.expect("closed");
    let mut worker = world.worker(&[]).await;
    is_held_back(
        &world,
        &worker,
        &["database_schema_missing", "invoice-worker migrate up"],
    )
    .await;

    world.program(&["migrate", "up"]).run().await.succeeded();
    goes_on(&world, &mut worker).await;
}

/// Messages are too old after a second, so what may be dead-lettered for its age is.
async fn very_impatient_world() -> World {
    let mut options: Options = impatient();
    options.variables.extend([
        ("RETRY_IN_PLACE_SECONDS", "0".to_owned()),
        ("RETRY_MAX_AGE_SECONDS", "1".to_owned()),
    ]);
    World::new(options).await
}

/// Publishes, and waits until the worker has logged more than one error that says what is wrong and what to do. All
/// requests are still in the queues then.
async fn is_held_back(world: &World, worker: &WorkerProcess, needles: &[&str]) {
    let requests = samples::many(REQUESTS);
    world.publish_many(requests[..TRIED].to_vec()).await;
    // It came back from a delay of a second: now a message is older than it may become.
    worker.reaches_attempt(2).await;
    world.publish_many(requests[TRIED..].to_vec()).await;
    let complaints = eventually("complaints", async || {
        // The first one is an error, and each of the others is logged at debug.
        let mut errors = worker.complaints();
        errors.retain(Entry::is_error);
        assert!(errors.len() <= 1, "{errors:#?}");
        errors.extend(worker.events("held_back_again"));
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        if errors.len() > TRIED {
            Ok(errors)
        } else {
            Err(errors)
        }
    })
    .await;
    for complaint in complaints {
        for needle in needles {
            assert!(complaint.contains(needle), "no {needle} in {complaint}");
        }
    }
    // What the worker holds is in no queue: this waits for one of its pauses.
    eventually("the backlog in the queues", async || {
        let mut waiting = 0;
        for queue in world.topology.queues() {
            if queue != world.topology.dead {
                waiting += world.queue_len(&queue).await;
            }
        }
        if usize::try_from(waiting) == Ok(REQUESTS) {
            Ok(())
        } else {
            Err(waiting)
        }
    })
    .await;
    assert_eq!(world.dead_letters().await.len(), 0);
}

/// The same worker process continues, without a restart.
async fn goes_on(world: &World, worker: &mut WorkerProcess) {
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}
