//! `status`: what waits, who works on it, and whether the servers answer.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::table::{DETAIL_CHARS, paragraph, seconds};
use crate::app::App;
use crate::contract;
use crate::duration::compact;
use crate::output::{self, json};
use crate::text::{digits, one_line};

/// Time between two looks.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Longest text of a problem: an error of a server, with what to do about it.
const PROBLEM_CHARS: usize = 900;

/// Show what waits, who works on it, and whether the servers answer.
///
/// Exit codes: 0 nothing is wrong; 1 no worker is consuming, a server is away, a queue is missing or unavailable, or a worker
/// holds back; 2 wrong settings. With --watch, Ctrl-C ends with 0.
#[derive(Debug, Args)]
pub struct Status {
    /// Look again every two seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print JSON; with --watch one object a line
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let looking = app.status_look().await?;
        let result = if self.watch {
            self.watch(&looking).await
        } else {
            self.once(&looking).await
        };
        looking.close().await;
        result
    }

    async fn once(&self, looking: &crate::status::StatusLook) -> anyhow::Result<()> {
        let status = looking.look().await;
        let mut out = output::stream();
        if self.json {
            json::write_pretty(&mut out, &*status)?;
        } else {
            write!(out, "{}", text(&status)?)?;
        }
        let problems = status
            .problems
            .iter()
            .map(|it| one_line(&it.detail, PROBLEM_CHARS));
        let problems: Vec<String> = problems.collect();
        anyhow::ensure!(problems.is_empty(), "{}", problems.join("\nerror: "));
        Ok(())
    }

    async fn watch(&self, looking: &crate::status::StatusLook) -> anyhow::Result<()> {
        let watching = async {
            loop {
                let status = looking.look().await;
                let mut out = output::stream();
                if self.json {
                    json::write(&mut out, &*status)?;
                    writeln!(out)?;
                } else {
                    let mut shown = text(&status)?;
                    for problem in &status.problems {
                        writeln!(shown, "! {}", one_line(&problem.detail, PROBLEM_CHARS))?;
                    }
                    write!(out, "{}", drawn(&shown, io::stdout().is_terminal()))?;
                }
                out.flush()?;
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        };
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
            result = watching => result,
        }
    }
}

/// On a terminal in place of what was shown before, line by line and without a flicker; elsewhere behind it.
fn drawn(shown: &str, is_terminal: bool) -> String {
    if is_terminal {
        let lines = shown.replace('\n', "\u{1b}[K\n");
        format!("\u{1b}[H{lines}\u{1b}[J")
    } else {
        format!("{shown}\n")
    }
}

/// Tables for a person.
fn text(status: &contract::Status) -> io::Result<String> {
    let mut out = Vec::new();
    writeln!(out, "{}", seconds(status.at))?;
    let servers: Vec<_> = status.servers.iter().map(server).collect();
    paragraph(&mut out, ["SERVER", "STATE", "LATENCY", "DETAIL"], &servers)?;
    if let Some(lanes) = &status.lanes {
        let mut rows = Vec::new();
        for lane in lanes {
            rows.extend(lane_rows(lane, status.at));
        }
        rows.extend(status.dead_letter_queue.as_ref().map(dead_letter_row));
        let heading = ["QUEUE", "READY", "UNACKED", "CONSUMERS", "DELAY", "OLDEST"];
        paragraph(&mut out, heading, &rows)?;
    }
    match status.workers.as_deref() {
        Some([]) => writeln!(out, "\nno worker has reported itself")?,
        Some(workers) => {
            let rows: Vec<_> = workers.iter().map(|it| worker(it, status.at)).collect();
            let heading = [
                "WORKER",
                "VERSION",
                "STATE",
                "FOR",
                "UNACKED",
                "PREFETCH",
                "RENDERERS",
                "TEMPLATES",
                "SEEN",
            ];
            paragraph(&mut out, heading, &rows)?;
        }
        None => {}
    }
    if let Some(loaded @ [_, _, ..]) = status.templates.as_deref() {
        writeln!(out, "{}", different(loaded))?;
    }
    if let Some(letters) = &status.dead_letters {
        let rows: Vec<_> = letters.codes.iter().map(letter).collect();
        if rows.is_empty() {
            writeln!(out, "\nopen dead letters: 0")?;
        } else {
            paragraph(
                &mut out,
                ["DEAD LETTERS", "OPEN", "OLDEST", "NEWEST"],
                &rows,
            )?;
        }
    }
    if let Some(documents) = status.documents {
        writeln!(
            out,
            "documents: {} in the last minute, {} in the last five",
            documents.last_minute, documents.last_five_minutes
        )?;
    }
    String::from_utf8(out).map_err(io::Error::other)
}

fn server(server: &contract::ServerStatus) -> [String; 4] {
    [
        server.name.to_owned(),
        if server.up { "up" } else { "down" }.to_owned(),
        format!("{} ms", server.latency_ms),
        server
            .error
            .as_deref()
            .map_or_else(none, |error| one_line(error, DETAIL_CHARS)),
    ]
}

