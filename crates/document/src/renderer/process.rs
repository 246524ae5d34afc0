//! A renderer process: the program itself, started with a hidden subcommand, rendering one document after the other.
//!
//! It exists so that a document can be stopped: typst has no cancellation, and an allocation that fails aborts the
//! process.

use std::fs::File;
use std::io::{self, BufReader, Stdin};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::frame::{self, JobHeader, Load, Reply};
use crate::compiler::Compiler;
use crate::error::RenderError;
use crate::faults::{self, Step};
use crate::fonts::Fonts;

/// Serves jobs from standard input until it ends.
pub fn run(memory_mib: u64, extra_fonts: Option<&Path>) -> anyhow::Result<()> {
    // What operators see in `top`; the file's own name there would be that of a link in /proc.
    rustix::thread::set_name(c"invoice-render")?;
    limit_memory(memory_mib)?;
    outlive_signals()?;
    let mut input = BufReader::new(io::stdin());
    let Some((load, contents)) = frame::read::<Load>(&mut input)? else {
        return Ok(());
    };
    render_in_this_thread()?;
    let files = load.files(&contents);
    drop(contents);
    let fonts = Fonts::load(&files, extra_fonts)?;
    let folders = load.folders.iter().map(String::as_str);
    let compiler = Compiler::with_files(&files, folders, &fonts);
    drop((files, fonts));
    // Not through the standard library's buffer, which would cut a PDF at its last line break.
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    frame::write(&mut output, &Reply::Ready, &[])?;
    for (header, body) in jobs(input)? {
        let order = &header.order;
        faults::at(Step::Rendering, &order.ident);
        let (view, files) = header.parts(body);
        let (reply, body) = match compiler.compile(order, view, files) {
            Ok(pdf) => {
                let microseconds = |duration: std::time::Duration| {
                    duration.as_micros().try_into().unwrap_or(u64::MAX)
                };
                let (layout_us, export_us) = (microseconds(pdf.layout), microseconds(pdf.export));
                (
                    Reply::Pdf {
                        pages: pdf.pages,
                        layout_us,
                        export_us,
                        warnings: pdf.warnings,
                    },
                    pdf.bytes,
                )
            }
            Err(RenderError::Template(diagnostics)) => (Reply::Failed { diagnostics }, Vec::new()),
            Err(RenderError::PagesTooMany { pages, limit }) => {
                (Reply::PagesTooMany { pages, limit }, Vec::new())
            }
            Err(other) => anyhow::bail!(other),
        };
        frame::write(&mut output, &reply, &body)?;
    }
    Ok(())
}

/// Jobs as they come in, read by a thread of their own.
///
/// When the worker dies, its end of the pipe closes; that thread sees it even while a document is being rendered, and ends
/// the process. (`PR_SET_PDEATHSIG` would not do: it fires when the *thread* that started the process ends, and an
/// asynchronous runtime's threads come and go.)
fn jobs(mut input: BufReader<Stdin>) -> io::Result<mpsc::IntoIter<(JobHeader, Vec<u8>)>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("jobs".into())
        .stack_size(256 << 10)
        .spawn(move || {
            while let Ok(Some(job)) = frame::read(&mut input) {
                if sender.send(job).is_err() {
                    break;
                }
            }
            std::process::exit(0);
        })?;
    Ok(receiver.into_iter())
}

/// Makes typst's layout run in this thread only. A second one would be woken and waited for at each page, and the other
/// cores have renderers of their own.
///
/// Documents must then be rendered by this thread: another one would wait for it without end.
pub fn render_in_this_thread() -> Result<(), rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.use_current_thread().build_global()
}

/// Ignores the signals that systemd and others send to all processes of a service: the worker lets documents in work be
/// finished, and ends its renderers by closing their input.
fn outlive_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _entered = runtime.enter();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        // Once asked for, a signal does nothing of its own in this process any more.
        drop(signal(kind)?);
    }
    Ok(())
}

/// Bounds the address space: beyond it, allocations fail and the process aborts.
fn limit_memory(memory_mib: u64) -> anyhow::Result<()> {
    let bytes = memory_mib.saturating_mul(1 << 20);
    let hard = getrlimit(Resource::As).maximum;
    let limit = hard.map_or(bytes, |hard| hard.min(bytes));
    setrlimit(
        Resource::As,
        Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        },
    )?;
    // A crash is a result here, not something to examine: no core files.
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    Ok(())
}
