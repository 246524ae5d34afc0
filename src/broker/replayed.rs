//! An archived dead letter as a message again.

use invoice::Envelope;
use lapin::types::{AMQPValue, FieldTable};

use super::headers::{self, PERSISTENT, PROGRESS, REPLAY, REPLAY_OF, goes_along};
use super::lane::Lane;
use super::outgoing::Outgoing;
use super::stored;
use super::topology::Topology;

/// Properties and headers as the archive keeps them.
#[derive(Clone, Copy, Debug)]
pub struct Archived<'a> {
    /// Properties other than the headers, as JSON.
    pub properties: &'a str,
    /// All headers, as JSON.
    pub headers: &'a str,
}

impl Archived<'_> {
    /// The request as it was first published, with this body, for this lane. `id` is the number of its dead letter, `failures` says how often
    /// it had failed.
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
        let mut headers = FieldTable::default();
        for (name, value) in stored::headers_from_json(self.headers)?.inner() {
            if goes_along(name.as_str()) && !PROGRESS.contains(&name.as_str()) {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers.insert(REPLAY.into(), AMQPValue::LongLongInt(failures.into()));
        headers.insert(REPLAY_OF.into(), AMQPValue::LongLongInt(id));
        let properties = stored::properties_from_json(self.properties)?
            .with_headers(headers)
            .with_delivery_mode(PERSISTENT);
        Ok(Outgoing {
            exchange: topology.exchange.clone(),
            routing_key: lane.routing_key().to_owned(),
            body,
            properties,
            mandatory: true,
        })
    }

    /// What a worker would find in this body. Errors as for [`request`](Self::request).
    pub fn envelope(&self, body: &[u8]) -> serde_json::Result<Envelope> {
        let headers = stored::headers_from_json(self.headers)?;
        let properties = stored::properties_from_json(self.properties)?.with_headers(headers);
        Ok(headers::envelope(&properties, body))
    }
}
