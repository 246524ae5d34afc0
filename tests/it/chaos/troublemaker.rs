//! Makes disruption: in an order that the seed decides, one after the other, with workers dying in the middle of it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::changing::ChangingTemplates;
use super::disruption::{Disruption, LIES, Nodes, round};
use super::fleet::{Blow, Fleet};
use super::publisher::reply_queue;
use super::random::Random;
use super::servers::{Network, Networks, Postgres, RabbitMq, Servers};
use crate::faults::clock::Clock;
use crate::faults::cluster::{Cluster, NODES};
use crate::faults::servers::PrivateServer;
use crate::harness::World;
use crate::proxy::Mode;

/// By how much clocks are wrong.
const OFFSETS: [&str; 6] = ["+0", "+90s", "-90s", "-1h", "+3d", "-3d"];

/// Nodes that were restarted since they did not come together.
const STAYED_APART: &str = "nodes that stayed apart";

pub(super) struct Troublemaker<'a> {
    pub(super) world: &'a World,
    pub(super) servers: &'a mut Servers,
    pub(super) networks: &'a Networks,
    pub(super) fleet: &'a Fleet<'a>,
    pub(super) clock: &'a Clock,
    pub(super) templates: &'a mut ChangingTemplates,
    pub(super) workers: Vec<mpsc::Sender<Blow>>,
    pub(super) random: Random,
    /// Whether the queue for replies confirms nothing.
    pub(super) suspended: bool,
    /// Commands under way, with what they wrote to standard error if they ended.
    pub(super) commands: JoinSet<Option<String>>,
    pub(super) tally: BTreeMap<&'static str, usize>,
}

