//! Halves of characters. A program whose texts are UTF-16 can cut one in the middle of an emoji, and write the half that
//! remains as an escape of its own (`\ud83d`), which is no character.
//!
//! In a value such a half is left out, like a symbol that no font has. In the name of a member, and anywhere in the value of a
//! member `marketplace`, it becomes U+FFFD: a field must not become another field by what is left out, nor an order another
//! order. No part of an identity may have U+FFFD.

/// The length of an escape like `\ud83d`.
const ESCAPE: usize = 6;

/// U+FFFD, as long as what it replaces.
const REPLACEMENT: &[u8; ESCAPE] = b"\\ufffd";

/// The member whose value has the identity.
const IDENTITY: &str = "marketplace";

/// What becomes of the halves in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Halves {
    LeftOut,
    Replaced,
}

/// The JSON text without escapes that are half a character; `None` where there are none. It is read once, and never longer.
pub(super) fn without_halves(json: &[u8]) -> Option<Vec<u8>> {
    next_half(json, 0)?;
    Some(Rewriting::new(json).whole())
}

/// The JSON text with U+FFFD for each half of a character.
pub(crate) fn replaced(json: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(json.len());
    copy(json, Halves::Replaced, &mut whole);
    whole
}

/// Where a text is on its way to the one without halves. What is not JSON is passed on: the parser has the words for it.
struct Rewriting<'a> {
    json: &'a [u8],
    at: usize,
    whole: Vec<u8>,
    /// How many objects and arrays are open.
    depth: usize,
    /// How many were open at the beginning of the identity that is being read.
    identity: Option<usize>,
    /// The value of a member of that name is next.
    is_named: bool,
}

impl<'a> Rewriting<'a> {
    fn new(json: &'a [u8]) -> Self {
        Self {
            json,
            at: 0,
            whole: Vec::with_capacity(json.len()),
            depth: 0,
            identity: None,
            is_named: false,
        }
    }

    fn whole(mut self) -> Vec<u8> {
        while let Some(byte) = self.json.get(self.at).copied() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => {
                    if self.is_named && self.identity.is_none() {
                        self.identity = Some(self.depth);
                    }
                    self.depth += 1;
                    self.is_named = false;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.identity.is_some_and(|outside| self.depth <= outside) {
                        self.identity = None;
                    }
                    self.is_named = false;
                }
                b',' => self.is_named = false,
                _ => {}
            }
            self.whole.push(byte);
            self.at += 1;
        }
        self.whole
    }

    fn string(&mut self) {
        let rest = &self.json[self.at..];
        let (string, rest) = rest.split_at(end_of_string(rest));
        let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
        let is_name = next == Some(&b':');
        let halves = if is_name || self.is_named || self.identity.is_some() {
            Halves::Replaced
        } else {
            Halves::LeftOut
        };
        copy(string, halves, &mut self.whole);
        self.is_named = is_name && is_identity(string);
        self.at += string.len();
    }
}

/// Where a string that begins with its quotation mark ends, behind the other one.
fn end_of_string(json: &[u8]) -> usize {
    let mut at = 1;
    loop {
        match json.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return json.len(),
        }
    }
}

/// Whether a string, with its quotation marks, is the name of the member with the identity; letters may be escaped.
fn is_identity(string: &[u8]) -> bool {
    let longest = IDENTITY.len() * ESCAPE + 2;
    string.len() <= longest
        && serde_json::from_slice::<String>(string).is_ok_and(|name| name == IDENTITY)
}

fn copy(json: &[u8], halves: Halves, whole: &mut Vec<u8>) {
    let mut copied = 0;
    while let Some(half) = next_half(json, copied) {
        whole.extend_from_slice(&json[copied..half]);
        if halves == Halves::Replaced {
            whole.extend_from_slice(REPLACEMENT);
        }
        copied = half + ESCAPE;
    }
    whole.extend_from_slice(&json[copied..]);
}

/// Where the next half of a character is, from a place on that is not inside an escape.
fn next_half(json: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    // A backslash is in strings only.
    loop {
        at += json.get(at..)?.iter().position(|byte| *byte == b'\\')?;
        let Some(unit) = unit(&json[at..]) else {
            // The backslash, and what it escapes.
            at += 2;
            continue;
        };
        let next = || unit_is(&json[at + ESCAPE..], 0xdc00..=0xdfff);
        match unit {
            0xd800..=0xdbff if next() => at += 2 * ESCAPE,
            0xd800..=0xdfff => return Some(at),
            _ => at += ESCAPE,
        }
    }
}

fn unit_is(json: &[u8], range: std::ops::RangeInclusive<u16>) -> bool {
    unit(json).is_some_and(|unit| range.contains(&unit))
}

/// The unit of UTF-16 that an escape like `\ud83d` at the beginning stands for.
fn unit(json: &[u8]) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = json.get(..ESCAPE)? else {
        return None;
    };
    let digits = digits.iter().map(|digit| char::from(*digit).to_digit(16));
    digits.into_iter().try_fold(0, |unit, digit| {
        let digit = u16::try_from(digit?).ok()?;
        Some(unit << 4 | digit)
    })
}
