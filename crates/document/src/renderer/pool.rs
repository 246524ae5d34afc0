//! A pool of renderer processes. Each renders one document at a time. A process that exceeds the time limit is killed, and a
//! process that has ended is replaced.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use tracing::{debug, warn};

use super::child::{Answer, Renderer};
use super::schedule::Place;
use super::state::{PoolState, RestartReason, Starting};
use super::turns::{Turn, Turns};
use crate::catalog::Catalog;
use crate::compiler::Pdf;
use crate::error::RenderError;
use crate::job::RenderJob;

/// The number of renderers, and the limits of each.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Number of renderer processes, which is the number of documents that are rendered at once.
    pub renderers: usize,
    /// Longest time for one document.
    pub timeout: Duration,
    /// Largest address space of a renderer, in MiB.
    pub memory_mib: u64,
    /// The percentage of renderer time that bulk documents have while ordinary ones leave them none.
    pub bulk_share_percent: u8,
    /// Whether its renderers have the lowest priority of the processor, so that others on the machine lose nothing to them.
    pub is_background: bool,
}

/// A renderer is replaced after a document of this many pages: typst's tables never shrink, so it would keep the memory and
/// would be slower.
const BIG_DOCUMENT_PAGES: usize = 20;

/// A document of this many lines is rendered in the side lane from the start.
const BIG_DOCUMENT_LINES: usize = 300;

/// A document that takes longer than this is moved to the side lane. An ordinary document takes a hundredth of this time.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// A renderer is replaced after this many documents.
const DOCUMENTS_PER_RENDERER: u32 = 10_000;

/// Renderer processes in two lanes, for all messages in work.
///
/// Each lane has one document for each renderer. A document that is big, is slow or has ended its renderer is rendered in
/// the side lane, so that ordinary documents in the main lane never wait for it. In both lanes ordinary documents go before
/// bulk ones, see [`Priority`](crate::Priority).
pub struct Pool {
    settings: PoolSettings,
    /// The templates of every renderer, also of those that replace others.
    catalog: Arc<Catalog>,
    turns: Arc<Turns>,
    idle: Mutex<Vec<Renderer>>,
    starting: Starting,
}

impl Pool {
    /// Starts all renderers and waits until the first has loaded the templates.
    ///
    /// # Errors
    ///
    /// A renderer cannot be started, or does not load the templates.
    pub async fn start(settings: PoolSettings, catalog: Arc<Catalog>) -> Result<Self, RenderError> {
        let pool = Self {
            turns: Turns::new(settings.renderers, settings.bulk_share_percent),
            idle: Mutex::default(),
            starting: Starting::default(),
            settings,
            catalog,
        };
        for _ in 1..pool.settings.renderers {
            pool.add_idle(pool.spawn()?);
        }
        let mut first = pool.spawn()?;
        if let Err(error) = first.ready().await {
            // The first failure may be an accident: the kernel kills processes when memory is short.
            warn!(event = "renderer_start_retried", %error, "trying once more");
            first = pool.spawn()?;
            first.ready().await?;
        }
        pool.add_idle(first);
        Ok(pool)
    }

    /// Renders one document. If the renderer ends, the document is rendered once more by a new one, because the first may
    /// have ended for another reason.
    ///
    /// If the future is dropped, the renderer is killed.
    ///
    /// # Errors
    ///
    /// The template does not compile with this document, a limit is exceeded, or the renderer ended twice.
    pub async fn render(&self, job: &RenderJob) -> Result<Pdf, RenderError> {
        let first = if job.lines >= BIG_DOCUMENT_LINES {
            self.render_in_side_lane(job, Pool::take).await
        } else {
            self.render_in_main_lane(job).await
        };
        match first {
            Err(error) if error.is_fatal_to_renderer() => {
                // The error may quote the request, so its text is not logged.
                warn!(
                    event = "render_retried",
                    code = error.code().as_str(),
                    template = job.rendered_with.template,
                    "document killed its renderer; trying once more"
                );
                self.render_in_side_lane(job, Pool::spawn).await
            }
            other => other,
        }
    }

    /// Whether a document that came now would be rendered at once, also a bulk one.
    pub fn is_idle(&self) -> bool {
        self.turns.are_idle()
    }

    /// How long a bulk document has waited for a renderer, of those that still wait.
    pub fn longest_bulk_wait(&self) -> Option<Duration> {
        self.turns.longest_bulk_wait()
    }

    /// What it is doing now.
    pub fn state(&self) -> PoolState {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.len();
        let starting = self.starting.count();
        let counts = self.turns.counts();
        PoolState {
            renderers: self.settings.renderers,
            idle,
            busy: counts.running.saturating_sub(starting),
            starting,
            ordinary_waiting: counts.ordinary_waiting,
            bulk_waiting: counts.bulk_waiting,
        }
    }

