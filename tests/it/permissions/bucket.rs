//! Keys that may store documents and not read them.

use dev::s3::Behaviour;

use crate::faults::impatient;
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_read_only_the_request_whose_key_is_taken_waits() {
    let world = World::new(Options {
        store: Behaviour {
            denies_reading: true,
            ..Behaviour::default()
        },
        ..impatient()
    })
    .await;
    // An earlier worker died after the upload.
    let taken = samples::receipt();
    let key = invoice::ObjectKey::for_invoice(&samples::identity(&taken));
    let put = world
        .s3
        .put_object()
        .bucket(&world.bucket)
        .key(key.as_str());
    let put = put.body(b"%PDF-1.7".to_vec().into());
    put.send().await.expect("the object can be put");
    let mut worker = world.worker(&[]).await;
    world.publish(taken.to_string()).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "storage_access_denied"
                && retry.field_contains("detail", "s3:GetObject")
        })
        .await;
    world.publish_many(samples::many(5)).await;
    worker.reaches_attempt(3).await;
    crate::faults::rows_are_written(&world, 5).await;
    assert!(worker.events("held_back").is_empty());
    worker.stop().await;
    assert_eq!(world.rows().await.len(), 5);
    assert_eq!(world.dead_letters().await.len(), 0);
}
