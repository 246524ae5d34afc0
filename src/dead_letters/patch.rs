//! A change that is the same for many requests: a JSON Patch (RFC 6902), which is an array, or a JSON Merge Patch (RFC 7396),
//! which is an object.
//!
//! What the patch does not touch stays byte for byte: numbers keep their digits, and objects the order of their members.

mod bounds;
mod invalid;
mod node;
mod operation;
mod pointer;
mod same;
mod work;

use serde_json::Value;
use serde_json::value::RawValue;

use self::bounds::Bounds;
pub use self::invalid::InvalidPatch;
use self::node::Node;
use self::operation::Operation;

/// A patch that was read.
#[derive(Clone, Debug)]
pub struct Patch(Form);

#[derive(Clone, Debug)]
enum Form {
    Operations(Vec<Operation>),
    /// JSON of an object, nested no deeper than a parser follows.
    Merge(Box<RawValue>),
}

/// Why a patch does not fit a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpatched {
    /// The request is not JSON.
    #[error("the request is not JSON, so no patch fits it")]
    NotJson,
    /// An operation fails.
    #[error("operation {at} of the patch does not fit: {problem}")]
    Operation {
        /// Its place, from 1.
        at: usize,
        /// Why.
        problem: String,
    },
    /// A merge patch reads too much of it.
    #[error("the patch does not fit: {0}")]
    Merge(String),
}

impl Patch {
    /// Reads a patch; an array is one kind, an object the other.
    ///
    /// # Errors
    ///
    /// It is neither, or has an operation that is not one of RFC 6902.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidPatch> {
        let not_json = |error: serde_json::Error| InvalidPatch::NotJson(error.to_string());
        // Only this parser refuses what is nested too deeply.
        let form = match serde_json::from_slice(json).map_err(not_json)? {
            Value::Array(operations) if operations.is_empty() => return Err(InvalidPatch::Empty),
            Value::Object(members) if members.is_empty() => return Err(InvalidPatch::Empty),
            Value::Array(_) => Form::Operations(operation::parse(json)?),
            Value::Object(_) => Form::Merge(serde_json::from_slice(json).map_err(not_json)?),
            Value::Null => return Err(InvalidPatch::Neither("null")),
            Value::Bool(_) => return Err(InvalidPatch::Neither("a boolean")),
            Value::Number(_) => return Err(InvalidPatch::Neither("a number")),
            Value::String(_) => return Err(InvalidPatch::Neither("a text")),
        };
        Ok(Self(form))
    }

    /// The request with this patch. The operations of a JSON Patch may write at most `max_bytes` into it; how much any patch may
    /// read is bounded as well.
    ///
    /// # Errors
    ///
    /// The request is not JSON, an operation fails on it, or the patch reads too much. Nothing is applied then.
    pub fn apply(&self, request: &[u8], max_bytes: usize) -> Result<Vec<u8>, Unpatched> {
        let whole: &RawValue = serde_json::from_slice(request).map_err(|_| Unpatched::NotJson)?;
        let mut root = Node::from(whole);
        let mut bounds = Bounds::new(request.len(), max_bytes);
        match &self.0 {
            Form::Operations(operations) => {
                for (index, operation) in operations.iter().enumerate() {
                    let fails = |problem| Unpatched::Operation {
                        at: index + 1,
                        problem,
                    };
                    operation.apply(&mut root, &mut bounds).map_err(fails)?;
                }
            }
            Form::Merge(patch) => {
                let merged = root.merge(patch, &mut bounds.work);
                merged.map_err(Unpatched::Merge)?;
            }
        }
        let patched = root.to_string().into_bytes();
        // What a patch opens and does not change is written without white space; the request need not change for that.
        let is_same = without_white_space(request).eq(without_white_space(&patched));
        Ok(if is_same { request.to_vec() } else { patched })
    }
}

/// The bytes of JSON but for the white space between its parts.
fn without_white_space(json: &[u8]) -> impl Iterator<Item = u8> {
    let (mut is_text, mut is_escaped) = (false, false);
    json.iter().copied().filter(move |byte| {
        if is_text {
            is_text = is_escaped || *byte != b'"';
            is_escaped = !is_escaped && *byte == b'\\';
            return true;
        }
        is_text = *byte == b'"';
        !byte.is_ascii_whitespace()
    })
}

#[cfg(test)]
mod tests;
