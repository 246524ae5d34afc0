//! Requests, as the order service sends them: published in batches from files, or one by one for callers of the API.

pub mod intake;
pub mod submit;
pub mod wait;

use crate::broker::{BrokerError, Lane, Outgoing, Publisher};
use crate::telemetry::traces::Span;

/// Messages whose confirms are awaited together.
const BATCH: usize = 256;

/// A request to be published.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The message's id; each request has its own.
    pub message_id: String,
    /// The request in JSON.
    pub body: Vec<u8>,
}

/// A request that the broker did not confirm.
#[derive(Debug)]
pub struct Unpublished {
    /// The message's id.
    pub message_id: String,
    /// Why.
    pub error: BrokerError,
}

/// Publishes requests in batches and waits for all confirms; returns those that were not confirmed. `progress` is called
/// after each batch with the number of its confirmed requests.
///
/// # Errors
///
/// Where a whole batch could not be published. Earlier batches are.
pub async fn publish(
    publisher: &Publisher,
    lane: Lane,
    requests: impl IntoIterator<Item = NewRequest>,
    mut progress: impl FnMut(usize),
) -> Result<Vec<Unpublished>, BrokerError> {
    let mut requests = requests.into_iter().peekable();
    let mut unpublished = Vec::new();
    while requests.peek().is_some() {
        let (batch, spans): (Vec<Outgoing>, Vec<Span>) = requests
            .by_ref()
            .take(BATCH)
            .map(|request| {
                let mut message = publisher.request(lane, &request.message_id, request.body);
                let span = message.traced_anew();
                (message, span)
            })
            .unzip();
        let failed = publisher.publish_batch(&batch).await?;
        for (index, error) in &failed {
            spans[*index].fail(error.kind());
        }
        drop(spans);
        progress(batch.len() - failed.len());
        unpublished.extend(failed.into_iter().map(|(index, error)| Unpublished {
            message_id: batch[index].message_id().unwrap_or_default().to_owned(),
            error,
        }));
    }
    Ok(unpublished)
}
