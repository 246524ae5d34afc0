//! Asks the servers, all at once.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::broker::depths::{Looked, QueueDepths};
use crate::contract::ServerStatus;
use crate::database::workers::{OpenLetters, Reported};
use crate::database::{Database, DatabaseError};
use crate::duration::milliseconds;
use crate::patience::answered;
use crate::storage::Storage;

/// What the servers have answered.
pub(super) struct Answers {
    pub(super) servers: Vec<ServerStatus>,
    pub(super) queues: Option<Looked>,
    pub(super) recorded: Option<Recorded>,
}

/// What the database has.
pub(super) struct Recorded {
    pub(super) workers: Vec<Reported>,
    pub(super) letters: Vec<OpenLetters>,
    pub(super) last_minute: u64,
    pub(super) last_five_minutes: u64,
}

/// Asks broker, bucket and database at once.
pub(super) async fn ask(
    queues: &mut QueueDepths,
    storage: &Storage,
    database: &Result<Database, Arc<DatabaseError>>,
) -> Answers {
    let ((broker, queues), (bucket, _), (database, recorded)) = tokio::join!(
        answer("broker", queues.read()),
        answer("bucket", storage.reach()),
        answer("database", recorded(database)),
    );
    Answers {
        servers: vec![broker, bucket, database],
        queues,
        recorded,
    }
}

async fn answer<T, E: Display>(
    name: &'static str,
    asking: impl Future<Output = Result<T, E>>,
) -> (ServerStatus, Option<T>) {
    let began = Instant::now();
    let answer = answered(asking).await;
    let latency_ms = milliseconds(began.elapsed());
    let (error, answer) = match answer {
        Ok(Ok(answer)) => (None, Some(answer)),
        Ok(Err(error)) => (Some(error.to_string()), None),
        Err(none) => (Some(none.to_string()), None),
    };
    let server = ServerStatus {
        name,
        up: error.is_none(),
        latency_ms,
        error,
    };
    (server, answer)
}

async fn recorded(
    database: &Result<Database, Arc<DatabaseError>>,
) -> Result<Recorded, Arc<DatabaseError>> {
    let database = database.as_ref().map_err(Arc::clone)?;
    database.check().await?;
    let minute = Duration::from_secs(60);
    let (workers, letters, last_minute, last_five_minutes) = tokio::try_join!(
        database.workers(),
        database.open_letters(),
        database.generated_within(minute),
        database.generated_within(5 * minute),
    )?;
    Ok(Recorded {
        workers,
        letters,
        last_minute,
        last_five_minutes,
    })
}
