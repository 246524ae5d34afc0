//! The servers of a drill, and the ways to them.

use std::collections::BTreeMap;

use crate::faults::cluster::Cluster;
use crate::faults::servers::PrivateServer;
use crate::faults::standby::Replicated;
use crate::harness::World;
use crate::proxy::{Mode, Proxy};

/// The broker.
pub(super) enum RabbitMq {
    Node(PrivateServer),
    Cluster(Cluster),
}

/// The database.
pub(super) enum Postgres {
    Alone(PrivateServer),
    Replicated(Replicated),
}

pub(super) struct Servers {
    pub(super) rabbitmq: RabbitMq,
    pub(super) postgres: Postgres,
    /// The database's address, which moves when a standby takes over; the drill itself uses it too.
    pub(super) database_address: Proxy,
    pub(super) database_url: String,
    /// The drill's own way to the broker: to a node that is there.
    _broker_address: Proxy,
    pub(super) amqp_url: String,
}

impl Servers {
    pub(super) async fn start(cluster: bool) -> Self {
        let (rabbitmq, postgres) = if cluster {
            let (cluster, replicated) = tokio::join!(Cluster::start(), Replicated::start());
            (RabbitMq::Cluster(cluster), Postgres::Replicated(replicated))
        } else {
            let (node, alone) = tokio::join!(PrivateServer::rabbitmq(), PrivateServer::postgres());
            (RabbitMq::Node(node), Postgres::Alone(alone))
        };
        let database = match &postgres {
            Postgres::Alone(server) => server,
            Postgres::Replicated(replicated) => replicated.primary(),
        };
        let (database_address, database_url) = Proxy::before(&database.url);
        let (broker_address, amqp_url) = Proxy::before_all(&rabbitmq.urls_from(0));
        Self {
            rabbitmq,
            postgres,
            database_address,
            database_url,
            _broker_address: broker_address,
            amqp_url,
        }
    }
}

impl RabbitMq {
    /// The nodes, beginning with this one.
    fn urls_from(&self, first: usize) -> Vec<&str> {
        match self {
            Self::Node(node) => vec![&node.url],
            Self::Cluster(cluster) => cluster.urls_from(first),
        }
    }

    /// The node that has the queue for replies.
    pub(super) fn first_node(&self) -> &PrivateServer {
        match self {
            Self::Node(node) => node,
            Self::Cluster(cluster) => cluster.node(0),
        }
    }

    /// How many messages each of these queues holds: those that wait, those that a consumer holds, and those that it moves to
    /// another queue, until that one has confirmed them. None while a queue has no leader.
    pub(super) async fn held_in_each(&self, queues: &[String]) -> Option<BTreeMap<String, u64>> {
        let names: Vec<_> = queues
            .iter()
            .map(|queue| format!("<<\"{queue}\">>"))
            .collect();
        let expression = format!(
            "list_to_tuple([begin \
                {{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, Name)), \
                Total = fun rabbit_fifo:query_messages_total/1, \
                {{ok, Held, _}} = ra:consistent_query(amqqueue:get_pid(Queue), Total), \
                Held end || Name <- [{}]]).",
            names.join(", ")
        );
        let answer = self.first_node().try_eval(&expression).await?;
        let counts = answer.split(|c: char| !c.is_ascii_digit());
        let counts: Vec<_> = counts.filter_map(|count| count.parse().ok()).collect();
        let held = queues.iter().cloned().zip(counts.iter().copied()).collect();
        (counts.len() == queues.len()).then_some(held)
    }

    /// Gives each of these queues another leader. RabbitMQ 3.10 keeps messages for a consumer that was cancelled and whose node was
    /// away when its connection ended; the next leader takes them back. Returns whether there are other nodes that can lead.
    pub(super) async fn change_leaders(&self, queues: &[String]) -> bool {
        let Self::Cluster(cluster) = self else {
            return false;
        };
        for queue in queues {
            let leader = cluster.leader_of(queue).await;
            cluster.move_leader(queue, leader).await;
        }
        true
    }

    /// Waits until all nodes are together; returns how many had to be restarted for that.
    pub(super) async fn is_whole(&self) -> usize {
        match self {
            Self::Node(_) => 0,
            Self::Cluster(cluster) => cluster.is_whole().await,
        }
    }
}

/// What may be disturbed between workers and a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Network {
    Broker,
    Database,
    Storage,
}

/// The network between workers and servers.
pub(super) struct Networks {
    /// For each worker, and each prefers another node.
    brokers: Vec<Proxy>,
    database: Proxy,
    storage: Proxy,
    /// The variables of each worker.
    pub(super) variables: Vec<Vec<(&'static str, String)>>,
}

impl Networks {
    pub(super) fn new(world: &World, servers: &Servers, workers: usize) -> Self {
        let (database, database_url) = Proxy::before(&world.variables["DATABASE_URL"]);
        let (storage, s3_url) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
        let ways = (0..workers).map(|worker| {
            let (broker, amqp_url) = Proxy::before_all(&servers.rabbitmq.urls_from(worker));
            let variables = vec![
                // A heartbeat that notices a broker that is silent for some seconds.
                ("AMQP_URL", format!("{amqp_url}?heartbeat=4")),
                ("DATABASE_URL", database_url.clone()),
                ("AWS_ENDPOINT_URL_S3", s3_url.clone()),
            ];
            (broker, variables)
        });
        let (brokers, variables) = ways.unzip();
        Self {
            brokers,
            database,
            storage,
            variables,
        }
    }

    /// From now on it is like this.
    pub(super) fn set(&self, network: Network, mode: Mode) {
        match network {
            Network::Broker => self.brokers.iter().for_each(|broker| broker.set(mode)),
            Network::Database => self.database.set(mode),
            Network::Storage => self.storage.set(mode),
        }
    }
}
