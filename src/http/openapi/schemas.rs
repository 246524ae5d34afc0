//! Schemas: those of a request come from the wire types, those of the answers from their own types.

use std::borrow::Cow;

use invoice::identity::PARTS;
use invoice::{FailureCode, InvoiceRequest as WireRequest, WarningCode};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::broker::Lane;
use crate::http::problem::{Code, Parts as Problem};

/// A schema that [`add`] fills in, or that says nothing.
macro_rules! opaque {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        pub(in crate::http) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Object::new().into())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

opaque! {
    /// A request: the schema of the wire types.
    InvoiceRequest;
    /// A part of an identity: that of the wire types.
    IdentityPart;
    /// A request as it was stored: valid or not.
    StoredRequest;
    /// Any bytes.
    Bytes;
}

/// A file: its bytes, of one media type.
macro_rules! files {
    ($($(#[$doc:meta])+ $name:ident = $media_type:literal;)+) => {$(
        $(#[$doc])+
        pub(in crate::http) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let mut object = Object::with_type(utoipa::openapi::schema::Type::String);
                object.content_media_type = $media_type.to_owned();
                RefOr::T(object.into())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

files! {
    /// The bytes of a document.
    File = "application/pdf";
    /// The bytes of an e-invoice.
    Xml = "application/xml";
}

/// The identity of an invoice, as five parts of the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used")]
pub(in crate::http) struct IdentityPath {
    /// Marketplace platform.
    #[param(value_type = IdentityPart, example = "tiktok")]
    platform: String,
    /// Shop on the platform.
    #[param(value_type = IdentityPart, rename = "shopId", example = "shop123")]
    shop_id: String,
    /// Order in the shop.
    #[param(value_type = IdentityPart, rename = "orderId", example = "order456")]
    order_id: String,
    /// Package of the order.
    #[param(value_type = IdentityPart, rename = "packageId", example = "pkg789")]
    package_id: String,
    /// Sequence number of the invoice.
    #[param(value_type = IdentityPart, rename = "sequenceNumber", example = "12345")]
    sequence_number: String,
}

/// Values of members of answers, which are texts.
fn values() -> [(&'static str, &'static str, Vec<&'static str>); 6] {
    let calls = Code::ALL.iter().map(|code| code.as_str());
    let failures = || FailureCode::ALL.iter().map(|code| code.as_str());
    [
        ("Problem", "code", calls.chain(failures()).collect()),
        ("RequestProblem", "code", failures().collect()),
        (
            "RequestWarning",
            "code",
            WarningCode::ALL.map(WarningCode::as_str).to_vec(),
        ),
        ("InvoiceSummary", "status", vec!["generated", "failed"]),
        ("AcceptedRequest", "status", vec!["accepted"]),
        (
            "HistoryEntry",
            "what",
            vec!["recorded", "generated", "failed", "dead-lettered"],
        ),
    ]
}

/// Adds the schemas of requests, and what the types of the answers do not say.
pub(super) fn add(document: &mut Value) {
    let mut schema = serde_json::to_value(WireRequest::json_schema()).unwrap_or_default();
    move_references(&mut schema);
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    schema.remove("$schema");
    let definitions = schema.remove("$defs");
    let schema = Value::Object(std::mem::take(schema));
    let schemas = &mut document["components"]["schemas"];
    if schemas.is_null() {
        *schemas = json!({});
    }
    if let (Some(Value::Object(definitions)), Some(schemas)) =
        (definitions, schemas.as_object_mut())
    {
        schemas.extend(definitions);
    }
    schemas["InvoiceRequest"] = schema;
    schemas["CloudEvent"] = cloud_event();
    schemas["MassTransitMessage"] = mass_transit_message();
    schemas["StoredRequest"] = json!({
        "description": "A request as it arrived. It may have been refused, so it may be any JSON value.",
    });
    for part in PARTS {
        schemas["InvoiceIdentity"]["properties"][part] =
            json!({ "$ref": "#/components/schemas/IdentityPart" });
    }
    let mut named = Vec::new();
    Problem::schemas(&mut named);
    named.push((Problem::name().into_owned(), Problem::schema()));
    for (name, schema) in named {
        schemas[name] = json!(schema);
    }
    for (schema, member, values) in values() {
        let member = &mut schemas[schema]["properties"][member];
        if member.is_object() {
            member["enum"] = json!(values);
        }
    }
    let parameters = [
        ("lane", Lane::ALL.map(Lane::as_str)),
        ("disposition", ["inline", "attachment"]),
    ];
    for (name, values) in parameters {
        set_values(document, name, &values);
    }
    for_parameters(document, limit_texts);
    add_envelopes(document);
}

/// The envelopes that a request may come in, in the body of each operation that takes one.
fn add_envelopes(document: &mut Value) {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let envelopes = [
        ("application/cloudevents+json", "CloudEvent"),
        ("application/vnd.masstransit+json", "MassTransitMessage"),
    ];
    for_operations(document, |operation| {
        let Some(content) = operation.pointer_mut("/requestBody/content") else {
            return;
        };
        let plain = content.pointer("/application~1json/schema");
        if plain == Some(&reference("InvoiceRequest")) {
            for (media_type, name) in envelopes {
                content[media_type] = json!({ "schema": reference(name) });
            }
        }
    });
}

/// What every text and number of a parameter obeys, unless it says more: no zero byte, numbers of rows from 1.
fn limit_texts(parameter: &mut Value) {
    let (is_cursor, is_id) = (parameter["name"] == "cursor", parameter["name"] == "id");
    let is_query = parameter["in"] == "query";
    let schema = &mut parameter["schema"];
    if is_cursor {
        *schema = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$" });
    } else if is_id {
        schema["minimum"] = json!(1);
    } else if is_query
        && schema["type"] == "string"
        && ["pattern", "format", "enum"]
            .iter()
            .all(|it| schema.get(it).is_none())
    {
        schema["pattern"] = json!("^[^\\u0000]*$");
    }
}

/// Values of a parameter of the query, in all operations that have it.
fn set_values(document: &mut Value, name: &str, values: &[&str]) {
    for_parameters(document, |parameter| {
        if parameter["name"] == name && parameter["in"] == "query" {
            parameter["schema"] = json!({ "type": "string", "enum": values });
        }
    });
}

/// Changes all parameters of all operations.
fn for_parameters(document: &mut Value, change: impl Fn(&mut Value)) {
    for_operations(document, |operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        parameters.into_iter().flatten().for_each(&change);
    });
}

/// Changes all operations.
fn for_operations(document: &mut Value, change: impl Fn(&mut Value)) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten());
    operations.for_each(|(_, operation)| change(operation));
}

fn cloud_event() -> Value {
    json!({
        "type": "object",
        "description": "A CloudEvent 1.0 (structured mode) with the request in `data`, or in base64 in `data_base64`",
        "properties": {
            "specversion": { "type": "string", "const": "1.0" },
            "type": {
                "type": "string",
                "pattern": r"^(.+\.)?invoice\.requested\.v1$",
                "description": "`invoice.requested.v1`, with or without a name of the publisher before it",
                "examples": ["com.example.invoice.requested.v1"],
            },
            "id": { "type": ["string", "null"] },
            "traceparent": { "type": ["string", "null"], "description": "W3C trace context" },
            "data": { "$ref": "#/components/schemas/InvoiceRequest" },
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
            "message": { "$ref": "#/components/schemas/InvoiceRequest" },
        },
        "required": ["message"],
    })
}

/// In OpenAPI definitions are elsewhere.
fn move_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                if let ("$ref", Value::String(reference)) = (name.as_str(), &mut *member) {
                    *reference = reference.replace("#/$defs/", "#/components/schemas/");
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
    use crate::http::routes::document;

    #[test]
    fn members_with_fixed_values_exist_and_list_them() {
        let document = document();
        for (schema, member, values) in values() {
            let found = &document["components"]["schemas"][schema]["properties"][member];
            assert_eq!(found["type"], "string", "{schema}.{member}");
            assert_eq!(found["enum"], json!(values), "{schema}.{member}");
        }
    }

    #[test]
    fn no_type_of_an_answer_has_the_name_of_a_type_of_a_request() {
        let request = serde_json::to_value(WireRequest::json_schema()).expect("JSON");
        let answers = json!(crate::http::routes::described().into_openapi());
        for (name, schema) in answers["components"]["schemas"]
            .as_object()
            .expect("schemas")
        {
            let is_filled_in = schema == &json!({});
            let is_taken = request["$defs"].get(name).is_some();
            assert!(is_filled_in || !is_taken, "{name} is both");
        }
    }
}
