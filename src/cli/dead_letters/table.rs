//! Lines for people: aligned columns, and text that cannot harm a terminal.

use std::io::{self, Write};

use time::OffsetDateTime;
use time::macros::format_description;

/// Longest detail in a table.
pub(super) const DETAIL_CHARS: usize = 80;

/// Columns whose widths only ever grow, so that a list of any length needs no memory for it.
pub(super) struct Table<const N: usize> {
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    /// Writes the heading and remembers the widths of the first rows.
    pub(super) fn start(
        out: &mut impl Write,
        heading: [&str; N],
        first_rows: &[[String; N]],
    ) -> io::Result<Self> {
        let mut table = Self { widths: [0; N] };
        let heading = heading.map(str::to_owned);
        for row in first_rows {
            table.widen(row);
        }
        table.row(out, &heading)?;
        Ok(table)
    }

    /// Writes a row; the last column is as long as it likes.
    pub(super) fn row(&mut self, out: &mut impl Write, row: &[String; N]) -> io::Result<()> {
        self.widen(row);
        for (cell, width) in row.iter().zip(self.widths).take(N - 1) {
            write!(out, "{cell:width$}  ")?;
        }
        writeln!(out, "{}", row[N - 1])
    }

    fn widen(&mut self, row: &[String; N]) {
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
}

/// Text on one line, cut to this many characters.
pub(super) fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let line = harmless(&line);
    match line.char_indices().nth(max_chars) {
        Some(_) => line.chars().take(max_chars - 1).chain(['…']).collect(),
        None => line,
    }
}

/// Text without control characters: requests come from outside, and a terminal obeys what it is sent.
pub(super) fn harmless(text: &str) -> String {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if control(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// `2026-11-21T08:00:00Z`
pub(super) fn seconds(time: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.to_offset(time::UtcOffset::UTC)
        .format(&format)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [["1".into(), "ä".into()], ["1000".into(), "b".into()]];
        let mut out = Vec::new();
        let mut table = Table::start(&mut out, ["ID", "CODE"], &rows).expect("memory");
        for row in &rows {
            table.row(&mut out, row).expect("memory");
        }
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text, "ID    CODE\n1     ä\n1000  b\n");
    }

    #[test]
    fn a_line_is_short_and_harmless() {
        assert_eq!(one_line("a\n  b\tc", 10), "a b c");
        assert_eq!(one_line("äöüß", 4), "äöüß");
        assert_eq!(one_line("äöüßx", 4), "äöü…");
        assert_eq!(one_line("\u{1b}[2J\u{9b}", 40), "\\u{1b}[2J\\u{9b}");
    }
}