impl Troublemaker<'_> {
    /// One kind after the other: a whole round at first, however short the drill is, then until it is over. Everything
    /// works again at the end.
    pub(super) async fn work(&mut self, over: &CancellationToken) {
        self.round(&CancellationToken::new()).await;
        while !over.is_cancelled() {
            self.round(over).await;
        }
        if self.suspended {
            self.change_replies().await;
        }
        self.clock.set("+0");
        while let Some(command) = self.commands.join_next().await {
            let errors = command
                .expect("a command that can be watched")
                .unwrap_or_default();
            if errors.contains("panicked") {
                self.fleet.tally.borrow_mut().failed.push(errors);
            }
        }
        let restarted = self.servers.rabbitmq.is_whole().await;
        if restarted > 0 {
            *self.tally.entry(STAYED_APART).or_default() += restarted;
        }
    }

    async fn round(&mut self, over: &CancellationToken) {
        let cluster = matches!(self.servers.rabbitmq, RabbitMq::Cluster(_));
        for (name, disruption) in round(&mut self.random, cluster) {
            if over.is_cancelled() {
                break;
            }
            sleep(self.milliseconds(50, 400)).await;
            *self.tally.entry(name).or_default() += 1;
            self.make(disruption).await;
        }
    }

    async fn make(&mut self, disruption: Disruption) {
        match disruption {
            Disruption::Strike(blow) => self.strike(blow).await,
            Disruption::Network(network, mode) => self.for_a_while(network, mode).await,
            Disruption::Flapping(network) => self.flap(network).await,
            Disruption::Lies => {
                let answer = *self.random.pick(&LIES);
                self.fleet.lies.begin();
                self.for_a_while(Network::Storage, Mode::Answer(answer))
                    .await;
                self.fleet.lies.end();
            }
            Disruption::Clock => {
                let offset = *self.random.pick(&OFFSETS);
                self.clock.set(offset);
            }
            Disruption::Templates => {
                self.templates.change();
                for worker in &self.workers {
                    worker.send(Blow::Reload).await.expect("a supervisor");
                }
            }
            Disruption::Command(arguments) => self.run(arguments),
            Disruption::Replies => self.change_replies().await,
            Disruption::BrokerRestart { crash } => {
                restart(self.servers.rabbitmq.first_node(), crash).await;
            }
            Disruption::DatabaseRestart { crash } => match &self.servers.postgres {
                Postgres::Alone(server) => restart(server, crash).await,
                Postgres::Replicated(replicated) => restart(replicated.primary(), crash).await,
            },
            Disruption::StandbyPromoted => {
                let address = &self.servers.database_address;
                if let Postgres::Replicated(replicated) = &mut self.servers.postgres {
                    replicated.fail_over(address).await;
                }
            }
            Disruption::Nodes(fault) => self.disturb_nodes(fault).await,
        }
    }

    async fn disturb_nodes(&mut self, fault: Nodes) {
        let mut nodes: Vec<usize> = (0..NODES).collect();
        self.random.shuffle(&mut nodes);
        let pause = self.milliseconds(300, 5_000);
        let crash = self.random.below(2) == 0;
        let RabbitMq::Cluster(cluster) = &self.servers.rabbitmq else {
            return;
        };
        // Two at once may be more than a cluster of three survives; workers and other servers go on being disturbed.
        let restarted = cluster.is_whole().await;
        if restarted > 0 {
            *self.tally.entry(STAYED_APART).or_default() += restarted;
        }
        match fault {
            Nodes::LeaderKilled => {
                let leader = cluster.leader_of(&self.world.topology.requests).await;
                cluster.away(&[leader], true, pause).await;
            }
            Nodes::OneCutOff => apart(cluster, nodes[0], Mode::Refuse, pause).await,
            Nodes::OneSilent => apart(cluster, nodes[0], Mode::Stall, pause).await,
            Nodes::LinkCut => {
                let ends = [nodes[0], nodes[1]];
                cluster.set_links_between(ends, Mode::Refuse);
                sleep(pause).await;
                cluster.set_links_between(ends, Mode::Pass);
            }
            Nodes::Restarted => {
                for node in nodes {
                    cluster.away(&[node], crash, Duration::ZERO).await;
                }
            }
            Nodes::TwoKilled => cluster.away(&nodes[..2], true, pause).await,
        }
    }

    /// Every second time a worker dies of it.
    async fn for_a_while(&mut self, network: Network, mode: Mode) {
        let half = self.milliseconds(100, 700);
        self.networks.set(network, mode);
        sleep(half).await;
        if self.random.below(2) == 0 {
            *self.tally.entry("worker killed meanwhile").or_default() += 1;
            self.strike(Blow::Kill).await;
        }
        sleep(half).await;
        self.networks.set(network, Mode::Pass);
    }

    async fn flap(&mut self, network: Network) {
        for _ in 0..self.random.between(3, 8) {
            self.networks.set(network, Mode::Refuse);
            sleep(self.milliseconds(30, 150)).await;
            self.networks.set(network, Mode::Pass);
            sleep(self.milliseconds(30, 300)).await;
        }
    }

    async fn strike(&mut self, blow: Blow) {
        let worker = self.random.pick(&self.workers);
        worker.send(blow).await.expect("a supervisor");
    }

    /// However it ends: the servers may be away, and the next one goes on.
    fn run(&mut self, arguments: &[&str]) {
        let variables = self.random.pick(&self.networks.variables);
        let program = self.world.program(arguments);
        let program = program.envs(variables.iter().map(|(name, value)| (*name, value)));
        let patience = match self.random.below(2) {
            0 => self.milliseconds(100, 1_500),
            _ => Duration::from_secs(20),
        };
        let running = timeout(patience, program.run());
        self.commands
            .spawn(async { running.await.ok().map(|finished| finished.stderr) });
    }

    /// Its only replica is suspended, or goes on. Where its node is away, there is nothing to do.
    async fn change_replies(&mut self) {
        self.suspended = !self.suspended;
        let action = if self.suspended { "suspend" } else { "resume" };
        let queue = reply_queue(self.world);
        let node = self.servers.rabbitmq.first_node();
        node.try_eval(&format!(
            "catch sys:{action}(whereis(list_to_atom(\"%2F_{queue}\")), 2000)."
        ))
        .await;
    }

    fn milliseconds(&mut self, from: usize, to: usize) -> Duration {
        let milliseconds = self.random.between(from, to);
        Duration::from_millis(milliseconds.try_into().expect("short"))
    }
}

/// One node apart from the others until they have noticed it, and for a while then.
async fn apart(cluster: &Cluster, node: usize, mode: Mode, pause: Duration) {
    cluster.set_links_of(node, mode);
    cluster.is_missed(node).await;
    sleep(pause).await;
    cluster.set_links_of(node, Mode::Pass);
}

async fn restart(server: &PrivateServer, crash: bool) {
    if crash {
        server.kill().await;
    } else {
        server.stop().await;
    }
    server.start().await;
}
