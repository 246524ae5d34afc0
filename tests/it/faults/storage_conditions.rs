//! Object stores without conditional writes: one that overlooks the condition, and one that refuses it.

use dev::s3::{Behaviour, Conditions};

use super::{holds_back_twice, impatient};
use crate::harness::{Options, World, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 5;

/// What Backblaze B2 answers to an upload with `If-None-Match`.
const NOT_IMPLEMENTED: &[u8] =
    b"HTTP/1.1 501 Not Implemented\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented.</Message></Error>";

#[tokio::test(flavor = "multi_thread")]
async fn an_object_store_without_conditional_writes_is_found_out_before_work_begins() {
    for (conditions, words) in [
        (Conditions::Overlooked, "ignores If-None-Match"),
        (Conditions::Refused, "501 NotImplemented"),
    ] {
        let world = World::new(Options {
            sqlite: true,
            store: Behaviour {
                conditions,
                ..Behaviour::default()
            },
            ..Options::default()
        })
        .await;
        for command in ["worker", "check"] {
            let run = world.program(&[command]).run().await;
            assert_eq!(run.code, 2, "{run:#?}");
            assert!(run.stderr.contains(words), "{run:#?}");
            assert!(
                run.stderr
                    .contains("use an object store with conditional writes")
            );
        }
        assert_eq!(world.rows().await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_for_an_object_store_that_knows_conditions() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Answer(NOT_IMPLEMENTED));
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("held_back", |held| {
            held["code"] == "storage_misconfigured"
                && held.field_contains("detail", "501 NotImplemented")
        })
        .await;
    holds_back_twice(&mut worker).await;
    assert_eq!(world.dead_letters().await.len(), 0);
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
}