    async fn render_in_main_lane(&self, job: &RenderJob) -> Result<Pdf, RenderError> {
        let mut turn = self.turns.take(Place::Main, job.priority).await;
        let mut rendering = pin!(self.render_once(job, Pool::take));
        if let Ok(result) = timeout(SLOW_AFTER, &mut rendering).await {
            return result;
        }
        // If the side lane is full, a slow document stays in the main lane, so that the number of renderers is bounded.
        if turn.as_mut().is_some_and(Turn::move_to_side) {
            debug!(
                event = "render_moved",
                template = job.rendered_with.template,
                lines = job.lines,
                "slow document moved to the side lane"
            );
        }
        rendering.await
    }

    async fn render_in_side_lane(
        &self,
        job: &RenderJob,
        renderer: impl Fn(&Pool) -> Result<Renderer, RenderError>,
    ) -> Result<Pdf, RenderError> {
        let _turn = self.turns.take(Place::Side, job.priority).await;
        self.render_once(job, renderer).await
    }

    async fn render_once(
        &self,
        job: &RenderJob,
        renderer: impl Fn(&Pool) -> Result<Renderer, RenderError>,
    ) -> Result<Pdf, RenderError> {
        let mut renderer = renderer(self)?;
        // If this future is dropped, the renderer is dropped too, which kills its process.
        let start = self.starting.begin();
        let ready = renderer.ready().await;
        drop(start);
        let result = match ready {
            Ok(()) => timeout(self.settings.timeout, renderer.render(job)).await,
            Err(error) => return Err(error),
        };
        match result {
            Ok(Ok(Answer::Pdf(pdf))) => {
                let replaced = if pdf.pages >= BIG_DOCUMENT_PAGES {
                    Some(RestartReason::LargeDocument)
                } else if renderer.documents() >= DOCUMENTS_PER_RENDERER {
                    Some(RestartReason::ManyDocuments)
                } else {
                    None
                };
                if let Some(reason) = replaced {
                    debug!(
                        event = "renderer_replaced",
                        documents = renderer.documents(),
                        pages = pdf.pages,
                        "renderer process replaced"
                    );
                    self.replace(reason);
                } else {
                    self.add_idle(renderer);
                }
                Ok(pdf)
            }
            Ok(Ok(Answer::Failed(error))) => {
                self.add_idle(renderer);
                Err(error)
            }
            Ok(Err(error)) => {
                self.start_another();
                let end = renderer.explain_end(&error).await;
                let reason = if matches!(end, RenderError::MemoryExceeded { .. }) {
                    RestartReason::MemoryExceeded
                } else {
                    RestartReason::Crashed
                };
                reason.counted();
                Err(end)
            }
            Err(_elapsed) => {
                self.replace(RestartReason::TimedOut);
                Err(RenderError::Timeout {
                    limit_seconds: self.settings.timeout.as_secs(),
                })
            }
        }
    }

    /// Takes an idle renderer that is alive, or starts a new one.
    fn take(&self) -> Result<Renderer, RenderError> {
        loop {
            let idle = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            match idle {
                Some(mut renderer) => match renderer.exit_status() {
                    Ok(None) => return Ok(renderer),
                    Ok(Some(status)) => {
                        RestartReason::Died.counted();
                        warn!(event = "renderer_died", %status, "idle renderer process died; replacing it")
                    }
                    Err(error) => {
                        RestartReason::Died.counted();
                        warn!(event = "renderer_unwatched", %error, "idle renderer process cannot be watched; replacing it")
                    }
                },
                None => return self.spawn(),
            }
        }
    }

    fn spawn(&self) -> Result<Renderer, RenderError> {
        let renderer = Renderer::spawn(self.settings.memory_mib, &self.catalog)?;
        if self.settings.is_background {
            renderer.lower_priority();
        }
        Ok(renderer)
    }

    /// Starts a renderer that replaces another one. It loads the templates before a document needs it.
    fn replace(&self, reason: RestartReason) {
        reason.counted();
        self.start_another();
    }

    fn start_another(&self) {
        match self.spawn() {
            Ok(renderer) => self.add_idle(renderer),
            Err(error) => {
                warn!(event = "renderer_unreplaced", %error, "renderer process not replaced yet")
            }
        }
    }

    fn add_idle(&self, renderer: Renderer) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The main lane needs no more; the further ones of the side lane are dropped.
        if idle.len() < self.settings.renderers {
            idle.push(renderer);
        }
    }
}
