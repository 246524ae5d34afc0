//! The trace of a call.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::broker::Outgoing;
use crate::telemetry::traces::{Span, TraceContext};

/// The span of a call, and the context that its client sent.
#[derive(Clone, Default)]
pub(super) struct Trace {
    span: Span,
    client: Option<TraceContext>,
}

impl Trace {
    /// The call begins.
    pub(super) fn begin(headers: &HeaderMap, method: &'static str, route: &str) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let client = header("traceparent")
            .and_then(|traceparent| TraceContext::parse(traceparent, header("tracestate")));
        Self {
            span: Span::of_call(client.as_ref(), method, route),
            client,
        }
    }

    /// The call is answered, with this code if the program or one of its servers failed.
    pub(super) fn end(&self, status: u16, failure: Option<&'static str>) {
        self.span.answered(status, failure);
    }

    /// The connection has ended before the call was answered.
    pub(super) fn abandoned(&self) {
        self.span.end(None);
    }

    /// The trace: 32 hexadecimal digits; none where traces are off and the client sent none.
    pub(super) fn id(&self) -> Option<String> {
        let context = self.span.context().or_else(|| self.client.clone());
        context.map(|context| context.trace_id())
    }

    /// Puts a message into the trace, and begins the span of publishing it.
    pub(super) fn carry(&self, message: Outgoing) -> (Outgoing, Span) {
        if self.span.context().is_none() {
            // Traces are off here, and may be on elsewhere.
            let client = self.client.as_ref().map(ToString::to_string);
            return (message.with_traceparent(client.as_deref()), Span::default());
        }
        let mut message = message;
        let span = message.traced(&self.span);
        (message, span)
    }
}

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