fn lane_rows(lane: &contract::LaneStatus, now: OffsetDateTime) -> Vec<[String; 6]> {
    let requests = [
        lane.requests.queue.clone(),
        ready(lane.requests.ready, lane.requests.error.as_deref()),
        lane.unacknowledged.map_or_else(none, |it| it.to_string()),
        lane.requests.consumers.to_string(),
        none(),
        lane.oldest_in_work_at
            .map_or_else(none, |oldest| age(now, oldest)),
    ];
    let retries = lane.retries.iter().map(|retry| {
        let oldest = retry.oldest_request_at;
        [
            retry.queue.clone(),
            ready(retry.ready, retry.error.as_deref()),
            none(),
            none(),
            compact(Duration::from_secs(retry.delay_seconds)),
            oldest.map_or_else(none, |oldest| age(now, oldest)),
        ]
    });
    [requests].into_iter().chain(retries).collect()
}

fn dead_letter_row(queue: &contract::QueueStatus) -> [String; 6] {
    [
        queue.queue.clone(),
        ready(queue.ready, queue.error.as_deref()),
        none(),
        queue.consumers.to_string(),
        none(),
        none(),
    ]
}

fn worker(worker: &contract::WorkerStatus, now: OffsetDateTime) -> [String; 9] {
    let state = match &worker.code {
        Some(code) => format!("{} ({code})", worker.state),
        None => worker.state.clone(),
    };
    [
        one_line(&format!("{}:{}", worker.host, worker.pid), DETAIL_CHARS),
        one_line(&worker.version, DETAIL_CHARS),
        one_line(&state, DETAIL_CHARS),
        age(now, worker.since),
        worker.unacknowledged.to_string(),
        worker.prefetch.to_string(),
        worker.renderers.as_ref().map_or_else(none, renderers),
        worker
            .templates
            .as_deref()
            .map_or_else(none, |digest| digits(digest).to_owned()),
        format!("{} ago", age(now, worker.last_seen_at)),
    ]
}

/// `1 of 2 busy, 3 documents wait, crashed 1`
fn renderers(renderers: &contract::RendererStatus) -> String {
    let mut parts = vec![format!("{} of {} busy", renderers.busy, renderers.slots)];
    if renderers.starting > 0 {
        parts.push(format!("{} starting", renderers.starting));
    }
    if renderers.waiting > 0 {
        parts.push(format!("{} documents wait", renderers.waiting));
    }
    let restarts = renderers.restarts.iter();
    parts.extend(restarts.map(|it| format!("{} {}", it.reason, it.count)));
    one_line(&parts.join(", "), DETAIL_CHARS)
}

/// That workers do not all have the same templates.
fn different(loaded: &[contract::LoadedTemplates]) -> String {
    let each = loaded
        .iter()
        .map(|it| format!("{} by {}", digits(&it.digest), it.workers));
    let each = each.collect::<Vec<_>>().join(", ");
    format!("workers have loaded different templates: {each}")
}

fn letter(code: &contract::OpenDeadLetterCode) -> [String; 4] {
    [
        one_line(&code.code, DETAIL_CHARS),
        code.open.to_string(),
        seconds(code.oldest_at),
        seconds(code.newest_at),
    ]
}

fn ready(count: Option<u32>, error: Option<&str>) -> String {
    match (count, error) {
        (Some(count), _) => count.to_string(),
        (None, None) => "missing".to_owned(),
        (None, Some(_)) => "unavailable".to_owned(),
    }
}

fn none() -> String {
    "-".to_owned()
}

/// `12s`, `5m`, `3h`: whole numbers of the largest unit.
fn age(now: OffsetDateTime, then: OffsetDateTime) -> String {
    match (now - then).whole_seconds().max(0) {
        seconds @ ..120 => format!("{seconds}s"),
        seconds @ ..7_200 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_drawn_over_and_a_file_appended_to() {
        assert_eq!(
            drawn("a\nb\n", true),
            "\u{1b}[Ha\u{1b}[K\nb\u{1b}[K\n\u{1b}[J"
        );
        assert_eq!(drawn("a\nb\n", false), "a\nb\n\n");
    }

    #[test]
    fn renderers_and_templates_are_short() {
        let mut shown = contract::RendererStatus {
            slots: 2,
            idle: 1,
            busy: 1,
            starting: 0,
            waiting: 0,
            restarts: Vec::new(),
        };
        assert_eq!(renderers(&shown), "1 of 2 busy");
        shown.starting = 1;
        shown.waiting = 3;
        shown.restarts.push(contract::RendererRestarts {
            reason: "crashed".to_owned(),
            count: 4,
        });
        assert_eq!(
            renderers(&shown),
            "1 of 2 busy, 1 starting, 3 documents wait, crashed 4"
        );
        let loaded = [("aabbccddeeff00", 2), ("1122", 1)];
        let loaded = loaded.map(|(digest, workers)| contract::LoadedTemplates {
            digest: digest.to_owned(),
            workers,
        });
        assert_eq!(
            different(&loaded),
            "workers have loaded different templates: aabbccddeeff by 2, 1122 by 1"
        );
    }

    #[test]
    fn an_age_has_one_unit() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(100_000);
        for (seconds, shown) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_199, "119m"),
            (7_200, "2h"),
        ] {
            assert_eq!(age(now, now - Duration::from_secs(seconds)), shown);
        }
        assert_eq!(
            age(now, now + Duration::from_secs(5)),
            "0s",
            "of another clock"
        );
    }
}
