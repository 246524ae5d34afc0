//! Whole frames out of a stream of bytes, repaired.

/// Replaces a byte that is not UTF-8.
const SUBSTITUTE: u8 = b'?';

/// Deepest table in a header; deeper ones become bytes. Publishers use one or two levels.
const MAX_DEPTH: usize = 32;

/// Frames are 128 KiB at most unless RabbitMQ is configured otherwise. What is longer than this is not AMQP.
const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// Type, channel and size of a frame.
const HEAD_BYTES: usize = 7;

/// The octet at the end of a frame.
const END_BYTES: usize = 1;

/// Takes bytes as they come, and returns them in whole, repaired frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// End of the bytes that were returned already.
    given: usize,
    /// End of the last whole frame.
    whole: usize,
    /// Whether the stream is not AMQP: it is passed on as it is, for the client to report.
    foreign: bool,
}

impl Frames {
    /// Adds bytes from the broker.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        while !self.foreign {
            let rest = &mut self.buffer[self.whole..];
            match frame_bytes(rest) {
                Length::Known(length) if length <= rest.len() => {
                    repair(&mut rest[..length - END_BYTES]);
                    self.whole += length;
                }
                Length::Known(_) | Length::NotYet => return,
                Length::NoFrame => self.foreign = true,
            }
        }
        self.whole = self.buffer.len();
    }

    /// The stream has ended: what is left is returned as it is.
    pub(super) fn end(&mut self) {
        self.foreign = true;
        self.whole = self.buffer.len();
    }

    /// Returns as many bytes as are ready and fit, and their number.
    pub(super) fn take(&mut self, into: &mut [u8]) -> usize {
        let ready = &self.buffer[self.given..self.whole];
        let length = ready.len().min(into.len());
        into[..length].copy_from_slice(&ready[..length]);
        self.given += length;
        if self.given == self.whole {
            self.buffer.drain(..self.whole);
            (self.given, self.whole) = (0, 0);
        }
        length
    }
}

enum Length {
    Known(usize),
    NotYet,
    NoFrame,
}

/// The whole length of the frame that begins here.
fn frame_bytes(bytes: &[u8]) -> Length {
    // Method, header, body, heartbeat.
    if bytes
        .first()
        .is_some_and(|kind| ![1, 2, 3, 8].contains(kind))
    {
        return Length::NoFrame;
    }
    let Some(size) = bytes.get(3..HEAD_BYTES) else {
        return Length::NotYet;
    };
    let size = size
        .iter()
        .fold(0, |size, byte| size << 8 | usize::from(*byte));
    if size > MAX_PAYLOAD_BYTES {
        Length::NoFrame
    } else {
        Length::Known(HEAD_BYTES + size + END_BYTES)
    }
}

/// Repairs a frame without its end octet. From the first byte that cannot be interpreted on, it stays as it is.
fn repair(frame: &mut [u8]) {
    let kind = frame[0];
    let mut payload = Cursor {
        bytes: &mut frame[HEAD_BYTES..],
        at: 0,
    };
    // The client reports what could not be interpreted.
    let _interpreted = match kind {
        1 => payload.method(),
        2 => payload.content_header(),
        _ => Some(()),
    };
}

