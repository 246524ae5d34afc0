//! Reading a body: of a known media type, within its size and its time.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use invoice::FailureCode;
use invoice::content::{self, Coding, envelope_max};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::problem::{Code, Problem};

/// Longest time for a whole body.
const LONGEST: Duration = Duration::from_secs(20);

/// The media types of a request: the same contract as in the queue.
const OF_A_REQUEST: [&str; 3] = [content::JSON, content::CLOUD_EVENT, content::MASS_TRANSIT];

/// Memory for the bodies of all calls of the API at once, in bytes; what is made of them needs several times as much.
const AT_ONCE: usize = 64 << 20;

/// A request for an invoice that has arrived.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) media_type: &'static str,
    /// Its part of the memory for bodies.
    pub(super) slot: OwnedSemaphorePermit,
}

/// Counts the memory for requests. One always fits.
pub(super) fn memory_for_requests(request_max_bytes: usize) -> Arc<Semaphore> {
    memory(AT_ONCE.max(envelope_max(request_max_bytes)))
}

/// Memory for bodies of so many bytes together. A permit of it is a KiB.
pub(super) fn memory(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes.div_ceil(1 << 10)))
}

/// Reads a request for an invoice.
pub(super) async fn request(
    headers: &HeaderMap,
    body: Body,
    request_max_bytes: usize,
    memory: &Arc<Semaphore>,
) -> Result<Received, Problem> {
    let media_type = media_type(headers, &OF_A_REQUEST)?;
    let max_bytes = envelope_max(request_max_bytes);
    let form = Form::of(headers)?;
    // What a packed one becomes is not announced.
    let announced = announced(&body).filter(|_| form.coding.is_none());
    let slot = slot(announced, max_bytes, memory)?;
    let bytes = read(body, max_bytes, "twice REQUEST_MAX_BYTES").await?;
    let bytes = form.content(bytes, max_bytes)?;
    Ok(Received {
        bytes,
        media_type,
        slot,
    })
}

/// The length of a body, where its client has said it.
pub(super) fn announced(body: &Body) -> Option<usize> {
    let announced = body.size_hint().exact();
    announced.and_then(|length| usize::try_from(length).ok())
}

/// Memory for a body of this length, or of `max_bytes` where its length is not known.
pub(super) fn slot(
    announced: Option<usize>,
    max_bytes: usize,
    memory: &Arc<Semaphore>,
) -> Result<OwnedSemaphorePermit, Problem> {
    let length = announced.unwrap_or(max_bytes).min(max_bytes);
    let kibibytes = u32::try_from(length.div_ceil(1 << 10)).unwrap_or(u32::MAX);
    let slot = Arc::clone(memory).try_acquire_many_owned(kibibytes);
    slot.map_err(|_| {
        let detail = "too many large bodies at once; try again in a moment";
        Problem::new(Code::Overloaded, detail)
    })
}

/// Longest media type that an answer quotes, in bytes.
const MAX_SHOWN: usize = 100;

