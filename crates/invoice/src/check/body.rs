//! From the bytes of a body to the wire types.

use serde::Deserialize as _;

use super::fields::Place;
use crate::FailureCode;
use crate::canonical;
use crate::content;
use crate::problem::{InvalidRequest, Problem};
use crate::request::{InvoiceRequest, MarketplaceField};

/// Refuses a body that is too large to be read.
pub(super) fn refuse_size(body: &[u8], max_bytes: usize) -> Result<(), InvalidRequest> {
    if body.len() > max_bytes {
        return Err(content::too_large(body.len(), max_bytes).into());
    }
    Ok(())
}

/// Refuses a body that is nested too deeply to be parsed.
pub(super) fn refuse_depth(body: &[u8]) -> Result<(), InvalidRequest> {
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
    // Tracking the place of the parser doubles the cost, so it is done only for a body that does not parse.
    serde_json::from_slice(body).or_else(|_| track_down(body))
}

/// Parses the body again, to find the place of the error.
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

/// The identity's fields in content that is not a valid request.
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
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let message = if error.is_eof() && (line, column) == (1, 0) {
        "is empty, expected one JSON object".to_owned()
    } else if error.is_eof() {
        format!(
            "ends at line {line} column {column} before its JSON does, expected one complete object"
        )
    } else if text.starts_with(NOT_UTF_8) {
        format!("is not UTF-8 at line {line} column {column}, expected JSON in UTF-8")
    } else {
        format!("is not JSON, expected one object: {text}")
    };
    whole(FailureCode::RequestMalformed, message)
}

/// With these words `serde_json` refuses bytes that are not UTF-8.
const NOT_UTF_8: &str = "invalid unicode code point";

/// The problem of a value of the wrong type. serde's text quotes the value, which may be personal data, so only the type
/// of the value is kept.
fn misshapen(path: &serde_path_to_error::Path, error: &serde_json::Error) -> InvalidRequest {
    if !error.is_data() {
        return malformed(error);
    }
    let text = error.to_string();
    // Searched from the end, because the quoted value may contain the same words.
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(text, _)| text);
    let (code, message) = match text.rsplit_once(", expected ") {
        Some((found, expected)) => {
            let message = format!("is {}, expected {}", found_type(found), json_type(expected));
            (FailureCode::FieldType, message)
        }
        // The only other error of these types is `duplicate field`, with a name of the schema.
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

/// The JSON type of the value, from serde's text for it, for example ``invalid type: integer `12` ``.
fn found_type(found: &str) -> &'static str {
    let kind = found.strip_prefix("invalid type: ").unwrap_or(found);
    match kind.split([' ', ',']).next().unwrap_or_default() {
        "string" => "a string",
        "integer" | "floating" => "a number",
        "boolean" => "a boolean",
        "null" => "null",
        "map" => "an object",
        // serde also reads structs from arrays, and then says `invalid length 0`.
        "sequence" | "invalid" => "an array",
        _ => "of another type",
    }
}

/// The JSON type that was expected, from serde's text for it.
fn json_type(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}
