//! A pool of renderer processes: one document at a time in each, killed at the time limit, replaced when gone.

use std::collections::VecDeque;
use std::pin::pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::frame::{self, Reply};
use crate::compiler::Pdf;
use crate::error::RenderError;
use crate::faults;
use crate::job::RenderJob;
use crate::templates::catalog::Catalog;

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

/// Address space that a renderer's allocator reserves at once. Its default of 1 GiB alone would exceed small limits.
const ARENA_RESERVE: &str = "32MiB";

/// What a pipe holds (pipe(7)), so that most documents are read at once.
const PIPE_BYTES: usize = 64 << 10;

/// Longest time for loading templates and fonts, which takes milliseconds on a healthy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

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
        if let Err(error) = first.ready(pool.settings.memory_mib).await {
            // Once may be an accident; the kernel kills where memory is short.
            warn!(event = "renderer_start_retried", %error, "trying once more");
            first = pool.spawn()?;
            first.ready(pool.settings.memory_mib).await?;
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
        let result = match renderer.ready(self.settings.memory_mib).await {
            Ok(()) => timeout(self.settings.timeout, renderer.render(job)).await,
            Err(error) => return Err(error),
        };
        match result {
            Ok(Ok(Answer::Pdf(pdf))) => {
                if pdf.pages < BIG_DOCUMENT_PAGES && renderer.documents < DOCUMENTS_PER_RENDERER {
                    self.add_idle(renderer);
                } else {
                    debug!(
                        event = "renderer_replaced",
                        documents = renderer.documents,
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
                Err(renderer
                    .explain_death(&error, self.settings.memory_mib)
                    .await)
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
                Some(mut renderer) => match renderer.child.try_wait() {
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
        Renderer::spawn(&self.settings, &self.catalog)
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

/// One renderer process; killed when dropped.
struct Renderer {
    child: Child,
    pipes: Pipes,
    /// The end of its standard error, for the day it dies.
    last_lines: JoinHandle<String>,
    documents: u32,
}

/// The way to a renderer.
enum Pipes {
    /// The templates are on their way; here are the pipes when it has loaded them.
    Loading(JoinHandle<std::io::Result<OpenPipes>>),
    Open(OpenPipes),
    /// It never became ready.
    Broken,
}

struct OpenPipes {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl OpenPipes {
    /// Sends the templates and waits until they are loaded.
    async fn load(mut self, catalog: Arc<Catalog>) -> std::io::Result<Self> {
        frame::write_load(&mut self.input, &catalog).await?;
        match frame::read_async(&mut self.output).await? {
            (Reply::Ready, _) => Ok(self),
            (Reply::Pdf { .. } | Reply::Failed { .. } | Reply::PagesTooMany { .. }, _) => {
                Err(std::io::Error::other("it answered before it was asked"))
            }
        }
    }
}

/// What came back from a renderer that is still alive.
enum Answer {
    Pdf(Pdf),
    Failed(RenderError),
}

impl Renderer {
    fn spawn(settings: &PoolSettings, catalog: &Arc<Catalog>) -> Result<Self, RenderError> {
        // This very program, also after its file was replaced by another version.
        let mut child = Command::new("/proc/self/exe")
            .arg0("invoice-renderer")
            .arg("renderer")
            .arg(settings.memory_mib.to_string())
            // For those who look at the list of processes; nothing is read from there.
            .arg(catalog.root())
            .args(catalog.extra_fonts())
            // Nothing of the worker's environment is needed there, its secrets least of all.
            .env_clear()
            .env("MIMALLOC_ARENA_RESERVE", ARENA_RESERVE)
            .envs(std::env::var_os(faults::VARIABLE).map(|faults| (faults::VARIABLE, faults)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C goes to the group of the terminal's foreground; the worker lets documents in work be finished.
            .process_group(0)
            .spawn()
            .map_err(|error| RenderError::Start(error.to_string()))?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(input), Some(output), Some(errors)) => Ok(Self {
                child,
                pipes: Pipes::Loading(tokio::spawn(
                    OpenPipes {
                        input,
                        output: BufReader::with_capacity(PIPE_BYTES, output),
                    }
                    .load(Arc::clone(catalog)),
                )),
                last_lines: tokio::spawn(last_lines(errors)),
                documents: 0,
            }),
            _ => Err(RenderError::Start("the pipes are missing".into())),
        }
    }

    /// Waits until the templates are loaded.
    async fn ready(&mut self, memory_mib: u64) -> Result<(), RenderError> {
        let Pipes::Loading(loading) = &mut self.pipes else {
            return Ok(());
        };
        let loaded = timeout(START_TIMEOUT, loading).await;
        self.pipes = Pipes::Broken;
        let error = match loaded {
            Ok(Ok(Ok(pipes))) => {
                self.pipes = Pipes::Open(pipes);
                return Ok(());
            }
            Ok(Ok(Err(error))) => error,
            Ok(Err(panic)) => std::io::Error::other(panic),
            Err(_elapsed) => {
                let problem = "it did not load the templates in time";
                return Err(RenderError::Start(problem.into()));
            }
        };
        let death = self.explain_death(&error, memory_mib).await;
        Err(RenderError::Start(
            if let RenderError::Crashed { status, last_words } = death {
                format!("it ended with {status}; its last words: {last_words}")
            } else {
                death.to_string()
            },
        ))
    }

    async fn render(&mut self, job: &RenderJob) -> std::io::Result<Answer> {
        self.documents += 1;
        let Pipes::Open(pipes) = &mut self.pipes else {
            return Err(std::io::Error::other("it has not loaded the templates"));
        };
        frame::write_job(&mut pipes.input, job).await?;
        let (reply, body) = frame::read_async(&mut pipes.output).await?;
        match reply {
            Reply::Pdf {
                pages,
                layout_us,
                export_us,
                warnings,
            } => Ok(Answer::Pdf(Pdf {
                bytes: body,
                pages,
                layout: Duration::from_micros(layout_us),
                export: Duration::from_micros(export_us),
                warnings,
            })),
            Reply::Failed { diagnostics } => Ok(Answer::Failed(RenderError::Template(diagnostics))),
            Reply::PagesTooMany { pages, limit } => {
                Ok(Answer::Failed(RenderError::PagesTooMany { pages, limit }))
            }
            Reply::Ready => Err(std::io::Error::other("it was ready twice")),
        }
    }

    /// Why the pipe broke.
    async fn explain_death(&mut self, error: &std::io::Error, memory_mib: u64) -> RenderError {
        // It is gone or going; a renderer that still lives after a broken frame is of no use.
        self.child.start_kill().ok();
        let status = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(wait_error) => wait_error.to_string(),
        };
        let last_words = match timeout(Duration::from_secs(1), &mut self.last_lines).await {
            Ok(Ok(lines)) => lines,
            Ok(Err(_)) | Err(_) => error.to_string(),
        };
        // Rust's standard library says this before it aborts.
        if last_words.contains("memory allocation of") {
            return RenderError::MemoryExceeded {
                limit_mib: memory_mib,
            };
        }
        RenderError::Crashed { status, last_words }
    }
}

/// Drains a renderer's standard error and keeps its last lines.
async fn last_lines(errors: impl AsyncRead + Unpin) -> String {
    const KEPT: usize = 10;
    let mut lines = BufReader::new(errors).lines();
    let mut kept = VecDeque::with_capacity(KEPT);
    while let Ok(Some(line)) = lines.next_line().await {
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    Vec::from(kept).join("\n")
}
