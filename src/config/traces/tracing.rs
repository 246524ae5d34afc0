//! What the settings of traces mean.

use std::time::Duration;

use url::Url;

use super::TraceSettings;
use super::values::{PAIRS, count, first, given, milliseconds, pairs, wrong};
use crate::config::{ConfigError, MaskedSecret, MaskedUrl, parse};

/// How traces are recorded and sent.
#[derive(Clone, Debug)]
pub struct Tracing {
    /// Where spans are sent, with its path.
    pub endpoint: String,
    /// Headers for the collector; the values are often secret.
    pub headers: Vec<(String, MaskedSecret)>,
    /// Longest time for one delivery.
    pub timeout: Duration,
    /// Longest time for one delivery with its repetitions.
    pub export_timeout: Duration,
    /// Whether it is compressed.
    pub gzip: bool,
    /// Which traces are recorded.
    pub sampler: TraceSampler,
    /// The name of this service.
    pub service_name: String,
    /// Attributes of this process.
    pub resource: Vec<(String, String)>,
    /// Time between two deliveries.
    pub schedule_delay: Duration,
    /// Spans that wait at most.
    pub queue_size: usize,
    /// Spans of one delivery at most.
    pub batch_size: usize,
}

/// Which traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceSampler {
    /// Whether the decision of the publisher goes first.
    pub parent_based: bool,
    /// The share of the others that is recorded, from 0 to 1.
    pub ratio: f64,
}

/// The name of the service where none is set.
const SERVICE: &str = "invoice-worker";

/// The standard name of the attribute that has it.
const SERVICE_NAME: &str = "service.name";

impl TraceSettings {
    /// How traces are recorded and sent; none where they are off.
    ///
    /// # Errors
    ///
    /// A variable has a value that cannot be used.
    pub fn tracing(&self) -> Result<Option<Tracing>, ConfigError> {
        let Some((variable, endpoint)) = self.endpoint() else {
            return Ok(None);
        };
        if self.is_disabled()? {
            return Ok(None);
        }
        self.check_protocol()?;
        let resource = pairs(
            "OTEL_RESOURCE_ATTRIBUTES",
            given(&self.otel_resource_attributes).unwrap_or_default(),
        )?;
        let named = resource.iter().find(|(name, _)| name == SERVICE_NAME);
        let service_name = given(&self.otel_service_name)
            .or(named.map(|(_, name)| name.as_str()))
            .unwrap_or(SERVICE)
            .to_owned();
        let queue_size = count(
            "OTEL_BSP_MAX_QUEUE_SIZE",
            &self.otel_bsp_max_queue_size,
            2_048,
        )?;
        Ok(Some(Tracing {
            endpoint: traces_url(variable, endpoint.expose())?,
            headers: self.headers()?,
            timeout: self.timeout()?,
            export_timeout: milliseconds(
                "OTEL_BSP_EXPORT_TIMEOUT",
                &self.otel_bsp_export_timeout,
                30_000,
            )?,
            gzip: self.gzip()?,
            sampler: self.sampler()?,
            service_name,
            resource,
            schedule_delay: milliseconds(
                "OTEL_BSP_SCHEDULE_DELAY",
                &self.otel_bsp_schedule_delay,
                5_000,
            )?,
            queue_size,
            batch_size: count(
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                &self.otel_bsp_max_export_batch_size,
                512,
            )?
            .min(queue_size),
        }))
    }

    fn endpoint(&self) -> Option<(&'static str, &MaskedUrl)> {
        let traces = self.otel_exporter_otlp_traces_endpoint.as_ref();
        let all = self.otel_exporter_otlp_endpoint.as_ref();
        traces
            .map(|url| (TRACES_ENDPOINT, url))
            .or(all.map(|url| (ENDPOINT, url)))
            .filter(|(_, url)| !url.expose().is_empty())
    }

