//! A span of OpenTelemetry, or nothing.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Link, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value};

use super::context::TraceContext;
use super::{TRACES, Traces};
use crate::telemetry::names;

/// A span; nothing where traces are off. It ends when it is ended or its last clone is dropped.
#[derive(Clone, Debug, Default)]
pub struct Span(Option<Context>);

impl Span {
    /// A span within this one.
    pub fn child(&self, name: &'static str) -> Self {
        self.within(|_| SpanBuilder::from_name(name))
    }

    /// Within this one: a call to the database, for this table.
    pub fn database_call(&self, name: &'static str, table: &'static str) -> Self {
        self.within(|traces| {
            let system = traces.servers.database.unwrap_or("other_sql");
            SpanBuilder::from_name(name)
                .with_kind(SpanKind::Client)
                .with_attributes([
                    KeyValue::new(names::DB_SYSTEM, system),
                    KeyValue::new(names::DB_COLLECTION, table),
                ])
        })
    }

    /// Within this one: a call to S3.
    pub fn storage_call(&self, name: &'static str, method: &'static str) -> Self {
        self.within(|traces| {
            SpanBuilder::from_name(name)
                .with_kind(SpanKind::Client)
                .with_attributes([
                    KeyValue::new(names::RPC_SYSTEM, "aws-api"),
                    KeyValue::new(names::RPC_SERVICE, "S3"),
                    KeyValue::new(names::RPC_METHOD, method),
                    KeyValue::new(names::S3_BUCKET, traces.servers.bucket.clone()),
                ])
        })
    }

    /// Within this one: what another process did, at this time.
    pub fn past(&self, name: &'static str, began: SystemTime, took: Duration) -> Past {
        let builder = |_: &Traces| SpanBuilder::from_name(name).with_start_time(began);
        Past {
            span: self.within(builder),
            end: began + took,
        }
    }

    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        if let Self(Some(context)) = self {
            context.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// Sets an attribute that is a number of things.
    pub fn count(&self, name: &'static str, count: usize) {
        self.set(name, i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// It failed, with this stable code. What failed in words stays out, since it may quote a request.
    pub fn fail(&self, code: &'static str) {
        if let Self(Some(context)) = self {
            let span = context.span();
            span.set_attribute(KeyValue::new(names::ERROR_TYPE, code));
            span.set_status(Status::error(code));
        }
    }

    /// Ends it, as failed where there is a code.
    pub fn end(&self, code: Option<&'static str>) {
        if let Self(Some(context)) = self {
            if let Some(code) = code {
                self.fail(code);
            }
            context.span().end();
        }
    }

    /// Whether it is sent to the collector when it ends: not where traces are off, or the trace is not sampled. What is
    /// expensive to say of a span need not be found out then.
    pub fn is_recording(&self) -> bool {
        let context = self.0.as_ref();
        context.is_some_and(|context| context.span().is_recording())
    }

    /// Its place in the trace; none where traces are off.
    pub fn context(&self) -> Option<TraceContext> {
        let context = self.0.as_ref()?.span().span_context().clone();
        context.is_valid().then_some(TraceContext(context))
    }

    /// A span of this process that begins a trace, or continues one of another program, and has a link to where it comes
    /// from.
    pub(super) fn start(
        parent: Option<&TraceContext>,
        link: Option<&TraceContext>,
        builder: impl FnOnce(&Traces) -> SpanBuilder,
    ) -> Self {
        let parent = || match parent {
            Some(TraceContext(context)) => Context::new().with_remote_span_context(context.clone()),
            None => Context::new(),
        };
        Self::build(parent, |traces| {
            let builder = builder(traces);
            match link {
                Some(TraceContext(context)) => {
                    builder.with_links(vec![Link::with_context(context.clone())])
                }
                None => builder,
            }
        })
    }

    /// A span within this one. Where this one is not sampled, nothing within it is, and it stands for all of them: that
    /// costs nothing.
    pub(super) fn within(&self, builder: impl FnOnce(&Traces) -> SpanBuilder) -> Self {
        match self {
            Self(Some(context)) if self.is_recording() => Self::build(|| context.clone(), builder),
            Self(Some(_) | None) => self.clone(),
        }
    }

    fn build(
        parent: impl FnOnce() -> Context,
        builder: impl FnOnce(&Traces) -> SpanBuilder,
    ) -> Self {
        let Some(traces) = TRACES.get() else {
            return Self(None);
        };
        let parent = parent();
        let span = traces.tracer.build_with_context(builder(traces), &parent);
        Self(Some(Context::new().with_span(span)))
    }
}

/// A span whose end is known from the beginning.
#[derive(Debug)]
pub struct Past {
    span: Span,
    end: SystemTime,
}

impl Past {
    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        self.span.set(name, value);
    }

    /// Sets an attribute that is a number of things.
    pub fn count(&self, name: &'static str, count: usize) {
        self.span.count(name, count);
    }

    /// Ends it, at its time.
    pub fn end(self) {
        if let Span(Some(context)) = &self.span {
            context.span().end_with_timestamp(self.end);
        }
    }
}
