//! What goes wrong while the workers work: in an order that the seed decides, one disruption after the other, with workers
//! dying in the middle of them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::fleet::Blow;
use super::random::Random;
use crate::faults::servers::PrivateServer;
use crate::proxy::{Mode, Proxy};

const SLOW_DOWN: &[u8] =
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

const INTERNAL_ERROR: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The servers, each behind a proxy.
pub(super) struct Servers {
    pub(super) rabbitmq: PrivateServer,
    pub(super) postgres: PrivateServer,
    pub(super) broker: Proxy,
    pub(super) database: Proxy,
    pub(super) storage: Proxy,
}

/// One kind of disruption.
#[derive(Clone, Copy, Debug)]
enum Disruption {
    Strike(Blow),
    /// The network to the broker is like this for a while.
    Broker(Mode),
    /// The network to the database.
    Database(Mode),
    /// The network to the object store.
    Storage(Mode),
    /// The broker is stopped, or killed, and started.
    BrokerRestart {
        crash: bool,
    },
    /// The database is.
    DatabaseRestart {
        crash: bool,
    },
}

/// What every round has, and what the report calls it.
const QUICK: [(&str, Disruption); 15] = [
    ("worker killed", Disruption::Strike(Blow::Kill)),
    ("worker killed", Disruption::Strike(Blow::Kill)),
    ("worker killed", Disruption::Strike(Blow::Kill)),
    ("worker terminated", Disruption::Strike(Blow::Terminate)),
    ("renderer killed", Disruption::Strike(Blow::KillRenderer)),
    ("broker cut off", Disruption::Broker(Mode::Refuse)),
    ("broker silent", Disruption::Broker(Mode::Stall)),
    ("database cut off", Disruption::Database(Mode::Refuse)),
    ("database silent", Disruption::Database(Mode::Stall)),
    (
        "database replies lost",
        Disruption::Database(Mode::LoseReplies),
    ),
    ("object store cut off", Disruption::Storage(Mode::Refuse)),
    ("object store silent", Disruption::Storage(Mode::Stall)),
    (
        "object store replies lost",
        Disruption::Storage(Mode::LoseReplies),
    ),
    (
        "object store slow down",
        Disruption::Storage(Mode::Answer(SLOW_DOWN)),
    ),
    (
        "object store errors",
        Disruption::Storage(Mode::Answer(INTERNAL_ERROR)),
    ),
];

/// Of these it has one of each line.
const RESTARTS: [[(&str, Disruption); 2]; 2] = [
    [
        (
            "broker restarted",
            Disruption::BrokerRestart { crash: false },
        ),
        ("broker killed", Disruption::BrokerRestart { crash: true }),
    ],
    [
        (
            "database restarted",
            Disruption::DatabaseRestart { crash: false },
        ),
        (
            "database killed",
            Disruption::DatabaseRestart { crash: true },
        ),
    ],
];

/// Makes disruption.
pub(super) struct Troublemaker<'a> {
    pub(super) servers: &'a Servers,
    pub(super) workers: Vec<mpsc::Sender<Blow>>,
    pub(super) random: Random,
    /// How often there was each kind.
    pub(super) tally: BTreeMap<&'static str, usize>,
}

impl Troublemaker<'_> {
    /// One kind after the other: a whole round at first, however short the drill is, then until it is over.
    pub(super) async fn work(&mut self, over: &CancellationToken) {
        self.round(&CancellationToken::new()).await;
        while !over.is_cancelled() {
            self.round(over).await;
        }
    }

    async fn round(&mut self, over: &CancellationToken) {
        let mut round = Vec::from(QUICK);
        for restarts in &RESTARTS {
            round.push(*self.random.pick(restarts));
        }
        self.random.shuffle(&mut round);
        for (name, disruption) in round {
            if over.is_cancelled() {
                break;
            }
            let pause = self.random.between(50, 400);
            sleep(Duration::from_millis(pause.try_into().expect("short"))).await;
            *self.tally.entry(name).or_default() += 1;
            self.make(disruption).await;
        }
    }

    async fn make(&mut self, disruption: Disruption) {
        let servers = self.servers;
        match disruption {
            Disruption::Strike(blow) => self.strike(blow).await,
            Disruption::Broker(mode) => self.for_a_while(&servers.broker, mode).await,
            Disruption::Database(mode) => self.for_a_while(&servers.database, mode).await,
            Disruption::Storage(mode) => self.for_a_while(&servers.storage, mode).await,
            Disruption::BrokerRestart { crash } => restart(&servers.rabbitmq, crash).await,
            Disruption::DatabaseRestart { crash } => restart(&servers.postgres, crash).await,
        }
    }

    /// Every second time a worker dies of it.
    async fn for_a_while(&mut self, proxy: &Proxy, mode: Mode) {
        let half = self.random.between(100, 700);
        let half = Duration::from_millis(half.try_into().expect("short"));
        proxy.set(mode);
        sleep(half).await;
        if self.random.below(2) == 0 {
            *self.tally.entry("worker killed meanwhile").or_default() += 1;
            self.strike(Blow::Kill).await;
        }
        sleep(half).await;
        proxy.set(Mode::Pass);
    }

    async fn strike(&mut self, blow: Blow) {
        let worker = self.random.pick(&self.workers);
        worker.send(blow).await.expect("a supervisor");
    }
}

async fn restart(server: &PrivateServer, crash: bool) {
    if crash {
        server.kill().await;
    } else {
        server.stop().await;
    }
    server.start().await;
}
