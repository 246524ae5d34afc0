//! Reads what was done, and gives the same answer again for some seconds: pages and people ask as often as they like.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::read::{Span, read};
use crate::contract::Activity;
use crate::database::{Database, DatabaseError};

/// How long an answer is given again. Workers write once a minute.
const FRESH: Duration = Duration::from_secs(5);

/// Reads what all workers have done.
pub struct ActivityLook {
    database: Database,
    /// The last answer for each span. Who asks meanwhile waits for the same one.
    last: [Mutex<Option<Answer>>; Span::ALL.len()],
}

/// An answer, and when it was read.
type Answer = (Instant, Arc<Activity>);

impl ActivityLook {
    /// Reads from this database; nothing is asked yet.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            last: Default::default(),
        }
    }

    /// What was done until now, or until some seconds ago.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn look(&self, span: Span) -> Result<Arc<Activity>, DatabaseError> {
        let mut last = self.last[span as usize].lock().await;
        if let Some((at, activity)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(activity));
        }
        let activity = Arc::new(read(&self.database, span).await?);
        *last = Some((Instant::now(), Arc::clone(&activity)));
        Ok(activity)
    }
}
