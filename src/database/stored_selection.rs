//! A selection of dead letters as a row of `replay` keeps it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::dead_letter::DeadLetterStatus;
use super::dead_letters::Selection;

/// The JSON of the column. A filter that this version does not know is an error: without it, a replay would publish what was
/// not selected.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct StoredSelection {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ids: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<String>,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    since: Option<OffsetDateTime>,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    until: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<StoredStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredStatus {
    Open,
    Replayed,
    Discarded,
}

impl StoredSelection {
    pub(super) fn parse(json: &str) -> serde_json::Result<Selection> {
        serde_json::from_str::<Self>(json).map(Selection::from)
    }

    pub(super) fn json(selection: &Selection) -> serde_json::Result<String> {
        serde_json::to_string(&Self::from(selection.clone()))
    }
}

impl From<Selection> for StoredSelection {
    fn from(selection: Selection) -> Self {
        Self {
            ids: selection.ids,
            codes: selection.codes,
            stages: selection.stages,
            platform: selection.platform,
            shop_id: selection.shop_id,
            order_id: selection.order_id,
            sequence_number: selection.sequence_number,
            message_id: selection.message_id,
            text: selection.text,
            detail_rule: selection.detail_rule,
            detail_pointer: selection.detail_pointer,
            exchange: selection.exchange,
            since: selection.since,
            until: selection.until,
            status: selection.status.map(|status| match status {
                DeadLetterStatus::Open => StoredStatus::Open,
                DeadLetterStatus::Replayed => StoredStatus::Replayed,
                DeadLetterStatus::Discarded => StoredStatus::Discarded,
            }),
            max_id: selection.max_id,
            repair: selection.repair,
            edited: selection.edited,
        }
    }
}

impl From<StoredSelection> for Selection {
    fn from(stored: StoredSelection) -> Self {
        Self {
            ids: stored.ids,
            codes: stored.codes,
            stages: stored.stages,
            platform: stored.platform,
            shop_id: stored.shop_id,
            order_id: stored.order_id,
            sequence_number: stored.sequence_number,
            message_id: stored.message_id,
            text: stored.text,
            detail_rule: stored.detail_rule,
            detail_pointer: stored.detail_pointer,
            exchange: stored.exchange,
            since: stored.since,
            until: stored.until,
            status: stored.status.map(|status| match status {
                StoredStatus::Open => DeadLetterStatus::Open,
                StoredStatus::Replayed => DeadLetterStatus::Replayed,
                StoredStatus::Discarded => DeadLetterStatus::Discarded,
            }),
            max_id: stored.max_id,
            repair: stored.repair,
            edited: stored.edited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_selection_is_read_back_as_it_was() {
        for selection in [
            Selection::default(),
            Selection {
                ids: vec![1, 2],
                codes: vec!["totals_mismatch".into()],
                stages: vec!["render".into()],
                platform: Some("tiktok".into()),
                shop_id: Some("ś".into()),
                order_id: Some("o".into()),
                sequence_number: Some("1".into()),
                message_id: Some("m".into()),
                text: Some("t".into()),
                detail_rule: Some("r".into()),
                detail_pointer: Some("/p".into()),
                exchange: Some("e".into()),
                since: Some(datetime!(2026-11-21 12:00:00.000_001 UTC)),
                until: Some(datetime!(2026-11-21 12:00:00.123_451 UTC)),
                status: Some(DeadLetterStatus::Discarded),
                max_id: Some(7),
                repair: Some(3),
                edited: true,
            },
        ] {
            let json = StoredSelection::json(&selection).expect("JSON");
            assert_eq!(StoredSelection::parse(&json).expect(&json), selection);
        }
    }

    #[test]
    fn a_filter_of_a_later_version_is_not_ignored() {
        for json in [r#"{"country":"DE"}"#, r#"{"status":"parked"}"#, "null", ""] {
            assert!(StoredSelection::parse(json).is_err(), "{json}");
        }
    }
}
