//! A collector of traces: OTLP over HTTP, as far as a test looks at it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode as SpanStatus};
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// A collector in this process. It ends when it is dropped.
pub(crate) struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Received {
    spans: Vec<TestSpan>,
    /// The headers of the requests.
    headers: Vec<BTreeMap<String, String>>,
}

/// A span as the collector received it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TestSpan {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    /// Hexadecimal, as all ids here.
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty for the first one of a trace.
    pub(crate) parent: String,
    /// Traces and spans.
    pub(crate) links: Vec<(String, String)>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) is_error: bool,
    pub(crate) state: String,
    pub(crate) began: u64,
    pub(crate) ended: u64,
    /// What all spans of the process have in common.
    pub(crate) resource: BTreeMap<String, String>,
}

impl Collector {
    /// At a free port.
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// The same with TLS.
    pub(crate) async fn start_with_tls(tls: ServerConfig) -> Self {
        Self::start_with(Some(TlsAcceptor::from(Arc::new(tls)))).await
    }

    async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::<Mutex<Received>>::default();
        let for_server = Arc::clone(&received);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (received, tls) = (Arc::clone(&for_server), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, received).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, received).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            received,
            server,
        }
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<TestSpan> {
        self.received().spans.clone()
    }

    /// The headers of all requests so far.
    pub(crate) fn headers(&self) -> Vec<BTreeMap<String, String>> {
        self.received().headers.clone()
    }

    /// The spans of a trace.
    pub(crate) fn trace(&self, trace: &str) -> Vec<TestSpan> {
        let mut spans = self.spans();
        spans.retain(|span| span.trace == trace);
        spans
    }

    fn received(&self) -> std::sync::MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    received: Arc<Mutex<Received>>,
) {
    let service = service_fn(|request| answer(request, Arc::clone(&received)));
    // A client that goes away is no fault.
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}

async fn answer(
    request: Request<Incoming>,
    received: Arc<Mutex<Received>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = value.to_str().expect("ASCII").to_owned();
        (name.to_string(), value)
    });
    let headers: BTreeMap<String, String> = headers.collect();
    let is_traces = request.uri().path() == "/v1/traces";
    let is_compressed = headers.contains_key("content-encoding");
    let body = request.into_body().collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let decoded = ExportTraceServiceRequest::decode(body);
    let mut reply = Response::new(Full::default());
    let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
    received.headers.push(headers);
    match decoded {
        // Nothing here decompresses it.
        Ok(_) | Err(_) if is_traces && is_compressed => {}
        Ok(export) if is_traces => received.spans.extend(spans(export)),
        Ok(_) | Err(_) => *reply.status_mut() = StatusCode::BAD_REQUEST,
    }
    Ok(reply)
}

fn spans(export: ExportTraceServiceRequest) -> Vec<TestSpan> {
    let mut all = Vec::new();
    for of_resource in export.resource_spans {
        let resource = of_resource.resource.unwrap_or_default();
        let resource = attributes(resource.attributes);
        for of_scope in of_resource.scope_spans {
            assert_eq!(of_scope.scope.expect("a scope").name, "invoice-worker");
            let spans = of_scope.spans.into_iter();
            all.extend(spans.map(|span| read(span, resource.clone())));
        }
    }
    all
}

fn read(span: Span, resource: BTreeMap<String, String>) -> TestSpan {
    let kind = match span.kind() {
        SpanKind::Unspecified => "unspecified",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    };
    let status = span.status.map(|status| status.code());
    let link = |link: Link| (hexadecimal(&link.trace_id), hexadecimal(&link.span_id));
    TestSpan {
        kind,
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        links: span.links.into_iter().map(link).collect(),
        attributes: attributes(span.attributes),
        is_error: status == Some(SpanStatus::Error),
        state: span.trace_state,
        began: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
        name: span.name,
        resource,
    }
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = pairs.into_iter();
    pairs.map(|pair| (pair.key, text(pair.value))).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl TestSpan {
    /// An attribute that must be there.
    #[track_caller]
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let value = self.attributes.get(name);
        value.unwrap_or_else(|| panic!("no attribute {name}: {self:#?}"))
    }
}

impl fmt::Debug for TestSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            trace,
            id,
            parent,
            links,
            attributes,
            ..
        } = self;
        write!(
            f,
            "{name} ({trace} {parent} > {id}, links {links:?}) {attributes:?}"
        )
    }
}
