//! A worker's log: one JSON object a line, each with the stable name of its event in the field `event` (docs/logs.md).

use std::fmt;
use std::ops::Index;

use serde_json::Value;

/// One event of a log.
#[derive(Clone)]
pub(crate) struct Entry(Value);

impl Entry {
    /// The events in this text; other lines, such as those of a panic, are left out.
    pub(crate) fn all(log: &str) -> Vec<Self> {
        let events = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        events.map(Self).collect()
    }

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
