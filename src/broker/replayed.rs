//! An archived dead letter as a message again.

use invoice::Envelope;

use super::headers;
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
        Ok(Outgoing {
            exchange: topology.exchange.clone(),
            routing_key: lane.routing_key().to_owned(),
            body,
            properties: headers::for_replay(self.properties, self.headers, id, failures)?,
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
