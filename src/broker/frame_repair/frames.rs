//! Whole frames out of a stream of bytes, repaired.

use super::oversized;
use super::payload::Cursor;

/// Frames are 128 KiB at most unless RabbitMQ is configured otherwise. What is longer than this is not AMQP.
const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// Type, channel and size of a frame.
const HEAD_BYTES: usize = 7;

/// The octet at the end of a frame.
const END_BYTES: usize = 1;

/// The broker may not propose shorter frames than this (AMQP 0-9-1, 4.2.3).
const SHORTEST_FRAME_MAX: usize = 4_096;

/// Takes bytes as they come, and returns them in whole, repaired frames.
#[derive(Debug)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// The longest frame that the client accepts: what it proposes, or less where the broker does.
    longest: usize,
    /// End of the bytes that were returned already.
    given: usize,
    /// End of the last whole frame.
    whole: usize,
    /// Whether the stream is not AMQP: it is passed on as it is, for the client to report.
    foreign: bool,
}

impl Frames {
    /// For a client that proposes this as the longest frame, in bytes; 0 for none.
    pub(super) fn new(proposed: usize) -> Self {
        Self {
            buffer: Vec::new(),
            longest: if proposed == 0 { usize::MAX } else { proposed },
            given: 0,
            whole: 0,
            foreign: false,
        }
    }

    /// Adds bytes from the broker.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        while !self.foreign {
            let rest = &mut self.buffer[self.whole..];
            match frame_bytes(rest) {
                Length::Known(length) if length <= rest.len() => {
                    self.repair(length);
                }
                Length::Known(_) | Length::NotYet => return,
                Length::NoFrame => self.foreign = true,
            }
        }
        self.whole = self.buffer.len();
    }

    /// Repairs the frame of this length that comes next. From the first byte that cannot be interpreted on, it stays as it
    /// is, and the client reports it.
    fn repair(&mut self, length: usize) {
        let frame = self.whole..self.whole + length;
        self.whole = frame.end;
        let payload = frame.start + HEAD_BYTES..frame.end - END_BYTES;
        let kind = self.buffer[frame.start];
        let mut cursor = Cursor::new(&mut self.buffer[payload.clone()]);
        match kind {
            1 => {
                let _interpreted = cursor.method();
                if let Some(longest) = proposed_by_broker(&self.buffer[payload]) {
                    self.longest = self.longest.min(longest);
                }
            }
            2 if cursor.content_header().is_some() && length > self.longest => {
                let headers = cursor.headers();
                let most = self.longest - HEAD_BYTES - END_BYTES;
                let content_header = &mut self.buffer[payload.clone()];
                let Some(shorter) =
                    headers.and_then(|headers| oversized::shorten(content_header, headers, most))
                else {
                    return;
                };
                let size = u32::try_from(shorter.len()).unwrap_or(u32::MAX);
                self.buffer[frame.start + 3..payload.start].copy_from_slice(&size.to_be_bytes());
                self.whole = payload.start + shorter.len() + END_BYTES;
                self.buffer.splice(payload, shorter);
            }
            _ => {}
        }
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

/// The longest frame that the broker proposes, in `connection.tune`: class, method, channels, frame size, heartbeat. 0 is no
/// limit.
fn proposed_by_broker(method: &[u8]) -> Option<usize> {
    let [0, 10, 0, 30, _, _, a, b, c, d, ..] = *method else {
        return None;
    };
    let longest = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    (longest > 0).then(|| longest.max(SHORTEST_FRAME_MAX))
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
        let mut frames = Frames::new(0);
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

    #[test]
    fn a_content_header_that_is_too_long_loses_the_largest_headers_and_says_which() {
        let text = |name: &[u8], length: usize| {
            [short(name), b"S".to_vec(), long(&vec![b'v'; length])].concat()
        };
        let count = [short(b"x-delivery-count"), b"I\x00\x00\x00\x02".to_vec()].concat();
        let headers = [
            text(b"largest", 5_000),
            count.clone(),
            text(b"large", 3_000),
            text(b"tenant", 3),
        ]
        .concat();
        let mark = [short(b"x-headers-dropped"), b"S".to_vec(), long(b"largest")].concat();
        let kept = [count, text(b"large", 3_000), text(b"tenant", 3), mark].concat();
        // connection.tune with frames of 4 KiB.
        let tune = frame(1, b"\x00\x0a\x00\x1e\x00\x00\x00\x00\x10\x00\x00\x00");
        let ordinary = header(&text(b"a", 4_000), b"m");
        let stream = [tune.clone(), header(&headers, b"m1"), ordinary.clone()].concat();
        assert_eq!(
            repaired(&stream),
            [tune, header(&kept, b"m1"), ordinary].concat()
        );
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
