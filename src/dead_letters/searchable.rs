//! Adds to dead letters what searches need, where an earlier version has archived or edited them.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::database::Database;
use crate::outages::Reminder;
use crate::retry::{self, Retryable as _};

/// Dead letters of one transaction: their messages are in memory at once.
const PAGE: u64 = 20;

/// Between two pages, so that an archive of millions of dead letters takes no more than a part of what the database can do.
const PACE: Duration = Duration::from_millis(50);

/// How often it is looked whether there are any, which is a look into an empty index.
const LOOK: Duration = Duration::from_secs(30);

/// Makes all dead letters searchable until it is stopped. Any number of processes may do it at once.
pub async fn keep_searchable(database: &Database, stop: &CancellationToken) {
    let mut refusals = Reminder::default();
    loop {
        let added = database.add_words(PAGE).await;
        retry::note(&added);
        let delay = match added {
            Ok(0) => LOOK,
            Ok(count) => {
                debug!(
                    event = "dead_letters_searchable",
                    count, "dead letters of an earlier version can be searched"
                );
                PACE
            }
            Err(error) => {
                if !error.is_outage() && refusals.is_due() {
                    warn!(event = "searchable_refused", %error, "dead letters of an earlier version cannot be made searchable");
                }
                LOOK
            }
        };
        tokio::select! {
            () = sleep(delay) => {}
            () = stop.cancelled() => return,
        }
    }
}
