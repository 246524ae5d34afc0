//! From the bytes of a body to its content: unpacked, without a byte order mark, and without halves of characters.
//!
//! A message or a call is opened by [`Envelope::open`](crate::Envelope::open), which does all of it. A file has no envelope and
//! is not packed, so [`parse`](crate::parse) does the rest. What is parsed, compared and recorded is the content; what is
//! retried and archived is the body as it arrived.

mod encoding;
pub(crate) mod surrogates;

use std::borrow::Cow;

pub use self::encoding::{Coding, Form, without_charset};
use crate::{FailureCode, Problem};

/// U+FEFF in UTF-8. A parser may pass over it (RFC 8259, section 8.1).
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Media type of a request as it is.
pub const JSON: &str = "application/json";

/// Media type of a structured CloudEvent in JSON.
pub const CLOUD_EVENT: &str = "application/cloudevents+json";

/// Media type of a MassTransit message.
pub const MASS_TRANSIT: &str = "application/vnd.masstransit+json";

/// Largest content of a body, in bytes, where a request may have so many: an envelope is larger than its request.
pub const fn envelope_max(request_max_bytes: usize) -> usize {
    request_max_bytes.saturating_mul(2)
}

/// The content of a body of this form, of at most `max_bytes`. A larger one is refused before it is read: what is made of it
/// needs memory, and the broker passes on messages of any size.
///
/// # Errors
///
/// Its charset or coding is not understood, or it cannot be unpacked, or is larger.
pub fn content<'a>(
    body: &'a [u8],
    form: Form<'_>,
    max_bytes: usize,
) -> Result<Cow<'a, [u8]>, Problem> {
    let unpacked = match form.coding()? {
        Some(coding) => Cow::Owned(coding.unpack(body, max_bytes)?),
        None if body.len() > max_bytes => return Err(too_large(body.len(), max_bytes)),
        None => Cow::Borrowed(body),
    };
    encoding::refuse_unmarked(&unpacked)?;
    Ok(cleaned(unpacked))
}

/// At most so many bytes from the beginning of a content, to be searched by [`ClaimedIdentity`](crate::ClaimedIdentity). The
/// body need not be valid: a packed one is unpacked up to its first error, and one whose form is not understood is taken as it
/// is.
pub fn beginning<'a>(body: &'a [u8], form: Form<'_>, max_bytes: usize) -> Cow<'a, [u8]> {
    let content = match form.coding() {
        Ok(Some(coding)) => Cow::Owned(coding.unpack_beginning(body, max_bytes)),
        Ok(None) | Err(_) => Cow::Borrowed(body.get(..max_bytes).unwrap_or(body)),
    };
    unmarked(content)
}

/// The content of a body that is not packed: without a byte order mark, and without halves of characters. A borrowed content
/// is the end of the body.
pub fn clean(body: &[u8]) -> Cow<'_, [u8]> {
    cleaned(Cow::Borrowed(body))
}

fn cleaned(content: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let content = unmarked(content);
    surrogates::without_halves(&content).map_or(content, Cow::Owned)
}

fn unmarked(content: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match content {
        Cow::Borrowed(content) => Cow::Borrowed(without_mark(content)),
        Cow::Owned(mut content) => {
            if content.starts_with(BYTE_ORDER_MARK) {
                content.drain(..BYTE_ORDER_MARK.len());
            }
            Cow::Owned(content)
        }
    }
}

pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}

/// The problem of a body of this length.
pub(crate) fn too_large(length: usize, max_bytes: usize) -> Problem {
    Problem {
        code: FailureCode::RequestTooLarge,
        pointer: String::new(),
        rule: None,
        message: format!("is {length} bytes long, expected at most {max_bytes}"),
    }
}

/// A content that was changed, in the form of its body. One that has that form already is returned as it is.
///
/// # Errors
///
/// The charset or the coding of this form is not understood.
pub fn packed<'a>(content: &'a [u8], form: Form<'_>) -> Result<Cow<'a, [u8]>, Problem> {
    let is_json = without_mark(content)
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| matches!(byte, b'{' | b'['));
    Ok(match form.coding()? {
        Some(coding) if is_json => Cow::Owned(coding.pack(content)),
        Some(_) | None => Cow::Borrowed(content),
    })
}

#[cfg(test)]
mod tests;
