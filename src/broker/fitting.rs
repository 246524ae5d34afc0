//! Headers that do not fit into a frame: which of them are dropped.
//!
//! All headers of a message are in one frame, of 128 KiB unless the broker is configured otherwise. The broker adds headers
//! of its own to what it delivers again or dead-letters, and does not hold those to the limit.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::headers::{DROPPED, is_own, string};

/// Names of dropped headers.
#[derive(Debug, Default)]
pub(super) struct Dropped(String);

impl Dropped {
    /// Longest list of names, in bytes.
    pub(super) const MAX_BYTES: usize = 512;

    /// One more, or a list.
    fn push(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push_str(", ");
        }
        self.0.push_str(name);
        let mut end = self.0.len().min(Self::MAX_BYTES);
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        self.0.truncate(end);
    }

    /// All of them, as far as there is room.
    pub(super) fn names(self) -> String {
        self.0
    }
}

/// What becomes of headers that do not fit.
pub(super) struct Selection {
    /// For each header whether it is kept.
    pub(super) kept: Vec<bool>,
    /// The names of the others, for [`DROPPED`], which is not kept itself.
    pub(super) dropped: Dropped,
}

/// Selects from headers of these names and sizes. `earlier` are the names that [`DROPPED`] already has.
pub(super) fn select(headers: &[(&str, usize)], earlier: &str, room: usize) -> Selection {
    let mut kept = fitting(headers, room);
    let mut dropped = Dropped::default();
    if !earlier.is_empty() {
        dropped.push(earlier);
    }
    for ((name, _), kept) in headers.iter().zip(&mut kept) {
        if *name == DROPPED {
            *kept = false;
        } else if !*kept {
            dropped.push(name);
        }
    }
    Selection { kept, dropped }
}

/// Which headers fit into so many bytes: those of this program and of the broker first, and of each kind the smallest first.
fn fitting(headers: &[(&str, usize)], room: usize) -> Vec<bool> {
    let mut order: Vec<(bool, usize, usize)> = headers
        .iter()
        .enumerate()
        .map(|(index, (name, size))| (!is_own(name), *size, index))
        .collect();
    order.sort_unstable();
    let mut kept = vec![false; order.len()];
    let mut left = room;
    for (_, size, index) in order {
        if let Some(rest) = left.checked_sub(size) {
            left = rest;
            kept[index] = true;
        }
    }
    kept
}

/// The properties with as many headers as fit into so many bytes.
pub(super) fn fitted(properties: &BasicProperties, room: usize) -> BasicProperties {
    let Some(headers) = properties.headers() else {
        return properties.clone();
    };
    let sizes: Vec<(&str, usize)> = headers
        .inner()
        .iter()
        .map(|(name, value)| (name.as_str(), field_bytes(name, value)))
        .collect();
    let all: usize = sizes.iter().map(|(_, size)| size).sum();
    if all <= room {
        return properties.clone();
    }
    let earlier = headers.inner().get(DROPPED).and_then(string);
    let Selection { kept, dropped } = select(&sizes, &earlier.unwrap_or_default(), room);
    let mut rest = FieldTable::default();
    for ((name, value), kept) in headers.inner().iter().zip(kept) {
        if kept {
            rest.insert(name.clone(), value.clone());
        }
    }
    let names = AMQPValue::LongString(LongString::from(dropped.names()));
    rest.insert(DROPPED.into(), names);
    properties.clone().with_headers(rest)
}

/// The length of a field in a frame: its name, a type and a value.
fn field_bytes(name: &ShortString, value: &AMQPValue) -> usize {
    1 + name.as_str().len() + value_bytes(value)
}

/// The length of a value with its type.
fn value_bytes(value: &AMQPValue) -> usize {
    /// Of a text, a table, a list.
    const LENGTH: usize = 4;
    let content = match value {
        AMQPValue::Void => 0,
        AMQPValue::Boolean(_) | AMQPValue::ShortShortInt(_) | AMQPValue::ShortShortUInt(_) => 1,
        AMQPValue::ShortInt(_) | AMQPValue::ShortUInt(_) => 2,
        AMQPValue::LongInt(_) | AMQPValue::LongUInt(_) | AMQPValue::Float(_) => 4,
        AMQPValue::DecimalValue(_) => 5,
        AMQPValue::LongLongInt(_) | AMQPValue::Double(_) | AMQPValue::Timestamp(_) => 8,
        AMQPValue::ShortString(text) => 1 + text.as_str().len(),
        AMQPValue::LongString(text) => LENGTH + text.as_bytes().len(),
        AMQPValue::ByteArray(bytes) => LENGTH + bytes.as_slice().len(),
        AMQPValue::FieldArray(values) => {
            LENGTH + values.as_slice().iter().map(value_bytes).sum::<usize>()
        }
        AMQPValue::FieldTable(table) => {
            let fields = table.inner().iter();
            LENGTH
                + fields
                    .map(|(name, value)| field_bytes(name, value))
                    .sum::<usize>()
        }
    };
    1 + content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(headers: &[(&str, usize)]) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, length) in headers {
            let text = LongString::from("x".repeat(*length));
            table.insert((*name).into(), AMQPValue::LongString(text));
        }
        BasicProperties::default().with_headers(table)
    }

    fn names(properties: &BasicProperties) -> Vec<String> {
        let headers = properties.headers().as_ref().expect("headers");
        headers.inner().keys().map(ToString::to_string).collect()
    }

    #[test]
    fn the_largest_headers_of_the_publisher_are_dropped_and_named() {
        let large = properties(&[("huge", 900), ("tenant", 3), ("x-error-detail", 400)]);
        assert_eq!(fitted(&large, 2_000), large);
        let fitted = fitted(&large, 1_000);
        assert_eq!(names(&fitted), ["tenant", "x-error-detail", DROPPED]);
        let headers = fitted.headers().as_ref().expect("headers").inner();
        assert_eq!(
            headers.get(DROPPED).and_then(string).as_deref(),
            Some("huge")
        );
    }

    #[test]
    fn names_of_dropped_headers_are_kept_and_bounded() {
        let long = "ü".repeat(Dropped::MAX_BYTES);
        let headers = [("b", 1), (DROPPED, 1), (&*long, 1)];
        let Selection { kept, dropped } = select(&headers, "a", 0);
        assert_eq!(kept, [false; 3]);
        let names = dropped.names();
        assert!(names.starts_with("a, b, ü"), "{names}");
        assert!(names.len() <= Dropped::MAX_BYTES);
    }
}
