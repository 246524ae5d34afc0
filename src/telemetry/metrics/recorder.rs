//! Keeps what was counted, and writes it for Prometheus.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::list::{self, Kind};
use super::text::Text;
use super::{announce, expiry, process};

/// The recorder of this process.
#[derive(Clone)]
pub struct Recorder(PrometheusHandle);

impl Recorder {
    /// Installs it: from here on, everything is counted. Once in a process; [`upkeep`](Self::upkeep) has to be called from
    /// time to time.
    pub fn install() -> anyhow::Result<Self> {
        let mut builder = PrometheusBuilder::new();
        for metric in list::ALL {
            if let Kind::Histogram(bounds) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(name, bounds)?;
            }
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)?;
        for metric in list::ALL {
            match metric.kind {
                Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
                Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
                Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
            }
        }
        announce();
        Ok(Self(handle))
    }

    /// Everything that was counted, and the states that `states` writes.
    pub fn render(&self, states: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::after(self.0.render());
        text.series(&list::BUILD_INFO, [([env!("CARGO_PKG_VERSION")], 1)]);
        process::write(&mut text);
        expiry::write(&mut text);
        states(&mut text);
        text.into_string()
    }

    /// Sums up the values of histograms, which are kept one by one until then.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}
