//! Runs an export.

use std::io;

use flate2::Crc;
use futures_util::{StreamExt as _, stream};
use time::OffsetDateTime;

use super::collect::{Collected, collected};
use super::ending::Ending;
use super::entry::{Entry, Filed};
use super::error::ExportError;
use super::file;
use super::job::{Export, Exported};
use super::target::{Destination, Reached};
use super::zip::ZipFile;
use crate::blocking::off_the_runtime;
use crate::database::GeneratedPlace;
use crate::retry;

/// Rows that are read at once: each holds a request, of 1 MiB at most unless `REQUEST_MAX_BYTES` says otherwise. After each page an
/// export into a file can go on from there.
const PAGE: u64 = 32;

/// Documents that are read from the bucket at once.
const AT_ONCE: usize = 8;

impl Reached {
    fn exported(self) -> Exported {
        Exported {
            documents: self.documents,
            faulty: self.faulty,
            incomplete: self.incomplete,
            bytes: self.offset,
        }
    }
}

impl Export {
    /// Writes the export. After each document `progress` gets how far the export is.
    ///
    /// # Errors
    ///
    /// Database, bucket or destination cannot be used, or it was asked to stop. An export into a file goes on from there when it is
    /// run again with the same options.
    pub async fn run(
        &self,
        mut destination: Destination,
        mut progress: impl FnMut(Exported),
    ) -> Result<Exported, ExportError> {
        if let Some(most) = self.most {
            let filter = self.selection.filter();
            let beyond = || self.database.has_more_generated(&filter, most);
            if retry::in_place(self.patience, "count records for an export", beyond).await? {
                return Err(ExportError::TooMany { most });
            }
        }
        let mut place = destination.reached.place;
        loop {
            let filter = self.selection.filter();
            let page = || self.database.generated(&filter, place, PAGE);
            let page = retry::in_place(self.patience, "read records for an export", page).await?;
            let Some(last) = page.last() else { break };
            place = Some(GeneratedPlace {
                generated_at: last.generated_at.unwrap_or(last.created_at),
                id: last.id,
            });
            let mut entries = Vec::new();
            let reading = stream::iter(page).map(|record| collected(self, record));
            let mut reading = std::pin::pin!(reading.buffered(AT_ONCE));
            while let Some(found) = reading.next().await {
                if let Some(found) = found? {
                    entries.push(destination.add(found).await?);
                    progress(destination.reached.exported());
                }
            }
            // What the journal says is there has to be there.
            if !entries.is_empty() {
                destination.target.sync()?;
                destination.journal.add(&entries)?;
            }
            // Pages that have nothing to be sent would be read on.
            if destination.target.is_closed() {
                return Err(ExportError::ReaderGone);
            }
            if self.stop.is_cancelled() {
                return Err(ExportError::Stopped);
            }
        }
        self.end(destination).await
    }

    async fn end(&self, destination: Destination) -> Result<Exported, ExportError> {
        let Destination {
            mut target,
            journal,
            mut reached,
            names,
        } = destination;
        let (datev, at) = (self.datev.clone(), self.selection.until);
        // Not the moment of this run: one that goes on, or that is repeated, has the same bytes.
        let created = at.min(OffsetDateTime::now_utc());
        let done = off_the_runtime(move || {
            let journal = journal.complete()?;
            let ending = Ending {
                journal: &journal,
                reached,
                datev: datev.as_ref(),
                at,
                created,
            };
            let (_, bytes) = ending.write(&mut target)?;
            reached.offset = bytes;
            target.end()?;
            if let Some(names) = names {
                target.sync()?;
                file::finish(&names, journal)?;
            }
            Ok::<_, ExportError>(reached.exported())
        });
        done.await.map_err(|error| {
            if let ExportError::Write(error) = error {
                of_target(error)
            } else {
                error
            }
        })
    }
}

/// Why bytes could not be written.
fn of_target(error: io::Error) -> ExportError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExportError::ReaderGone;
    }
    error.downcast().unwrap_or_else(ExportError::Write)
}

impl Destination {
    /// Writes the files of a document; returns its entry for the journal.
    async fn add(&mut self, collected: Collected) -> Result<Entry, ExportError> {
        let Collected { mut entry, files } = collected;
        self.reached.documents += 1;
        self.reached.faulty += u64::from(!entry.faults.is_empty());
        self.reached.incomplete += u64::from(entry.is_incomplete());
        let stem = entry.stem(self.reached.documents);
        for (extension, bytes, sha256) in files {
            let mut crc = Crc::new();
            crc.update(&bytes);
            let filed = Filed {
                name: format!("{stem}.{extension}"),
                size: bytes.len() as u64,
                crc: crc.sum(),
                sha256: sha256.to_string(),
                offset: self.reached.offset,
            };
            let header = ZipFile {
                name: &filed.name,
                size: filed.size,
                crc: filed.crc,
                at: entry.generated_at,
            }
            .header();
            self.reached.offset += header.len() as u64 + filed.size;
            self.reached.files += 1;
            self.target.send(header).await?;
            self.target.send(bytes).await?;
            entry.files.push(filed);
        }
        self.reached.place = entry.place();
        Ok(entry)
    }
}
