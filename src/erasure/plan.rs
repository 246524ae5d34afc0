//! What an erasure would do, within bounds: a person waits for it.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Erasure, ErasureError, Item, Orders, Totals};
use crate::database::{By, Database};
use crate::storage::Storage;

/// Longest time that a plan is made.
const LONGEST: Duration = Duration::from_secs(20);

/// Most records, and most dead letters, that a plan names.
const MAX_NAMED: usize = 100;

/// What an erasure would do. Nothing is changed, but that old records and dead letters get words for searches.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How much would be erased, as far as it was looked at.
    pub totals: Totals,
    /// Whether everything was looked at; there was no time for more otherwise.
    pub is_complete: bool,
    /// The first of the rows.
    pub items: Vec<Item>,
}

/// Finds out what an erasure would do. `documents` is the bucket, where they would be deleted too.
///
/// # Errors
///
/// Database or bucket cannot be used.
pub async fn plan(
    database: &Database,
    documents: Option<&Storage>,
    orders: &Orders<'_>,
    stop: &CancellationToken,
) -> Result<Plan, ErasureError> {
    let shutdown = stop.child_token();
    let erasure = Erasure {
        database,
        documents,
        filter: orders.filter.clone(),
        with_open: orders.with_open,
        dry_run: true,
        rate: None,
        at_most: None,
        by: By {
            actor: orders.by.actor,
            reason: None,
        },
        row: None,
        // The caller can ask again.
        patience: Duration::ZERO,
        shutdown: &shutdown,
    };
    let mut items = Vec::new();
    let (mut records, mut letters) = (0, 0);
    let finished = CancellationToken::new();
    let running = async {
        let done = erasure
            .run(|item| {
                let named = match item {
                    Item::Record(_) => &mut records,
                    Item::Letter(_) => &mut letters,
                };
                *named += 1;
                if *named <= MAX_NAMED {
                    items.push(item.clone());
                }
                Ok(())
            })
            .await;
        finished.cancel();
        done
    };
    let ending = async {
        tokio::select! {
            () = finished.cancelled() => {}
            () = sleep(LONGEST) => shutdown.cancel(),
        }
    };
    let ((totals, is_complete, result), ()) = tokio::join!(running, ending);
    result?;
    Ok(Plan {
        totals,
        is_complete,
        items,
    })
}