    fn is_disabled(&self) -> Result<bool, ConfigError> {
        let disabled = match given(&self.otel_sdk_disabled) {
            None => false,
            Some(text) => parse::boolean(&text.to_ascii_lowercase())
                .map_err(|problem| wrong("OTEL_SDK_DISABLED", problem))?,
        };
        match given(&self.otel_traces_exporter) {
            _ if disabled => Ok(true),
            Some("none") => Ok(true),
            Some("otlp") | None => Ok(false),
            Some(_) => Err(wrong("OTEL_TRACES_EXPORTER", "must be otlp or none")),
        }
    }

    fn check_protocol(&self) -> Result<(), ConfigError> {
        let (variable, protocol) = first(
            (
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
                &self.otel_exporter_otlp_traces_protocol,
            ),
            (
                "OTEL_EXPORTER_OTLP_PROTOCOL",
                &self.otel_exporter_otlp_protocol,
            ),
        );
        match protocol {
            None | Some("http/protobuf") => Ok(()),
            Some(_) => Err(wrong(
                variable,
                "must be http/protobuf, the only protocol for traces that this program speaks; a collector has it at port 4318",
            )),
        }
    }

    fn headers(&self) -> Result<Vec<(String, MaskedSecret)>, ConfigError> {
        let is_given = |secret: &&MaskedSecret| !secret.is_empty();
        let traces = self.otel_exporter_otlp_traces_headers.as_ref();
        let all = self.otel_exporter_otlp_headers.as_ref();
        let (variable, headers) = match (traces.filter(is_given), all.filter(is_given)) {
            (Some(headers), _) => ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", headers),
            (None, Some(headers)) => ("OTEL_EXPORTER_OTLP_HEADERS", headers),
            (None, None) => return Ok(Vec::new()),
        };
        let pairs = pairs(variable, headers.expose())?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let is_value = |byte: u8| (b' '..=b'~').contains(&byte);
        let valid = pairs
            .iter()
            .all(|(name, value)| name.bytes().all(is_name) && value.bytes().all(is_value));
        if !valid {
            return Err(wrong(variable, PAIRS));
        }
        let pairs = pairs.into_iter();
        Ok(pairs.map(|(name, value)| (name, value.into())).collect())
    }

    fn timeout(&self) -> Result<Duration, ConfigError> {
        let all = (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            &self.otel_exporter_otlp_timeout,
        );
        let traces = &self.otel_exporter_otlp_traces_timeout;
        let (variable, setting) = if given(traces).is_some() {
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", traces)
        } else {
            all
        };
        milliseconds(variable, setting, 10_000)
    }

    fn gzip(&self) -> Result<bool, ConfigError> {
        let (variable, name) = first(
            (
                "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
                &self.otel_exporter_otlp_traces_compression,
            ),
            (
                "OTEL_EXPORTER_OTLP_COMPRESSION",
                &self.otel_exporter_otlp_compression,
            ),
        );
        match name {
            None | Some("none") => Ok(false),
            Some("gzip") => Ok(true),
            Some(_) => Err(wrong(variable, "must be gzip or none")),
        }
    }

    fn sampler(&self) -> Result<TraceSampler, ConfigError> {
        let name = given(&self.otel_traces_sampler).unwrap_or("parentbased_always_on");
        let (parent_based, own) = match name.strip_prefix("parentbased_") {
            Some(own) => (true, own),
            None => (false, name),
        };
        let ratio = match own {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => self.ratio()?,
            _ => {
                let problem = "must be always_on, always_off or traceidratio, or one of these with parentbased_ before it";
                return Err(wrong("OTEL_TRACES_SAMPLER", problem));
            }
        };
        Ok(TraceSampler {
            parent_based,
            ratio,
        })
    }

