//! The end of an export: the lists, and the directory of the ZIP. All of it is made from the journal, a list twice: first its size
//! and its checksums, then its bytes.

use std::io::{self, BufWriter, Write};

use flate2::Crc;
use invoice::Sha256Digest;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::datev::{Batch, Datev};
use super::journal::Complete;
use super::lists;
use super::target::{Reached, Target};
use super::zip::{self, ZipFile};

/// Bytes that are sent at once.
const BUFFER: usize = 64 << 10;

/// What the end is made from.
pub(super) struct Ending<'a> {
    pub(super) journal: &'a Complete,
    pub(super) reached: Reached,
    pub(super) datev: Option<&'a Datev>,
    /// The time of the lists: a repeated export of the same documents has the same bytes.
    pub(super) at: OffsetDateTime,
    /// When the booking batches were made, as they say.
    pub(super) created: OffsetDateTime,
}

/// A list.
enum List {
    Incomplete,
    Index,
    Totals,
    Errors,
    Bookings(Batch),
}

/// A list in the ZIP.
struct Written {
    name: String,
    size: u64,
    crc: u32,
    sha256: String,
    offset: u64,
}

impl Ending<'_> {
    /// Writes the end; returns how many files and bytes the ZIP has.
    pub(super) fn write(&self, target: &mut Target) -> io::Result<(u64, u64)> {
        let mut out = Counted {
            out: BufWriter::with_capacity(BUFFER, target),
            offset: self.reached.offset,
        };
        let mut written = Vec::new();
        for list in self.lists()? {
            let write = |out: &mut dyn Write| self.content(&list, out);
            written.push(self.add(list.name(), write, &mut out)?);
        }
        let sums: Vec<(String, String)> = (written.iter())
            .map(|it| (it.name.clone(), it.sha256.clone()))
            .collect();
        let write = |out: &mut dyn Write| lists::sums(self.journal, &sums, out);
        written.push(self.add("SHA256SUMS".to_owned(), write, &mut out)?);

        let start = out.offset;
        self.journal.each(|entry| {
            for file in &entry.files {
                let in_zip = ZipFile {
                    name: &file.name,
                    size: file.size,
                    crc: file.crc,
                    at: entry.generated_at,
                };
                out.write_all(&in_zip.in_directory(file.offset))?;
            }
            Ok(())
        })?;
        for list in &written {
            out.write_all(&self.in_zip(list).in_directory(list.offset))?;
        }
        let files = self.reached.files + written.len() as u64;
        let size = out.offset - start;
        out.write_all(&zip::end(files, start, size))?;
        out.out.flush()?;
        Ok((files, out.offset))
    }

    fn lists(&self) -> io::Result<Vec<List>> {
        let mut all = Vec::new();
        if self.reached.incomplete > 0 {
            all.push(List::Incomplete);
        }
        all.extend([List::Index, List::Totals]);
        if self.reached.faulty > 0 {
            all.push(List::Errors);
        }
        if let Some(datev) = self.datev {
            let batches = datev.batches(self.journal)?;
            all.extend(batches.into_iter().map(List::Bookings));
        }
        Ok(all)
    }

    fn content(&self, list: &List, out: &mut dyn Write) -> io::Result<()> {
        match (list, self.datev) {
            (List::Incomplete, _) => lists::incomplete(self.reached, out),
            (List::Index, _) => lists::index(self.journal, out),
            (List::Totals, _) => lists::totals(self.journal, out),
            (List::Errors, _) => lists::errors(self.journal, out),
            (List::Bookings(batch), Some(datev)) => {
                datev.write(self.journal, batch, self.created, out)
            }
            (List::Bookings(_), None) => Ok(()),
        }
    }

    fn add(
        &self,
        name: String,
        write: impl Fn(&mut dyn Write) -> io::Result<()>,
        out: &mut Counted<'_>,
    ) -> io::Result<Written> {
        let mut meter = Meter::default();
        write(&mut BufWriter::new(&mut meter))?;
        let list = Written {
            name,
            size: meter.size,
            crc: meter.crc.sum(),
            sha256: Sha256Digest::finish(meter.sha256).to_string(),
            offset: out.offset,
        };
        out.write_all(&self.in_zip(&list).header())?;
        write(out)?;
        Ok(list)
    }

    fn in_zip<'a>(&self, list: &'a Written) -> ZipFile<'a> {
        ZipFile {
            name: &list.name,
            size: list.size,
            crc: list.crc,
            at: self.at,
        }
    }
}

impl List {
    fn name(&self) -> String {
        match self {
            Self::Incomplete => "INCOMPLETE.txt".to_owned(),
            Self::Index => "index.csv".to_owned(),
            Self::Totals => "totals.csv".to_owned(),
            Self::Errors => "errors.csv".to_owned(),
            Self::Bookings(batch) => batch.name(),
        }
    }
}

/// Measures what is written.
#[derive(Default)]
struct Meter {
    size: u64,
    crc: Crc,
    sha256: Sha256,
}

impl Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size += bytes.len() as u64;
        self.crc.update(bytes);
        self.sha256.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Knows at which byte of the ZIP it is.
struct Counted<'a> {
    out: BufWriter<&'a mut Target>,
    offset: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.offset += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
