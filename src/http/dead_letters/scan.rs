//! Reading many dead letters for one call: few at once, and not for long.

use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::timeout;
use tracing::warn;

use crate::contract::DeadLetterGroup;
use crate::database::DatabaseError;
use crate::http::api::Api;
use crate::http::failures::database;
use crate::http::problem::{Code, Problem};

/// Dead letters that are counted in groups.
pub(in crate::http) const GROUPED: u64 = 100_000;

/// Longest time of counting, and of a search. It is longer than one statement may take, so that a connection that is silent is
/// replaced.
const LONGEST: Duration = Duration::from_secs(25);

/// The right to read many dead letters, unless too many other calls do.
pub(crate) fn scan_slot(api: &Api) -> Result<SemaphorePermit<'_>, Problem> {
    api.scans().try_acquire().map_err(|_| {
        let detail = "too many calls read many dead letters at once; try again in a moment";
        Problem::new(Code::Overloaded, detail)
    })
}

/// The outcome of a search for this text, if it ends in time and few other calls search: a text is looked for in every message.
/// Without a text it is awaited only.
pub(in crate::http) async fn searched<T>(
    api: &Api,
    text: Option<&str>,
    search: impl Future<Output = T>,
) -> Result<T, Problem> {
    match text {
        Some(_) => scanned(api, search).await,
        None => Ok(search.await),
    }
}

/// The groups, if they are counted in time and few other calls count.
pub(in crate::http) async fn counted(
    api: &Api,
    counting: impl Future<Output = Result<Vec<DeadLetterGroup>, DatabaseError>>,
) -> Result<Vec<DeadLetterGroup>, Problem> {
    let groups = scanned(api, counting).await?;
    groups.map_err(|error| database(&error))
}

async fn scanned<T>(api: &Api, scan: impl Future<Output = T>) -> Result<T, Problem> {
    let _slot = scan_slot(api)?;
    match timeout(LONGEST, scan).await {
        Ok(scanned) => Ok(scanned),
        Err(_elapsed) => {
            let seconds = LONGEST.as_secs();
            warn!(
                event = "http_scan_late",
                seconds, "a call was refused, because reading dead letters took too long"
            );
            let detail = format!(
                "the dead letters were not looked through within {seconds} s; add a filter, for example a code or since"
            );
            Err(Problem::new(Code::DatabaseUnavailable, detail))
        }
    }
}
