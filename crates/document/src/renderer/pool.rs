//! A pool of renderer processes: one document at a time in each, killed at the time limit, replaced when gone.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::child::{Answer, Renderer};
use crate::catalog::Catalog;
use crate::compiler::Pdf;
use crate::error::RenderError;
use crate::job::RenderJob;

/// How many renderers there are and what each may use.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Number of renderer processes: as many documents are set at once.
    pub renderers: usize,
    /// Longest time for one document.
    pub timeout: Duration,
    /// Largest address space of a renderer, in MiB.
    pub memory_mib: u64,
}

/// A document of this many pages leaves behind memory and slower lookups for good: typst's tables never shrink.
const BIG_DOCUMENT_PAGES: usize = 20;

/// A document of this many lines takes the side lane from the start.
const BIG_DOCUMENT_LINES: usize = 300;

/// A document that takes longer than this moves to the side lane. Ordinary ones take a hundredth of it.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// A renderer is replaced after this many documents, whatever they were.
const DOCUMENTS_PER_RENDERER: u32 = 10_000;

/// Renderer processes that are shared by all messages in work, in two lanes.
///
/// The main lane has one document for each renderer. Whatever is big, slow or fatal goes on in the side lane, which is
/// as wide, so that ordinary documents never wait behind it.
pub struct Pool {
    settings: PoolSettings,
    /// What every renderer gets, those that replace others included.
    catalog: Arc<Catalog>,
    main_lane: Semaphore,
    side_lane: Semaphore,
    idle: Mutex<Vec<Renderer>>,
}

impl Pool {
    /// Starts all renderers and waits until the first has loaded the templates.
    pub async fn start(settings: PoolSettings, catalog: Arc<Catalog>) -> Result<Self, RenderError> {
        let pool = Self {
            main_lane: Semaphore::new(settings.renderers),
            side_lane: Semaphore::new(settings.renderers),
            idle: Mutex::default(),
            settings,
            catalog,
        };
        for _ in 1..pool.settings.renderers {
            pool.add_idle(pool.spawn()?);
        }
        let mut first = pool.spawn()?;
        if let Err(error) = first.ready().await {
            // Once may be an accident; the kernel kills where memory is short.
            warn!(event = "renderer_start_retried", %error, "trying once more");
            first = pool.spawn()?;
            first.ready().await?;
        }
        pool.add_idle(first);
        Ok(pool)
    }

    /// Sets one document. If it costs a renderer its life, it is tried once more in a fresh one, in case that death
    /// had another cause.
    pub async fn render(&self, job: &RenderJob) -> Result<Pdf, RenderError> {
        let first = if job.lines >= BIG_DOCUMENT_LINES {
            self.render_in_side_lane(job, Pool::take).await
        } else {
            self.render_in_main_lane(job).await
        };
        match first {
            Err(error) if error.is_fatal_to_renderer() => {
                // The last words of a renderer may quote the request; they stay out of the log.
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

    async fn render_in_main_lane(&self, job: &RenderJob) -> Result<Pdf, RenderError> {
        // The semaphores are never closed; were they, running without a permit would only use more cores.
        let permit = self.main_lane.acquire().await.ok();
        let mut rendering = pin!(self.render_once(job, Pool::take));
        if let Ok(result) = timeout(SLOW_AFTER, &mut rendering).await {
            return result;
        }
        // Where the side lane is full, a slow document keeps its place: the number of renderers stays bounded.
        let side_permit = self.side_lane.try_acquire();
        if side_permit.is_ok() {
            debug!(
                event = "render_moved",
                template = job.rendered_with.template,
                lines = job.lines,
                "slow document moved to the side lane"
            );
            drop(permit);
        }
        rendering.await
    }

    async fn render_in_side_lane(
        &self,
        job: &RenderJob,
        renderer: impl Fn(&Pool) -> Result<Renderer, RenderError>,
    ) -> Result<Pdf, RenderError> {
        let _permit = self.side_lane.acquire().await.ok();
        self.render_once(job, renderer).await
    }

    async fn render_once(
        &self,
        job: &RenderJob,
        renderer: impl Fn(&Pool) -> Result<Renderer, RenderError>,
    ) -> Result<Pdf, RenderError> {
        let mut renderer = renderer(self)?;
        // If this future is dropped, so is the renderer, and with it its process: nothing goes on unseen.
        let result = match renderer.ready().await {
            Ok(()) => timeout(self.settings.timeout, renderer.render(job)).await,
            Err(error) => return Err(error),
        };
        match result {
            Ok(Ok(Answer::Pdf(pdf))) => {
                if pdf.pages < BIG_DOCUMENT_PAGES && renderer.documents() < DOCUMENTS_PER_RENDERER {
                    self.add_idle(renderer);
                } else {
                    debug!(
                        event = "renderer_replaced",
                        documents = renderer.documents(),
                        pages = pdf.pages,
                        "renderer process replaced"
                    );
                    self.replace();
                }
                Ok(pdf)
            }
            Ok(Ok(Answer::Failed(error))) => {
                self.add_idle(renderer);
                Err(error)
            }
            Ok(Err(error)) => {
                self.replace();
                Err(renderer.explain_death(&error).await)
            }
            Err(_elapsed) => {
                self.replace();
                Err(RenderError::Timeout {
                    limit_seconds: self.settings.timeout.as_secs(),
                })
            }
        }
    }

    /// An idle renderer that is alive, or a new one.
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
                        warn!(event = "renderer_died", %status, "idle renderer process died; replacing it")
                    }
                    Err(error) => {
                        warn!(event = "renderer_unwatched", %error, "idle renderer process cannot be watched; replacing it")
                    }
                },
                None => return self.spawn(),
            }
        }
    }

    fn spawn(&self) -> Result<Renderer, RenderError> {
        Renderer::spawn(self.settings.memory_mib, &self.catalog)
    }

    /// Starts a successor now, so that it loads the templates before a document waits for it.
    fn replace(&self) {
        match self.spawn() {
            Ok(renderer) => self.add_idle(renderer),
            Err(error) => {
                warn!(event = "renderer_unreplaced", %error, "renderer process not replaced yet")
            }
        }
    }

    fn add_idle(&self, renderer: Renderer) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of the side lane are not kept beyond what the main lane uses.
        if idle.len() < self.settings.renderers {
            idle.push(renderer);
        }
    }
}
