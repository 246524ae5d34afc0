//! Envelopes of requests: none, a CloudEvent 1.0 (structured or binary), or a MassTransit message.
//!
//! Publishers can keep their messaging framework. An envelope has the type and the ids of the message. The request in it
//! is the same in all envelopes, and so is its digest.

mod cloud_event;
mod content;
mod event_type;
mod mass_transit;

pub use self::cloud_event::SPEC_VERSION;
pub use self::content::Envelope;
pub use self::event_type::EVENT_TYPE;
use self::event_type::EventType;
use crate::Problem;
use crate::content::{CLOUD_EVENT, Form, MASS_TRANSIT, beginning, content};
use crate::likeness::Likeness;

/// The properties and headers of a message that concern its envelope.
pub struct Metadata<'a> {
    /// What they say of the form of the body.
    pub form: Form<'a>,
    /// AMQP's `type`.
    pub message_type: Option<&'a str>,
    /// Attributes of a binary CloudEvent, by their name without prefix.
    pub attribute: &'a dyn Fn(&str) -> Option<String>,
    /// Largest content, in bytes, once it is unpacked.
    pub max_bytes: usize,
}

impl Envelope {
    /// Opens the envelope of a message. A problem of its body or its envelope is returned by [`Envelope::request`].
    pub fn open(metadata: &Metadata<'_>, body: &[u8]) -> Self {
        match content(body, metadata.form, metadata.max_bytes) {
            Ok(content) => opened(metadata, &content).with_source(body, content),
            Err(problem) => Self::refused(problem).with_beginning(beginning(
                body,
                metadata.form,
                metadata.max_bytes,
            )),
        }
    }
}

fn opened(metadata: &Metadata<'_>, content: &[u8]) -> Envelope {
    let content_type = metadata.form.content_type;
    let media_type = content_type.and_then(|text| text.split(';').next());
    let (opened, declared) = match media_type
        .map(|text| text.trim().to_ascii_lowercase())
        .as_deref()
    {
        Some(CLOUD_EVENT) => {
            let opened = cloud_event::structured(content);
            (opened, Some(Likeness::CloudEvent))
        }
        Some(MASS_TRANSIT) => {
            let opened = mass_transit::open(content);
            (opened, Some(Likeness::MassTransit))
        }
        // What the body is shows when the request is parsed.
        Some(_) | None => match (metadata.attribute)("specversion") {
            Some(version) => (cloud_event::binary(metadata.attribute, &version), None),
            None => (plain(metadata.message_type), None),
        },
    };
    let refused = |problem| {
        let likeness = declared.and_then(|_| Likeness::of_bytes(content));
        let mistaken = likeness.filter(|_| likeness != declared);
        Envelope::refused(mistaken.map_or(problem, Likeness::problem))
    };
    opened.unwrap_or_else(refused).with_usable_ids()
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
