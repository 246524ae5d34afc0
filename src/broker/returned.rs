//! Events that the broker returns: no queue has the name that the publisher of the request gave.

use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};
use tracing::{Span, warn};

use super::headers::{TRACEPARENT, string};
use super::outgoing::Outgoing;
use crate::telemetry::metrics;
use crate::telemetry::traces::trace_id;

/// Logs and counts an event that came back with the confirm of `confirmed`. Publishing it again would bring it back again.
pub(super) fn report(returned: &Delivery, confirmed: &Outgoing) {
    metrics::reply_unroutable();
    let properties = &returned.properties;
    // lapin attaches a returned message to whichever confirm completes next. The span of the message in work is right if that
    // is the message's own.
    let is_its_own = *properties.message_id() == *confirmed.properties.message_id();
    let span = is_its_own.then(|| Span::current().id()).flatten();
    let headers = properties.headers().iter().flat_map(FieldTable::inner);
    let traceparent = headers
        .filter(|(name, _)| name.as_str() == TRACEPARENT)
        .find_map(|(_, value): (_, &AMQPValue)| string(value));
    warn!(
        parent: span,
        event = "reply_unroutable",
        queue = returned.routing_key.as_str(),
        event_id = properties.message_id().as_ref().map(|id| id.as_str()),
        correlation_id = properties.correlation_id().as_ref().map(|id| id.as_str()),
        reply_trace_id = traceparent.as_deref().and_then(trace_id),
        "event not delivered: the queue in reply_to does not exist"
    );
}
