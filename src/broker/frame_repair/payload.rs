//! What is in the payload of a frame.

use std::ops::Range;

/// Replaces a byte that is not UTF-8.
const SUBSTITUTE: u8 = b'?';

/// Deepest table in a header; deeper ones become bytes. Publishers use one or two levels.
const MAX_DEPTH: usize = 32;

/// Follows what is in a payload, and repairs it in place.
pub(super) struct Cursor<'a> {
    bytes: &'a mut [u8],
    at: usize,
    headers: Option<Range<usize>>,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a payload.
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            headers: None,
        }
    }

    /// Where the table of headers is in a content header that was followed, with the four bytes of its length.
    pub(super) fn headers(&self) -> Option<Range<usize>> {
        self.headers.clone()
    }

    /// The methods that contain texts of a publisher.
    pub(super) fn method(&mut self) -> Option<()> {
        match (self.number(2)?, self.number(2)?) {
            // basic.deliver: consumer tag, delivery tag, redelivered
            (60, 60) => {
                self.short_string()?;
                self.skip(9)?;
            }
            // basic.get-ok: delivery tag, redelivered
            (60, 71) => self.skip(9)?,
            // basic.return: reply code, reply text
            (60, 50) => {
                self.skip(2)?;
                self.short_string()?;
            }
            _ => return Some(()),
        }
        // In all of them exchange and routing key follow.
        self.short_string()?;
        self.short_string()
    }

    /// Class, weight and body size, then a bit for each property, then those properties.
    pub(super) fn content_header(&mut self) -> Option<()> {
        self.skip(12)?;
        let flags = self.number(2)?;
        let properties: [fn(&mut Self) -> Option<()>; 14] = [
            Self::short_string, // content type
            Self::short_string, // content encoding
            Self::table_of_headers,
            |payload| payload.skip(1), // delivery mode
            |payload| payload.skip(1), // priority
            Self::short_string,        // correlation id
            Self::short_string,        // reply to
            Self::short_string,        // expiration
            Self::short_string,        // message id
            |payload| payload.skip(8), // timestamp
            Self::short_string,        // type
            Self::short_string,        // user id
            Self::short_string,        // app id
            Self::short_string,        // cluster id
        ];
        for (index, follow) in properties.into_iter().enumerate() {
            if flags & (1 << (15 - index)) != 0 {
                follow(self)?;
            }
        }
        Some(())
    }

    fn table_of_headers(&mut self) -> Option<()> {
        let start = self.at;
        self.table(0)?;
        self.headers = Some(start..self.at);
        Some(())
    }

    /// Name and range of each field of a table that begins here.
    pub(super) fn fields(&mut self) -> Option<Vec<(String, Range<usize>)>> {
        let end = self.length()?;
        let mut fields = Vec::new();
        while self.at < end {
            let from = self.at;
            self.short_string()?;
            let name = String::from_utf8_lossy(&self.bytes[from + 1..self.at]).into_owned();
            self.value(0)?;
            fields.push((name, from..self.at));
        }
        self.is_at(end)?;
        Some(fields)
    }

    fn table(&mut self, depth: usize) -> Option<()> {
        let end = self.length()?;
        while self.at < end {
            self.short_string()?;
            self.value(depth)?;
        }
        self.is_at(end)
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let end = self.length()?;
        while self.at < end {
            self.value(depth)?;
        }
        self.is_at(end)
    }

    /// What is in a table or an array ends where that ends.
    fn is_at(&self, end: usize) -> Option<()> {
        (self.at == end).then_some(())
    }

    /// A value with its type, as RabbitMQ writes them (its errata to section 4.2.5.5 of the specification).
    fn value(&mut self, depth: usize) -> Option<()> {
        let kind = self.at;
        match self.take(1)?[0] {
            b'V' => Some(()),
            b't' | b'b' | b'B' => self.skip(1),
            b's' | b'u' | b'U' => self.skip(2),
            b'I' | b'i' | b'f' => self.skip(4),
            b'D' => self.skip(5),
            b'l' | b'L' | b'd' | b'T' => self.skip(8),
            b'F' | b'A' if depth >= MAX_DEPTH => {
                self.bytes[kind] = b'x';
                self.bytes()
            }
            b'F' => self.table(depth + 1),
            b'A' => self.array(depth + 1),
            b'S' | b'x' => self.bytes(),
            _ => None,
        }
    }

    fn short_string(&mut self) -> Option<()> {
        let length = self.number(1)?;
        let mut text = self.take(length)?;
        while let Err(error) = std::str::from_utf8(text) {
            let (_, rest) = text.split_at_mut(error.valid_up_to());
            let length = error.error_len().unwrap_or(rest.len());
            let (wrong, rest) = rest.split_at_mut(length);
            wrong.fill(SUBSTITUTE);
            text = rest;
        }
        Some(())
    }

    /// Long strings and byte arrays may be any bytes.
    fn bytes(&mut self) -> Option<()> {
        let end = self.length()?;
        self.at = end;
        Some(())
    }

    /// A length of four bytes; returns the position where the value ends.
    fn length(&mut self) -> Option<usize> {
        let end = self.number(4)?.checked_add(self.at)?;
        (end <= self.bytes.len()).then_some(end)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        let bytes = self.take(bytes)?;
        Some(
            bytes
                .iter()
                .fold(0, |number, byte| number << 8 | usize::from(*byte)),
        )
    }

    fn skip(&mut self, length: usize) -> Option<()> {
        self.take(length).map(drop)
    }

    fn take(&mut self, length: usize) -> Option<&mut [u8]> {
        let from = self.at;
        let taken = self.bytes.get_mut(from..from.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }
}
