//! An archived dead letter as a message again.

use std::borrow::Cow;

use invoice::{Envelope, content};

use super::headers;
use super::lane::Lane;
use super::outgoing::{Outgoing, Routing};
use super::stored;
use super::topology::Topology;

/// Largest content of an archived body, in bytes, once it is unpacked. Limits may have been higher when it was published.
pub const ARCHIVED_MAX: usize = 64 << 20;

/// Properties and headers as the archive keeps them.
#[derive(Clone, Copy, Debug)]
pub struct Archived<'a> {
    /// Properties other than the headers, as JSON.
    pub properties: &'a str,
    /// All headers, as JSON.
    pub headers: &'a str,
}

/// A body that was changed.
#[derive(Debug)]
pub struct Packed<'a> {
    /// Its bytes.
    pub body: Cow<'a, [u8]>,
    /// Properties that say what it is, where those of the message do not.
    pub properties: Option<String>,
}

impl Archived<'_> {
    /// The request as it was first published, with this body, for this lane. `id` is the number of its dead letter, `failures`
    /// says how often it had failed.
    ///
    /// # Errors
    ///
    /// Where properties or headers are not the JSON that the archive writes.
    pub fn request(
        &self,
        body: Vec<u8>,
        id: i64,
        failures: i32,
        topology: &Topology,
        lane: Lane,
    ) -> serde_json::Result<Outgoing> {
        Ok(Outgoing {
            exchange: topology.exchange.clone(),
            routing_key: lane.routing_key().to_owned(),
            body,
            properties: headers::for_replay(self.properties, self.headers, id, failures)?,
            routing: Routing::Required,
        })
    }

    /// Whether its publisher asks for a strict check.
    pub fn is_strict(&self) -> bool {
        let all = stored::headers_from_json(self.headers).unwrap_or_default();
        all.inner()
            .get(headers::STRICT)
            .is_some_and(headers::is_true)
    }

    /// What a worker would find in this body, whose content may have so many bytes once it is unpacked. Errors as for
    /// [`request`](Self::request).
    pub fn envelope(&self, body: &[u8], max_bytes: usize) -> serde_json::Result<Envelope> {
        let headers = stored::headers_from_json(self.headers)?;
        let properties = stored::properties_from_json(self.properties)?.with_headers(headers);
        Ok(headers::envelope(&properties, body, max_bytes))
    }

    /// The content of this body, for people; the body itself where its form is not understood, or its content has more bytes
    /// than this.
    pub fn content<'a>(&self, body: &'a [u8], max_bytes: usize) -> Cow<'a, [u8]> {
        let content = stored::properties_from_json(self.properties)
            .ok()
            .and_then(|it| content::content(body, headers::form(&it), max_bytes).ok());
        content.unwrap_or(Cow::Borrowed(body))
    }

    /// A content that was changed, as a body of this message: in the form of the one that it replaces, or as plain UTF-8 with
    /// other properties where that form is not understood. Errors as for [`request`](Self::request).
    pub fn packed<'a>(&self, content: &'a [u8]) -> serde_json::Result<Packed<'a>> {
        let properties = stored::properties_from_json(self.properties)?;
        Ok(match content::packed(content, headers::form(&properties)) {
            Ok(body) => Packed {
                body,
                properties: None,
            },
            Err(_not_understood) => Packed {
                body: Cow::Borrowed(content),
                properties: Some(stored::properties_of_utf_8(self.properties)?),
            },
        })
    }
}
