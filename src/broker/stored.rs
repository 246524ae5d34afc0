//! Properties and headers of a message as JSON, for the archive, and back.
//!
//! Texts, whole numbers, fractions, booleans, lists and tables become their counterparts in JSON. A value without one is an
//! object with one member: `$bytes` (base64), `$text` (base64 of a text that is not UTF-8), `$timestamp`
//! (seconds since 1970), `$decimal` (scale and digits), `$table` (a publisher's table that looks like one of these).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invoice::content::without_charset;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, DecimalValue, FieldTable, LongString, ShortString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The properties that a message keeps when it is published again. Not among them: `expiration`, with which a dead letter
/// would expire unseen; the delivery mode, which the worker decides; and `user_id`, which the broker refuses unless it is
/// the one of the connection.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct StoredProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<u64>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
}

impl StoredProperties {
    fn of(properties: &BasicProperties) -> Self {
        let text = |value: &Option<ShortString>| value.as_ref().map(ToString::to_string);
        Self {
            content_type: text(properties.content_type()),
            content_encoding: text(properties.content_encoding()),
            priority: *properties.priority(),
            correlation_id: text(properties.correlation_id()),
            reply_to: text(properties.reply_to()),
            message_id: text(properties.message_id()),
            timestamp: *properties.timestamp(),
            kind: text(properties.kind()),
            app_id: text(properties.app_id()),
        }
    }

    fn into_properties(self) -> BasicProperties {
        let mut properties = BasicProperties::default();
        if let Some(value) = self.content_type {
            properties = properties.with_content_type(value.into());
        }
        if let Some(value) = self.content_encoding {
            properties = properties.with_content_encoding(value.into());
        }
        if let Some(value) = self.priority {
            properties = properties.with_priority(value);
        }
        if let Some(value) = self.correlation_id {
            properties = properties.with_correlation_id(value.into());
        }
        if let Some(value) = self.reply_to {
            properties = properties.with_reply_to(value.into());
        }
        if let Some(value) = self.message_id {
            properties = properties.with_message_id(value.into());
        }
        if let Some(value) = self.timestamp {
            properties = properties.with_timestamp(value);
        }
        if let Some(value) = self.kind {
            properties = properties.with_type(value.into());
        }
        if let Some(value) = self.app_id {
            properties = properties.with_app_id(value.into());
        }
        properties
    }
}

/// The properties that a message keeps when it is published again.
pub(super) fn carried(properties: &BasicProperties) -> BasicProperties {
    StoredProperties::of(properties).into_properties()
}

/// The properties as JSON.
pub(super) fn properties_to_json(properties: &BasicProperties) -> String {
    json!(StoredProperties::of(properties)).to_string()
}

/// Properties from JSON.
pub(super) fn properties_from_json(json: &str) -> serde_json::Result<BasicProperties> {
    let stored: StoredProperties = serde_json::from_str(json)?;
    Ok(stored.into_properties())
}

/// The same properties for a body that is plain UTF-8: without an encoding and a charset.
pub(super) fn properties_of_utf_8(json: &str) -> serde_json::Result<String> {
    let mut stored: StoredProperties = serde_json::from_str(json)?;
    stored.content_encoding = None;
    stored.content_type = stored.content_type.as_deref().map(without_charset);
    Ok(json!(stored).to_string())
}

/// The headers as JSON.
pub(super) fn headers_to_json(headers: &FieldTable) -> String {
    Value::Object(table(headers)).to_string()
}

/// Headers from JSON.
pub(super) fn headers_from_json(json: &str) -> serde_json::Result<FieldTable> {
    Ok(field_table(serde_json::from_str(json)?))
}

fn table(table: &FieldTable) -> Map<String, Value> {
    let members = table.inner().iter();
    members
        .map(|(name, value)| (name.to_string(), json_value(value)))
        .collect()
}

fn json_value(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(value) => json!(value),
        AMQPValue::ShortShortInt(value) => json!(value),
        AMQPValue::ShortShortUInt(value) => json!(value),
        AMQPValue::ShortInt(value) => json!(value),
        AMQPValue::ShortUInt(value) => json!(value),
        AMQPValue::LongInt(value) => json!(value),
        AMQPValue::LongUInt(value) => json!(value),
        AMQPValue::LongLongInt(value) => json!(value),
        AMQPValue::Float(value) => json!(value),
        AMQPValue::Double(value) => json!(value),
        AMQPValue::DecimalValue(value) => json!({ "$decimal": [value.scale, value.value] }),
        AMQPValue::ShortString(text) => json!(text.as_str()),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => json!(text),
            Err(_) => json!({ "$text": BASE64_STANDARD.encode(text.as_bytes()) }),
        },
        AMQPValue::FieldArray(values) => values.as_slice().iter().map(json_value).collect(),
        AMQPValue::Timestamp(seconds) => json!({ "$timestamp": seconds }),
        AMQPValue::FieldTable(value) if looks_special(value) => json!({ "$table": table(value) }),
        AMQPValue::FieldTable(value) => Value::Object(table(value)),
        AMQPValue::ByteArray(bytes) => {
            json!({ "$bytes": BASE64_STANDARD.encode(bytes.as_slice()) })
        }
        AMQPValue::Void => Value::Null,
    }
}