/// Which of these the body is.
fn media_type(headers: &HeaderMap, known: &[&'static str]) -> Result<&'static str, Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let given = given.and_then(|text| text.split(';').next()).map(str::trim);
    let is_given = |known: &&&str| given.is_some_and(|given| given.eq_ignore_ascii_case(known));
    known.iter().find(is_given).copied().ok_or_else(|| {
        let known = known.join(", ");
        let detail = match given {
            Some(given) if !given.is_empty() && given.len() <= MAX_SHOWN => {
                format!("Content-Type is {given}, expected one of {known}")
            }
            Some(given) if !given.is_empty() => {
                format!("Content-Type is another one, expected one of {known}")
            }
            Some(_) | None => format!("Content-Type is missing, expected one of {known}"),
        };
        Problem::new(Code::MediaTypeUnsupported, detail)
    })
}

/// What the headers say of the form of a body.
pub(super) struct Form {
    content_type: Option<String>,
    content_encoding: Option<String>,
    coding: Option<Coding>,
}

impl Form {
    /// Refuses a charset and a coding that are not understood before the body is read.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = |name| {
            let values = headers.get_all(name).iter();
            let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
            (!values.is_empty()).then(|| values.join(","))
        };
        let form = Self {
            content_type: text(CONTENT_TYPE),
            content_encoding: text(CONTENT_ENCODING),
            coding: None,
        };
        let coding = form
            .known()
            .coding()
            .map_err(|problem| Problem::new(Code::MediaTypeUnsupported, problem.to_string()))?;
        Ok(Self { coding, ..form })
    }

    fn known(&self) -> content::Form<'_> {
        content::Form {
            content_type: self.content_type.as_deref(),
            content_encoding: self.content_encoding.as_deref(),
        }
    }

    /// A body of this form, unpacked and otherwise as it is.
    pub(super) fn unpacked(&self, bytes: Bytes, max_bytes: usize) -> Result<Bytes, Problem> {
        let Some(coding) = self.coding else {
            return Ok(bytes);
        };
        let unpacked = coding.unpack(&bytes, max_bytes);
        unpacked
            .map(Bytes::from)
            .map_err(|problem| Problem::invalid(&problem.into()))
    }

    /// The content of a body of this form.
    pub(super) fn content(&self, bytes: Bytes, max_bytes: usize) -> Result<Bytes, Problem> {
        let content = content::content(&bytes, self.known(), max_bytes);
        Ok(
            match content.map_err(|problem| Problem::invalid(&problem.into()))? {
                Cow::Borrowed(content) => bytes.slice_ref(content),
                Cow::Owned(content) => content.into(),
            },
        )
    }
}

/// Largest body of a change, in bytes: numbers of dead letters and filters.
const CHANGE_MAX: usize = 1 << 20;

/// Reads JSON of this type.
pub(super) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    media_type(headers, &["application/json"])?;
    let form = Form::of(headers)?;
    let bytes = read(body, CHANGE_MAX, "of a change").await?;
    let bytes = form.content(bytes, CHANGE_MAX)?;
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let parsed = serde_path_to_error::deserialize(&mut json);
    let parsed = parsed.map_err(|error| error.to_string());
    let parsed = parsed.and_then(|parsed| match json.end() {
        Ok(()) => Ok(parsed),
        Err(error) => Err(error.to_string()),
    });
    let parsed = parsed.map_err(|problem| Problem::new(Code::BodyInvalid, problem))?;
    if serde_json::from_slice(&bytes).is_ok_and(|value| has_zero_byte(&value)) {
        let detail = "a text has a zero byte, which no database compares with";
        return Err(Problem::new(Code::BodyInvalid, detail));
    }
    Ok(parsed)
}

fn has_zero_byte(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_zero_byte),
        Value::Object(members) => members.values().any(has_zero_byte),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Reads at most `max_bytes`; `limit` says which limit that is.
pub(super) async fn read(body: Body, max_bytes: usize, limit: &str) -> Result<Bytes, Problem> {
    read_within(LONGEST, body, max_bytes, limit).await
}

/// The same within this time.
pub(super) async fn read_within(
    longest: Duration,
    body: Body,
    max_bytes: usize,
    limit: &str,
) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body has more than {max_bytes} bytes ({limit})");
        Problem::failed(FailureCode::RequestTooLarge, detail)
    };
    match timeout(longest, axum::body::to_bytes(body, max_bytes)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error);
            if cause.is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>()) {
                Err(too_large())
            } else {
                Err(Problem::new(
                    Code::BodyUnreadable,
                    "the body ended early, or its form is broken",
                ))
            }
        }
        Err(_elapsed) => {
            let detail = format!("the body did not arrive within {} s", longest.as_secs());
            Err(Problem::new(Code::BodyTimeout, detail))
        }
    }
}
