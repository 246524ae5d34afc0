//! An export into a file, which goes on where it was stopped. Until it is complete, the ZIP is `FILE.part`, and `FILE.journal` has a
//! line for each document in it; both are removed at the end, when `FILE` is there.
//!
//! A line is written after the bytes that it is about are on the disk. An export that was killed is checked before it goes on: each
//! document in the part has to have the checksum of its line. What does not, and all behind it, is exported again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::error::ExportError;
use super::journal::{Complete, Journal};
use super::selection::Selection;
use super::target::{Destination, Reached, Target};
use super::zip::ZipFile;

/// The form of a journal; another version may have another one.
const VERSION: u32 = 1;

/// An export into a file.
pub struct ExportFile {
    /// Where it goes.
    pub destination: Destination,
    /// What is exported: that of the unfinished export, where there was one.
    pub selection: Selection,
    /// Documents that are there already.
    pub resumed: u64,
}

/// The first line of a journal.
#[derive(Serialize, Deserialize)]
struct Begun {
    version: u32,
    options: Vec<String>,
    selection: Selection,
}

impl ExportFile {
    /// Begins an export into this file, or goes on with one that was stopped. The options are as a person has given them: `30d` is
    /// another moment each time, and the same option.
    ///
    /// # Errors
    ///
    /// An unfinished export has other options, another process goes on with it, or the files cannot be used.
    pub fn open(
        path: &Path,
        options: Vec<String>,
        selection: Selection,
    ) -> Result<Self, ExportError> {
        let (part_path, journal_path) = (with(path, "part"), with(path, "journal"));
        if path.is_dir() {
            let problem = format!("{} is a folder, expected a file", path.display());
            return Err(io::Error::new(io::ErrorKind::IsADirectory, problem).into());
        }
        let was_there = part_path.exists();
        let mut part = open(&part_path)?;
        match part.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ExportError::InUse(part_path.display().to_string()));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut journal = open(&journal_path)?;
        let begun = Begun {
            version: VERSION,
            options,
            selection,
        };
        let before = match begun_before(&mut journal)? {
            Some((_, lines_at)) if is_of_a_complete_one(was_there, &part, &journal, lines_at)? => {
                None
            }
            before => before,
        };
        let (begun, reached) = match before {
            Some((before, lines_at)) => {
                if before.version != VERSION || before.options != begun.options {
                    return Err(ExportError::OtherOptions {
                        journal: journal_path.display().to_string(),
                        options: before.options.join(" "),
                    });
                }
                let reached = resumed(&mut journal, lines_at, &mut part)?;
                (before, reached)
            }
            None => {
                journal.set_len(0)?;
                journal.rewind()?;
                part.set_len(0)?;
                let mut line = serde_json::to_vec(&begun).map_err(io::Error::from)?;
                line.push(b'\n');
                journal.write_all(&line)?;
                journal.sync_all()?;
                (begun, Reached::default())
            }
        };
        let journal = Journal::File {
            file: journal,
            path: journal_path,
        };
        Ok(Self {
            resumed: reached.documents,
            selection: begun.selection,
            destination: Destination {
                target: Target::File(part),
                journal,
                reached,
                names: Some((part_path, path.to_owned())),
            },
        })
    }
}

/// Gives the complete file its name, and removes the journal.
pub(super) fn finish((part, path): &(PathBuf, PathBuf), journal: Complete) -> io::Result<()> {
    fs::rename(part, path)?;
    journal.remove()
}

fn with(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Opens a file with personal data, which only its owner may read.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let opened = options.mode(0o600).open(path);
    opened.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot write {}: {error}", path.display()),
        )
    })
}

/// The first line of a journal, and where the others begin; none where it is not whole.
fn begun_before(journal: &mut File) -> io::Result<Option<(Begun, u64)>> {
    let mut first = Vec::new();
    BufReader::new(journal).read_until(b'\n', &mut first)?;
    if first.last() != Some(&b'\n') {
        return Ok(None);
    }
    let begun = serde_json::from_slice(&first);
    begun
        .map(|begun| Some((begun, first.len() as u64)))
        .map_err(|error| {
            let problem = format!("the journal of the unfinished export cannot be read: {error}");
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })
}

/// Whether a journal is left of an export that got its name: a crash has kept its journal from being removed. A part is opened
/// before its journal, and has bytes before the journal has a second line.
fn is_of_a_complete_one(
    part_was_there: bool,
    part: &File,
    journal: &File,
    lines_at: u64,
) -> io::Result<bool> {
    let has_entries = journal.metadata()?.len() > lines_at;
    Ok(!part_was_there || (has_entries && part.metadata()?.len() == 0))
}

/// Goes through both files as long as they agree, cuts off what is behind, and leaves both at their ends.
fn resumed(journal: &mut File, lines_at: u64, part: &mut File) -> io::Result<Reached> {
    let mut reached = Reached::default();
    let mut good = lines_at;
    journal.seek(SeekFrom::Start(lines_at))?;
    part.rewind()?;
    let mut lines = BufReader::new(&mut *journal);
    let mut bytes = BufReader::new(&mut *part);
    let mut line = Vec::new();
    loop {
        line.clear();
        lines.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            break;
        }
        let Ok(entry) = serde_json::from_slice::<Entry>(&line) else {
            break;
        };
        let Some(next) = behind(&entry, reached, &mut bytes)? else {
            break;
        };
        reached = next;
        good += line.len() as u64;
    }
    drop((lines, bytes));
    journal.set_len(good)?;
    journal.seek(SeekFrom::End(0))?;
    part.set_len(reached.offset)?;
    part.seek(SeekFrom::End(0))?;
    Ok(reached)
}

/// How far an export is behind this entry; none where its files are not as the entry says.
fn behind(entry: &Entry, before: Reached, part: &mut impl Read) -> io::Result<Option<Reached>> {
    let mut reached = before;
    for file in &entry.files {
        let header = ZipFile {
            name: &file.name,
            size: file.size,
            crc: file.crc,
            at: entry.generated_at,
        }
        .header();
        let mut found = Vec::with_capacity(header.len());
        let length = header.len() as u64;
        part.by_ref().take(length).read_to_end(&mut found)?;
        let mut checked = Checked::default();
        let copied = io::copy(&mut part.by_ref().take(file.size), &mut checked)?;
        let is_same = found == header && copied == file.size && checked.0.sum() == file.crc;
        if file.offset != reached.offset || !is_same {
            return Ok(None);
        }
        reached.offset += length + file.size;
        reached.files += 1;
    }
    reached.documents += 1;
    reached.faulty += u64::from(!entry.faults.is_empty());
    reached.incomplete += u64::from(entry.is_incomplete());
    reached.place = entry.place();
    Ok(reached.place.is_some().then_some(reached))
}

/// The CRC-32 of what is written.
#[derive(Default)]
struct Checked(Crc);

impl Write for Checked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
