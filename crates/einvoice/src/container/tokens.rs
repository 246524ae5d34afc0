//! Values of PDF in their spelling (ISO 32000-1, 7.3): found and passed over, never changed.

/// The white space of PDF.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

/// What ends a name or a number besides white space.
const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

/// Deepest nesting of values, far more than a catalogue has.
const MAX_DEPTH: usize = 32;

/// The bytes behind the white space.
pub(super) fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_space(*first)
    {
        bytes = rest;
    }
    bytes
}

/// The value at the beginning of these bytes, and the bytes behind it. `12 0 R` is one value. There are no comments inside of
/// values that the renderer writes.
pub(super) fn value(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let bytes = trimmed(bytes);
    let len = length(bytes, 0)?;
    let (value, rest) = bytes.split_at_checked(len)?;
    Some((std::str::from_utf8(value).ok()?, rest))
}

/// The values in these bytes, to their end.
pub(super) fn values(mut bytes: &[u8]) -> Option<Vec<&str>> {
    let mut values = Vec::new();
    while !trimmed(bytes).is_empty() {
        let (value, rest) = value(bytes)?;
        values.push(value);
        bytes = rest;
    }
    Some(values)
}

/// The number of the object that is referred to: 12 in `12 0 R`. Objects of other generations come from updates.
pub(super) fn reference(value: &str) -> Option<u32> {
    value.strip_suffix(" 0 R")?.parse().ok()
}

/// The bytes of a string, literal or hexadecimal.
pub(super) fn string(value: &str) -> Option<Vec<u8>> {
    if let Some(digits) = value.strip_prefix('<') {
        let digits: Vec<u8> = digits
            .strip_suffix('>')?
            .bytes()
            .filter(|b| !is_space(*b))
            .collect();
        let pair = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        };
        return digits.chunks(2).map(pair).collect();
    }
    let mut bytes = value.strip_prefix('(')?.strip_suffix(')')?.bytes();
    let mut string = Vec::new();
    while let Some(byte) = bytes.next() {
        string.push(match byte {
            b'\\' => match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                escaped @ (b'(' | b')' | b'\\') => escaped,
                // Octal codes do not occur: the renderer writes such strings as hexadecimal ones.
                _ => return None,
            },
            other => other,
        });
    }
    Some(string)
}

/// The length of the value at the beginning.
fn length(bytes: &[u8], depth: usize) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    match bytes {
        [b'<', b'<', ..] => composite(bytes, 2, b">>", depth),
        [b'<', ..] => Some(bytes.iter().position(|byte| *byte == b'>')? + 1),
        [b'[', ..] => composite(bytes, 1, b"]", depth),
        [b'(', ..] => literal(bytes),
        [b'/', rest @ ..] => Some(1 + word(rest)),
        [_, ..] => {
            let len = word(bytes);
            (len > 0).then(|| len + rest_of_reference(bytes, len))
        }
        [] => None,
    }
}

/// The length of a dictionary or an array.
fn composite(bytes: &[u8], open: usize, close: &[u8], depth: usize) -> Option<usize> {
    let mut rest = &bytes[open..];
    loop {
        rest = trimmed(rest);
        if let Some(rest) = rest.strip_prefix(close) {
            return Some(bytes.len() - rest.len());
        }
        rest = rest.get(length(rest, depth + 1)?..)?;
    }
}

/// The length of a literal string, whose parentheses are balanced or escaped.
fn literal(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(index + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn word(bytes: &[u8]) -> usize {
    let end = |byte: &u8| is_space(*byte) || is_delimiter(*byte);
    bytes.iter().position(end).unwrap_or(bytes.len())
}

/// Whether ` 0 R` follows a number: then it is a part of the value.
fn rest_of_reference(bytes: &[u8], len: usize) -> usize {
    const REST: &[u8] = b" 0 R";
    let is_number = bytes[..len].iter().all(u8::is_ascii_digit);
    let rest = bytes[len..].strip_prefix(REST);
    let ends = rest.is_some_and(|rest| word(rest) == 0);
    if is_number && ends { REST.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_their_spelling() {
        let text = b" 12 0 R/Name(a (b) \\) c)<</K[1 2 0 R<AB>]>>true -1.5 ";
        assert_eq!(
            values(text).expect("values"),
            [
                "12 0 R",
                "/Name",
                "(a (b) \\) c)",
                "<</K[1 2 0 R<AB>]>>",
                "true",
                "-1.5"
            ]
        );
        for broken in ["(", "<<", "[", "<<[>>", "<AB"] {
            assert_eq!(value(broken.as_bytes()), None, "{broken}");
        }
        let deep = "[".repeat(10_000);
        assert_eq!(value(deep.as_bytes()), None);
    }

    #[test]
    fn strings_and_references_are_read() {
        assert_eq!(string("(a\\(b\\))"), Some(b"a(b)".to_vec()));
        assert_eq!(string("<FEFF 0041>"), Some(vec![0xfe, 0xff, 0, 0x41]));
        assert_eq!(string("/Name"), None);
        assert_eq!(reference("12 0 R"), Some(12));
        assert_eq!(reference("12"), None);
    }
}
