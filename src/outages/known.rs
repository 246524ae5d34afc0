//! What is known of the outages of each server, and what of it is to be reported. Without a clock of its own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// A server that can be away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The broker.
    Broker,
    /// The object store.
    Bucket,
    /// The database.
    Database,
}

impl Server {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Broker, Self::Bucket, Self::Database];

    /// The name, as probes have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Bucket => "bucket",
            Self::Database => "database",
        }
    }

    /// What happens while it is away.
    pub(super) const fn next(self) -> &'static str {
        match self {
            Self::Broker => {
                "the broker is away; messages wait there, and this process connects again until it can"
            }
            Self::Bucket => {
                "the object store is away; calls to it are repeated, then their messages wait in the retry queues and are tried again"
            }
            Self::Database => {
                "the database is away; calls to it are repeated, then their messages wait in the retry queues and are tried again"
            }
        }
    }
}

/// An outage that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// What is away.
    pub server: Server,
    /// Since when.
    pub since: OffsetDateTime,
    /// The last error.
    pub error: String,
    /// Messages of this process that wait for it.
    pub waiting: u64,
}

/// Time between two reminders.
pub(super) const REMIND_AFTER: Duration = Duration::from_secs(60);

/// An outage is over when calls succeed and none has failed for so long: with many calls at once, one success among failures
/// is not its end.
const OVER_AFTER: Duration = Duration::from_secs(2);

/// Messages of one outage that are distinguished; further ones are not counted.
const MOST_MESSAGES: usize = 100_000;

/// How long a message counts as one that waits after its last attempt here: another process may have settled it.
const WAITS_FOR: Duration = Duration::from_secs(3_600);

/// Longest error that is reported, in characters.
const ERROR_MAX: usize = 300;

/// What there is to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Began,
    GoesOn,
    Over,
    /// It was over before it was reported.
    Short,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) what: What,
    pub(super) report: Report,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) error: String,
    pub(super) away: Duration,
    /// Messages that wait now.
    pub(super) waiting: u64,
    /// All that have waited.
    pub(super) waited: u64,
}

/// The outages of all servers.
pub(super) struct Outages([Option<Outage>; Server::ALL.len()]);

pub(super) struct Outage {
    at: OffsetDateTime,
    began: Instant,
    error: String,
    /// With their last failure.
    waiting: HashMap<u64, Instant>,
    waited: u64,
    failed: Instant,
    /// Whether a call has succeeded since the last one that failed.
    works: bool,
    reported: Option<Instant>,
}

impl Outage {
    fn new(now: Instant) -> Self {
        Self {
            at: OffsetDateTime::now_utc(),
            began: now,
            error: String::new(),
            waiting: HashMap::new(),
            waited: 0,
            failed: now,
            works: false,
            reported: None,
        }
    }

    fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    fn report(&self) -> Report {
        Report {
            error: self.error.clone(),
            away: self.failed - self.began,
            waiting: self.waiting(),
            waited: self.waited,
        }
    }

    /// What there is to report now.
    fn look(&mut self, now: Instant) -> Option<What> {
        self.waiting
            .retain(|_, failed| now.duration_since(*failed) < WAITS_FOR);
        match self.reported {
            _ if self.works && now.duration_since(self.failed) >= OVER_AFTER => {
                Some(self.reported.map_or(What::Short, |_| What::Over))
            }
            None if !self.works => Some(What::Began),
            Some(reported)
                if now.duration_since(reported) >= REMIND_AFTER && self.failed > reported =>
            {
                Some(What::GoesOn)
            }
            None | Some(_) => None,
        }
    }
}

impl Outages {
    pub(super) const NONE: Self = Self([None, None, None]);

    /// Returns whether that is the beginning of one.
    pub(super) fn failed(
        &mut self,
        server: Server,
        error: &str,
        message: Option<u64>,
        now: Instant,
    ) -> bool {
        let slot = &mut self.0[server as usize];
        let began = slot.is_none();
        let outage = slot.get_or_insert_with(|| Outage::new(now));
        outage.error = error.chars().take(ERROR_MAX).collect();
        (outage.failed, outage.works) = (now, false);
        if let Some(message) = message
            && outage.waiting.len() < MOST_MESSAGES
            && outage.waiting.insert(message, now).is_none()
        {
            outage.waited += 1;
        }
        began
    }

    pub(super) fn works(&mut self, server: Server) {
        if let Some(outage) = &mut self.0[server as usize] {
            outage.works = true;
        }
    }

    pub(super) fn settled(&mut self, message: u64) {
        for outage in self.0.iter_mut().flatten() {
            outage.waiting.remove(&message);
        }
    }

    pub(super) fn look(&mut self, now: Instant) -> Vec<(Server, Reported)> {
        let mut all = Vec::new();
        for server in Server::ALL {
            let slot = &mut self.0[server as usize];
            let Some(outage) = slot else { continue };
            let Some(what) = outage.look(now) else {
                continue;
            };
            let report = outage.report();
            outage.reported = Some(now);
            if matches!(what, What::Over | What::Short) {
                *slot = None;
            }
            all.push((server, Reported { what, report }));
        }
        all
    }

