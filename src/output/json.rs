//! JSON that may be shown on a terminal: in its texts every character that a terminal would obey is escaped, which means the
//! same in JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::text::is_obeyed;

/// Writes a value on one line, without a line break.
pub fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    write_escaped(out, &serde_json::to_string(value)?)
}

/// Writes a value with indentation, and a line break after it.
pub fn write_pretty(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    write_escaped(out, &serde_json::to_string_pretty(value)?)?;
    writeln!(out)
}

/// JSON has line breaks between texts, and never in one.
fn write_escaped(out: &mut impl Write, json: &str) -> io::Result<()> {
    let mut rest = json;
    while let Some((at, c)) = rest
        .char_indices()
        .find(|(_, c)| is_obeyed(*c) && *c != '\n')
    {
        // All of them are in the basic plane.
        write!(out, "{}\\u{:04x}", &rest[..at], u32::from(c))?;
        rest = &rest[at + c.len_utf8()..];
    }
    out.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_means_the_same() {
        let text = "a\u{9b}2J\u{202e}b\u{2028}\u{7f}\u{1b}\nZoë";
        let escaped = r#""a\u009b2J\u202eb\u2028\u007f\u001b\nZoë""#;
        for (written, expected) in [
            (to_text(|out| write(out, &[text])), format!("[{escaped}]")),
            (
                to_text(|out| write_pretty(out, &[text])),
                format!("[\n  {escaped}\n]\n"),
            ),
        ] {
            assert_eq!(written, expected);
            let same: Vec<String> = serde_json::from_str(&written).expect("JSON");
            assert_eq!(same, [text]);
        }
    }

    fn to_text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut json = Vec::new();
        write(&mut json).expect("memory");
        String::from_utf8(json).expect("UTF-8")
    }
}
