//! The object store answers with success, and it is not true.

use dev::s3::Behaviour;
use invoice::ObjectKey;
use invoice::digest::Sha256Digest;

use super::{holds_back_twice, impatient};
use crate::harness::{Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 5;

/// A captive portal, or a web server at the wrong address.
pub(crate) const WEB_PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>Welcome!</html>";

pub(crate) const EMPTY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

pub(crate) const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// A server that accepts every upload, whatever its conditions are.
pub(crate) const ACCEPTED: &[u8] =
    b"HTTP/1.1 200 OK\r\nETag: \"5d41402abc4b2a76b9719d911017c592\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_success_without_an_etag_is_not_believed() {
    for answer in [WEB_PAGE, EMPTY, NO_CONTENT] {
        let world = World::new(impatient()).await;
        uploads_are_not_believed(&world, answer, "no ETag").await;
    }
}

/// Neither after a start that has seen this server repeat a checksum, nor after one that has seen none.
#[tokio::test(flavor = "multi_thread")]
async fn a_success_without_a_checksum_is_not_believed() {
    for has_probe in [false, true] {
        let world = World::new(impatient()).await;
        if has_probe {
            world.program(&["check"]).run().await.succeeded();
        }
        uploads_are_not_believed(&world, ACCEPTED, "no checksum").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_stored_in_servers_that_repeat_no_checksum() {
    let world = World::new(Options {
        store: Behaviour {
            keeps_checksums_to_itself: true,
            ..Behaviour::default()
        },
        variables: vec![("STORE_XML", "true".to_owned())],
        ..Options::default()
    })
    .await;
    let mut worker = world.worker(&[]).await;
    let e_invoice = samples::with_e_invoice(samples::invoice(), "peppol-bis-3");
    world.publish(e_invoice.to_string()).await;
    world.publish_many(samples::many(REQUESTS)).await;
    world.assert_settled(REQUESTS + 1, 0).await;
    worker.stop().await;
    assert!(worker.complaints().is_empty(), "{:#?}", worker.complaints());
}

/// What is read has to be of the object store as well: a page that is not the document is no conflict.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_place_of_a_stored_document_is_no_conflict() {
    let world = World::new(Options {
        store: Behaviour {
            is_intercepted: true,
            ..Behaviour::default()
        },
        ..impatient()
    })
    .await;
    let request = samples::receipt();
    let mut worker = world.worker(&[]).await;
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(&request)).await;
    // As if the worker had died after the upload.
    world.execute("DELETE FROM sales_invoice").await;
    world.publish(request.to_string()).await;
    worker
        .emits_where("held_back", |held| {
            held["code"] == "storage_misconfigured" && held.field_contains("detail", "no ETag")
        })
        .await;
    worker.stop().await;
    assert_eq!(world.dead_letters().await.len(), 0);
    assert_eq!(world.rows().await.len(), 0);
}

async fn uploads_are_not_believed(world: &World, answer: &'static [u8], problem: &str) {
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Answer(answer));
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("held_back", |held| {
            held["code"] == "storage_misconfigured" && held.field_contains("detail", problem)
        })
        .await;
    assert_eq!(world.rows().await.len(), 0);
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ignores_conditions_is_refused_at_the_start_and_by_check() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    proxy.set(Mode::Answer(ACCEPTED));
    for command in ["worker", "check"] {
        let run = world.program(&[command]);
        let run = run.envs([("AWS_ENDPOINT_URL_S3", &endpoint)]).run().await;
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("ignores If-None-Match"), "{run:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_at_the_start_proves_itself_before_the_first_document() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    proxy.set(Mode::Refuse);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    worker.emits("storage_unavailable").await;
    proxy.set(Mode::Answer(ACCEPTED));
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("held_back", |held| {
            held["code"] == "storage_misconfigured"
                && held.field_contains("detail", "ignores If-None-Match")
        })
        .await;
    holds_back_twice(&mut worker).await;
    assert_eq!(world.rows().await.len(), 0);
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_of_the_tests_honours_conditions() {
    for seaweedfs in [false, true] {
        let world = World::new(Options {
            sqlite: true,
            seaweedfs,
            ..Options::default()
        })
        .await;
        for _ in 0..2 {
            world.program(&["check"]).run().await.succeeded();
        }
        let mut worker = world.worker(&[]).await;
        world.publish_many(samples::many(2)).await;
        world.assert_settled(2, 0).await;
        worker.stop().await;
        assert!(worker.complaints().is_empty(), "{:#?}", worker.complaints());
    }
}

/// A worker has died after its upload, and the object was cut since.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_not_what_was_uploaded_is_not_adopted() {
    let world = World::new(impatient()).await;
    let request = samples::receipt();
    let parsed = invoice::parse(request.to_string().as_bytes(), 1 << 20).expect("JSON");
    let whole = b"%PDF-1.7 the whole document";
    let key = ObjectKey::for_invoice(&samples::identity(&request));
    let put = async |bytes: &[u8], sha256: Option<Sha256Digest>| {
        let mut put = world
            .s3
            .put_object()
            .bucket(&world.bucket)
            .key(key.as_str())
            .metadata("request-digest", parsed.digest.to_string())
            .metadata("pages", "1");
        if let Some(sha256) = sha256 {
            put = put.metadata("sha256", sha256.to_string());
        }
        let done = put.body(bytes.to_vec().into()).send().await;
        done.expect("the object can be put");
    };
    let uploaded = Some(Sha256Digest::of(whole));
    put(&whole[..10], uploaded).await;
    let mut worker = world.worker(&[]).await;
    world.publish(request.to_string()).await;
    let dead = eventually("a dead letter", async || {
        world.dead_letters().await.pop().ok_or("none")
    })
    .await;
    assert_eq!(dead.header("x-error-code"), "storage_object_damaged");
    assert_eq!(world.object(key.as_str()).await, &whole[..10]);

    // Nothing says of this one what it was.
    put(whole, None).await;
    world.publish(request.to_string()).await;
    let code = eventually("a second dead letter", async || {
        match world.dead_letters().await.as_slice() {
            [_, second] => Ok(second.header("x-error-code").to_owned()),
            letters => Err(letters.len()),
        }
    })
    .await;
    assert_eq!(code, "storage_object_damaged");

    // It is restored, and the request replayed.
    put(whole, uploaded).await;
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!(row.sha256, Some(Sha256Digest::of(whole).to_string()));
    worker.stop().await;
}