struct Cursor<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Cursor<'_> {
    /// The methods that contain texts of a publisher.
    fn method(&mut self) -> Option<()> {
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
    fn content_header(&mut self) -> Option<()> {
        self.skip(12)?;
        let flags = self.number(2)?;
        let properties: [fn(&mut Self) -> Option<()>; 14] = [
            Self::short_string,         // content type
            Self::short_string,         // content encoding
            |payload| payload.table(0), // headers
            |payload| payload.skip(1),  // delivery mode
            |payload| payload.skip(1),  // priority
            Self::short_string,         // correlation id
            Self::short_string,         // reply to
            Self::short_string,         // expiration
            Self::short_string,         // message id
            |payload| payload.skip(8),  // timestamp
            Self::short_string,         // type
            Self::short_string,         // user id
            Self::short_string,         // app id
            Self::short_string,         // cluster id
        ];
        for (index, follow) in properties.into_iter().enumerate() {
            if flags & (1 << (15 - index)) != 0 {
                follow(self)?;
            }
        }
        Some(())
    }

    fn table(&mut self, depth: usize) -> Option<()> {
        let end = self.length()?;
        while self.at < end {
            self.short_string()?;
            self.value(depth)?;
        }
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let end = self.length()?;
        while self.at < end {
            self.value(depth)?;
        }
        Some(())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).expect("short").to_be_bytes();
        [&[kind, 0, 1][..], &size, payload, &[0xce]].concat()
    }

    fn short(text: &[u8]) -> Vec<u8> {
        [&[u8::try_from(text.len()).expect("short")][..], text].concat()
    }

    fn long(bytes: &[u8]) -> Vec<u8> {
        let size = u32::try_from(bytes.len()).expect("short").to_be_bytes();
        [&size[..], bytes].concat()
    }

    /// A content header with headers and a message id.
    fn header(headers: &[u8], message_id: &[u8]) -> Vec<u8> {
        let flags: u16 = 1 << 13 | 1 << 7;
        let start = [
            &[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &flags.to_be_bytes(),
        ]
        .concat();
        frame(2, &[start, long(headers), short(message_id)].concat())
    }

    /// What comes out of it, in one piece and byte by byte.
    #[track_caller]
    fn repaired(bytes: &[u8]) -> Vec<u8> {
        let all = through(bytes, bytes.len().max(1));
        assert_eq!(through(bytes, 1), all);
        all
    }

    fn through(bytes: &[u8], step: usize) -> Vec<u8> {
        let mut frames = Frames::default();
        let mut out = Vec::new();
        let mut piece = vec![0; step];
        let mut drain = |frames: &mut Frames| {
            loop {
                match frames.take(&mut piece) {
                    0 => break,
                    length => out.extend_from_slice(&piece[..length]),
                }
            }
        };
        for bytes in bytes.chunks(step) {
            frames.push(bytes);
            drain(&mut frames);
        }
        frames.end();
        drain(&mut frames);
        out
    }

    #[test]
    fn bytes_that_are_no_text_become_question_marks_wherever_they_are() {
        let table = |name: &[u8], inner: &[u8]| {
            let pair = [short(inner), b"t\x01".to_vec()].concat();
            let array = [b"F".to_vec(), long(&pair)].concat();
            [short(name), b"A".to_vec(), long(&array)].concat()
        };
        let wrong = header(&table(b"\xffn", b"Zo\xeb"), b"\xffa\xfe");
        let right = header(&table(b"?n", b"Zo?"), b"?a?");
        assert_eq!(repaired(&wrong), right);

        let deliver = |exchange: &[u8], key: &[u8]| {
            let (tag, rest) = (short("täg".as_bytes()), [0; 9].to_vec());
            let all = [vec![0, 60, 0, 60], tag, rest, short(exchange), short(key)];
            frame(1, &all.concat())
        };
        assert_eq!(
            repaired(&deliver(b"\xe2\x82", b"k\xc0")),
            deliver(b"??", b"k?")
        );
    }

    #[test]
    fn what_is_not_for_reading_passes_as_it_is() {
        let values = [
            &b"\x01aS\x00\x00\x00\x01\xff"[..],
            b"\x01bx\x00\x00\x00\x01\xff",
            b"\x01cl\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x01dV",
            b"\x01eD\xff\xff\xff\xff\xff",
        ];
        for whole in [
            header(&values.concat(), "Zoë".as_bytes()),
            frame(3, b"\xff\xfe\x01"),
            frame(8, b""),
            // queue.declare-ok
            frame(1, b"\x00\x32\x00\x0b\x01\xff"),
            b"AMQP\x00\x00\x09\x01".to_vec(),
            // A frame that never ends, and one that is too long to be one.
            b"\x03\x00\x01\x00\x00\x00\x09\xff".to_vec(),
            b"\x03\x00\x01\xff\xff\xff\xff\xff".to_vec(),
        ] {
            assert_eq!(repaired(&whole), whole);
        }
    }

    #[test]
    fn tables_without_a_bottom_end_in_bytes() {
        let mut table = Vec::new();
        for _ in 0..5_000 {
            table = [short(b"t"), b"F".to_vec(), long(&table)].concat();
        }
        let repaired = repaired(&header(&table, b"m"));
        let tables = repaired
            .windows(3)
            .filter(|bytes| *bytes == b"\x01tF")
            .count();
        let bytes = repaired
            .windows(3)
            .filter(|bytes| *bytes == b"\x01tx")
            .count();
        assert_eq!((tables, bytes), (5_000 - 1, 1));
    }

    proptest! {
        #[test]
        fn whatever_comes_keeps_its_length(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 1..4_u8) {
            for bytes in [frame(kind, &bytes), bytes] {
                prop_assert_eq!(repaired(&bytes).len(), bytes.len());
            }
        }
    }
}
