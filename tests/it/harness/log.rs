//! A worker's log: one JSON object a line, each with the stable name of its event in the field `event` (docs/logs.md).

use std::fmt;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Index;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// The log of a running program. Each line is parsed once, however often a test looks.
pub(super) struct Log {
    path: PathBuf,
    parsed: Mutex<Parsed>,
}

/// What was read so far.
#[derive(Default)]
struct Parsed {
    entries: Vec<Entry>,
    size_bytes: u64,
}

impl Log {
    /// A new file, and what the program has to write to it.
    pub(super) fn create(path: PathBuf) -> (Self, File) {
        let file = File::create(&path).expect("a log file");
        let log = Self {
            path,
            parsed: Mutex::default(),
        };
        (log, file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Everything as it was written.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.path).expect("the log can be read")).into_owned()
    }

    /// The events so far that are like this. Lines that are no JSON are none: those of a panic, or of a log as text.
    pub(super) fn entries(&self, is_it: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed.read_more(&self.path);
        let entries = parsed.entries.iter();
        entries.filter(|entry| is_it(entry)).cloned().collect()
    }
}

impl Parsed {
    fn read_more(&mut self, path: &Path) {
        let mut file = File::open(path).expect("the log can be read");
        file.seek(SeekFrom::Start(self.size_bytes)).expect("a file");
        let mut new = Vec::new();
        file.read_to_end(&mut new).expect("the log can be read");
        // The last line may not be written to its end.
        let Some(end) = new.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        let lines = new[..end].split(|byte| *byte == b'\n');
        let entries = lines.filter_map(|line| serde_json::from_slice(line).ok());
        self.entries.extend(entries.map(Entry));
        self.size_bytes += u64::try_from(end + 1).expect("a length");
    }
}

/// One event of a log.
#[derive(Clone)]
pub(crate) struct Entry(Value);

impl Entry {
    /// Whether it has this name.
    pub(crate) fn is(&self, event: &str) -> bool {
        self.0["event"] == event
    }

    /// Whether it reports that something is wrong.
    pub(crate) fn is_complaint(&self) -> bool {
        self.0["level"] == "WARN" || self.0["level"] == "ERROR"
    }

    /// Whether it is an error.
    pub(crate) fn is_error(&self) -> bool {
        self.0["level"] == "ERROR"
    }

    /// Whether a field that is a text contains this one.
    pub(crate) fn field_contains(&self, field: &str, text: &str) -> bool {
        self[field]
            .as_str()
            .is_some_and(|value| value.contains(text))
    }

    /// The attempt of the message that it is about.
    pub(crate) fn attempt(&self) -> Option<u64> {
        self.0["span"]["attempt"].as_u64()
    }
}

/// A field of the event; null where it has none of this name.
impl Index<&str> for Entry {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
