//! What a test sends to the broker and takes from it.

use std::collections::BTreeMap;

use invoice_worker::app::App;
use invoice_worker::broker::Lane;

use super::World;
use crate::harness::broker::{Broker, Message, Received};
use crate::harness::poll::eventually;

impl World {
    /// Publishes a request and waits for the confirm; answers the message id.
    pub(crate) async fn publish(&self, body: impl Into<Vec<u8>>) -> String {
        let message = Message::new(body);
        self.send(&message).await;
        message.message_id
    }

    /// Publishes many requests and waits for all confirms.
    pub(crate) async fn publish_many(&self, bodies: impl IntoIterator<Item = Vec<u8>>) {
        let messages: Vec<Message> = bodies.into_iter().map(Message::new).collect();
        self.broker.publish(&messages).await;
    }

    /// Publishes many bulk requests and waits for all confirms.
    pub(crate) async fn publish_bulk(&self, bodies: impl IntoIterator<Item = Vec<u8>>) {
        let bulk = |body| Message {
            lane: Lane::Bulk,
            ..Message::new(body)
        };
        let messages: Vec<Message> = bodies.into_iter().map(bulk).collect();
        self.broker.publish(&messages).await;
    }

    /// Messages in the queue of a lane that wait for a consumer, see [`World::queue_len`].
    pub(crate) async fn lane_len(&self, lane: Lane) -> u32 {
        self.queue_len(&self.topology.queue(lane)).await
    }

    /// Publishes a request with properties and headers.
    pub(crate) async fn send(&self, message: &Message) {
        self.broker.publish(std::slice::from_ref(message)).await;
    }

    /// Declares the topology again, where a test has deleted parts of it.
    pub(crate) async fn declare_topology(&self) {
        self.broker.declare().await;
    }

    /// Whether there is such a queue.
    pub(crate) async fn has_queue(&self, queue: &str) -> bool {
        self.broker.ready(queue).await.is_ok()
    }

    /// Declares a queue of the test's own, for replies.
    pub(crate) async fn declare_queue(&self, queue: &str) {
        self.broker.declare_queue(queue).await;
    }

    /// Declares a queue that has room for so many messages, and refuses more.
    pub(crate) async fn declare_short_queue(&self, queue: &str, length: i32) {
        self.broker.declare_short_queue(queue, length).await;
    }

    /// Declares a quorum queue of the test's own, bound to this routing key of the exchange if there is one.
    pub(crate) async fn declare_quorum_queue(&self, queue: &str, key: Option<&str>) {
        self.broker.declare_quorum_queue(queue, key).await;
    }

    /// Declares a quorum queue of the test's own with a single replica.
    pub(crate) async fn declare_lone_queue(&self, queue: &str) {
        self.broker.declare_lone_queue(queue).await;
    }

    /// Deletes a topology of other names, which a program has declared.
    pub(crate) async fn forget_topology(&self, exchange: &str, queue: &str) {
        let mut settings = self.settings.clone();
        settings.broker.amqp_exchange = exchange.to_owned();
        settings.broker.amqp_queue = queue.to_owned();
        let broker = Broker::new(
            &self.variables["AMQP_URL"],
            App::new(settings.clone()).topology(),
        );
        broker.delete().await.expect("the topology can be deleted");
    }

    /// Takes everything out of a queue.
    pub(crate) async fn take_all(&self, queue: &str) -> Vec<Received> {
        let taken = self.broker.take_all(queue).await;
        taken.expect("the queue can be emptied")
    }

    /// All events that have not been taken yet, and everything in this queue, in any order: there may be very many.
    pub(crate) async fn take_events_and(&self, queue: &str) -> Vec<Received> {
        let mut all = Vec::new();
        for queue in [&self.broker.events_queue(), queue] {
            let taken = self.broker.take_many(queue).await;
            all.extend(taken.expect("the queue can be emptied"));
        }
        all
    }

    /// All dead letters so far.
    pub(crate) async fn dead_letters(&self) -> Vec<Received> {
        let mut all = self.dead_letters.lock().await;
        all.extend(self.take_all(&self.topology.dead).await);
        all.clone()
    }

    /// All events so far, except those that went to a reply queue.
    pub(crate) async fn events(&self) -> Vec<Received> {
        let mut all = self.events.lock().await;
        all.extend(self.take_all(&self.broker.events_queue()).await);
        all.clone()
    }

    /// Waits for so many events, and answers all there are.
    pub(crate) async fn wait_for_events(&self, count: usize) -> Vec<Received> {
        eventually(&format!("{count} events"), async || {
            let events = self.events().await;
            if events.len() >= count {
                Ok(events)
            } else {
                Err(events.len())
            }
        })
        .await
    }

    /// Messages that wait in all queues of the topology; none where the broker is away.
    pub(crate) async fn waiting(&self) -> Option<u32> {
        Some(self.waiting_in_each().await?.into_values().sum())
    }

    /// The same for each queue.
    pub(crate) async fn waiting_in_each(&self) -> Option<BTreeMap<String, u32>> {
        let mut waiting = BTreeMap::new();
        for queue in self.topology.queues() {
            let ready = self.broker.ready(&queue).await.ok()?;
            waiting.insert(queue, ready);
        }
        Some(waiting)
    }

    /// Messages in a queue that wait for a consumer. What a worker holds is not among them: stop workers before
    /// relying on it.
    pub(crate) async fn queue_len(&self, queue: &str) -> u32 {
        let ready = self.broker.ready(queue).await;
        ready.expect("the queue can be inspected")
    }
}
