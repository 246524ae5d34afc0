//! A message from a queue, until it is settled.

use std::borrow::Cow;
use std::time::SystemTime;

use invoice::{Envelope, content};
use lapin::message::Delivery as LapinDelivery;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::{FieldTable, ShortString};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::death::Death;
use super::error::BrokerError;
use super::headers::{
    self, ATTEMPT, CRASH_SUSPECT, DELIVERY_COUNT, EVENT_CONFIRMED, EVENT_REFUSED_SINCE,
    FAILED_ATTEMPTS, FIRST_RECEIVED_AT, Progress, Reason, STRICT, TRACEPARENT, integer, is_true,
    string,
};
use super::lane::Lane;
use super::outgoing::{Outgoing, Routing};
use super::stored;
use super::topology::RETRY;

/// A message from a queue. Dropping it settles nothing: it is delivered again when its connection ends.
#[derive(Debug)]
pub struct Delivery(LapinDelivery, SystemTime);

impl Delivery {
    pub(super) fn new(delivery: LapinDelivery) -> Self {
        Self(delivery, SystemTime::now())
    }

    /// When it was taken from the connection.
    pub fn received_at(&self) -> SystemTime {
        self.1
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.0.data
    }

    /// The body, which is empty afterwards.
    pub fn take_body(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0.data)
    }

    /// The exchange that it came through last.
    pub fn exchange(&self) -> &str {
        self.0.exchange.as_str()
    }

    /// Its routing key there.
    pub fn routing_key(&self) -> &str {
        self.0.routing_key.as_str()
    }

    /// AMQP's `message-id`.
    pub fn message_id(&self) -> Option<String> {
        text(self.0.properties.message_id())
    }

    /// AMQP's `correlation-id`.
    pub fn correlation_id(&self) -> Option<String> {
        text(self.0.properties.correlation_id())
    }

    /// AMQP's `reply-to`.
    pub fn reply_to(&self) -> Option<String> {
        text(self.0.properties.reply_to())
    }

    /// AMQP's `timestamp`, in whole seconds: when it was published.
    pub fn published_at(&self) -> Option<OffsetDateTime> {
        let seconds = i64::try_from((*self.0.properties.timestamp())?).ok()?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    }

    /// W3C trace context.
    pub fn traceparent(&self) -> Option<String> {
        self.header_text(TRACEPARENT)
            .filter(|text| !text.is_empty())
    }

    /// Whether its publisher asks for a strict check.
    pub fn is_strict(&self) -> bool {
        let header = self.headers().and_then(|all| all.inner().get(STRICT));
        header.is_some_and(is_true)
    }

    /// Which attempt it is, from 1. A header of this program: the broker counts deliveries, not attempts. It is believed only
    /// of a message that comes from a retry queue.
    pub fn attempt(&self) -> u32 {
        let attempt = self.header_integer(ATTEMPT).filter(|_| self.was_retried());
        attempt.unwrap_or(1).max(1)
    }

    /// Whether the broker has moved it here from a retry queue of this queue. A publisher, or a shovel that moves messages
    /// between brokers, may send this program's headers along.
    fn was_retried(&self) -> bool {
        let retry_queue = |death: Death| {
            let of_this_queue = death.queue.strip_prefix(self.routing_key());
            of_this_queue.is_some_and(|rest| rest.starts_with(RETRY))
        };
        self.exchange().is_empty() && self.death().is_some_and(retry_queue)
    }

    /// How often the broker has delivered it before, without an acknowledgement.
    pub fn delivery_count(&self) -> u32 {
        // A publisher, or a shovel that moves messages between brokers, may have sent the header along.
        if !self.0.redelivered {
            return 0;
        }
        self.header_integer(DELIVERY_COUNT).unwrap_or(0)
    }

    /// When a worker first received it; now, where none has, or where the header is not believed or in the future.
    pub fn first_received_at(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        self.past(FIRST_RECEIVED_AT, now).unwrap_or(now)
    }

    /// The value of [`EVENT_REFUSED_SINCE`], of a message that comes from a retry queue; now, where it is in the future.
    pub fn event_refused_since(&self) -> Option<OffsetDateTime> {
        self.past(EVENT_REFUSED_SINCE, OffsetDateTime::now_utc())
    }

    /// The value of [`CRASH_SUSPECT`], of a message that comes from a retry queue.
    pub fn crash_suspect(&self) -> Option<u32> {
        let deliveries = self.header_text(CRASH_SUSPECT)?.parse().ok();
        deliveries.filter(|_| self.was_retried())
    }

    /// A moment in a header of a message that comes from a retry queue, at most this one.
    fn past(&self, name: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let text = self.header_text(name).filter(|_| self.was_retried())?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
        Some(moment.min(now))
    }

    /// The value of [`FAILED_ATTEMPTS`], of a message that comes from a retry queue.
    pub fn failed_attempts(&self) -> Option<String> {
        let attempts = self.header_text(FAILED_ATTEMPTS);
        attempts.filter(|_| self.was_retried())
    }

    /// The value of [`EVENT_CONFIRMED`], of a message that comes from a retry queue.
    pub fn event_confirmed(&self) -> Option<String> {
        let confirmed = self.header_text(EVENT_CONFIRMED);
        confirmed.filter(|_| self.was_retried())
    }

    /// What the body is wrapped in. Its content may have so many bytes once it is unpacked.
    pub fn envelope(&self, max_bytes: usize) -> Envelope {
        headers::envelope(&self.0.properties, &self.0.data, max_bytes)
    }

    /// The beginning of the [content](invoice::content::beginning) of the body, of at most so many bytes.
    pub fn beginning(&self, max_bytes: usize) -> Cow<'_, [u8]> {
        content::beginning(&self.0.data, headers::form(&self.0.properties), max_bytes)
    }

    /// A header that is a text.
    pub fn header_text(&self, name: &str) -> Option<String> {
        self.headers()?.inner().get(name).and_then(string)
    }

    /// A header that is a number of any of AMQP's widths; none where it is negative or too large.
    pub fn header_integer(&self, name: &str) -> Option<u32> {
        self.headers()?.inner().get(name).and_then(integer)
    }

    /// Why the broker itself dead-lettered it; none where a worker did.
    pub fn death(&self) -> Option<Death> {
        Death::last(self.headers()?)
    }

    /// The properties other than the headers, as JSON for the archive.
    pub fn properties_json(&self) -> String {
        stored::properties_to_json(&self.0.properties)
    }

    /// The headers, as JSON for the archive.
    pub fn headers_json(&self) -> String {
        match self.headers() {
            Some(headers) => stored::headers_to_json(headers),
            None => stored::headers_to_json(&FieldTable::default()),
        }
    }

    /// The message for a retry queue, as its next attempt.
    pub fn retry(&self, queue: String, body: Vec<u8>, progress: &Progress) -> Outgoing {
        Outgoing {
            exchange: String::new(),
            routing_key: queue,
            body,
            properties: headers::for_retry(&self.0.properties, progress),
            routing: Routing::Required,
        }
    }

    /// The message as a dead letter with its reason. Its routing key is the one of its lane, also where it came from a retry
    /// queue.
    pub fn dead_letter(
        &self,
        exchange: String,
        lane: Lane,
        body: Vec<u8>,
        progress: &Progress,
        reason: &Reason<'_>,
    ) -> Outgoing {
        Outgoing {
            exchange,
            routing_key: lane.routing_key().to_owned(),
            body,
            properties: headers::for_dead_letter(&self.0.properties, progress, reason),
            routing: Routing::Required,
        }
    }

    /// Acknowledges it.
    ///
    /// # Errors
    ///
    /// Where the acknowledgement could not be sent. The message is then delivered again.
    pub async fn ack(&self) -> Result<(), BrokerError> {
        self.acknowledge(BasicAckOptions::default()).await
    }

    /// Acknowledges it and all that were delivered before it on the same subscription. Errors as for [`ack`](Self::ack).
    pub async fn ack_with_earlier(&self) -> Result<(), BrokerError> {
        self.acknowledge(BasicAckOptions { multiple: true }).await
    }

    async fn acknowledge(&self, options: BasicAckOptions) -> Result<(), BrokerError> {
        match self.0.acker.ack(options).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(BrokerError::Unreachable(
                "the channel was closed before the acknowledgement".into(),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns it to the queue. Where the broker makes that difference, this does not count as a failed delivery.
    pub async fn hand_back(&self) -> Result<(), BrokerError> {
        let options = BasicNackOptions {
            requeue: true,
            multiple: false,
        };
        self.0.acker.nack(options).await?;
        Ok(())
    }

    fn headers(&self) -> Option<&FieldTable> {
        self.0.properties.headers().as_ref()
    }
}

/// Some clients send every property, and an empty one where there is nothing to say.
fn text(value: &Option<ShortString>) -> Option<String> {
    let value = value.as_ref().filter(|text| !text.as_str().is_empty())?;
    Some(value.to_string())
}

#[cfg(test)]
impl Delivery {
    /// A delivery with these headers, in the JSON form of the archive.
    pub(crate) fn mock(
        exchange: &str,
        message_id: &str,
        headers: &serde_json::Value,
        body: Vec<u8>,
    ) -> Self {
        let (exchange, key) = (exchange.into(), "invoice.requested".into());
        let mut delivery = LapinDelivery::mock(1, exchange, key, false, body);
        let headers = stored::headers_from_json(&headers.to_string()).expect("headers");
        delivery.properties = lapin::BasicProperties::default()
            .with_headers(headers)
            .with_message_id(message_id.into());
        Self::new(delivery)
    }
}
