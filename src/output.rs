//! Output of commands: files, and standard output and standard error, whose readers may leave early:
//! `invoice-worker config | head -1`.

pub mod file;
pub mod json;

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::text::harmless;

/// For reports about work: when the reader is gone, the rest is not written, and the work is finished.
pub fn stdout() -> Output {
    Output {
        ends_with_reader: false,
    }
}

/// For output that is the result itself: when the reader is gone, writing is an error that [`reader_is_gone`] recognises.
pub fn stream() -> Output {
    Output {
        ends_with_reader: true,
    }
}

/// A line on standard error; where that is closed, nothing happens. It may quote a request or what a server has said: what a
/// terminal would obey is escaped.
pub fn note(line: impl Display) {
    writeln!(io::stderr(), "{}", harmless(&line.to_string())).ok();
}

/// Whether a command failed only because the reader of its [`stream`] is gone.
pub fn reader_is_gone(error: &anyhow::Error) -> bool {
    let error: Option<&io::Error> = error.downcast_ref();
    let inner = error.and_then(io::Error::get_ref);
    inner.is_some_and(|inner| inner.is::<ReaderIsGone>())
}

/// Standard output.
#[derive(Debug)]
pub struct Output {
    ends_with_reader: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the reader of the output is gone")]
struct ReaderIsGone;

impl Output {
    fn forgive<T>(&self, result: io::Result<T>, unread: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                if self.ends_with_reader {
                    Err(io::Error::new(ErrorKind::BrokenPipe, ReaderIsGone))
                } else {
                    Ok(unread)
                }
            }
            Err(error) => {
                let problem = format!("cannot write to standard output: {error}");
                Err(io::Error::new(error.kind(), problem))
            }
            Ok(written) => Ok(written),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.forgive(io::stdout().write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.forgive(io::stdout().flush(), ())
    }
}
