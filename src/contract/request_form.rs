//! The forms that a request may arrive in, over AMQP and over HTTP, with their schemas and examples.

use invoice::envelope::{EVENT_TYPE, SPEC_VERSION};
use invoice::identity::PARTS;
use invoice::{InvoiceRequest, content};
use serde_json::{Map, Value, json};

/// Where a document has its schemas: an OpenAPI one and an AsyncAPI one alike.
pub(crate) const SCHEMAS: &str = "#/components/schemas/";

/// Examples of requests, which are samples of the templates: name, summary, JSON.
pub(crate) const EXAMPLES: [(&str, &str, &str); 4] = [
    (
        "receipt",
        "A receipt: what can be derived is left out",
        include_str!("../../templates/receipt/samples/receipt-minimal.json"),
    ),
    (
        "invoice",
        "An invoice with totals, two tax rates and a payment code",
        include_str!("../../templates/invoice/samples/invoice-de.json"),
    ),
    (
        "creditNote",
        "A credit note",
        include_str!("../../templates/credit-note/samples/credit-note-us.json"),
    ),
    (
        "packingSlip",
        "A packing slip",
        include_str!("../../templates/packing-slip/samples/packing-slip-de.json"),
    ),
];

/// What the body of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestForm {
    /// The request as it is.
    Plain,
    /// A structured CloudEvent.
    CloudEvent,
    /// A message of MassTransit.
    MassTransit,
}

impl RequestForm {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::CloudEvent, Self::MassTransit];

    /// The media type of the body.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Plain => content::JSON,
            Self::CloudEvent => content::CLOUD_EVENT,
            Self::MassTransit => content::MASS_TRANSIT,
        }
    }

    /// The name of the schema of the body.
    pub(crate) const fn schema_name(self) -> &'static str {
        match self {
            Self::Plain => "InvoiceRequest",
            Self::CloudEvent => "CloudEvent",
            Self::MassTransit => "MassTransitMessage",
        }
    }

    /// The reference to that schema.
    pub(crate) fn reference(self) -> String {
        format!("{SCHEMAS}{}", self.schema_name())
    }

    /// A body with this request.
    pub(crate) fn example(self, request: Value) -> Value {
        match self {
            Self::Plain => request,
            Self::CloudEvent => json!({
                "specversion": SPEC_VERSION,
                "type": format!("com.example.{EVENT_TYPE}"),
                "source": "/orders",
                "id": "0f7c2f0e-7f4c-4f4e-9b3e-2f1f6a1b2c3d",
                "data": request,
            }),
            Self::MassTransit => json!({
                "messageId": "0f7c2f0e-7f4c-4f4e-9b3e-2f1f6a1b2c3d",
                "messageType": ["urn:message:Orders:InvoiceRequested"],
                "message": request,
            }),
        }
    }
}

/// The schemas of all forms and of what they consist of, by name.
pub(crate) fn schemas() -> Map<String, Value> {
    let mut request = InvoiceRequest::json_schema();
    move_references(&mut request);
    let mut schemas = Map::new();
    if let Some(members) = request.as_object_mut() {
        members.remove("$schema");
        if let Some(Value::Object(definitions)) = members.remove("$defs") {
            schemas = definitions;
        }
    }
    for (form, schema) in [
        (RequestForm::Plain, request),
        (RequestForm::CloudEvent, cloud_event()),
        (RequestForm::MassTransit, mass_transit_message()),
    ] {
        schemas.insert(form.schema_name().to_owned(), schema);
    }
    schemas
}

/// Sets the schema of each part of an identity in events and in answers of the API to the one that it has in a request.
pub(crate) fn refer_to_parts(schemas: &mut Value) {
    for part in PARTS {
        schemas["InvoiceIdentity"]["properties"][part] =
            json!({ "$ref": format!("{SCHEMAS}IdentityPart") });
    }
}

/// In binary mode its attributes are headers, and its data is the body.
pub(crate) fn cloud_event() -> Value {
    json!({
        "type": "object",
        "description": "A CloudEvent 1.0 (structured mode) with the request in `data`, or in base64 in `data_base64`",
        "properties": {
            "specversion": { "type": "string", "const": SPEC_VERSION },
            "type": {
                "type": "string",
                "pattern": format!(r"^(.+\.)?{}$", EVENT_TYPE.replace('.', r"\.")),
                "description": format!("`{EVENT_TYPE}`, with or without a name of the publisher before it"),
                "examples": [format!("com.example.{EVENT_TYPE}")],
            },
            "id": { "type": ["string", "null"] },
            "traceparent": { "type": ["string", "null"], "description": "W3C trace context" },
            "data": { "$ref": RequestForm::Plain.reference() },
            "data_base64": { "type": ["string", "null"], "contentEncoding": "base64" },
        },
        "required": ["specversion", "type"],
        "anyOf": [{ "required": ["data"] }, { "required": ["data_base64"] }],
    })
}

fn mass_transit_message() -> Value {
    json!({
        "type": "object",
        "description": "A message of MassTransit with the request in `message`",
        "properties": {
            "messageId": { "type": ["string", "null"] },
            "correlationId": { "type": ["string", "null"] },
            "messageType": { "description": "Named after the publisher's classes, and ignored" },
            "message": { "$ref": RequestForm::Plain.reference() },
        },
        "required": ["message"],
    })
}

/// Points references at [`SCHEMAS`], where OpenAPI and AsyncAPI keep definitions; a JSON Schema by itself keeps them in `$defs`.
fn move_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                if let ("$ref", Value::String(reference)) = (name.as_str(), &mut *member) {
                    *reference = reference.replace("#/$defs/", SCHEMAS);
                } else {
                    move_references(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_every_example_has_the_request_in_it() {
        for (name, _, json) in EXAMPLES {
            let request: Value = serde_json::from_str(json).expect(name);
            assert!(request["marketplace"].is_object(), "{name}");
            for (form, member) in [
                (RequestForm::Plain, None),
                (RequestForm::CloudEvent, Some("data")),
                (RequestForm::MassTransit, Some("message")),
            ] {
                let body = form.example(request.clone());
                let found = member.map_or(&body, |member| &body[member]);
                assert_eq!(*found, request, "{name} in {form:?}");
            }
        }
    }
}
