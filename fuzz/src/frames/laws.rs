use lapin::frame::{AMQPFrame, parsing::parse_frame};

use super::frames::Frames;
use super::payload::Cursor;

/// Type, channel, size; and the octet at the end.
const FRAME_BYTES: usize = 8;

/// The shortest limit of a frame that the broker may propose. Inputs are longer.
const LIMIT: usize = 4_096;

/// The first byte says what the rest is: a stream; or flags and properties of a content header.
pub(crate) fn check(data: &[u8]) {
    match data.split_first() {
        Some((0 | b's', stream)) => is_repaired(stream, 0),
        Some((1 | b'S', stream)) => is_repaired(stream, LIMIT),
        Some((_, [high, low, properties @ ..])) => {
            // The lowest flag announces more flags, which AMQP 0-9-1 never has.
            let flags = [*high, *low & 0xfc];
            let start = [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
            let payload = [&start[..], &flags, properties].concat();
            is_read_by_the_client(&payload);
            let size = u32::try_from(payload.len()).expect("short").to_be_bytes();
            let frame = [&[2, 0, 1][..], &size, &payload, &[0xce]].concat();
            is_repaired(&[&frame[..], &frame].concat(), LIMIT);
        }
        Some(_) | None => {}
    }
}

/// What comes out of a stream, fed in pieces of this length.
fn repaired(stream: &[u8], longest: usize, piece: usize) -> Vec<u8> {
    let mut frames = Frames::new(longest);
    let mut out = Vec::new();
    let mut buffer = vec![0; piece];
    let mut drain = |frames: &mut Frames| {
        loop {
            match frames.take(&mut buffer) {
                0 => break,
                length => out.extend_from_slice(&buffer[..length]),
            }
        }
    };
    for bytes in stream.chunks(piece) {
        frames.push(bytes);
        drain(&mut frames);
    }
    frames.end();
    drain(&mut frames);
    out
}

fn is_repaired(stream: &[u8], longest: usize) {
    let whole = repaired(stream, longest, stream.len().max(1));
    for piece in [1, 100] {
        assert!(
            repaired(stream, longest, piece) == whole,
            "pieces of {piece} bytes"
        );
    }
    let again = repaired(&whole, longest, 4_096);
    assert!(again == whole, "repaired once more, it is different");
    if longest == 0 && !tunes(stream) {
        assert_eq!(whole.len(), stream.len());
    }
    assert!(whole.len() <= stream.len() + longest, "longer than before");
}

/// Whether the broker proposes a length of frames in it.
fn tunes(stream: &[u8]) -> bool {
    stream.windows(4).any(|bytes| bytes == [0, 10, 0, 30])
}

/// A content header.
fn is_read_by_the_client(payload: &[u8]) {
    let mut whole = payload.to_vec();
    let mut cursor = Cursor::new(&mut whole);
    let followed = cursor.content_header().is_some();
    let headers = cursor.headers();
    if !followed || has_more(payload) {
        return;
    }
    let size = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let frame = [&[2, 0, 1][..], &size, payload, &[0xce]].concat();
    let out = repaired(&frame, LIMIT, frame.len());
    match parse_frame(&out[..]) {
        Ok((rest, AMQPFrame::Header(1, header))) => {
            assert!(rest.is_empty());
            assert_eq!(header.body_size, 9);
        }
        other => panic!("the client does not read it: {other:?}"),
    }
    let rest = payload.len() - headers.map_or(0, |headers| headers.len());
    // Without any headers it may still be too long: that is for the client to report.
    const MARK_BYTES: usize = 600;
    if rest + MARK_BYTES + FRAME_BYTES <= LIMIT {
        assert!(out.len() <= LIMIT, "{} bytes", out.len());
    }
}

/// Whether bytes follow behind the last property, which the client refuses.
fn has_more(payload: &[u8]) -> bool {
    let mut shorter = payload[..payload.len() - 1].to_vec();
    Cursor::new(&mut shorter).content_header().is_some()
}