fn looks_special(table: &FieldTable) -> bool {
    let names = table.inner();
    names.len() == 1 && names.keys().any(|name| name.as_str().starts_with('$'))
}

fn field_table(members: Map<String, Value>) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in members {
        table.insert(name.into(), amqp_value(value));
    }
    table
}

fn amqp_value(value: Value) -> AMQPValue {
    match value {
        Value::Null => AMQPValue::Void,
        Value::Bool(value) => AMQPValue::Boolean(value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => AMQPValue::LongLongInt(whole),
            None => AMQPValue::Double(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => AMQPValue::LongString(LongString::from(text)),
        Value::Array(values) => {
            let values: Vec<AMQPValue> = values.into_iter().map(amqp_value).collect();
            AMQPValue::FieldArray(values.into())
        }
        Value::Object(members) => match special(&members) {
            Some(value) => value,
            None => AMQPValue::FieldTable(field_table(members)),
        },
    }
}

/// Values without a counterpart in JSON.
fn special(members: &Map<String, Value>) -> Option<AMQPValue> {
    let (name, value) = members.iter().next().filter(|_| members.len() == 1)?;
    let bytes = || BASE64_STANDARD.decode(value.as_str()?).ok();
    match name.as_str() {
        "$bytes" => Some(AMQPValue::ByteArray(bytes()?.into())),
        "$text" => Some(AMQPValue::LongString(LongString::from(bytes()?))),
        "$table" => Some(AMQPValue::FieldTable(field_table(
            value.as_object()?.clone(),
        ))),
        "$timestamp" => Some(AMQPValue::Timestamp(value.as_u64()?)),
        "$decimal" => Some(AMQPValue::DecimalValue(DecimalValue {
            scale: value.get(0)?.as_u64()?.try_into().ok()?,
            value: value.get(1)?.as_u64()?.try_into().ok()?,
        })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_their_meaning_on_the_way_to_the_archive_and_back() {
        let mut inner = FieldTable::default();
        inner.insert("reason".into(), AMQPValue::LongString("rejected".into()));
        inner.insert("time".into(), AMQPValue::Timestamp(1_795_000_000));
        let mut headers = FieldTable::default();
        for (name, value) in [
            ("text", AMQPValue::LongString("Zoë \0".into())),
            ("number", AMQPValue::LongLongInt(i64::MIN)),
            ("fraction", AMQPValue::Double(0.5)),
            ("truth", AMQPValue::Boolean(true)),
            ("nothing", AMQPValue::Void),
            ("bytes", AMQPValue::ByteArray(vec![0, 255].into())),
            (
                "not utf-8",
                AMQPValue::LongString(LongString::from(vec![255, 254])),
            ),
            (
                "money",
                AMQPValue::DecimalValue(DecimalValue {
                    scale: 2,
                    value: 1999,
                }),
            ),
            ("like bytes", {
                let mut table = FieldTable::default();
                table.insert("$bytes".into(), AMQPValue::LongString("AP8=".into()));
                AMQPValue::FieldTable(table)
            }),
            (
                "x-death",
                AMQPValue::FieldArray(vec![AMQPValue::FieldTable(inner)].into()),
            ),
        ] {
            headers.insert(name.into(), value);
        }
        let json = headers_to_json(&headers);
        assert_eq!(headers_from_json(&json).expect("JSON"), headers, "{json}");
    }

    #[test]
    fn a_body_of_plain_utf_8_has_no_encoding_and_no_charset() {
        let stored = BasicProperties::default()
            .with_content_type("application/json; charset=utf-16".into())
            .with_content_encoding("br".into())
            .with_message_id("m".into());
        let json = properties_of_utf_8(&properties_to_json(&stored)).expect("JSON");
        let expected = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_message_id("m".into());
        assert_eq!(properties_from_json(&json).expect("JSON"), expected);
    }

    #[test]
    fn properties_are_kept_but_for_those_that_bind_a_message_to_its_first_publisher() {
        let kept = BasicProperties::default()
            .with_message_id("m\0".into())
            .with_reply_to("answers".into())
            .with_correlation_id("c1".into())
            .with_priority(3)
            .with_timestamp(5)
            .with_type("t".into());
        let stored = kept
            .clone()
            .with_expiration("1000".into())
            .with_user_id("orders".into());
        let json = properties_to_json(&stored);
        assert_eq!(properties_from_json(&json).expect("JSON"), kept, "{json}");
        assert_eq!(carried(&stored), kept);
    }
}
