//! A collector that is away, slow or not trusted: no message waits for it, and neither does the end of the process.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::faults::broker_tls::write_certificates;
use crate::harness::{Collector, Options, World, closed_port, samples};

const REQUESTS: usize = 30;

/// The last spans have three seconds; a busy machine needs more for the rest.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_no_message_anything() {
    let (_port, address) = closed_port();
    requests_are_processed_without(&format!("http://{address}"), "Connection refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_costs_no_message_anything() {
    // The system accepts connections for it.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    requests_are_processed_without(&format!("http://{address}"), "").await;
}

async fn requests_are_processed_without(endpoint: &str, error: &str) {
    let world = World::new(Options::default()).await;
    let mut worker = world
        .worker(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "32"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
        ])
        .await;
    world.publish_many(samples::many(REQUESTS)).await;
    world.assert_settled(REQUESTS, 0).await;
    world.wait_for_events(REQUESTS).await;
    let started = Instant::now();
    worker.stop().await;
    let took = started.elapsed();
    assert!(took < SOON, "it ended after {took:?}");
    let complaints = worker.complaints();
    let is_expected = |event: &str| event == "spans_lost" || event == "spans_not_flushed";
    for complaint in &complaints {
        let event = complaint["event"].as_str().expect("an event");
        assert!(is_expected(event), "{complaint}");
    }
    assert!((1..=3).contains(&complaints.len()), "{complaints:#?}");
    if !error.is_empty() {
        let named = complaints
            .iter()
            .any(|lost| lost.field_contains("error", error));
        assert!(named, "{complaints:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_go_over_tls_with_headers_to_a_collector_whose_authority_is_trusted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_certificates(folder.path());
    let file = |name: &str| folder.path().join(name);
    let chain = CertificateDer::pem_file_iter(file("server.pem")).expect("a file");
    let chain: Vec<_> = chain.collect::<Result<_, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).expect("a key");
    let tls = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate");
    let collector = Collector::start_with_tls(tls).await;
    let endpoint = format!("https://localhost:{}/v1/traces", collector.port());
    let world = World::new(Options::default()).await;
    let run = async |authority: &str, order: &str| {
        let authority = file(authority);
        let mut worker = world
            .worker(&[
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
                ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a"),
                ("OTEL_BSP_SCHEDULE_DELAY", "50"),
                ("SSL_CERT_FILE", authority.to_str().expect("UTF-8")),
            ])
            .await;
        let request = samples::with_identity(samples::receipt(), order, "1");
        world.publish(request.to_string()).await;
        world.wait_for_document(&samples::identity(&request)).await;
        worker.stop().await;
        worker
    };
    let worker = run("ca.pem", "trusted").await;
    assert!(worker.complaints().is_empty(), "{:#?}", worker.complaints());
    let sent = collector.spans().len();
    assert!(sent > 5, "{sent} spans");
    for headers in collector.headers() {
        assert_eq!(headers["authorization"], "Bearer a");
        assert_eq!(headers["content-type"], "application/x-protobuf");
    }
    let worker = run("other-ca.pem", "untrusted").await;
    let lost = worker.events("spans_lost");
    let named = lost
        .iter()
        .any(|lost| lost.field_contains("error", "certificate"));
    assert!(named, "{lost:#?}");
    assert_eq!(collector.spans().len(), sent);
}
