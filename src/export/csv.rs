//! CSV (RFC 4180) that spreadsheets open: UTF-8 with a byte order mark, without which Excel takes it for Windows-1252; commas,
//! decimal points, and lines that end with CR LF.

use std::borrow::Cow;
use std::io::{self, Write};

/// The byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Begins a file with the names of its columns.
pub(super) fn begin(out: &mut impl Write, columns: &[&str]) -> io::Result<()> {
    out.write_all(MARK)?;
    row(out, columns)
}

/// Writes a row.
pub(super) fn row(out: &mut impl Write, cells: &[impl AsRef<str>]) -> io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        let cell = cell.as_ref();
        if cell.contains(['"', ',', '\r', '\n']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

/// What a formula begins with, also in the wide letters of East Asian texts.
const FORMULA: [char; 8] = [
    '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// What begins another cell in programs that expect other CSV than this one. Excel separates cells by semicolons where decimals
/// have a comma, and does not see the quotes then, since they are in the middle of what it takes for a cell.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];

/// A text from outside as a cell. A spreadsheet would calculate one that begins like a formula, and could be made to send data
/// to a stranger; with an apostrophe before it, it is a text.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(FORMULA) {
        return text.into();
    }
    let mut harmless = String::with_capacity(text.len() + 1);
    for cell in text.split_inclusive(SEPARATORS) {
        let begins =
            cell.trim_start_matches(|c: char| c == '"' || c.is_whitespace() || is_invisible(c));
        if begins.starts_with(FORMULA) {
            harmless.push('\'');
        }
        harmless.push_str(cell);
    }
    harmless.into()
}

/// Characters without width, and those that direct how a text is read.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// An amount in minor units of a currency with so many minor digits, as a decimal number.
pub(super) fn amount(minor: i128, digits: u32, separator: char) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let unit = 10_u128.pow(digits);
    let (whole, fraction) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    if digits == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(digits).unwrap_or_default();
    format!("{sign}{whole}{separator}{fraction:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        let mut out = Vec::new();
        begin(&mut out, &["a", "b"]).expect("memory");
        row(&mut out, &["x, \"y\"", "ä\nö"]).expect("memory");
        let expected = "\u{feff}a,b\r\n\"x, \"\"y\"\"\",\"ä\nö\"\r\n";
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }

    #[test]
    fn a_text_is_never_a_formula() {
        for (given, cell) in [
            ("=HYPERLINK(\"http://a\")", "'=HYPERLINK(\"http://a\")"),
            ("+49 30", "'+49 30"),
            ("-1", "'-1"),
            ("@a", "'@a"),
            (" =1", "' =1"),
            ("\t=1", "\t'=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{202e}\u{200b}=1", "'\u{202e}\u{200b}=1"),
            // Where semicolons separate cells.
            ("A;=1", "A;'=1"),
            ("A; \"=1+1\";@b", "A;' \"=1+1\";'@b"),
            ("A\n+1\r\n-2", "A\n'+1\r\n'-2"),
            ("A=1", "A=1"),
            ("Jean-Luc; O'Hara @ home", "Jean-Luc; O'Hara @ home"),
            ("\u{202b}שלום-עולם", "\u{202b}שלום-עולם"),
            ("", ""),
        ] {
            assert_eq!(text(given), cell);
        }
    }

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        for (minor, digits, shown) in [
            (27_820, 2, "278.20"),
            (-5, 2, "-0.05"),
            (0, 2, "0.00"),
            (1_890, 0, "1890"),
            (-1_890, 3, "-1.890"),
        ] {
            assert_eq!(amount(minor, digits, '.'), shown);
        }
        assert_eq!(amount(-123_456, 2, ','), "-1234,56");
    }
}
