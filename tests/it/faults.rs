//! Faults, and what must be true in spite of them: every confirmed request ends generated or dead-lettered with a reason,
//! exactly once by row and object, without any intervention.
//!
//! Outages are made with a [`Proxy`](crate::proxy::Proxy) in front of the shared servers, or by stopping and killing
//! private ones.

mod broken_env_file;
mod broker_cluster;
mod broker_limits;
mod broker_partition;
mod broker_restart;
pub(crate) mod broker_tls;
mod database_errors;
mod database_outage;
mod flapping_connection;
mod foreign_user;
mod full_queues;
mod hostile_templates;
mod killed_renderers;
mod killed_workers;
mod left_documents;
mod max_age;
mod odd_frames;
mod outages_reported;
mod queue_changes;
mod rolling_restart;
mod shutdown;
mod storage_conditions;
mod storage_outage;
mod storage_refusal;
mod unavailable_queues;

pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod oversized_headers;
pub(crate) mod servers;
pub(crate) mod standby;
pub(crate) mod storage_lies;
pub(crate) mod templates;

use crate::harness::{Options, WorkerProcess, World, eventually};

/// Retries that are short enough for a test.
pub(crate) fn impatient() -> Options {
    Options {
        variables: vec![
            ("WORKER_CONCURRENCY", "2".to_owned()),
            ("RETRY_IN_PLACE_SECONDS", "1".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1,2".to_owned()),
        ],
        ..Options::default()
    }
}

/// Waits until there are at least this many rows.
pub(crate) async fn rows_are_written(world: &World, count: usize) {
    eventually(&format!("{count} rows"), async || {
        let rows = world.rows().await.len();
        if rows >= count { Ok(()) } else { Err(rows) }
    })
    .await;
}

/// A fault after the last document would prove nothing.
async fn assert_in_the_middle(world: &World, published: usize) {
    let rows = world.rows().await.len();
    assert!(
        rows < published,
        "all {published} were done before the fault"
    );
}

/// Waits until the worker has held back twice, because no request could be processed, and tries a third time.
async fn holds_back_twice(worker: &mut WorkerProcess) {
    worker.has_subscribed(3).await;
    assert!(!worker.events("held_back").is_empty());
}
