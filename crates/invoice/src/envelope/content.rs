//! An opened envelope, and the request in it.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use crate::content::without_mark;
use crate::{ClaimedInvoice, FailureCode, InvalidRequest, Problem};

/// An opened envelope.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// The id that the envelope gives the message.
    pub message_id: Option<String>,
    /// The correlation id that the publisher wants on the result.
    pub correlation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// What belongs to it.
    pub tracestate: Option<String>,
    pub(super) content: Content,
    pub(super) source: Source,
}

/// What the content of the body is, of which [`Content`] is a part.
#[derive(Clone, Debug, Default)]
pub(super) enum Source {
    /// The body.
    #[default]
    Body,
    /// The body from here on: behind a byte order mark.
    From(usize),
    /// What the body becomes.
    Made(Vec<u8>),
}

/// Where the request is.
#[derive(Clone, Debug, Default)]
pub(super) enum Content {
    /// It is the content of the body.
    #[default]
    Whole,
    /// It is a part of that.
    Part(Range<usize>),
    /// It was in base64.
    Decoded(Vec<u8>),
    /// The body or the envelope is wrong.
    Refused(Box<InvalidRequest>),
}

/// Longest id, in bytes: that of the ids in AMQP's own properties. Ids are in every log line about a message.
const MAX_ID_BYTES: usize = 255;

/// Longest `tracestate`, in bytes: what W3C asks to be passed on at least.
const MAX_STATE_BYTES: usize = 512;

impl Envelope {
    /// Without ids that are empty, which count as absent, or too long. A message id is cut, since people look for it. Part
    /// of a correlation id or a trace context identifies nothing.
    pub(super) fn with_usable_ids(self) -> Self {
        let whole = |id: &String| (1..=MAX_ID_BYTES).contains(&id.len());
        Self {
            message_id: self.message_id.filter(|id| !id.is_empty()).map(cut),
            correlation_id: self.correlation_id.filter(whole),
            traceparent: self.traceparent.filter(whole),
            tracestate: self.tracestate.filter(|text| text.len() <= MAX_STATE_BYTES),
            content: self.content,
            source: self.source,
        }
    }

    /// With this content of the body that was opened.
    pub(super) fn with_source(self, body: &[u8], content: Cow<'_, [u8]>) -> Self {
        let source = match content {
            Cow::Borrowed(content) if content.len() == body.len() => Source::Body,
            Cow::Borrowed(content) => Source::From(body.len() - content.len()),
            Cow::Owned(content) => Source::Made(content),
        };
        Self { source, ..self }
    }

    /// Of a body that cannot be opened: its beginning, where it had to be unpacked for that.
    pub(super) fn with_beginning(self, beginning: Cow<'_, [u8]>) -> Self {
        let source = match beginning {
            Cow::Borrowed(_) => Source::Body,
            Cow::Owned(beginning) => Source::Made(beginning),
        };
        Self { source, ..self }
    }

    /// What `body`, which must be the body that was opened, says of its invoice. It need not be valid, and its envelope need
    /// not be.
    pub fn claimed(&self, body: &[u8]) -> ClaimedInvoice {
        match self.request(body) {
            Ok(request) => ClaimedInvoice::of(request),
            Err(_) => ClaimedInvoice::of(without_mark(self.opened(body))),
        }
    }

    /// The request in `body`, which must be the body that was opened: as content, not packed.
    ///
    /// # Errors
    ///
    /// The problem of the body or the envelope.
    pub fn request<'a>(&'a self, body: &'a [u8]) -> Result<&'a [u8], InvalidRequest> {
        let content = self.opened(body);
        match &self.content {
            Content::Whole => Ok(content),
            Content::Part(range) => Ok(content.get(range.clone()).unwrap_or_default()),
            Content::Decoded(bytes) => Ok(bytes),
            Content::Refused(invalid) => Err(InvalidRequest::clone(invalid)),
        }
    }

    /// The content of `body`, which must be the body that was opened, with another request in it; none where the request is in
    /// base64 there, or where the envelope is wrong.
    pub fn with_request(&self, body: &[u8], request: &[u8]) -> Option<Vec<u8>> {
        let content = self.opened(body);
        match &self.content {
            Content::Whole => Some(request.to_vec()),
            Content::Part(range) => {
                let (before, after) = (content.get(..range.start)?, content.get(range.end..)?);
                Some([before, request, after].concat())
            }
            Content::Decoded(_) | Content::Refused(_) => None,
        }
    }

    /// The content of the body that was opened.
    fn opened<'a>(&'a self, body: &'a [u8]) -> &'a [u8] {
        match &self.source {
            Source::Body => body,
            Source::From(start) => body.get(*start..).unwrap_or_default(),
            Source::Made(content) => content,
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
