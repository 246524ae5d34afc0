//! What the rest of the system is told: structured CloudEvents 1.0.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::failure::Failure;
use super::message::Message;
use crate::database::sales_invoice::Model;
use invoice::digest::Sha256Digest;

/// An event to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Routing key on the exchange.
    pub routing_key: &'static str,
    /// The event's id. The same for every event about the same thing, so that receivers can drop repetitions: events
    /// are published at least once.
    pub id: String,
    /// The whole CloudEvent.
    pub content: Value,
}

/// Content type of a structured CloudEvent.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The namespace of event ids (a random UUID, fixed for good).
const EVENT_IDS: Uuid = Uuid::from_u128(0x7c7e_5cb4_2a51_4c0e_9d7a_90b4_1c86_a3f5);

impl Event {
    /// `invoice.generated`: the document is stored and recorded.
    pub fn generated(message: &Message, record: &Model) -> Self {
        let identity = [
            &record.platform,
            &record.shop_id,
            &record.order_id,
            &record.package_id,
            &record.sequence_number,
        ];
        let subject = identity.map(String::as_str).join("/");
        let data = json!({
            "marketplace": {
                "platform": record.platform,
                "shopId": record.shop_id,
                "orderId": record.order_id,
                "packageId": record.package_id,
                "sequenceNumber": record.sequence_number,
            },
            "documentType": record.document_type,
            "number": record.number,
            "url": record.file_path,
            "objectKey": record.object_key,
            "sha256": record.sha256,
            "sizeBytes": record.size_bytes,
            "pages": record.pages,
            "template": {
                "name": record.template_name,
                "version": record.template_version,
                "digest": record.template_digest,
                "brandDigest": record.brand_digest,
            },
            "requestDigest": record.request_digest,
            "requestMessageId": message.message_id,
        });
        let time = record.generated_at.unwrap_or(record.created_at);
        let thing = format!("{subject} {}", record.request_digest);
        Self::new(
            "invoice.generated",
            &thing,
            Some(&subject),
            time,
            message,
            data,
        )
    }

    /// `invoice.failed`: the request was dead-lettered.
    pub fn failed(message: &Message, failure: &Failure, time: OffsetDateTime) -> Self {
        let data = json!({
            "code": failure.code,
            "detail": failure.detail,
            "stage": failure.stage.as_str(),
            "attempt": message.attempt,
            "requestMessageId": message.message_id,
        });
        let thing = format!(
            "{} {} {}",
            Sha256Digest::of(&message.body),
            failure.code,
            failure.detail
        );
        Self::new("invoice.failed", &thing, None, time, message, data)
    }

    fn new(
        routing_key: &'static str,
        thing: &str,
        subject: Option<&str>,
        time: OffsetDateTime,
        message: &Message,
        data: Value,
    ) -> Self {
        let id = Uuid::new_v5(&EVENT_IDS, format!("{routing_key} {thing}").as_bytes()).to_string();
        let mut content = json!({
            "specversion": "1.0",
            "id": id,
            "source": "/invoice-worker",
            "type": format!("{routing_key}.v1"),
            "time": time.format(&Rfc3339).unwrap_or_default(),
            "datacontenttype": "application/json",
            "data": data,
        });
        // Optional attributes are left out where there is nothing to say; null would not be valid.
        for (name, value) in [
            ("subject", subject),
            ("traceparent", message.traceparent.as_deref()),
        ] {
            if let Some(value) = value {
                content[name] = value.into();
            }
        }
        Self {
            routing_key,
            id,
            content,
        }
    }
}
