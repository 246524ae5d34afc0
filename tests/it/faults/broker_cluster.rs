//! A broker of three nodes and a database with a standby, each reached by an address that leads to one that is there.

use std::time::Duration;

use super::cluster::Cluster;
use super::standby::Replicated;
use super::{assert_in_the_middle, impatient, rows_are_written};
use crate::harness::{Options, World, samples};
use crate::proxy::{Mode, Proxy};

/// Requests before each fault.
const REQUESTS: usize = 150;

/// How long the node with the leader is away.
const PAUSE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_leader_a_node_apart_and_a_promoted_standby_lose_nothing() {
    let (cluster, mut replicated) = tokio::join!(Cluster::start(), Replicated::start());
    let (_broker, amqp_url) = Proxy::before_all(&cluster.urls_from(1));
    let (database, database_url) = Proxy::before(&replicated.primary().url);
    let world = World::new(Options {
        amqp_url: Some(amqp_url),
        postgres_url: Some(database_url),
        ..impatient()
    })
    .await;
    let queue = &world.topology.requests;
    // Otherwise it would be on one node only, and the first fault would stop it.
    assert_eq!(cluster.replicas_of(queue).await, 3);
    let (_way, url) = Proxy::before_all(&cluster.urls_from(0));
    let url = format!("{url}?heartbeat=4");
    let mut worker = world.worker(&[("AMQP_URL", &url)]).await;
    let requests = samples::many(3 * REQUESTS);
    let mut requests = requests.chunks(REQUESTS).map(<[Vec<u8>]>::to_vec);
    let mut more = || requests.next().expect("requests for each fault");

    let leader = cluster.leader_of(queue).await;
    world.publish_many(more()).await;
    rows_are_written(&world, 5).await;
    cluster.away(&[leader], true, PAUSE).await;
    rows_are_written(&world, REQUESTS).await;
    cluster.is_whole().await;

    // It stops serving clients when it finds itself alone, and the others choose another leader.
    let leader = cluster.leader_of(queue).await;
    world.publish_many(more()).await;
    rows_are_written(&world, REQUESTS + 5).await;
    cluster.set_links_of(leader, Mode::Refuse);
    cluster.is_missed(leader).await;
    rows_are_written(&world, 2 * REQUESTS).await;
    cluster.set_links_of(leader, Mode::Pass);
    cluster.is_whole().await;

    let last = more();
    let (before, after) = last.split_at(REQUESTS / 2);
    world.publish_many(before.to_vec()).await;
    rows_are_written(&world, 2 * REQUESTS + 5).await;
    replicated.lose_primary(&database).await;
    // However fast the worker is, nothing can be recorded for these before the standby is promoted.
    world.publish_many(after.to_vec()).await;
    assert_in_the_middle(&world, 3 * REQUESTS).await;
    replicated.promote().await;
    world.assert_settled(3 * REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(3 * REQUESTS, 0).await;
}
