//! The journal of an export: one line of JSON for each document, in a file or, compressed, in memory. It is read several times at
//! the end, so that index, totals, checksums and the directory of the ZIP need no memory of their own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::entry::Entry;

/// A journal that is written.
#[derive(Debug)]
pub(super) enum Journal {
    /// In memory: about a hundred bytes for each document.
    Memory(DeflateEncoder<Vec<u8>>),
    /// In a file, whose first line says what is exported.
    File {
        /// The file, at its end.
        file: File,
        /// Where it is.
        path: PathBuf,
    },
}

/// A journal that is complete.
#[derive(Debug)]
pub(super) enum Complete {
    /// In memory.
    Memory(Vec<u8>),
    /// In a file.
    File(PathBuf),
}

impl Journal {
    pub(super) fn in_memory() -> Self {
        Self::Memory(DeflateEncoder::new(Vec::new(), Compression::fast()))
    }

    /// Adds entries. In a file they survive a crash of the machine once this returns.
    pub(super) fn add(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        match self {
            Self::Memory(packed) => packed.write_all(&lines),
            Self::File { file, .. } => {
                file.write_all(&lines)?;
                file.sync_data()
            }
        }
    }

    pub(super) fn complete(self) -> io::Result<Complete> {
        Ok(match self {
            Self::Memory(packed) => Complete::Memory(packed.finish()?),
            Self::File { path, .. } => Complete::File(path),
        })
    }
}

impl Complete {
    /// Hands each entry, in the order of the export.
    pub(super) fn each(&self, mut handle: impl FnMut(&Entry) -> io::Result<()>) -> io::Result<()> {
        let reader: Box<dyn Read> = match self {
            Self::Memory(packed) => Box::new(DeflateDecoder::new(&packed[..])),
            Self::File(path) => Box::new(after_first_line(path)?),
        };
        for line in BufReader::new(reader).lines() {
            handle(&serde_json::from_str(&line?)?)?;
        }
        Ok(())
    }

    /// Removes its file.
    pub(super) fn remove(self) -> io::Result<()> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(path) => std::fs::remove_file(path),
        }
    }
}

fn after_first_line(path: &Path) -> io::Result<BufReader<File>> {
    let mut reader = BufReader::new(File::open(path)?);
    reader.skip_until(b'\n')?;
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::entry;
    use super::*;

    #[test]
    fn entries_are_read_back_in_their_order_and_take_little_memory() {
        let mut journal = Journal::in_memory();
        let entries = |from: usize| -> Vec<Entry> {
            let numbers = from..from + 100;
            let one =
                |number: usize| entry("invoice", &number.to_string(), &[("S", "19", 100, 19)]);
            numbers.map(one).collect()
        };
        journal.add(&entries(0)).expect("memory");
        journal.add(&entries(100)).expect("memory");
        let complete = journal.complete().expect("memory");
        for _ in 0..2 {
            let mut numbers = Vec::new();
            let read = complete.each(|entry| {
                numbers.push(entry.number.clone());
                Ok(())
            });
            read.expect("entries");
            let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
            assert_eq!(numbers, expected);
        }
        let Complete::Memory(packed) = complete else {
            panic!("it is in memory");
        };
        assert!(packed.len() < 200 * 100, "{} bytes", packed.len());
    }
}
