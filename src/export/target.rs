//! Where an export goes: into a file, or in chunks to a reader.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::error::ExportError;
use super::journal::Journal;
use super::resume::{Beginning, Had};
use crate::database::GeneratedPlace;

/// Chunks that wait for their reader: one document each, so a slow reader holds few of them.
const WAITING: usize = 2;

/// A part of the ZIP, or why there is no further one.
pub type Chunk = Result<Bytes, ExportError>;

/// The parts of the ZIP, in their order.
pub type Chunks = mpsc::Receiver<Chunk>;

/// Where an export goes, and how far it is.
pub struct Destination {
    pub(super) target: Target,
    pub(super) journal: Journal,
    pub(super) reached: Reached,
    /// What the file is called while it is written, and afterwards.
    pub(super) names: Option<(PathBuf, PathBuf)>,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    /// Documents in the journal.
    pub(super) documents: u64,
    /// Those with a fault.
    pub(super) faulty: u64,
    /// Those of them that are not whole in the ZIP.
    pub(super) incomplete: u64,
    /// Files in the ZIP.
    pub(super) files: u64,
    /// Bytes of the ZIP.
    pub(super) offset: u64,
    /// The last record.
    pub(super) place: Option<GeneratedPlace>,
}

/// What the bytes are written to.
pub(super) enum Target {
    File(File),
    Channel(mpsc::Sender<Chunk>, Beginning),
}

/// A destination whose chunks are read at the other end, and a way to say there why the export has ended early. A reader that has
/// the beginning already gets what is behind it.
pub fn channel(had: Option<Had>) -> (Destination, mpsc::Sender<Chunk>, Chunks) {
    let (sender, chunks) = mpsc::channel(WAITING);
    let destination = Destination {
        target: Target::Channel(sender.clone(), Beginning::new(had)),
        journal: Journal::in_memory(),
        reached: Reached::default(),
        names: None,
    };
    (destination, sender, chunks)
}

impl Target {
    /// Writes bytes. A reader that is slow is waited for.
    pub(super) async fn send(&mut self, bytes: Vec<u8>) -> Result<(), ExportError> {
        match self {
            Self::File(file) => Ok(file.write_all(&bytes)?),
            Self::Channel(sender, beginning) => {
                let rest = beginning.rest_of(bytes.into())?;
                // A chunk without bytes would be the first one of an answer that may still have to be refused.
                if rest.is_empty() {
                    return Ok(());
                }
                let sent = sender.send(Ok(rest)).await;
                sent.map_err(|_| ExportError::ReaderGone)
            }
        }
    }

    /// All is written: a reader cannot have more than that.
    pub(super) fn end(&mut self) -> Result<(), ExportError> {
        match self {
            Self::File(_) => Ok(()),
            Self::Channel(_, beginning) => beginning.end(),
        }
    }

    /// Whether the reader is gone.
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Channel(sender, _) => sender.is_closed(),
        }
    }

    /// Has a file survive a crash of the machine.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync_data(),
            Self::Channel(..) => Ok(()),
        }
    }
}

/// For threads outside the runtime.
impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Channel(sender, beginning) => {
                let rest = beginning.rest_of(Bytes::copy_from_slice(bytes));
                let rest = rest.map_err(io::Error::other)?;
                if !rest.is_empty() {
                    let sent = sender.blocking_send(Ok(rest));
                    sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
