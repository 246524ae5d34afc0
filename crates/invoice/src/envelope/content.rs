//! An opened envelope, and the request in it.

use std::ops::Range;

use serde_json::value::RawValue;

use crate::{FailureCode, InvalidRequest, Problem};

/// An opened envelope.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// The id that the envelope gives the message.
    pub message_id: Option<String>,
    /// The correlation id that the publisher wants on the result.
    pub correlation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    pub(super) content: Content,
}

/// Where the request is.
#[derive(Clone, Debug, Default)]
pub(super) enum Content {
    /// It is the body.
    #[default]
    Whole,
    /// It is a part of the body.
    Part(Range<usize>),
    /// It was in base64.
    Decoded(Vec<u8>),
    /// The envelope is wrong.
    Refused(Box<InvalidRequest>),
}

/// Longest id, in bytes: that of the ids in AMQP's own properties. Ids are in every log line about a message.
const MAX_ID_BYTES: usize = 255;

impl Envelope {
    /// Without ids that are empty, which count as absent, or too long. A message id is cut, since people look for it. Part
    /// of a correlation id or a trace context identifies nothing.
    pub(super) fn with_usable_ids(self) -> Self {
        let whole = |id: &String| (1..=MAX_ID_BYTES).contains(&id.len());
        Self {
            message_id: self.message_id.filter(|id| !id.is_empty()).map(cut),
            correlation_id: self.correlation_id.filter(whole),
            traceparent: self.traceparent.filter(whole),
            content: self.content,
        }
    }

    /// The request in `body`, which must be the body that was opened.
    ///
    /// # Errors
    ///
    /// The problem of the envelope.
    pub fn request<'a>(&'a self, body: &'a [u8]) -> Result<&'a [u8], InvalidRequest> {
        match &self.content {
            Content::Whole => Ok(body),
            Content::Part(range) => Ok(body.get(range.clone()).unwrap_or_default()),
            Content::Decoded(bytes) => Ok(bytes),
            Content::Refused(invalid) => Err(InvalidRequest::clone(invalid)),
        }
    }

    pub(super) fn refused(problem: Problem) -> Self {
        Self {
            content: Content::Refused(Box::new(problem.into())),
            ..Self::default()
        }
    }
}

fn cut(mut id: String) -> String {
    let mut end = id.len().min(MAX_ID_BYTES);
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    id.truncate(end);
    id
}

impl Content {
    /// The value as a range of the body that it was borrowed from.
    pub(super) fn part(body: &[u8], value: &RawValue) -> Self {
        let start = value
            .get()
            .as_ptr()
            .addr()
            .wrapping_sub(body.as_ptr().addr());
        Self::Part(start..start + value.get().len())
    }
}

/// The member that should hold the request is missing.
pub(super) fn absent(pointer: &str, rule: &'static str) -> Problem {
    Problem {
        code: FailureCode::EnvelopeInvalid,
        pointer: pointer.into(),
        rule: Some(rule),
        message: "is missing, expected the request".into(),
    }
}

/// The body is not what its content type declares. serde's text may quote a value; the place in the body is enough.
pub(super) fn broken(kind: &str, error: &serde_json::Error) -> Problem {
    Problem {
        code: FailureCode::EnvelopeInvalid,
        pointer: String::new(),
        rule: None,
        message: format!(
            "is wrong at line {}, column {}, expected a {kind} as its content type says",
            error.line(),
            error.column()
        ),
    }
}
