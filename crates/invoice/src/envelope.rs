//! What a request may be wrapped in: nothing, a CloudEvent 1.0 (structured or binary), or a MassTransit message.
//!
//! Publishers keep the framework that they have. The wrapping says what the message is and who it belongs to; the
//! request inside is the same in all of them, and so is its digest.

mod cloud_event;
mod content;
mod event_type;
mod mass_transit;

pub use self::content::Envelope;
pub use self::event_type::EVENT_TYPE;
use self::event_type::EventType;
use crate::Problem;

/// What the message's properties and headers say.
pub struct Metadata<'a> {
    /// AMQP's `content-type`.
    pub content_type: Option<&'a str>,
    /// AMQP's `type`.
    pub message_type: Option<&'a str>,
    /// Attributes of a binary CloudEvent, by their name without prefix.
    pub attribute: &'a dyn Fn(&str) -> Option<String>,
}

impl Envelope {
    /// Looks into a message. What is wrong with it comes out when the request is asked for.
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
        opened.unwrap_or_else(Self::refused)
    }
}

/// A request without an envelope.
fn plain(message_type: Option<&str>) -> Result<Envelope, Problem> {
    // Frameworks write all sorts of things there; only another version of ours means something.
    match message_type.map(event_type::of) {
        Some(EventType::OtherVersion) => Err(event_type::unsupported("", message_type)),
        Some(EventType::Ours | EventType::Foreign) | None => Ok(Envelope::default()),
    }
}

#[cfg(test)]
mod tests;
