//! The worker's side of a renderer process: start, templates, jobs, end.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, setpriority_process};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::warn;

use super::frame::{self, Reply};
use crate::catalog::Catalog;
use crate::compiler::{Pdf, RendererRun};
use crate::error::RenderError;
use crate::faults;
use crate::job::RenderJob;

/// Address space that a renderer's allocator reserves at once. The default of 1 GiB would exceed small limits.
const ARENA_RESERVE: &str = "32MiB";

/// Capacity of a pipe (pipe(7)). Most documents are read in one call.
const PIPE_BYTES: usize = 64 << 10;

/// The lowest priority of a process (nice(2)).
const LOWEST_PRIORITY: i32 = 19;

/// Longest time for loading templates and fonts, which takes milliseconds on a healthy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// One renderer process. It is killed on drop.
pub(super) struct Renderer {
    child: Child,
    memory_mib: u64,
    pipes: Pipes,
    /// The last lines of its standard error, which explain why it ended.
    last_lines: JoinHandle<String>,
    documents: u32,
}

/// The pipes of a renderer.
enum Pipes {
    /// The renderer is loading the templates; the task returns the pipes afterwards.
    Loading(JoinHandle<io::Result<OpenPipes>>),
    Open(OpenPipes),
    /// The renderer never became ready.
    Broken,
}

struct OpenPipes {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl OpenPipes {
    /// Sends the templates and waits until they are loaded.
    async fn load(mut self, catalog: Arc<Catalog>) -> io::Result<Self> {
        let folders = catalog.templates().map(|template| template.folder.clone());
        frame::write_load(&mut self.input, folders.collect(), catalog.files()).await?;
        match frame::read_async(&mut self.output).await? {
            (Reply::Ready, _) => Ok(self),
            (
                Reply::Pdf { .. }
                | Reply::Failed { .. }
                | Reply::ContentMismatch { .. }
                | Reply::PagesTooMany { .. },
                _,
            ) => Err(io::Error::other(
                "the renderer replied before it had loaded the templates",
            )),
        }
    }
}

/// The answer of a renderer that is still alive.
pub(super) enum Answer {
    Pdf(Pdf),
    Failed(RenderError),
}

impl Renderer {
    /// Starts a process of at most `memory_mib` of address space, and sends it the templates.
    pub(super) fn spawn(memory_mib: u64, catalog: &Arc<Catalog>) -> Result<Self, RenderError> {
        // The running program, also if its file has been replaced by another version.
        let mut child = Command::new("/proc/self/exe")
            .arg0("invoice-renderer")
            .arg("renderer")
            .arg(memory_mib.to_string())
            // The folders are shown in lists of processes. Templates are sent through the pipe; fonts are read from the last
            // one.
            .arg(catalog.root())
            .args(catalog.extra_fonts())
            // A renderer needs nothing of the worker's environment, and must not have its secrets.
            .env_clear()
            .env("MIMALLOC_ARENA_RESERVE", ARENA_RESERVE)
            .envs(std::env::var_os(faults::VARIABLE).map(|faults| (faults::VARIABLE, faults)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C goes to the foreground process group of the terminal. A renderer is not in it, so that documents in
            // work are finished.
            .process_group(0)
            .spawn()
            .map_err(|error| RenderError::Start(error.to_string()))?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(input), Some(output), Some(errors)) => Ok(Self {
                child,
                memory_mib,
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
            _ => Err(RenderError::Start(
                "the renderer process has no pipes".into(),
            )),
        }
    }

    /// Waits until the templates are loaded.
    pub(super) async fn ready(&mut self) -> Result<(), RenderError> {
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
            Ok(Err(panic)) => io::Error::other(panic),
            Err(_elapsed) => {
                let limit_seconds = START_TIMEOUT.as_secs();
                return Err(RenderError::Start(format!(
                    "the renderer did not load the templates within {limit_seconds} s"
                )));
            }
        };
        let reason = self.explain_end(&error).await;
        Err(RenderError::Start(
            if let RenderError::Crashed {
                status,
                error_output,
            } = reason
            {
                format!(
                    "the renderer ended with {status}; the end of its standard error: {error_output}"
                )
            } else {
                reason.to_string()
            },
        ))
    }

    /// Gives the process the lowest priority of the processor. One that cannot have it works all the same.
    pub(super) fn lower_priority(&self) {
        let pid = self.child.id().and_then(|pid| pid.try_into().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else {
            return;
        };
        if let Err(error) = setpriority_process(Some(pid), LOWEST_PRIORITY) {
            warn!(event = "renderer_priority_kept", %error, "a renderer process keeps the usual priority");
        }
    }

    /// Number of documents that it has been sent.
    pub(super) fn documents(&self) -> u32 {
        self.documents
    }

    /// How the process ended; none while it is alive.
    pub(super) fn exit_status(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Sends a job and waits for the document. An error means that the process is of no use any more.
    pub(super) async fn render(&mut self, job: &RenderJob) -> io::Result<Answer> {
        self.documents += 1;
        let Pipes::Open(pipes) = &mut self.pipes else {
            return Err(io::Error::other(
                "the renderer has not loaded the templates",
            ));
        };
        let (began, started) = (SystemTime::now(), Instant::now());
        frame::write_job(
            &mut pipes.input,
            &job.order,
            &job.view,
            &job.facts,
            &job.files,
        )
        .await?;
        let (reply, mut body) = frame::read_async(&mut pipes.output).await?;
        match reply {
            Reply::Pdf {
                pages,
                picture_bytes,
                layout_us,
                export_us,
                warnings,
            } => Ok(Answer::Pdf(Pdf {
                picture: picture_bytes
                    .map(|length| body.split_off(body.len().saturating_sub(length))),
                bytes: body,
                pages,
                layout: Duration::from_micros(layout_us),
                export: Duration::from_micros(export_us),
                warnings,
                renderer: Some(RendererRun {
                    pid: self.child.id(),
                    began,
                    took: started.elapsed(),
                }),
            })),
            Reply::Failed { diagnostics } => Ok(Answer::Failed(RenderError::Template(diagnostics))),
            Reply::ContentMismatch { mismatches } => {
                Ok(Answer::Failed(RenderError::ContentMismatch(mismatches)))
            }
            Reply::PagesTooMany { pages, limit } => {
                Ok(Answer::Failed(RenderError::PagesTooMany { pages, limit }))
            }
            Reply::Ready => Err(io::Error::other(
                "the renderer reported twice that it is ready",
            )),
        }
    }

    /// Ends the process after an error of its pipes, and returns why it ended.
    pub(super) async fn explain_end(&mut self, error: &io::Error) -> RenderError {
        // Usually the process has ended. One that is alive after a broken frame is of no use.
        self.child.start_kill().ok();
        let status = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(wait_error) => wait_error.to_string(),
        };
        let error_output = match timeout(Duration::from_secs(1), &mut self.last_lines).await {
            Ok(Ok(lines)) => lines,
            Ok(Err(_)) | Err(_) => error.to_string(),
        };
        // Rust's standard library prints this before it aborts.
        if error_output.contains("memory allocation of") {
            return RenderError::MemoryExceeded {
                limit_mib: self.memory_mib,
            };
        }
        RenderError::Crashed {
            status,
            error_output,
        }
    }
}

/// Reads a renderer's standard error to its end, and keeps the last lines.
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
