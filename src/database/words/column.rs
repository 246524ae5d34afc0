//! What a column of words has, collected from texts or from the values of JSON.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::split::words;

/// Bytes of the words of a row. PostgreSQL would take a mebibyte of them, and puts all of them into the index again with each change
/// of the row.
pub(super) const ROW_BYTES: usize = 32 << 10;

/// Words that are looked at for one row. A row has room for some ten thousand; a dead letter may have millions, always the same ones.
const LOOKED_AT: usize = 200_000;

/// Each word once, as far as there is room.
pub(super) struct Column {
    text: String,
    seen: HashSet<String>,
    left: usize,
    is_full: bool,
}

impl Column {
    pub(super) fn new() -> Self {
        Self {
            text: " ".to_owned(),
            seen: HashSet::new(),
            left: LOOKED_AT,
            is_full: false,
        }
    }

    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
        let mut column = Self::new();
        for text in texts {
            column.add(text);
        }
        column.text
    }

    fn add(&mut self, text: &str) {
        for word in words(text) {
            if self.is_full || self.left == 0 || self.text.len() + word.len() >= ROW_BYTES {
                self.is_full = true;
                return;
            }
            self.left -= 1;
            if !self.seen.contains(&word) {
                self.text.push_str(&word);
                self.text.push(' ');
                self.seen.insert(word);
            }
        }
    }

    /// The words of a text and of the values of some JSON; `None` where it is none.
    ///
    /// The JSON is not kept in memory: one of a hundred megabytes, as anybody may publish it, would take gigabytes if it has many
    /// small values. What comes after the last word that has room is not read.
    pub(super) fn of_json(text: &str, json: &[u8]) -> Option<String> {
        let mut column = Self::new();
        column.add(text);
        let mut reader = serde_json::Deserializer::from_slice(json);
        let read = Values(&mut column).deserialize(&mut reader);
        let is_json = read.and_then(|()| reader.end()).is_ok();
        (is_json || column.is_full).then_some(column.text)
    }
}

/// Adds the words of values to a column, until that is full.
struct Values<'a>(&'a mut Column);

impl Values<'_> {
    fn add<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.add(text);
        if self.0.is_full {
            return Err(E::custom("there is no room for more words"));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.add(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.add(&value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.add(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let number = Number::from_f64(value).map(|number| number.to_string());
        self.add(&number.unwrap_or_default())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.add(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Values(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key::<IgnoredAny>()?.is_some() {
            members.next_value_seed(Values(self.0))?;
        }
        Ok(())
    }
}
