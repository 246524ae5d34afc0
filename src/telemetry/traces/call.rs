//! Spans of calls of the API, by OpenTelemetry's conventions for HTTP.

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind};

use super::context::TraceContext;
use super::span::Span;
use crate::telemetry::names;

impl Span {
    /// The span of a call, in the trace of its client. The route has no identity, as its path has.
    pub fn of_call(client: Option<&TraceContext>, method: &'static str, route: &str) -> Self {
        Self::start(client, None, |_| {
            SpanBuilder::from_name(format!("{method} {route}"))
                .with_kind(SpanKind::Server)
                .with_attributes([
                    KeyValue::new(names::HTTP_METHOD, method),
                    KeyValue::new(names::HTTP_ROUTE, route.to_owned()),
                ])
        })
    }

    /// The call is answered, with this code if the program or one of its servers failed.
    pub fn answered(&self, status: u16, failure: Option<&'static str>) {
        self.set(names::HTTP_STATUS, i64::from(status));
        self.end(failure);
    }
}
