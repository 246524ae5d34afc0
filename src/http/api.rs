//! What the handlers of the API need.

use std::sync::Arc;

use document::LiveTemplates;
use invoice::RequestLimits;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::body;
use crate::activity::ActivityLook;
use crate::database::Database;
use crate::requests::intake::Intake;
use crate::status::StatusLook;
use crate::storage::Storage;

/// Calls that wait for a document at once. Those beyond are answered at once, that the request was accepted.
pub(super) const WAITING: usize = 512;

/// Documents of previews that may wait for each renderer.
const PREVIEWS_PER_RENDERER: usize = 4;

/// Calls at once that read many dead letters. Each one keeps a connection to the database busy for seconds.
const SCANS: usize = 4;

/// Exports at once. Each one reads documents as fast as it can.
const EXPORTS: usize = 1;

/// What handlers need.
#[derive(Clone)]
pub struct Api(Arc<Parts>);

/// The parts of the program that the API calls.
pub struct Parts {
    /// The records.
    pub database: Database,
    /// The documents.
    pub storage: Storage,
    /// Publishes requests.
    pub intake: Intake,
    /// Renders previews.
    pub templates: Arc<LiveTemplates>,
    /// Looks at the state of the whole.
    pub status: Arc<StatusLook>,
    /// Reads what the workers have done.
    pub activity: ActivityLook,
    /// Limits of a request.
    pub request_limits: RequestLimits,
    /// Whether the changes of a repair need the approval of a person who has neither made nor applied it.
    pub repairs_need_approval: bool,
    bodies: Arc<Semaphore>,
    waiting: Semaphore,
    previews: Semaphore,
    stopping: CancellationToken,
    scans: Semaphore,
    exports: Arc<Semaphore>,
}

impl Parts {
    /// The parts of an API.
    pub fn new(
        database: Database,
        storage: Storage,
        intake: Intake,
        templates: Arc<LiveTemplates>,
        status: Arc<StatusLook>,
        renderers: usize,
        request_limits: RequestLimits,
    ) -> Self {
        let activity = ActivityLook::new(database.clone());
        Self {
            database,
            storage,
            intake,
            templates,
            status,
            activity,
            request_limits,
            repairs_need_approval: false,
            bodies: body::memory_for_requests(request_limits.max_bytes),
            waiting: Semaphore::new(WAITING),
            previews: Semaphore::new(renderers * PREVIEWS_PER_RENDERER),
            stopping: CancellationToken::new(),
            scans: Semaphore::new(SCANS),
            exports: Arc::new(Semaphore::new(EXPORTS)),
        }
    }

    /// The same, with repairs whose changes need the approval of another person, or not.
    pub fn with_approval_of_repairs(self, is_needed: bool) -> Self {
        Self {
            repairs_need_approval: is_needed,
            ..self
        }
    }

    /// What has to be cancelled when the program stops: calls wait no longer then.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// The limits of a request whose call asks for a strict check, or does not say.
    pub(super) fn limits(&self, strict: Option<bool>) -> RequestLimits {
        self.request_limits.strict_if(strict.unwrap_or_default())
    }

    /// Counts the memory for bodies.
    pub(super) fn bodies(&self) -> &Arc<Semaphore> {
        &self.bodies
    }

    /// Counts the calls that wait for a document.
    pub(super) fn waiting(&self) -> &Semaphore {
        &self.waiting
    }

    /// Counts the previews.
    pub(super) fn previews(&self) -> &Semaphore {
        &self.previews
    }

    /// Counts the calls that read many dead letters.
    pub(super) fn scans(&self) -> &Semaphore {
        &self.scans
    }

    /// Counts the exports.
    pub(super) fn exports(&self) -> &Arc<Semaphore> {
        &self.exports
    }
}

impl std::ops::Deref for Api {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Api {
    /// An API over these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}