    fn ratio(&self) -> Result<f64, ConfigError> {
        let Some(text) = given(&self.otel_traces_sampler_arg) else {
            return Ok(1.0);
        };
        match text.parse() {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
            Ok(_) | Err(_) => Err(wrong(
                "OTEL_TRACES_SAMPLER_ARG",
                "must be a number from 0 to 1",
            )),
        }
    }
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// The URL of traces. The one for all signals is that of the collector. The message does not quote it: it may contain a secret.
fn traces_url(variable: &'static str, text: &str) -> Result<String, ConfigError> {
    let example = "http://collector:4318";
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.is_empty())
    });
    let Some(url) = url else {
        return Err(wrong(variable, format!("must be a URL like {example}")));
    };
    if !url.username().is_empty() || url.password().is_some() {
        let problem = "must not contain a user or a password: they go into OTEL_EXPORTER_OTLP_HEADERS, as Authorization";
        return Err(wrong(variable, problem));
    }
    if variable == TRACES_ENDPOINT {
        return Ok(url.into());
    }
    let mut url = url;
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        traces: TraceSettings,
    }

    fn tracing(flags: &[&str]) -> Option<Tracing> {
        let program = Program::parse_from([&["program"], flags].concat());
        program.traces.tracing().expect("valid settings")
    }

    fn traced(flags: &[&str]) -> Tracing {
        let endpoint = "--otel-exporter-otlp-endpoint=http://collector:4318";
        tracing(&[&[endpoint], flags].concat()).expect("traces are on")
    }

    #[test]
    fn the_variable_of_the_signal_goes_before_the_one_of_all() {
        for (flags, url) in [
            (&[][..], "http://collector:4318/v1/traces"),
            (
                &["--otel-exporter-otlp-endpoint=https://c/base/"],
                "https://c/base/v1/traces",
            ),
            (
                &["--otel-exporter-otlp-traces-endpoint=http://t:1/own"],
                "http://t:1/own",
            ),
        ] {
            let endpoint = flags.iter().any(|flag| flag.contains("otlp-endpoint"));
            let tracing = if endpoint {
                tracing(flags).expect("on")
            } else {
                traced(flags)
            };
            assert_eq!(tracing.endpoint, url);
        }
        let timeout = traced(&[
            "--otel-exporter-otlp-timeout=1",
            "--otel-exporter-otlp-traces-timeout=2",
        ]);
        assert_eq!(timeout.timeout, Duration::from_millis(2));
    }

    #[test]
    fn traces_are_off_without_an_endpoint_or_where_the_settings_say_so() {
        assert!(tracing(&["--otel-traces-sampler=xray"]).is_none());
        let endpoint = "--otel-exporter-otlp-endpoint=nonsense";
        assert!(tracing(&[endpoint, "--otel-sdk-disabled=TRUE"]).is_none());
        assert!(tracing(&[endpoint, "--otel-traces-exporter=none"]).is_none());
    }

    #[test]
    fn samplers_have_their_standard_names() {
        for (name, parent_based, ratio) in [
            ("always_on", false, 1.0),
            ("always_off", false, 0.0),
            ("traceidratio", false, 0.25),
            ("parentbased_always_on", true, 1.0),
            ("parentbased_always_off", true, 0.0),
            ("parentbased_traceidratio", true, 0.25),
        ] {
            let name = format!("--otel-traces-sampler={name}");
            let sampler = traced(&[&name, "--otel-traces-sampler-arg=0.25"]).sampler;
            assert_eq!(
                sampler,
                TraceSampler {
                    parent_based,
                    ratio
                },
                "{name}"
            );
        }
    }

    #[test]
    fn a_service_has_its_name_from_its_own_variable_first() {
        let attributes =
            "--otel-resource-attributes=service.name=a%20b,deployment.environment=test";
        assert_eq!(traced(&[]).service_name, "invoice-worker");
        assert_eq!(traced(&[attributes]).service_name, "a b");
        let both = traced(&[attributes, "--otel-service-name=c"]);
        assert_eq!(both.service_name, "c");
        assert_eq!(both.resource.len(), 2);
    }
}
