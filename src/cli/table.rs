//! Tables for people.

use std::io::{self, Write};

pub(super) use crate::moment::seconds;

/// Longest detail in a table, in characters.
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

/// Writes a whole table, with an empty line before it.
pub(super) fn paragraph<const N: usize>(
    out: &mut impl Write,
    heading: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    writeln!(out)?;
    let mut table = Table::start(out, heading, rows)?;
    for row in rows {
        table.row(out, row)?;
    }
    Ok(())
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
}
