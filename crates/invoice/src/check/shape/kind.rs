//! JSON types.

use serde_json::Value;

/// A JSON type that a field of a request has. No field is a number: amounts are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Boolean,
    Array,
    Object,
}

impl Kind {
    /// The type that a schema asks for; `null` beside it means that the field may be absent.
    pub(super) fn of(schema: &Value) -> Option<Self> {
        let named = schema.get("type")?;
        let first = named.as_array().and_then(|all| all.first());
        match first.unwrap_or(named).as_str()? {
            "string" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            "array" => Some(Self::Array),
            "object" => Some(Self::Object),
            _ => None,
        }
    }

    pub(super) fn has(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }

    /// What is wrong with a value of another type, and what was expected. The value may be personal data and is not quoted.
    pub(super) fn refusal(self, value: &Value, members: &[&str]) -> String {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let expected = match (self, value) {
            (Self::Text, Value::Number(_)) => "a string: the number in quotes".to_owned(),
            (Self::Text, _) => "a string".to_owned(),
            (Self::Boolean, _) => "a boolean: true or false, without quotes".to_owned(),
            (Self::Array, _) => "an array".to_owned(),
            (Self::Object, _) if members.is_empty() => "an object".to_owned(),
            (Self::Object, _) => format!("an object with {}", members.join(", ")),
        };
        format!("is {found}, expected {expected}")
    }
}
