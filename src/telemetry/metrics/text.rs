//! States in Prometheus' text format. They are written anew at each scrape, so a series whose label has another value now is
//! gone.

use std::fmt::{Display, Write as _};

use super::list::Metric;

/// A part of a scrape.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// After what was written before.
    pub(super) fn after(text: String) -> Self {
        Self(text)
    }

    /// Everything that was written.
    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// A metric without labels.
    pub fn value(&mut self, metric: &Metric, value: impl Display) {
        self.series(metric, [([], value)]);
    }

    /// A metric with the series that it has now, in each the values of all labels, in the order of the list. One that is empty
    /// is left out. Without a series nothing is written.
    pub fn series<'a, const N: usize, V: Display>(
        &mut self,
        metric: &Metric,
        series: impl IntoIterator<Item = ([&'a str; N], V)>,
    ) {
        assert_eq!(N, metric.labels.len(), "labels of {}", metric.name);
        let mut series = series.into_iter().peekable();
        if series.peek().is_none() {
            return;
        }
        let (name, kind) = (metric.name, metric.kind.as_str());
        self.push(format_args!("# HELP {name} {}\n", metric.help));
        self.push(format_args!("# TYPE {name} {kind}\n"));
        for (values, value) in series {
            self.0.push_str(name);
            let labels = metric.labels.iter().zip(values);
            let mut separator = '{';
            for (label, value) in labels.filter(|(_, value)| !value.is_empty()) {
                self.push(format_args!(
                    "{separator}{}=\"{}\"",
                    label.name,
                    escaped(value)
                ));
                separator = ',';
            }
            if separator == ',' {
                self.0.push('}');
            }
            self.push(format_args!(" {value}\n"));
        }
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        self.0.write_fmt(text).ok();
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::list;

    #[test]
    fn values_are_escaped_and_empty_ones_left_out() {
        let mut text = Text::default();
        text.series(&list::HELD_BACK, [([""], 0)]);
        text.series(&list::QUEUE_MESSAGES, [(["a\"b\\c\nd"], 3)]);
        text.series::<1, u64>(&list::RENDERERS, []);
        let lines: Vec<&str> = text
            .0
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        let queue = r#"invoice_worker_queue_messages{queue="a\"b\\c\nd"} 3"#;
        assert_eq!(lines, ["invoice_worker_held_back 0", queue]);
        assert!(text.0.contains("# TYPE invoice_worker_held_back gauge\n"));
    }
}
