//! A renderer process: the program itself, started with a hidden subcommand. It renders one document after the other.
//!
//! It is a process of its own because typst has no cancellation, and because an allocation that fails aborts the process.

use std::fs::File;
use std::io::{self, BufReader, Stdin};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::frame::{self, JobHeader, JobParts, Load, Reply};
use crate::compiler::Compiler;
use crate::error::RenderError;
use crate::faults::{self, Step};
use crate::fonts::Fonts;
use crate::shipped;

/// Renders jobs from standard input until the input ends.
///
/// # Errors
///
/// A pipe fails, a limit cannot be set, or fonts cannot be read.
pub fn run(memory_mib: u64, extra_fonts: Option<&Path>) -> anyhow::Result<()> {
    // The name in `top`. By default it would be that of the link in /proc.
    rustix::thread::set_name(c"invoice-render")?;
    limit_memory(memory_mib)?;
    ignore_signals()?;
    let mut input = BufReader::new(io::stdin());
    let Some((load, contents)) = frame::read::<Load>(&mut input)? else {
        return Ok(());
    };
    render_in_this_thread()?;
    let mut files = load.files(&contents)?;
    for path in &load.shipped {
        let content = shipped::content(path);
        let content = content.with_context(|| format!("the program has no file {path}"))?;
        files.insert(path.clone(), content.into());
    }
    drop(contents);
    let fonts = Fonts::load(&files, extra_fonts)?;
    let folders = load.folders.iter().map(String::as_str);
    let compiler = Compiler::with_files(&files, folders, &fonts);
    drop((files, fonts));
    // Without the buffer of the standard library, which would split a PDF at its last line break.
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    frame::write(&mut output, &Reply::Ready, &[])?;
    for (header, body) in jobs(input)? {
        let order = &header.order;
        faults::at(Step::Rendering, &order.ident);
        let JobParts { view, facts, files } = header.parts(&body)?;
        let (reply, body) = match compiler.compile(order, view, files, &facts) {
            Ok(pdf) => {
                let microseconds = |duration: std::time::Duration| {
                    duration.as_micros().try_into().unwrap_or(u64::MAX)
                };
                let (layout_us, export_us) = (microseconds(pdf.layout), microseconds(pdf.export));
                (
                    Reply::Pdf {
                        pages: pdf.pages,
                        picture_bytes: pdf.picture.as_ref().map(Vec::len),
                        layout_us,
                        export_us,
                        warnings: pdf.warnings,
                    },
                    with_picture(pdf.bytes, pdf.picture),
                )
            }
            Err(RenderError::Template(diagnostics)) => (Reply::Failed { diagnostics }, Vec::new()),
            Err(RenderError::ContentMismatch(mismatches)) => {
                (Reply::ContentMismatch { mismatches }, Vec::new())
            }
            Err(RenderError::PagesTooMany { pages, limit }) => {
                (Reply::PagesTooMany { pages, limit }, Vec::new())
            }
            Err(other) => anyhow::bail!(other),
        };
        frame::write(&mut output, &reply, &body)?;
    }
    Ok(())
}

fn with_picture(mut pdf: Vec<u8>, picture: Option<Vec<u8>>) -> Vec<u8> {
    pdf.extend(picture.unwrap_or_default());
    pdf
}

/// The jobs from standard input, which a thread of its own reads.
///
/// When the worker ends, its end of the pipe closes. The thread notices that also while a document is being rendered, and
/// ends the process. (`PR_SET_PDEATHSIG` is no alternative: the signal is sent when the *thread* that started the process
/// ends, and threads of an asynchronous runtime come and go.)
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

/// Makes typst's layout run in this thread only. A second thread would have to be woken and waited for at each page, and the
/// other cores have renderers of their own.
///
/// Afterwards only this thread may render documents: any other thread would wait for it without end.
///
/// # Errors
///
/// Rayon's global thread pool exists already.
pub fn render_in_this_thread() -> Result<(), rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.use_current_thread().build_global()
}

/// Ignores the signals that systemd and others send to all processes of a service. The worker finishes the documents in
/// work, and ends its renderers by closing their input.
fn ignore_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _entered = runtime.enter();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        // After a handler was installed, the signal has no default action in this process any more.
        drop(signal(kind)?);
    }
    Ok(())
}

/// Limits the address space. Beyond the limit, allocations fail and the process aborts.
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
    // A crash is an expected result here, so no core files are written.
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    Ok(())
}
