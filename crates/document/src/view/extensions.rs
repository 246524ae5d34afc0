//! The numbers and dates of a request's `extensions` in the reader's format.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use time::Date;
use time::format_description::well_known::Iso8601;

use crate::locale::Formats;

/// What can be formatted of the extensions, at the same places: `{"number": "1.250,5", "money": "1.250,50 €"}` for a number,
/// also one in a string, and `{"date": "21.11.2026"}` for a date like "2026-11-21". Other values are left out.
pub(super) fn formatted(extensions: &Map<String, Value>, formats: &Formats) -> Map<String, Value> {
    let entries = extensions
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), of_value(value, formats)?)));
    entries.collect()
}

fn of_value(value: &Value, formats: &Formats) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => of_number(&number.to_string(), formats),
        Value::String(text) => of_number(text, formats).or_else(|| of_date(text, formats)),
        Value::Object(members) => Some(Value::Object(formatted(members, formats))),
        // Each keeps its place.
        Value::Array(values) => {
            let values = values.iter().map(|value| of_value(value, formats));
            Some(values.map(Option::unwrap_or_default).collect())
        }
    }
}

fn of_number(text: &str, formats: &Formats) -> Option<Value> {
    let number = Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    Some(json!({ "number": formats.number(number), "money": formats.amount(number) }))
}

fn of_date(text: &str, formats: &Formats) -> Option<Value> {
    // Iso8601 has more forms, such as that of a day of a week.
    let is_date = text.len() == 10 && text.as_bytes().get(7) == Some(&b'-');
    let date = Date::parse(text, &Iso8601::DATE).ok()?;
    is_date.then(|| json!({ "date": formats.date(date) }))
}

#[cfg(test)]
mod tests {
    use iso_currency::Currency;

    use super::*;

    fn in_locale(locale: &str, extensions: Value) -> Value {
        let formats = Formats::for_locale(&locale.parse().expect("a locale"), Currency::EUR);
        let extensions = extensions.as_object().expect("an object");
        Value::Object(formatted(extensions, &formats))
    }

    #[test]
    fn numbers_and_dates_are_formatted_where_they_stand() {
        let extensions = json!({
            "deposit": 1250.5,
            "loyalty": { "points": "12000", "since": "2024-02-29", "level": "gold" },
            "list": ["7", null, "no number"],
            "on": true,
        });
        assert_eq!(
            in_locale("de-DE", extensions.clone()),
            json!({
                "deposit": { "number": "1.250,5", "money": "1.250,50\u{a0}€" },
                "loyalty": {
                    "points": { "number": "12.000", "money": "12.000,00\u{a0}€" },
                    "since": { "date": "29.02.2024" },
                },
                "list": [{ "number": "7", "money": "7,00\u{a0}€" }, null, null],
            })
        );
        let english = in_locale("en-US", extensions);
        assert_eq!(english["deposit"]["money"], "€1,250.50");
        assert_eq!(english["loyalty"]["since"]["date"], "Feb 29, 2024");
    }

    #[test]
    fn what_only_looks_like_a_date_or_a_number_stays_text() {
        for text in [
            "2024-W09-4",
            "2024-060",
            "2024-13-01",
            "20240229",
            "1,5",
            "",
            "0x10",
            " 7",
        ] {
            let formatted = in_locale("de-DE", json!({ "value": text }));
            let date = formatted["value"].get("date");
            assert_eq!(date, None, "{text}");
        }
        assert_eq!(in_locale("de-DE", json!({ "value": "1,5" })), json!({}));
    }
}
