//! How long each stage of an invoice's way took, from the workers' own log.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::render::milliseconds;

/// A line of a worker's log, as far as it is of interest here.
#[derive(Debug, Deserialize)]
pub(super) struct LogLine {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) timestamp: OffsetDateTime,
    pub(super) level: String,
    pub(super) message: String,
    /// Absent on lines of libraries.
    #[serde(default)]
    event: String,
    span: Option<Span>,
}

#[derive(Debug, Deserialize)]
struct Span {
    message_id: Option<String>,
}

impl LogLine {
    /// The index of the request that the line is about.
    pub(super) fn request(&self) -> Option<usize> {
        let id = self.span.as_ref()?.message_id.as_deref()?;
        id.strip_prefix(MESSAGE_ID)?.parse().ok()
    }
}

/// What the message ids begin with; the index follows.
pub(super) const MESSAGE_ID: &str = "bench-";

/// The moments of each request, in the order in which it passes them: events of the log, and the stage that ends there.
const MOMENTS: [(&str, &str); 4] = [
    ("render_started", "receive"),
    ("uploaded", "render_and_upload"),
    ("generated", "record"),
    ("acknowledged", "publish_and_acknowledge"),
];

/// When each request was published, and when it passed which moment.
#[derive(Debug, Default)]
pub(super) struct Journal {
    requests: Vec<[Option<OffsetDateTime>; MOMENTS.len() + 1]>,
}

impl Journal {
    /// Notes that this request is published now.
    pub(super) fn published(&mut self, request: usize) {
        if self.requests.len() <= request {
            self.requests.resize(request + 1, Default::default());
        }
        self.requests[request][0] = Some(OffsetDateTime::now_utc());
    }

    /// Notes a line; answers whether it is a request's last one, seen for the first time.
    pub(super) fn note(&mut self, line: &LogLine) -> bool {
        let request = line
            .request()
            .and_then(|index| self.requests.get_mut(index));
        let moment = MOMENTS.iter().position(|(text, _)| *text == line.event);
        let (Some(request), Some(moment)) = (request, moment) else {
            return false;
        };
        let is_first = request[moment + 1].replace(line.timestamp).is_none();
        is_first && moment + 1 == MOMENTS.len()
    }

    /// From publishing to the acknowledgement: percentiles over these requests, in milliseconds.
    pub(super) fn latency(&self, requests: std::ops::Range<usize>) -> Value {
        let mut all: Vec<Duration> = self.requests[requests]
            .iter()
            .filter_map(|moments| between(moments[0], moments[MOMENTS.len()]))
            .collect();
        all.sort_unstable();
        let at = |percent: usize| {
            let found = all.get((all.len() * percent / 100).min(all.len().saturating_sub(1)));
            milliseconds(found.copied().unwrap_or_default())
        };
        json!({ "p50": at(50), "p95": at(95), "p99": at(99) })
    }

    /// The median time of each stage over these requests, in milliseconds.
    pub(super) fn stages(&self, requests: std::ops::Range<usize>) -> Value {
        let mut stages = Map::new();
        for (index, (_, stage)) in MOMENTS.iter().enumerate() {
            let mut all: Vec<Duration> = self.requests[requests.clone()]
                .iter()
                .filter_map(|moments| between(moments[index], moments[index + 1]))
                .collect();
            all.sort_unstable();
            let median = all.get(all.len() / 2).copied().unwrap_or_default();
            stages.insert((*stage).to_owned(), json!(milliseconds(median)));
        }
        Value::Object(stages)
    }
}

fn between(from: Option<OffsetDateTime>, to: Option<OffsetDateTime>) -> Option<Duration> {
    (to? - from?).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: &str, id: &str, second: u8) -> LogLine {
        let text = json!({
            "timestamp": format!("2100-01-01T00:00:{second:02}.000000Z"),
            "level": "INFO",
            "message": "",
            "event": event,
            "span": { "message_id": id, "name": "message" },
        });
        serde_json::from_value(text).expect("a log line")
    }

    #[test]
    fn a_request_is_done_with_its_first_acknowledgement() {
        let mut journal = Journal::default();
        journal.published(3);
        assert!(!journal.note(&line("uploaded", "bench-3", 1)));
        assert!(
            !journal.note(&line("acknowledged", "bench-4", 2)),
            "not ours"
        );
        assert!(journal.note(&line("acknowledged", "bench-3", 2)));
        assert!(!journal.note(&line("acknowledged", "bench-3", 3)), "again");
    }

    #[test]
    fn a_stage_lasts_from_one_moment_to_the_next() {
        let mut journal = Journal::default();
        journal.published(0);
        for (second, (message, _)) in (1..).zip(MOMENTS) {
            journal.note(&line(message, "bench-0", second));
        }
        let stages = journal.stages(0..1);
        for (_, stage) in &MOMENTS[1..] {
            assert_eq!(stages[*stage], 1_000.0, "{stage}");
        }
    }
}
