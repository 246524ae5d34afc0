//! Traces: what a collector receives of a message's way, and what it may not cost.

mod api;
mod journey;
mod outage;
mod settings;

use crate::harness::{Collector, Options, World};

/// The context of the order service.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const ORDER_SPAN: &str = "b7ad6b7169203331";

/// A world in which everything sends its spans to this collector, soon.
async fn world_of(collector: &Collector) -> World {
    World::new(Options {
        variables: vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
            ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
            ("RETRY_IN_PLACE_SECONDS", "0".to_owned()),
        ],
        ..Options::default()
    })
    .await
}

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{ORDER_SPAN}-{flags}")
}

/// Trace, span and flags.
fn parts(traceparent: &str) -> (&str, &str, &str) {
    let parts: Vec<&str> = traceparent.split('-').collect();
    assert_eq!((parts.len(), parts[0]), (4, "00"), "{traceparent}");
    (parts[1], parts[2], parts[3])
}
