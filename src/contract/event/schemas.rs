//! Schemas of the events, from the types that they are written from.

use invoice::content;
use invoice::envelope::SPEC_VERSION;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema as _, ToSchema};

use super::{CloudEvent, Failed, Generated, SOURCE, kind};
use crate::broker::topology::{FAILED, GENERATED};
use crate::contract::request_form::SCHEMAS;

/// The name of the schema of `invoice.generated`.
pub(crate) const OF_GENERATED: &str = "InvoiceGenerated";

/// The name of the schema of `invoice.failed`.
pub(crate) const OF_FAILED: &str = "InvoiceFailed";

/// The schemas of both events, and of what they consist of, by name.
pub(crate) fn all() -> Map<String, Value> {
    let mut schemas = Map::new();
    add::<Generated<'_>>(&mut schemas, OF_GENERATED, GENERATED);
    add::<Failed<'_>>(&mut schemas, OF_FAILED, FAILED);
    schemas
}

/// Adds the schema of the event with this data.
fn add<D: ToSchema>(schemas: &mut Map<String, Value>, name: &str, routing_key: &str) {
    let mut event = json!(CloudEvent::<'_, D>::schema());
    let members = &mut event["properties"];
    for (attribute, value) in [
        ("specversion", SPEC_VERSION),
        ("source", SOURCE),
        ("type", &kind(routing_key)),
        ("datacontenttype", content::JSON),
    ] {
        members[attribute]["const"] = json!(value);
    }
    members["data"] = json!({ "$ref": format!("{SCHEMAS}{}", D::name()) });
    schemas.insert(name.to_owned(), event);
    let mut parts = vec![(D::name().into_owned(), D::schema())];
    D::schemas(&mut parts);
    for (name, schema) in parts {
        schemas.insert(name, json!(schema));
    }
}
