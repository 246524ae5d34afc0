//! A RabbitMQ cluster of a test's own: three nodes, with a proxy on each link between two of them.

mod link;

use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tempfile::TempDir;

use self::link::Link;
use super::servers::{PrivateServer, RABBITMQ, port_in};
use crate::harness::eventually_within;
use crate::proxy::Mode;

/// How many nodes there are.
pub(crate) const NODES: usize = 3;

/// Longest time until the nodes are together again. A node that was cut off starts itself anew.
const REUNION: Duration = Duration::from_secs(400);

/// How long nodes are left alone to come together.
const APART: Duration = Duration::from_secs(90);

/// Dropping it kills all nodes.
pub(crate) struct Cluster {
    nodes: Vec<PrivateServer>,
    links: Vec<Link>,
    _port_mapper: PortMapper,
}

impl Cluster {
    /// Queues that are declared from now on have a replica on each node.
    pub(crate) async fn start() -> Self {
        let shared = TempDir::with_prefix("invoice-cluster.").expect("a temporary directory");
        let port_mapper = PortMapper(shared);
        let (mut nodes, mut links) = (Vec::<PrivateServer>::new(), Vec::new());
        for new in 0..NODES {
            // One that starts opens connections to those that are there.
            for (old, node) in nodes.iter().enumerate() {
                links.push(Link::new(new, (old, node), port_mapper.port()).await);
            }
            let node = PrivateServer::rabbitmq_member(port_mapper.0.path(), new + 1).await;
            for old in 0..new {
                links.push(Link::new(old, (new, &node), port_mapper.port()).await);
            }
            nodes.push(node);
        }
        Self {
            nodes,
            links,
            _port_mapper: port_mapper,
        }
    }

    /// The URLs of all nodes, beginning with this one.
    pub(crate) fn urls_from(&self, first: usize) -> Vec<&str> {
        let nodes = (first..first + NODES).map(|node| &self.nodes[node % NODES]);
        nodes.map(|node| &*node.url).collect()
    }

    /// One of its nodes.
    pub(crate) fn node(&self, node: usize) -> &PrivateServer {
        &self.nodes[node]
    }

    /// Sets the network between a node and all others; clients reach it as before.
    pub(crate) fn set_links_of(&self, node: usize, mode: Mode) {
        let its = self.links.iter().filter(|link| link.is_at(node));
        its.for_each(|link| link.set(mode));
    }

    /// Sets the network between two nodes.
    pub(crate) fn set_links_between(&self, ends: [usize; 2], mode: Mode) {
        let its = self.links.iter();
        let its = its.filter(|link| ends.iter().all(|end| link.is_at(*end)));
        its.for_each(|link| link.set(mode));
    }

    /// Stops or kills some nodes, and starts them together after a while.
    pub(crate) async fn away(&self, nodes: &[usize], crash: bool, pause: Duration) {
        let nodes: Vec<_> = nodes.iter().map(|node| &self.nodes[*node]).collect();
        join_all(nodes.iter().map(async |node| match crash {
            true => node.kill().await,
            false => node.stop().await,
        }))
        .await;
        tokio::time::sleep(pause).await;
        // At once: one that was away with others may wait for them.
        join_all(nodes.iter().map(|node| node.start())).await;
    }

    /// The node that has the leader of this queue.
    pub(crate) async fn leader_of(&self, queue: &str) -> usize {
        let expression =
            format!("element(2, ra_leaderboard:lookup_leader(list_to_atom(\"%2F_{queue}\"))).");
        eventually_within(REUNION, "a leader", async || {
            for node in &self.nodes {
                // For example invoice2@member2
                let name = node.try_eval(&expression).await.unwrap_or_default();
                let member = name.chars().last().and_then(|last| last.to_digit(10));
                if let Some(member) = member {
                    return Ok(member as usize - 1);
                }
            }
            Err("none")
        })
        .await
    }

    /// Makes the next node the leader of this queue.
    pub(crate) async fn move_leader(&self, queue: &str, leader: usize) {
        let server = |node: usize| {
            let member = node % NODES + 1;
            format!("{{list_to_atom(\"%2F_{queue}\"), 'invoice{member}@member{member}'}}")
        };
        let (from, to) = (server(leader), server(leader + 1));
        let expression = format!("ra:transfer_leadership({from}, {to}).");
        assert_eq!(self.nodes[leader].eval(&expression).await, "ok");
        eventually_within(REUNION, "another leader", async || {
            match self.leader_of(queue).await {
                same if same == leader => Err(same),
                _another => Ok(()),
            }
        })
        .await;
    }

    /// Waits until the others notice that a node is not there.
    pub(crate) async fn is_missed(&self, node: usize) {
        let (member, other) = (node + 1, &self.nodes[(node + 1) % NODES]);
        let expression =
            format!("lists:member('invoice{member}@member{member}', rabbit_nodes:all_running()).");
        eventually_within(REUNION, "a node that is missed", async || {
            match other.try_eval(&expression).await {
                Some(there) if there == "false" => Ok(()),
                other => Err(other),
            }
        })
        .await;
    }

    /// On how many nodes this queue is.
    pub(crate) async fn replicas_of(&self, queue: &str) -> usize {
        let expression = format!(
            "{{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{queue}\">>)), \
             length(maps:get(nodes, amqqueue:get_type_state(Queue)))."
        );
        let count = self.nodes[0].eval(&expression).await;
        count.parse().expect("a count")
    }

    /// Waits until each node sees all nodes. Two that were apart may stay so, each waiting for the other: one node after the
    /// other is restarted then, as a liveness probe does. Returns how many were.
    pub(crate) async fn is_whole(&self) -> usize {
        let mut restarted = 0;
        let mut apart_since = Instant::now();
        eventually_within(REUNION, "three nodes that see each other", async || {
            match self.nodes[0].try_eval(SEES_ALL).await {
                Some(all) if all == "true" => return Ok(()),
                Some(_) | None if apart_since.elapsed() < APART => {}
                Some(_) | None => {
                    self.away(&[restarted % NODES], true, Duration::ZERO).await;
                    restarted += 1;
                    apart_since = Instant::now();
                }
            }
            Err("apart")
        })
        .await;
        restarted
    }
}

/// Whether all nodes see all nodes.
const SEES_ALL: &str = "lists:all(fun(Node) -> \
    case rpc:call(Node, rabbit_nodes, all_running, [], 5000) of \
    Nodes when is_list(Nodes) -> length(Nodes) =:= 3; _ -> false end end, rabbit_nodes:all()).";

impl Drop for Cluster {
    fn drop(&mut self) {
        // Each would wait for the others to take over.
        for node in &self.nodes {
            node.kill_at_once();
        }
    }
}

/// What the nodes share.
struct PortMapper(TempDir);

impl PortMapper {
    /// Known when the first node was started.
    fn port(&self) -> u16 {
        port_in(self.0.path(), "EPMD_PORT")
    }
}

impl Drop for PortMapper {
    fn drop(&mut self) {
        let stop = Command::new(RABBITMQ)
            .arg("stop")
            .arg(self.0.path())
            .output();
        stop.expect("the server's script");
    }
}
