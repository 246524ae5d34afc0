//! What a process shows of itself: its state for probes, and its metrics. Nothing here waits for a server while somebody asks:
//! tasks look from time to time, and what they saw last is shown.

mod depths;
mod probes;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use document::{LiveTemplates, Priority, RestartReason};
use tokio_util::sync::CancellationToken;

use self::depths::Depths;
use crate::broker::depths::QueueDepths;
use crate::broker::{Endpoint, Topology};
use crate::database::Database;
use crate::readiness::{Health, Phase, Readiness, Rule, State};
use crate::storage::Storage;
use crate::telemetry::metrics::{Recorder, Text, list};

/// How long a scrape is answered with the text of the one before. Prometheus asks every few seconds; what asks more often
/// must not take the processor from documents.
const SCRAPE_AGE: Duration = Duration::from_secs(1);

/// How often histograms are summed up.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often it is noted that the loop of events goes on.
const TICK: Duration = Duration::from_secs(1);

/// Who looks at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerWatch {
    /// The process consumes, and knows the state of the connection that matters.
    ByConsumer,
    /// Nothing else would notice that the broker is away, so a task looks from time to time.
    FromTimeToTime,
}

/// What there is to be seen.
pub struct Observed {
    /// The state of the process.
    pub readiness: Readiness,
    /// In which states the process is ready.
    pub rule: Rule,
    /// Who looks at the broker.
    pub broker_watch: BrokerWatch,
    /// What was counted.
    pub recorder: Recorder,
    /// The bucket.
    pub storage: Storage,
    /// The database.
    pub database: Database,
    /// The broker's address.
    pub endpoint: Endpoint,
    /// The queues.
    pub topology: Topology,
    /// The templates in use, with their renderers, where the process has any and they are loaded.
    pub templates: Arc<OnceLock<Arc<LiveTemplates>>>,
    /// What was seen last.
    pub last: Last,
}

/// What was seen last.
#[derive(Default)]
pub struct Last {
    depths: Depths,
    scrape: Mutex<Option<(Instant, Arc<str>)>>,
}

impl Observed {
    /// Whether the process is ready, and its state.
    pub fn readiness(&self) -> (bool, State) {
        let state = self.readiness.look();
        ((self.rule)(&state), state)
    }

    /// All metrics, in Prometheus' text format.
    pub fn scrape(&self) -> Arc<str> {
        self.last.depths.wanted();
        let last = self.last.scrape.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        if let Some((at, text)) = &*last
            && at.elapsed() < SCRAPE_AGE
        {
            return Arc::clone(text);
        }
        let text: Arc<str> = self.recorder.render(|text| self.write(text)).into();
        *last = Some((Instant::now(), Arc::clone(&text)));
        text
    }

    /// Looks at everything from time to time, until `stop`.
    pub async fn keep(&self, stop: &CancellationToken) {
        let ticking = async {
            loop {
                self.readiness.tick();
                tokio::time::sleep(TICK).await;
            }
        };
        let summing_up = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                self.recorder.upkeep();
            }
        };
        let templates = async {
            if let Some(templates) = self.templates.get() {
                probes::follow_templates(templates, &self.readiness).await;
            }
        };
        let looking = async {
            tokio::join!(
                ticking,
                summing_up,
                templates,
                probes::follow(&self.readiness, &self.storage, &self.database),
            )
        };
        let reported_to = match self.broker_watch {
            BrokerWatch::ByConsumer => None,
            BrokerWatch::FromTimeToTime => Some(&self.readiness),
        };
        let queues = QueueDepths::new(self.endpoint.clone(), &self.topology);
        tokio::join!(
            async {
                tokio::select! {
                    () = stop.cancelled() => {}
                    _ = looking => {}
                }
            },
            self.last.depths.follow(queues, reported_to, stop),
        );
    }

    fn write(&self, text: &mut Text) {
        self.write_state(text);
        if let Some(templates) = self.templates.get() {
            write_templates(text, templates);
        }
        let pool = self.database.pool_state();
        let in_use = pool.size.saturating_sub(pool.idle);
        let states = [(["idle"], pool.idle), (["in_use"], in_use)];
        text.series(&list::DATABASE_CONNECTIONS, states);
        text.value(&list::DATABASE_CONNECTIONS_MAX, pool.max);
        let depths = self.last.depths.known();
        let series = depths
            .iter()
            .map(|depth| ([depth.queue.as_str()], depth.ready));
        text.series(&list::QUEUE_MESSAGES, series);
    }

    fn write_state(&self, text: &mut Text) {
        let (is_ready, state) = self.readiness();
        text.value(&list::READY, u8::from(is_ready));
        let held_back = match state.phase {
            Phase::HeldBack(code) => ([code.as_str()], 1),
            Phase::Starting | Phase::Working | Phase::Connecting | Phase::Draining => ([""], 0),
        };
        text.series(&list::HELD_BACK, [held_back]);
        let components = state.known().map(|(component, state)| {
            let is_up = state.health == Health::Up;
            ([component.as_str()], u8::from(is_up))
        });
        text.series(&list::COMPONENT_UP, components);
    }
}

fn write_templates(text: &mut Text, templates: &LiveTemplates) {
    let snapshot = templates.current();
    let pool = snapshot.pool.state();
    let states = [
        (["idle"], pool.idle),
        (["busy"], pool.busy),
        (["starting"], pool.starting),
    ];
    text.series(&list::RENDERERS, states);
    text.value(&list::RENDERER_SLOTS, pool.renderers);
    let waiting = Priority::ALL.map(|priority| {
        let count = match priority {
            Priority::Ordinary => pool.ordinary_waiting,
            Priority::Bulk => pool.bulk_waiting,
        };
        ([priority.as_str()], count)
    });
    text.series(&list::DOCUMENTS_WAITING, waiting);
    let restarts = RestartReason::ALL.map(|reason| ([reason.as_str()], reason.count()));
    text.series(&list::RENDERER_RESTARTS, restarts);
    let templates: Vec<[String; 3]> = snapshot
        .catalog
        .templates()
        .map(|template| {
            [
                template.name.clone(),
                template.version(),
                template.short_digest(),
            ]
        })
        .collect();
    let in_use = templates
        .iter()
        .map(|labels| (labels.each_ref().map(String::as_str), 1));
    text.series(&list::TEMPLATE_INFO, in_use);
}