    pub(super) fn are_over(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub(super) fn is_reported(&self, server: Server) -> bool {
        let outage = &self.0[server as usize];
        outage
            .as_ref()
            .is_some_and(|outage| outage.reported.is_some())
    }

    pub(super) fn current(&self) -> Vec<Current> {
        let all = Server::ALL.into_iter().zip(&self.0);
        let reported = all.filter_map(|(server, outage)| {
            let outage = outage.as_ref().filter(|outage| outage.reported.is_some())?;
            Some(Current {
                server,
                since: outage.at,
                error: outage.error.clone(),
                waiting: outage.waiting(),
            })
        });
        reported.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Server = Server::Bucket;

    /// What is reported at this second.
    fn reported(outages: &mut Outages, start: Instant, second: u64) -> Vec<(What, u64, u64)> {
        let all = outages.look(start + Duration::from_secs(second));
        let all = all.into_iter().map(|(_, it)| it);
        all.map(|it| (it.what, it.report.waiting, it.report.waited))
            .collect()
    }

    #[test]
    fn an_outage_of_many_messages_is_reported_once_with_reminders_and_its_end() {
        let (mut outages, start) = (Outages::NONE, Instant::now());
        let at = |second| start + Duration::from_secs(second);
        for message in 0..50 {
            outages.failed(BUCKET, "refused", Some(message), start);
            outages.failed(BUCKET, "refused", Some(message), start);
        }
        assert_eq!(reported(&mut outages, start, 1), [(What::Began, 50, 50)]);
        for second in 2..61 {
            outages.failed(BUCKET, "refused", Some(second), at(second));
            assert_eq!(reported(&mut outages, start, second), [], "{second}");
        }
        outages.failed(BUCKET, "refused", Some(60), at(60));
        assert_eq!(reported(&mut outages, start, 61), [(What::GoesOn, 61, 61)]);
        // Nothing was tried since.
        assert_eq!(reported(&mut outages, start, 200), []);
        outages.works(BUCKET);
        outages.settled(7);
        assert_eq!(reported(&mut outages, start, 201), [(What::Over, 60, 61)]);
        assert!(outages.are_over());
    }

    #[test]
    fn one_success_among_failures_is_not_its_end_and_a_moment_is_short() {
        let (mut outages, start) = (Outages::NONE, Instant::now());
        outages.failed(BUCKET, "refused", None, start);
        assert_eq!(reported(&mut outages, start, 1), [(What::Began, 0, 0)]);
        for second in 2..10 {
            outages.works(BUCKET);
            outages.failed(BUCKET, "refused", None, start + Duration::from_secs(second));
            outages.works(BUCKET);
            assert_eq!(reported(&mut outages, start, second + 1), []);
        }
        assert_eq!(reported(&mut outages, start, 11), [(What::Over, 0, 0)]);

        outages.failed(BUCKET, "refused", Some(1), start);
        outages.works(BUCKET);
        assert_eq!(reported(&mut outages, start, 1), []);
        assert_eq!(reported(&mut outages, start, 2), [(What::Short, 1, 1)]);
    }

    #[test]
    fn while_only_some_calls_fail_no_outage_is_reported() {
        let (mut outages, start) = (Outages::NONE, Instant::now());
        for second in 0..90 {
            let at = start + Duration::from_secs(second);
            outages.failed(BUCKET, "refused", Some(second), at);
            outages.works(BUCKET);
            assert_eq!(reported(&mut outages, start, second + 1), [], "{second}");
            assert!(!outages.is_reported(BUCKET), "{second}");
        }
        assert_eq!(reported(&mut outages, start, 91), [(What::Short, 90, 90)]);
    }

    #[test]
    fn a_message_that_was_not_tried_for_an_hour_no_longer_counts_as_waiting() {
        let (mut outages, start) = (Outages::NONE, Instant::now());
        outages.failed(BUCKET, "refused", Some(1), start);
        assert_eq!(reported(&mut outages, start, 1), [(What::Began, 1, 1)]);
        assert!(outages.is_reported(BUCKET));
        outages.failed(BUCKET, "refused", Some(2), start + WAITS_FOR);
        let second = WAITS_FOR.as_secs();
        assert_eq!(
            reported(&mut outages, start, second),
            [(What::GoesOn, 1, 2)]
        );
    }

    #[test]
    fn each_server_has_its_own_outage() {
        let (mut outages, now) = (Outages::NONE, Instant::now());
        outages.failed(BUCKET, "a", None, now);
        assert!(outages.failed(Server::Database, "b", None, now));
        assert_eq!(outages.current(), [], "not reported yet");
        outages.look(now);
        let servers: Vec<_> = outages.current().into_iter().map(|it| it.server).collect();
        assert_eq!(servers, [BUCKET, Server::Database]);
        for (index, server) in Server::ALL.into_iter().enumerate() {
            assert_eq!(server as usize, index);
        }
    }
}
