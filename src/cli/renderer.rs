//! `renderer`: a renderer process, which the worker starts. It is no subcommand of the command line: it has no settings, so
//! neither `.env` nor the environment is read for it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use document::renderer;

use super::error;

/// A renderer process; started by the worker.
#[derive(Debug, Parser)]
#[command(name = "invoice-worker renderer")]
struct Arguments {
    /// Memory limit in MiB.
    memory_mib: u64,
    /// Folder that the templates come from; shown in lists of processes, and not read.
    templates: PathBuf,
    /// Folder with more fonts.
    fonts: Option<PathBuf>,
}

/// Runs a renderer, if that is what the program was started as.
///
/// It is the first thing that is decided: a secret in `.env` must not get into the memory of a renderer, and a fault in that
/// file must not stop the renderers of a worker that is running.
pub(super) fn run_if_started_as_one(
    arguments: impl IntoIterator<Item = OsString>,
) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1).peekable();
    arguments.next_if(|first| first == "renderer")?;
    let name = OsString::from("renderer");
    let Arguments {
        memory_mib, fonts, ..
    } = Arguments::parse_from([name].into_iter().chain(arguments));
    Some(error::exit_code(renderer::run(
        memory_mib,
        fonts.as_deref(),
    )))
}
