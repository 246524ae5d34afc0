//! Traces: spans of OpenTelemetry, sent to a collector (OTLP over HTTP).
//!
//! The spans are made by hand at the steps of a message, and not of the spans and events of the log: those of libraries
//! would be among them, and whatever the log says. Where traces are off, a [`Span`] is nothing, and making one costs a look at
//! one variable.

mod call;
mod client;
mod context;
mod export;
mod messaging;
mod queue;
mod span;

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use url::Url;

pub use self::context::{TraceContext, trace_id};
pub use self::export::Exporting;
pub use self::messaging::{Destination, Sent, Taken};
pub use self::span::Span;
use super::names;
use crate::config::{ConfigError, Settings, TraceSampler, Tracing};

/// What makes spans; none where traces are off. It belongs to the process, like the log.
static TRACES: OnceLock<Traces> = OnceLock::new();

struct Traces {
    tracer: SdkTracer,
    servers: Servers,
}

/// The servers that spans are about.
#[derive(Debug, Default)]
struct Servers {
    broker: Option<(String, i64)>,
    database: Option<&'static str>,
    bucket: String,
}

/// Whether traces are on.
pub fn are_on() -> bool {
    TRACES.get().is_some()
}

/// Turns traces on, if the settings say so. What is returned sends them, once there is a runtime.
///
/// # Errors
///
/// A setting of traces cannot be used.
pub(super) fn start(settings: &Settings) -> Result<Option<Exporting>, ConfigError> {
    let Some(tracing) = settings.traces.tracing()? else {
        return Ok(None);
    };
    let resource = resource(&tracing);
    let (queue, exporting) = export::prepare(&tracing, &resource)?;
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(sampler(tracing.sampler))
        .with_span_processor(queue)
        .build();
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build();
    let traces = Traces {
        tracer: provider.tracer_with_scope(scope),
        servers: Servers::of(settings),
    };
    // There is one call of this in a process.
    TRACES.get_or_init(|| traces);
    Ok(Some(exporting))
}

/// What all spans of this process have in common.
fn resource(tracing: &Tracing) -> Resource {
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy().into_owned();
    let process = std::process::id();
    let own = [
        KeyValue::new(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
        KeyValue::new(names::SERVICE_INSTANCE_ID, format!("{host}:{process}")),
        KeyValue::new(names::HOST_NAME, host),
        KeyValue::new(names::PROCESS_PID, i64::from(process)),
    ];
    let given = tracing.resource.iter();
    let given = given.map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    Resource::builder()
        .with_attributes(own)
        .with_attributes(given)
        .with_service_name(tracing.service_name.clone())
        .build()
}

fn sampler(sampler: TraceSampler) -> Sampler {
    let TraceSampler {
        parent_based,
        ratio,
    } = sampler;
    let own = if ratio >= 1.0 {
        Sampler::AlwaysOn
    } else if ratio <= 0.0 {
        Sampler::AlwaysOff
    } else {
        Sampler::TraceIdRatioBased(ratio)
    };
    if parent_based {
        Sampler::ParentBased(Box::new(own))
    } else {
        own
    }
}

impl Servers {
    fn of(settings: &Settings) -> Self {
        let parsed = |url: &str| Url::parse(url).ok();
        let broker = settings.broker.amqp_url.as_ref();
        let broker = broker.and_then(|url| parsed(url.expose()));
        let broker = broker.and_then(|url| {
            let default = if url.scheme() == "amqps" { 5671 } else { 5672 };
            let port = url.port().unwrap_or(default);
            Some((url.host_str()?.to_owned(), i64::from(port)))
        });
        let database = settings.database.database_url.as_ref();
        Self {
            broker,
            database: database.map(|url| match url.expose().starts_with("sqlite:") {
                true => "sqlite",
                false => "postgresql",
            }),
            bucket: settings.storage.aws_s3_bucket_name.clone(),
        }
    }
}
