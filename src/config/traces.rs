//! Traces: the standard variables of OpenTelemetry.
//!
//! They are often set for all programs of a cluster at once. So nothing but the switches is looked at while traces are off.

mod tracing;
mod values;

use clap::Args;

pub use self::tracing::{TraceSampler, Tracing};
use super::{MaskedSecret, MaskedUrl};

/// Traces.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Trace settings")]
pub struct TraceSettings {
    /// Collector for traces (OTLP over HTTP), without the path /v1/traces; without a collector there are no traces; other users of
    /// the machine can see a password in a flag
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        global = true
    )]
    #[arg(value_parser = url, hide_short_help = true)]
    pub otel_exporter_otlp_endpoint: Option<MaskedUrl>,

    /// The same with its whole path, for traces only; goes before the other; other users of the machine can see a password in
    /// a flag
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        value_name = "URL",
        global = true
    )]
    #[arg(value_parser = url, hide_short_help = true)]
    pub otel_exporter_otlp_traces_endpoint: Option<MaskedUrl>,

    /// Headers for the collector, as NAME=VALUE,NAME=VALUE with percent-encoded values; other users of the machine can see a
    /// flag, so prefer the variable or .env
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        value_name = "PAIRS",
        global = true
    )]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub otel_exporter_otlp_headers: Option<MaskedSecret>,

    /// The same for traces only; goes before the other; other users of the machine can see a flag, so prefer the variable or
    /// .env
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        value_name = "PAIRS",
        global = true
    )]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub otel_exporter_otlp_traces_headers: Option<MaskedSecret>,

    /// Longest time for sending spans to the collector, in milliseconds [default: 10000]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TIMEOUT", value_name = "MS")]
    #[arg(global = true, hide_short_help = true)]
    pub otel_exporter_otlp_timeout: Option<String>,

    /// The same for traces only; goes before the other
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", value_name = "MS")]
    #[arg(global = true, hide_short_help = true)]
    pub otel_exporter_otlp_traces_timeout: Option<String>,

    /// Protocol of the collector: only http/protobuf is spoken
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", value_name = "NAME")]
    #[arg(global = true, hide_short_help = true)]
    pub otel_exporter_otlp_protocol: Option<String>,

    /// The same for traces only; goes before the other
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        value_name = "NAME",
        global = true,
        hide_short_help = true
    )]
    pub otel_exporter_otlp_traces_protocol: Option<String>,

    /// Compression of what is sent to the collector: gzip or none [default: none]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_COMPRESSION", value_name = "NAME")]
    #[arg(global = true, hide_short_help = true)]
    pub otel_exporter_otlp_compression: Option<String>,

    /// The same for traces only; goes before the other
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        value_name = "NAME",
        global = true,
        hide_short_help = true
    )]
    pub otel_exporter_otlp_traces_compression: Option<String>,

    /// true turns traces off, whatever else is set [default: false]
    #[arg(long, env = "OTEL_SDK_DISABLED", value_name = "BOOL", global = true)]
    #[arg(hide_short_help = true)]
    pub otel_sdk_disabled: Option<String>,

    /// otlp, or none for no traces [default: otlp]
    #[arg(long, env = "OTEL_TRACES_EXPORTER", value_name = "NAME", global = true)]
    #[arg(hide_short_help = true)]
    pub otel_traces_exporter: Option<String>,

    /// Which traces are recorded: always_on, always_off, traceidratio, or one of these with parentbased_ before it, for which
    /// the publisher's decision goes first [default: parentbased_always_on]
    #[arg(long, env = "OTEL_TRACES_SAMPLER", value_name = "NAME", global = true)]
    #[arg(hide_short_help = true)]
    pub otel_traces_sampler: Option<String>,

    /// Share of the traces that a sampler with a ratio records, from 0 to 1 [default: 1]
    #[arg(
        long,
        env = "OTEL_TRACES_SAMPLER_ARG",
        value_name = "RATIO",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub otel_traces_sampler_arg: Option<String>,

    /// Name of this service in traces [default: invoice-worker]
    #[arg(long, env = "OTEL_SERVICE_NAME", value_name = "NAME", global = true)]
    #[arg(hide_short_help = true)]
    pub otel_service_name: Option<String>,

    /// Attributes of this process in traces, as NAME=VALUE,NAME=VALUE with percent-encoded values
    #[arg(
        long,
        env = "OTEL_RESOURCE_ATTRIBUTES",
        value_name = "PAIRS",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub otel_resource_attributes: Option<String>,

    /// Time between two deliveries of spans to the collector, in milliseconds [default: 5000]
    #[arg(
        long,
        env = "OTEL_BSP_SCHEDULE_DELAY",
        value_name = "MS",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub otel_bsp_schedule_delay: Option<String>,

    /// Longest time for one of them with its repetitions, in milliseconds [default: 30000]
    #[arg(
        long,
        env = "OTEL_BSP_EXPORT_TIMEOUT",
        value_name = "MS",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub otel_bsp_export_timeout: Option<String>,

    /// Spans that wait for the collector at most; further ones are dropped [default: 2048]
    #[arg(
        long,
        env = "OTEL_BSP_MAX_QUEUE_SIZE",
        value_name = "COUNT",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub otel_bsp_max_queue_size: Option<String>,

    /// Spans that are sent at once [default: 512]
    #[arg(
        long,
        env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        value_name = "COUNT",
        global = true
    )]
    #[arg(hide_short_help = true)]
    pub otel_bsp_max_export_batch_size: Option<String>,
}

/// It is looked at when traces are on.
fn url(text: &str) -> Result<MaskedUrl, String> {
    Ok(MaskedUrl::new(text))
}
