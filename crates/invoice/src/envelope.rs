//! Envelopes of requests: none, a CloudEvent 1.0 (structured or binary), or a MassTransit message.
//!
//! Publishers can keep their messaging framework. An envelope has the type and the ids of the message. The request in it
//! is the same in all envelopes, and so is its digest.

mod cloud_event;
mod content;
mod event_type;
mod mass_transit;

pub use self::content::Envelope;
pub use self::event_type::EVENT_TYPE;
use self::event_type::EventType;
use crate::Problem;

/// The properties and headers of a message that concern its envelope.
pub struct Metadata<'a> {
    /// AMQP's `content-type`.
    pub content_type: Option<&'a str>,
    /// AMQP's `type`.
    pub message_type: Option<&'a str>,
    /// Attributes of a binary CloudEvent, by their name without prefix.
    pub attribute: &'a dyn Fn(&str) -> Option<String>,
}

impl Envelope {
    /// Opens the envelope of a message. A problem of the envelope is returned by [`Envelope::request`].
    pub fn open(metadata: &Metadata<'_>, body: &[u8]) -> Self {
        let media_type = metadata
            .content_type
            .and_then(|text| text.split(';').next());
        let opened = match media_type
            .map(|text| text.trim().to_ascii_lowercase())
            .as_deref()
        {
            Some("application/cloudevents+json") => cloud_event::structured(body),
            Some("application/vnd.masstransit+json") => mass_transit::open(body),
            Some(_) | None => match (metadata.attribute)("specversion") {
                Some(version) => cloud_event::binary(metadata.attribute, &version),
                None => plain(metadata.message_type),
            },
        };
        opened.unwrap_or_else(Self::refused).with_usable_ids()
    }
}

/// A request without an envelope.
fn plain(message_type: Option<&str>) -> Result<Envelope, Problem> {
    // Frameworks write their own names there. Only another version of this event is refused.
    match message_type.map(event_type::of) {
        Some(EventType::OtherVersion) => Err(event_type::unsupported("", message_type)),
        Some(EventType::Ours | EventType::Foreign) | None => Ok(Envelope::default()),
    }
}

#[cfg(test)]
mod tests;
