//! Content headers that are longer than a frame may be.

use std::ops::Range;

use super::super::fitting::{Dropped, Selection, select};
use super::super::headers::DROPPED;
use super::payload::Cursor;

/// Drops headers of a content header until it has `most` bytes at most, and adds a header that names them. `headers` is
/// where their table is. `None` where it is too long without any headers.
pub(super) fn shorten(
    content_header: &mut [u8],
    headers: Range<usize>,
    most: usize,
) -> Option<Vec<u8>> {
    let fields = Cursor::new(&mut content_header[headers.clone()]).fields()?;
    let table = &content_header[headers.clone()];
    let others = content_header.len() - headers.len() + LENGTH_BYTES;
    let room = most.checked_sub(others + MARK_BYTES)?;
    let sizes: Vec<(&str, usize)> = fields
        .iter()
        .map(|(name, at)| (name.as_str(), at.len()))
        .collect();
    let earlier = fields.iter().find(|(name, _)| name == DROPPED);
    let earlier = earlier.map_or("", |(_, at)| text_of_mark(&table[at.clone()]));
    let Selection { kept, dropped } = select(&sizes, earlier, room);

    let mut rest = Vec::with_capacity(room);
    for ((_, at), kept) in fields.iter().zip(kept) {
        if kept {
            rest.extend_from_slice(&table[at.clone()]);
        }
    }
    rest.extend(mark(&dropped.names()));
    let length = u32::try_from(rest.len()).ok()?;
    let (before, after) = (
        &content_header[..headers.start],
        &content_header[headers.end..],
    );
    Some([before, &length.to_be_bytes(), &rest, after].concat())
}

const LENGTH_BYTES: usize = 4;

/// A field has the length of its name, the name, a type, the length of a text, and the text.
const MARK_BYTES: usize = 1 + DROPPED.len() + 1 + LENGTH_BYTES + Dropped::MAX_BYTES;

fn mark(names: &str) -> Vec<u8> {
    let name_length = u8::try_from(DROPPED.len()).unwrap_or(u8::MAX);
    let length = u32::try_from(names.len()).unwrap_or(u32::MAX);
    [
        &[name_length][..],
        DROPPED.as_bytes(),
        b"S",
        &length.to_be_bytes(),
        names.as_bytes(),
    ]
    .concat()
}

fn text_of_mark(field: &[u8]) -> &str {
    let value = field.get(1 + DROPPED.len() + 1 + LENGTH_BYTES..);
    let text = value.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.unwrap_or_default()
}
