//! ZIP files (APPNOTE.TXT 6.3), with ZIP64 where the numbers need it. Files are stored without compression: a PDF is
//! compressed already. Sizes are known before a file is written, so nothing has to be changed behind it.

use time::OffsetDateTime;

/// Lowest version that has ZIP64.
const VERSION: u16 = 45;

/// A field that is in the ZIP64 extra field instead.
const IN_EXTRA_32: u32 = u32::MAX;
const IN_EXTRA_16: u16 = u16::MAX;

/// A regular file that only its owner reads, as Unix has it.
const MODE: u32 = 0o100_600 << 16;

/// A file in a ZIP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ZipFile<'a> {
    /// Its name: ASCII, with slashes.
    pub(super) name: &'a str,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Its CRC-32.
    pub(super) crc: u32,
    /// When it was made.
    pub(super) at: OffsetDateTime,
}

impl ZipFile<'_> {
    /// What is written before its bytes.
    pub(super) fn header(&self) -> Vec<u8> {
        let is_large = is_large(self.size);
        let mut out = Vec::with_capacity(50 + self.name.len());
        put32(&mut out, 0x0403_4b50);
        put16(&mut out, VERSION);
        self.common(&mut out);
        put16(&mut out, if is_large { 20 } else { 0 });
        out.extend_from_slice(self.name.as_bytes());
        if is_large {
            extra(&mut out, &[self.size, self.size]);
        }
        out
    }

    /// What the directory at the end has of it; its header is at this offset.
    pub(super) fn in_directory(&self, offset: u64) -> Vec<u8> {
        let mut numbers = Vec::new();
        if is_large(self.size) {
            numbers.extend([self.size, self.size]);
        }
        if is_large(offset) {
            numbers.push(offset);
        }
        let extra_bytes = if numbers.is_empty() {
            0
        } else {
            4 + 8 * numbers.len()
        };
        let mut out = Vec::with_capacity(46 + self.name.len() + extra_bytes);
        put32(&mut out, 0x0201_4b50);
        // Made on Unix.
        put16(&mut out, (3 << 8) | VERSION);
        put16(&mut out, VERSION);
        self.common(&mut out);
        put16(&mut out, u16::try_from(extra_bytes).unwrap_or_default());
        // No comment, the first disk, no internal attributes.
        out.extend_from_slice(&[0; 6]);
        put32(&mut out, MODE);
        put32(&mut out, low(offset));
        out.extend_from_slice(self.name.as_bytes());
        if !numbers.is_empty() {
            extra(&mut out, &numbers);
        }
        out
    }

    /// From the flags to the length of the name, which both headers have alike.
    fn common(&self, out: &mut Vec<u8>) {
        // No flags; stored.
        put16(out, 0);
        put16(out, 0);
        let (date, time) = dos(self.at);
        put16(out, time);
        put16(out, date);
        put32(out, self.crc);
        put32(out, low(self.size));
        put32(out, low(self.size));
        put16(out, u16::try_from(self.name.len()).unwrap_or(u16::MAX));
    }
}

/// What is behind a directory of so many files that begins at `start` and has `size` bytes.
pub(super) fn end(files: u64, start: u64, size: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let few = u16::try_from(files)
        .ok()
        .filter(|files| *files != IN_EXTRA_16);
    if few.is_none() || is_large(start) || is_large(size) {
        put32(&mut out, 0x0606_4b50);
        put64(&mut out, 44);
        put16(&mut out, (3 << 8) | VERSION);
        put16(&mut out, VERSION);
        put32(&mut out, 0);
        put32(&mut out, 0);
        for number in [files, files, size, start] {
            put64(&mut out, number);
        }
        put32(&mut out, 0x0706_4b50);
        put32(&mut out, 0);
        put64(&mut out, start + size);
        put32(&mut out, 1);
    }
    put32(&mut out, 0x0605_4b50);
    put32(&mut out, 0);
    put16(&mut out, few.unwrap_or(IN_EXTRA_16));
    put16(&mut out, few.unwrap_or(IN_EXTRA_16));
    put32(&mut out, low(size));
    put32(&mut out, low(start));
    put16(&mut out, 0);
    out
}

fn is_large(number: u64) -> bool {
    number >= u64::from(IN_EXTRA_32)
}

fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_EXTRA_32)
}

fn extra(out: &mut Vec<u8>, numbers: &[u64]) {
    put16(out, 1);
    put16(out, u16::try_from(8 * numbers.len()).unwrap_or_default());
    for number in numbers {
        put64(out, *number);
    }
}

/// Date and time as DOS had them, in UTC and to two seconds; from 1980 to 2107.
fn dos(at: OffsetDateTime) -> (u16, u16) {
    let at = at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(at);
    let years = u16::try_from(at.year() - 1980).unwrap_or_default().min(127);
    let date = (years << 9) | (u16::from(u8::from(at.month())) << 5) | u16::from(at.day());
    let seconds = u16::from(at.second()) / 2;
    let time = (u16::from(at.hour()) << 11) | (u16::from(at.minute()) << 5) | seconds;
    (date, time)
}

fn put16(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn file(size: u64) -> ZipFile<'static> {
        ZipFile {
            name: "a.pdf",
            size,
            crc: 7,
            at: datetime!(2026-11-30 12:34:56 UTC),
        }
    }

    #[test]
    fn small_numbers_need_no_zip64() {
        assert_eq!(file(3).header().len(), 30 + 5);
        assert_eq!(file(3).in_directory(9).len(), 46 + 5);
        assert_eq!(end(1, 38, 51).len(), 22);
        let (date, time) = dos(datetime!(2026-11-30 12:34:56 UTC));
        assert_eq!((date >> 9, (date >> 5) & 15, date & 31), (46, 11, 30));
        assert_eq!((time >> 11, (time >> 5) & 63, time & 31), (12, 34, 28));
    }

    #[test]
    fn large_numbers_are_in_zip64() {
        let four_gib = 1 << 32;
        assert_eq!(file(four_gib).header().len(), 30 + 5 + 20);
        assert_eq!(file(3).in_directory(four_gib).len(), 46 + 5 + 12);
        assert_eq!(file(four_gib).in_directory(four_gib).len(), 46 + 5 + 28);
        for (files, start) in [
            (65_535, 100),
            (1, four_gib),
            (u64::from(u32::MAX), four_gib),
        ] {
            let end = end(files, start, 51);
            assert_eq!(end.len(), 56 + 20 + 22);
            assert_eq!(end[32..40], files.to_le_bytes());
            assert_eq!(end[40..48], 51_u64.to_le_bytes());
            assert_eq!(end[48..56], start.to_le_bytes());
            // The locator says where this record is.
            assert_eq!(end[64..72], (start + 51).to_le_bytes());
        }
    }
}
