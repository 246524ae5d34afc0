//! The object store is there, but the installation is wrong: nobody's request is at fault.

use super::{holds_back_twice, impatient};
use crate::harness::{World, samples};

const REQUESTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_a_wrong_secret_dead_letters_nothing() {
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[("AWS_SECRET_ACCESS_KEY", "wrong")]).await;
    world.publish_many(samples::many(REQUESTS)).await;
    worker.logs("storage_access_denied").await;
    holds_back_twice(&mut worker).await;
    worker.stop().await;
    let log = worker.log();
    assert!(!log.contains(&world.variables["AWS_SECRET_ACCESS_KEY"]));

    let mut worker = world.worker(&[]).await;
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}
