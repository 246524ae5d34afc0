//! Schemas: those of a request come from the wire types, those of the answers from their own types.

use std::borrow::Cow;

use invoice::{FailureCode, WarningCode};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::activity::Span;
use crate::broker::Lane;
use crate::contract::request_form::{self, RequestForm};
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
    /// The bytes of an export.
    Zip = "application/zip";
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
fn values() -> [(&'static str, &'static str, Vec<&'static str>); 7] {
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
        ("Activity", "span", Span::ALL.map(Span::as_str).to_vec()),
        (
            "HistoryEntry",
            "what",
            vec![
                "received",
                "retried",
                "recorded",
                "generated",
                "failed",
                "dead-lettered",
            ],
        ),
    ]
}

/// Adds the schemas of requests, and what the types of the answers do not say.
pub(super) fn add(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    if schemas.is_null() {
        *schemas = json!({});
    }
    if let Some(schemas) = schemas.as_object_mut() {
        schemas.extend(request_form::schemas());
    }
    schemas["StoredRequest"] = json!({
        "description": "A request as it arrived. It may have been refused, so it may be any JSON value.",
    });
    request_form::refer_to_parts(schemas);
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
        ("span", Span::ALL.map(Span::as_str)),
    ];
    for (name, values) in parameters {
        set_values(document, name, &values);
    }
    for_parameters(document, limit_texts);
    add_envelopes(document);
}

/// The envelopes that a request may come in, in the body of each operation that takes one.
fn add_envelopes(document: &mut Value) {
    let schema = |form: RequestForm| json!({ "$ref": form.reference() });
    for_operations(document, |operation| {
        let Some(content) = operation.pointer_mut("/requestBody/content") else {
            return;
        };
        let plain = content.pointer("/application~1json/schema");
        if plain == Some(&schema(RequestForm::Plain)) {
            for form in [RequestForm::CloudEvent, RequestForm::MassTransit] {
                content[form.media_type()] = json!({ "schema": schema(form) });
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

#[cfg(test)]
mod tests {
    use invoice::InvoiceRequest as WireRequest;

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
