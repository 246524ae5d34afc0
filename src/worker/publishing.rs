//! What is published before a message is acknowledged: its event, and what takes the message's place.

use document::faults::{self, Step};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::in_work::InWork;
use super::rights::Rights;
use crate::broker::{BrokerError, Outgoing, Publisher};
use crate::contract::{CONTENT_TYPE, Event};
use crate::processor::{Announcement, Message, Outcome};
use crate::retry::Delays;

/// Publishes for the messages in work.
pub(super) struct Publishing {
    pub(super) publisher: Publisher,
    /// The exchange for events.
    pub(super) exchange: String,
    /// Whether events go to the exchange too where a request names a queue for them.
    pub(super) replies_to_exchange: bool,
    /// What the broker's user may not do.
    pub(super) rights: Rights,
}

/// What becomes of a message after its event.
pub(super) struct Announced {
    pub(super) outcome: Outcome,
    /// The place that has confirmed the event, for the retry of a message whose event another place has refused. The retry
    /// does not publish the event there again.
    pub(super) confirmed: Option<String>,
}

impl From<Outcome> for Announced {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            confirmed: None,
        }
    }
}

/// Where an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The queue that the publisher of the request has named.
    Reply,
    /// The exchange, for all who have bound a queue.
    Exchange,
}

impl Place {
    /// How a header says that this place has confirmed this event.
    fn confirmation(self, event: &Event) -> String {
        let name = match self {
            Self::Reply => "reply",
            Self::Exchange => "exchange",
        };
        format!("{name} {}", event.id)
    }
}

impl Publishing {
    /// Publishes the event to all its places at once; returns what becomes of the message then.
    pub(super) async fn announce(
        &self,
        work: &InWork,
        announcement: Announcement,
        outcome: Outcome,
        give_up: &CancellationToken,
    ) -> Result<Announced, BrokerError> {
        let Announcement { event, if_refused } = announcement;
        let message = &work.message;
        let mut confirmed = work.delivery.event_confirmed();
        let mut places = self.places(message);
        places.retain(|place| Some(place.confirmation(&event)) != confirmed);
        fault(Step::Publishing, message);
        let publishing = places.iter().map(|place| {
            let copy = self.copy(message, &event, *place);
            self.publish(message, copy, give_up)
        });
        let published = join_all(publishing).await;
        let mut refusing = Vec::new();
        for (place, published) in places.into_iter().zip(published) {
            match published {
                Ok(()) => confirmed = Some(place.confirmation(&event)),
                // The queue that the event should go to is full or does not confirm, and nothing else is wrong.
                Err(error) if error.is_refusal() => refusing.push(place),
                Err(error) => return Err(error),
            }
        }
        if refusing.is_empty() {
            return Ok(outcome.into());
        }
        if let Some(outcome) = if_refused {
            return Ok(Announced { outcome, confirmed });
        }
        for place in refusing {
            let Outgoing {
                exchange,
                routing_key,
                ..
            } = self.copy(message, &event, place);
            error!(
                event = "event_given_up",
                exchange,
                routing_key,
                "event not published: the queue that it should go to has been full or unavailable for too long"
            );
        }
        Ok(outcome.into())
    }

    fn places(&self, message: &Message) -> Vec<Place> {
        match message.reply_to {
            None => vec![Place::Exchange],
            Some(_) if self.replies_to_exchange => vec![Place::Reply, Place::Exchange],
            Some(_) => vec![Place::Reply],
        }
    }

    /// The event for one of its places: everywhere with the same bytes and the same id.
    fn copy(&self, message: &Message, event: &Event, place: Place) -> Outgoing {
        let (exchange, routing_key) = match place {
            Place::Reply => (String::new(), message.reply_to.clone().unwrap_or_default()),
            Place::Exchange => (self.exchange.clone(), event.routing_key.to_owned()),
        };
        Outgoing::event(
            exchange,
            routing_key,
            event.body.clone(),
            &event.id,
            CONTENT_TYPE,
            message.correlation_id.as_deref(),
        )
    }

    /// Publishes a message, and waits for the confirm, in a span of the message that it answers or replaces. Where the right is
    /// missing, it waits for that, and the worker is held back.
    pub(super) async fn publish(
        &self,
        message: &Message,
        mut outgoing: Outgoing,
        give_up: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let span = outgoing.traced(&message.span);
        let published = self.publish_when_permitted(&outgoing, give_up).await;
        span.end(published.as_ref().err().map(BrokerError::kind));
        published
    }

    async fn publish_when_permitted(
        &self,
        outgoing: &Outgoing,
        give_up: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let exchange = outgoing.exchange.as_str();
        let mut delays = Delays::hold_back();
        loop {
            let publishing = self.publisher.publish_until_confirmed(outgoing, give_up);
            match publishing.await {
                Err(error @ BrokerError::RightMissing(_)) => {
                    let delay = delays.next_delay();
                    self.rights.refused(exchange, &error, delay);
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        () = give_up.cancelled() => return Err(BrokerError::Stopping),
                    }
                }
                Ok(()) => {
                    self.rights.confirmed(exchange);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Where tests end the process.
pub(super) fn fault(step: Step, message: &Message) {
    faults::at(step, message.message_id.as_deref().unwrap_or_default());
}
