//! A request as the steps of the processor see it.

use einvoice::EInvoice;
use invoice::{InvoiceIdentity, Sha256Digest};

use super::message::Message;
use crate::database::Received;

/// A request whose identity and content are known.
pub(super) struct Request<'a> {
    pub(super) identity: &'a InvoiceIdentity,
    pub(super) text: &'a str,
    pub(super) digest: Sha256Digest,
    /// The e-invoice that it asks for.
    pub(super) e_invoice: Option<&'a EInvoice>,
}

impl Request<'_> {
    /// What is recorded of it.
    pub(super) fn received<'a>(&'a self, message: &'a Message) -> Received<'a> {
        Received {
            identity: self.identity,
            request: self.text,
            request_digest: self.digest,
            message_id: message.message_id.as_deref(),
            trace_id: message.trace_id(),
            attempt: message.attempt,
            received_at: Some(message.first_received_at),
            failed_attempts: message.failed_attempts.as_deref(),
        }
    }
}
