//! Dictionaries whose values stay as they are spelled.

use std::borrow::Cow;
use std::fmt;

use super::tokens;

/// A dictionary, in its order.
#[derive(Clone, Debug)]
pub(super) struct Dictionary<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Dictionary<'a> {
    /// The dictionary that is spelled so.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix("<<")?.strip_suffix(">>")?;
        let values = tokens::values(inside.as_bytes())?;
        if values.len() % 2 != 0 {
            return None;
        }
        let entries = values.chunks_exact(2).map(|pair| {
            let key = pair[0].strip_prefix('/')?;
            Some((key, Cow::Borrowed(pair[1])))
        });
        entries.collect::<Option<_>>().map(Self)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let entry = self.0.iter().find(|(name, _)| *name == key);
        entry.map(|(_, value)| &**value)
    }

    /// The value of a key, as it was read.
    pub(super) fn read(&self, key: &str) -> Option<&'a str> {
        let entry = self.0.iter().find(|(name, _)| *name == key)?;
        match entry.1 {
            Cow::Borrowed(value) => Some(value),
            Cow::Owned(_) => None,
        }
    }

    /// The number of the object that is the value of a key.
    pub(super) fn reference(&self, key: &str) -> Option<u32> {
        tokens::reference(self.get(key)?)
    }

    /// The same with another value of a key.
    pub(super) fn with(mut self, key: &'static str, value: String) -> Self {
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = Cow::Owned(value),
            None => self.0.push((key, Cow::Owned(value))),
        }
        self
    }
}

impl fmt::Display for Dictionary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<<")?;
        for (key, value) in &self.0 {
            // Only these begin with a character that ends a name.
            let is_delimited = value.starts_with(['/', '(', '<', '[']);
            let separator = if is_delimited { "" } else { " " };
            write!(f, "/{key}{separator}{value}")?;
        }
        f.write_str(">>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_written_as_it_was_read() {
        let text = "<</Type/Catalog/Pages 1 0 R/Lang(de)/MarkInfo<</Marked true>>/AF[2 0 R]>>";
        let dictionary = Dictionary::parse(text).expect("a dictionary");
        assert_eq!(dictionary.to_string(), text);
        assert_eq!(dictionary.reference("Pages"), Some(1));
        let changed = dictionary.with("Lang", "(fr)".into()).with("X", "5".into());
        assert_eq!(
            changed.to_string(),
            "<</Type/Catalog/Pages 1 0 R/Lang(fr)/MarkInfo<</Marked true>>/AF[2 0 R]/X 5>>"
        );
        assert!(Dictionary::parse("<</A>>").is_none());
        assert!(Dictionary::parse("[]").is_none());
    }
}
