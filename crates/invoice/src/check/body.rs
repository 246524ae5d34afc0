//! From bytes to the wire types.

use serde::Deserialize as _;

use super::fields::Place;
use crate::FailureCode;
use crate::canonical;
use crate::problem::{InvalidRequest, Problem};
use crate::request::{InvoiceRequest, MarketplaceField};

/// Refuses what is too large or nested too deep to be looked at.
pub(super) fn refuse_excess(body: &[u8], max_bytes: usize) -> Result<(), InvalidRequest> {
    if body.len() > max_bytes {
        let message = format!("is {} bytes long, expected at most {max_bytes}", body.len());
        return Err(whole(FailureCode::RequestTooLarge, message));
    }
    let depth = canonical::depth(body);
    if depth > canonical::MAX_DEPTH {
        let message = format!(
            "is nested {depth} deep, expected at most {}",
            canonical::MAX_DEPTH
        );
        return Err(whole(FailureCode::RequestTooDeep, message));
    }
    Ok(())
}

pub(super) fn deserialize(body: &[u8]) -> Result<InvoiceRequest, InvalidRequest> {
    // Keeping track of where the parser is costs as much as parsing: that is for bodies that do not parse.
    serde_json::from_slice(body).or_else(|_| track_down(body))
}

/// Parses again, for the place of the error.
fn track_down(body: &[u8]) -> Result<InvoiceRequest, InvalidRequest> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let request = InvoiceRequest::deserialize(serde_path_to_error::Deserializer::new(
        &mut json, &mut track,
    ))
    .map_err(|error| misshapen(&track.path(), &error))?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(request)
}

/// The part that says which invoice it is about, of content that is no request.
pub(super) fn marketplace(mut content: serde_json::Value) -> Option<MarketplaceField> {
    serde_json::from_value(content.get_mut("marketplace")?.take()).ok()
}

pub(super) fn whole(code: FailureCode, message: String) -> InvalidRequest {
    Problem {
        code,
        pointer: String::new(),
        rule: None,
        message,
    }
    .into()
}

pub(super) fn malformed(error: &serde_json::Error) -> InvalidRequest {
    whole(
        FailureCode::RequestMalformed,
        format!("is not JSON, expected one object: {error}"),
    )
}

/// serde's own text quotes the value that it met; that may be personal data, so only the value's type is kept.
fn misshapen(path: &serde_path_to_error::Path, error: &serde_json::Error) -> InvalidRequest {
    if !error.is_data() {
        return malformed(error);
    }
    let text = error.to_string();
    // From the end, since the value that is quoted may have the same words.
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(text, _)| text);
    let (code, message) = match text.rsplit_once(", expected ") {
        Some((found, expected)) => {
            let message = format!("is {}, expected {}", found_type(found), json_type(expected));
            (FailureCode::FieldType, message)
        }
        // The only other one that these types give: `duplicate field`, with the name as it is in the schema.
        None => (
            FailureCode::RequestMalformed,
            format!("has a {text}, expected each field once"),
        ),
    };
    let mut place = Place::root();
    for segment in path {
        place = match segment {
            serde_path_to_error::Segment::Seq { index } => place.item(*index),
            serde_path_to_error::Segment::Map { key } => place.field(key),
            serde_path_to_error::Segment::Enum { variant } => place.field(variant),
            serde_path_to_error::Segment::Unknown => place,
        };
    }
    Problem {
        code,
        pointer: place.into_pointer(),
        rule: None,
        message,
    }
    .into()
}

/// The type of the value that serde met, from its words for it: `invalid type: integer `12``.
fn found_type(found: &str) -> &'static str {
    let kind = found.strip_prefix("invalid type: ").unwrap_or(found);
    match kind.split([' ', ',']).next().unwrap_or_default() {
        "string" => "a string",
        "integer" | "floating" => "a number",
        "boolean" => "a boolean",
        "null" => "null",
        "map" => "an object",
        // `invalid length 0`: a struct may also be read from an array.
        "sequence" | "invalid" => "an array",
        _ => "of another type",
    }
}

/// A type of JSON, from serde's name for what it expected.
fn json_type(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}
