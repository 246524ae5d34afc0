//! `/readyz` and `/healthz` through the life of a worker.

use rustix::process::Signal;

use super::{HTTP, components_are, is_ready, shows};
use crate::faults::impatient;
use crate::faults::templates::Templates;
use crate::harness::{DEADLINE, Options, World, http, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_ready_while_it_consumes_and_not_before_or_after() {
    let world = World::new(Options::default()).await;
    let (broker, amqp_url) = Proxy::before(&world.variables["AMQP_URL"]);
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    broker.set(Mode::Refuse);
    let mut worker = world.start_worker(&[
        HTTP,
        ("AMQP_URL", &amqp_url),
        ("AWS_ENDPOINT_URL_S3", &endpoint),
    ]);
    let url = worker.http_url().await;
    let body = is_ready(&url, 503, "connecting").await;
    assert_eq!(body["components"]["broker"]["state"], "down", "{body}");
    let (status, text) = http::get(&format!("{url}/healthz")).await;
    assert_eq!((status, text.as_slice()), (200, &b"ok\n"[..]));
    shows(&worker, "invoice_worker_ready", 0.0).await;

    broker.set(Mode::Pass);
    let body = is_ready(&url, 200, "working").await;
    let error = &body["components"]["broker"]["lastError"];
    assert!(error["detail"].is_string(), "what was wrong last: {body}");
    components_are(
        &url,
        &[
            ("broker", "up"),
            ("bucket", "up"),
            ("database", "up"),
            ("templates", "up"),
        ],
    )
    .await;
    shows(&worker, "invoice_worker_ready", 1.0).await;
    shows(
        &worker,
        "invoice_worker_reconnects_total{connection=\"consume\"}",
        1.0,
    )
    .await;

    // A bucket that is away delays messages and does not make the worker unready.
    storage.set(Mode::Refuse);
    components_are(&url, &[("bucket", "down")]).await;
    is_ready(&url, 200, "working").await;
    assert_eq!(asked(&world, &url).await, 0, "the command says the same");
    storage.set(Mode::Stall);
    world.publish(samples::receipt().to_string()).await;
    shows(
        &worker,
        "invoice_worker_messages_in_flight{lane=\"ordinary\"}",
        1.0,
    )
    .await;
    worker.signal(Signal::TERM);
    is_ready(&url, 503, "draining").await;
    assert_eq!(asked(&world, &url).await, 1);
    let (status, _) = http::get(&format!("{url}/healthz")).await;
    assert_eq!(status, 200, "it must not be killed meanwhile");
    storage.set(Mode::Pass);
    let status = worker.wait_exit(DEADLINE).await;
    assert_eq!(status.code(), Some(0), "{}", worker.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_holds_back_is_not_ready_and_says_why() {
    let mut options: Options = impatient();
    let at_once = ("RETRY_IN_PLACE_SECONDS", "0".to_owned());
    options.variables.push(at_once);
    let world = World::new(options).await;
    let delete = world.s3.delete_bucket().bucket(&world.bucket).send().await;
    delete.expect("the bucket can be deleted");
    let mut worker = world.worker(&[HTTP]).await;
    let url = worker.http_url().await;
    is_ready(&url, 200, "working").await;
    world.publish(samples::receipt().to_string()).await;
    let body = is_ready(&url, 503, "held_back").await;
    assert_eq!(body["code"], "storage_bucket_missing", "{body}");
    let held_back = "invoice_worker_held_back{code=\"storage_bucket_missing\"}";
    shows(&worker, held_back, 1.0).await;
    components_are(&url, &[("bucket", "down"), ("broker", "up")]).await;

    let create = world.s3.create_bucket().bucket(&world.bucket).send().await;
    create.expect("the bucket can be created");
    let body = is_ready(&url, 200, "working").await;
    assert!(body["code"].is_null(), "{body}");
    shows(&worker, "invoice_worker_held_back", 0.0).await;
    world.assert_settled(1, 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_whose_change_is_refused_are_shown() {
    let world = World::new(Options::sqlite()).await;
    let templates = Templates::with(&[]);
    let folder = templates.path().to_str().expect("UTF-8");
    let mut worker = world.worker(&[HTTP, ("TEMPLATES_DIR", folder)]).await;
    let url = worker.http_url().await;
    components_are(&url, &[("templates", "up")]).await;

    let main = templates.path().join("receipt/main.typ");
    let original = std::fs::read(&main).expect("a template");
    std::fs::write(&main, "#let render(request) = nonsense\n").expect("a writable folder");
    worker.signal(Signal::HUP);
    components_are(&url, &[("templates", "degraded")]).await;
    let body = is_ready(&url, 200, "working").await;
    let error = &body["components"]["templates"]["lastError"]["detail"];
    let error = error.as_str().expect("a text");
    assert!(error.contains("TEMPLATES_DIR"), "{error}");
    assert!(error.chars().count() <= 300, "{error}");

    std::fs::write(&main, original).expect("a writable folder");
    worker.signal(Signal::HUP);
    components_are(&url, &[("templates", "up")]).await;
    worker.stop().await;
}

/// The exit code of `health`, as a container's health check has it.
async fn asked(world: &World, url: &str) -> i32 {
    let address = url.strip_prefix("http://").expect("an http URL");
    let asking = world.program(&["health"]).envs([("HTTP_ADDR", address)]);
    asking.run().await.code
}
