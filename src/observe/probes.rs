//! Looks at what a process depends on, in a task of its own and with time limits.

use std::time::Duration;

use document::LiveTemplates;
use tokio::time::sleep;

use crate::database::Database;
use crate::outages;
use crate::patience::answered;
use crate::readiness::{Component, Readiness};
use crate::retry::{self, Retryable};
use crate::storage::Storage;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(10);

/// Looks at bucket and database again and again. Does not return.
pub(super) async fn follow(readiness: &Readiness, storage: &Storage, database: &Database) {
    loop {
        tokio::join!(
            probe(readiness, Component::Bucket, storage.reach()),
            probe(readiness, Component::Database, database.check()),
        );
        sleep(INTERVAL).await;
    }
}

/// An outage ends with a probe that succeeds, also where no message comes that would find it out.
async fn probe<E: Retryable>(
    readiness: &Readiness,
    component: Component,
    looking: impl Future<Output = Result<(), E>>,
) {
    match answered(looking).await {
        Ok(result) => {
            retry::note(&result);
            readiness.seen(component, result);
        }
        Err(none) => {
            outages::failed(E::SERVER, &none);
            readiness.seen(component, Err(none));
        }
    }
}

/// Notes whether the last change of the templates was refused, as long as there are templates.
pub(super) async fn follow_templates(templates: &LiveTemplates, readiness: &Readiness) {
    let mut refused = templates.refused();
    loop {
        let error = refused.borrow_and_update().clone();
        match error {
            None => readiness.seen::<String>(Component::Templates, Ok(())),
            Some(error) => readiness.degraded(Component::Templates, error),
        }
        if refused.changed().await.is_err() {
            return;
        }
    }
}
