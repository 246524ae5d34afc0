//! JSON that may be shown on a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::text::is_obeyed;

/// Writes a value on one line. In its texts every character that a terminal would obey is escaped, which means the same in
/// JSON.
pub fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Harmless))?;
    Ok(())
}

struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_obeyed(*c)) {
            // All of them are in the basic plane.
            write!(writer, "{}\\u{:04x}", &rest[..at], u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_means_the_same() {
        let text = "a\u{9b}2J\u{202e}b\u{2028}\u{7f}\u{1b}Zoë";
        let mut json = Vec::new();
        write(&mut json, &[text]).expect("memory");
        let json = String::from_utf8(json).expect("UTF-8");
        assert_eq!(json, r#"["a\u009b2J\u202eb\u2028\u007f\u001bZoë"]"#);
        let same: Vec<String> = serde_json::from_str(&json).expect("JSON");
        assert_eq!(same, [text]);
    }
}
