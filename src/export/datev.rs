//! Booking batches for DATEV: the DATEV format (EXTF) with header version 700, category 21 (`Buchungsstapel`) in format version
//! 13, as <https://developer.datev.de/datev/platform/de/dtvf> describes it.
//!
//! A document has one booking for each tax rate: the amount with tax, the debtor account against the revenue account of the
//! rate, from which DATEV derives the tax. What the format or the accounts cannot express is not booked at all, and is listed as
//! an error of its document. Each month has a file of its own, as DATEV recommends.

mod booking;
mod layout;
mod settings;
mod windows_1252;

use std::collections::BTreeMap;
use std::io::{self, Write};

use time::OffsetDateTime;

use super::entry::Entry;
use super::journal::Complete;
pub use settings::{Datev, DatevProblem, DatevSettings};

use booking::{Month, bookings};

/// The most bookings that DATEV takes in one file.
const MOST: u64 = 99_999;

/// A file of bookings: those of a month, or as many as a file may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    month: Month,
    /// Bookings of the month that are in files before this one.
    skipped: u64,
    part: u64,
}

impl Batch {
    /// Its name in the ZIP. DATEV expects the beginning.
    pub(super) fn name(&self) -> String {
        let Month { year, month } = self.month;
        let part = match self.part {
            1 => String::new(),
            part => format!("_{part}"),
        };
        format!("datev/EXTF_Buchungsstapel_{year:04}-{month:02}{part}.csv")
    }
}

impl Datev {
    /// Why a document is not booked.
    pub(super) fn fault(&self, entry: &Entry) -> Option<super::entry::Fault> {
        bookings(self, entry).err()
    }

    /// The files that the bookings need.
    pub(super) fn batches(&self, journal: &Complete) -> io::Result<Vec<Batch>> {
        let mut months: BTreeMap<Month, u64> = BTreeMap::new();
        journal.each(|entry| {
            let found = bookings(self, entry).unwrap_or_default();
            if let Some(first) = found.first() {
                *months.entry(first.month()).or_default() += found.len() as u64;
            }
            Ok(())
        })?;
        let of_month = |(month, bookings): (Month, u64)| {
            (0..bookings.div_ceil(MOST)).map(move |part| Batch {
                month,
                skipped: part * MOST,
                part: part + 1,
            })
        };
        Ok(months.into_iter().flat_map(of_month).collect())
    }

    /// Writes a file of bookings.
    pub(super) fn write(
        &self,
        journal: &Complete,
        batch: &Batch,
        created: OffsetDateTime,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut line = |text: &str| {
            out.write_all(&windows_1252::encoded(text))?;
            out.write_all(b"\r\n")
        };
        line(&layout::header(self, batch.month, created))?;
        line(&layout::headings())?;
        let mut position = 0;
        journal.each(|entry| {
            for booking in bookings(self, entry).unwrap_or_default() {
                if booking.month() != batch.month {
                    continue;
                }
                if (batch.skipped..batch.skipped + MOST).contains(&position) {
                    line(&layout::row(&booking))?;
                }
                position += 1;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::super::entry::tests::entry;
    use super::super::journal::Journal;
    use super::*;

    #[test]
    fn a_file_has_a_header_headings_and_the_bookings_of_its_month() {
        let datev = settings::tests::datev();
        let mut november = entry("invoice", "RE-3", &[("S", "19", 100, 19)]);
        if let Some(content) = &mut november.content {
            content.issue_date = date!(2026 - 11 - 01);
        }
        let entries = [
            entry(
                "invoice",
                "RE-1",
                &[("S", "19", 10_000, 1_900), ("S", "7", 100, 7)],
            ),
            entry("credit-note", "GS-2", &[("S", "19", -2_500, -475)]),
            // Not booked: no account has this rate.
            entry("invoice", "RE-4", &[("S", "16", 100, 16)]),
            november,
        ];
        let mut journal = Journal::in_memory();
        journal.add(&entries).expect("memory");
        let journal = journal.complete().expect("memory");
        let batches = datev.batches(&journal).expect("entries");
        let names: Vec<String> = batches.iter().map(Batch::name).collect();
        assert_eq!(
            names,
            [
                "datev/EXTF_Buchungsstapel_2026-10.csv",
                "datev/EXTF_Buchungsstapel_2026-11.csv"
            ]
        );
        let mut out = Vec::new();
        let created = datetime!(2026-12-01 08:30:15.25 UTC);
        datev
            .write(&journal, &batches[0], created, &mut out)
            .expect("memory");
        // Windows-1252, in which ü has one byte.
        assert!(out.windows(3).any(|it| it == &b"Schl\xfcssel"[3..6]));
        let text: String = out.iter().map(|byte| char::from(*byte)).collect();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(
            lines[0],
            "\"EXTF\";700;21;\"Buchungsstapel\";13;20261201083015250;;\"RE\";\"invoiceworker\";\"\";29098;55003;20260101;4;\
             20261001;20261031;\"Rechnungen 2026-10\";\"\";1;0;0;\"EUR\";;\"\";;;\"\";;;\"\";\"\""
        );
        assert_eq!(lines[0].split(';').count(), 31);
        assert_eq!(lines.len(), 5, "{text}");
        for line in &lines[1..] {
            assert_eq!(line.split(';').count(), 125, "{line}");
        }
        let first: Vec<Vec<&str>> = (lines[1..].iter())
            .map(|line| line.split(';').take(14).collect())
            .collect();
        let row = |amount, side, account, number| {
            let text = "\"Buyer\"";
            vec![
                amount, side, "\"EUR\"", "", "", "", "10000", account, "", "3110", number, "", "",
                text,
            ]
        };
        assert_eq!(first[1], row("119,00", "\"S\"", "8400", "\"RE-1\""));
        assert_eq!(first[2], row("1,07", "\"S\"", "8300", "\"RE-1\""));
        assert_eq!(first[3], row("29,75", "\"H\"", "8400", "\"GS-2\""));
    }

    #[test]
    fn a_month_with_more_bookings_than_a_file_may_have_has_several() {
        let datev = settings::tests::datev();
        let mut journal = Journal::in_memory();
        for from in 0..101_u64 {
            let numbers = from * 1_000..(from + 1) * 1_000;
            let one = |number: u64| entry("invoice", &number.to_string(), &[("S", "19", 100, 19)]);
            journal
                .add(&numbers.map(one).collect::<Vec<_>>())
                .expect("memory");
        }
        let journal = journal.complete().expect("memory");
        let batches = datev.batches(&journal).expect("entries");
        let lines = |batch: &Batch| {
            let mut out = Vec::new();
            let created = datetime!(2026-12-01 08:30 UTC);
            datev
                .write(&journal, batch, created, &mut out)
                .expect("memory");
            out.iter().filter(|byte| **byte == b'\n').count()
        };
        let found: Vec<(String, usize)> = batches.iter().map(|it| (it.name(), lines(it))).collect();
        let expected = [
            (
                "datev/EXTF_Buchungsstapel_2026-10.csv".to_owned(),
                2 + 99_999,
            ),
            (
                "datev/EXTF_Buchungsstapel_2026-10_2.csv".to_owned(),
                2 + 1_001,
            ),
        ];
        assert_eq!(found, expected);
    }
}
