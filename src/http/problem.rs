//! Errors of the API: `application/problem+json` (RFC 9457).

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use invoice::{FailureCode, InvalidRequest};
use serde::Serialize;

use crate::contract::{IssuedDocument, RequestProblem, RequestWarning};

/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $status:ident, $title:literal;)+) => {
        /// The stable name of what is wrong with a call. What is wrong with a request for an invoice has a
        /// [`FailureCode`] instead.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])+ $variant,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as published.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The status of the answer.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    /// A parameter of the path, the query or a header.
    ParameterInvalid = "parameter_invalid", BAD_REQUEST, "A parameter is not valid";
    /// The cursor of a list.
    CursorInvalid = "cursor_invalid", BAD_REQUEST, "The cursor is not one of this list";
    /// The body could not be read.
    BodyUnreadable = "body_unreadable", BAD_REQUEST, "The body could not be read";
    /// No token, or one that is not valid.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid token is needed";
    /// The token has not the role, or not for this shop.
    Forbidden = "forbidden", FORBIDDEN, "The token does not permit this";
    /// There is nothing under this path.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// The path has no such method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The path does not have this method";
    /// None of the media types that the client accepts.
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "There is no such form of the answer";
    /// The body did not arrive in time.
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The body did not arrive in time";
    /// What the call would change is in another state.
    StateConflict = "state_conflict", CONFLICT, "It is in another state";
    /// There is no document, because the request failed.
    DocumentMissing = "document_missing", CONFLICT, "There is no document";
    /// What was asked for was erased, as the law demands of personal data.
    Erased = "erased", GONE, "It was erased";
    /// The body has another media type.
    MediaTypeUnsupported = "media_type_unsupported", UNSUPPORTED_MEDIA_TYPE, "The body has another media type";
    /// A body that is not a request for an invoice.
    BodyInvalid = "body_invalid", UNPROCESSABLE_ENTITY, "The body is not valid";
    /// The token has used its rate.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests of this token";
    /// A fault of the program.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The program failed";
    /// Too many requests at once.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too many requests at once";
    /// The broker did not confirm.
    BrokerUnavailable = "broker_unavailable", SERVICE_UNAVAILABLE, "The broker is not available";
    /// The database cannot be used.
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE, "The database is not available";
    /// The object store cannot be used.
    StorageUnavailable = "storage_unavailable", SERVICE_UNAVAILABLE, "The object store is not available";
    /// No renderer can be used.
    RendererUnavailable = "renderer_unavailable", SERVICE_UNAVAILABLE, "No renderer is available";
}

/// What goes wrong with a call.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

/// What goes wrong with a call, as the client reads it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Parts {
    /// A URI of this kind of problem; nothing is behind it.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// The stable code of the kind.
    code: &'static str,
    /// What happened this time, and what to do.
    detail: String,
    /// What is wrong with the fields of a request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RequestProblem>,
    /// What is suspicious about a request that is not valid, as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<RequestWarning>,
    /// Of a `conflict`: the document that was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<IssuedDocument>,
    /// The trace of the call: 32 hexadecimal digits.
    #[serde(rename = "traceId", skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    headers: Vec<(axum::http::HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of a call.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::of(code.as_str(), code.status(), code.title(), detail.into())
    }

    /// A request for an invoice that is not valid, with all its problems.
    pub fn invalid(invalid: &InvalidRequest) -> Self {
        let status = status_of(invalid.code());
        let detail = invalid.to_string();
        let title = "The request is not valid";
        let mut problem = Self::of(invalid.code().as_str(), status, title, detail);
        problem.0.warnings = RequestWarning::list(invalid.warnings());
        problem.with_errors(invalid.problems().map(RequestProblem::from).collect())
    }

    /// A request for an invoice that cannot be carried out.
    pub fn failed(code: FailureCode, detail: impl Into<String>) -> Self {
        let title = "The request cannot be carried out";
        Self::of(code.as_str(), status_of(code), title, detail.into())
    }

    fn of(code: &'static str, status: StatusCode, title: &'static str, detail: String) -> Self {
        let is_passing = status == StatusCode::SERVICE_UNAVAILABLE;
        Self(Box::new(Parts {
            kind: format!("urn:invoice-worker:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail,
            errors: Vec::new(),
            warnings: Vec::new(),
            issued: None,
            trace_id: None,
            retry_after: is_passing.then_some(Duration::from_secs(5)),
            headers: Vec::new(),
        }))
    }

    /// The same, with the time after which the client should try again.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// The same with what is wrong with fields of the request.
    pub fn with_errors(mut self, errors: Vec<RequestProblem>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same with the document that was issued.
    pub fn with_issued(mut self, issued: IssuedDocument) -> Self {
        self.0.issued = Some(issued);
        self
    }

    /// The same with a header.
    pub fn header(mut self, name: axum::http::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same with the trace of its call.
    pub(super) fn in_trace(mut self, trace_id: String) -> Self {
        self.0.trace_id = Some(trace_id);
        self
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The kind in words.
    pub fn title(&self) -> &'static str {
        self.0.title
    }

    /// What happened this time, and what to do.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong with the fields of a request.
    pub fn errors(&self) -> &[RequestProblem] {
        &self.0.errors
    }
}

/// The status for a failure of a request for an invoice.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a request that has failed cannot be carried out, whatever the reason"
)]
pub(super) fn status_of(code: FailureCode) -> StatusCode {
    match code {
        FailureCode::RequestMalformed | FailureCode::RequestTooDeep => StatusCode::BAD_REQUEST,
        FailureCode::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FailureCode::Conflict => StatusCode::CONFLICT,
        FailureCode::RendererStartFailed => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.to_json();
        let mut response = (status, [(CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if let Some(delay) = self.0.retry_after {
            // Whole seconds, and never too early.
            let seconds = (delay.as_secs() + u64::from(delay.subsec_nanos() > 0)).max(1);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        let headers = self.0.headers.clone();
        response.headers_mut().extend(headers);
        // The layers add what handlers do not know.
        response.extensions_mut().insert(self);
        response
    }
}
