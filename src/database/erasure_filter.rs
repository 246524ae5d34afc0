//! Whose personal data an erasure is about, how its row keeps that, and how much it has erased.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Whose personal data. All given filters have to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasureFilter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of this order.
    pub order_id: Option<String>,
    /// Of this package.
    pub package_id: Option<String>,
    /// With this sequence number.
    pub sequence_number: Option<String>,
    /// With these words in the name of the buyer; of a dead letter, anywhere in its request or its detail.
    pub buyer: Option<String>,
    /// Issued before then; of a failed request, and of a dead letter, that failed last before then.
    pub before: Option<OffsetDateTime>,
}

impl ErasureFilter {
    /// What an erasure is recorded for. The words of a name are not in it: they would stay there.
    pub fn target(&self) -> String {
        let before = self.before.map(crate::moment::seconds);
        let buyer = self.buyer.as_ref().map(|_| "given".to_owned());
        let parts = [
            ("platform", self.platform.clone()),
            ("shop", self.shop_id.clone()),
            ("order", self.order_id.clone()),
            ("package", self.package_id.clone()),
            ("sequence", self.sequence_number.clone()),
            ("buyer", buyer),
            ("before", before),
        ];
        let parts = parts.into_iter();
        let parts = parts.filter_map(|(name, value)| Some(format!(" {name} {}", value?)));
        format!("erasure{}", parts.collect::<String>())
    }
}

/// What an erasure has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasureCounts {
    /// Records of which the personal data are erased.
    pub records: u64,
    /// Dead letters of which they are.
    pub dead_letters: u64,
    /// Objects that are deleted.
    pub objects: u64,
    /// Objects that stay although they were to be deleted.
    pub kept_objects: u64,
    /// Dead letters that stay: open ones, and those that a replay was publishing.
    pub kept_letters: u64,
    /// Records that stay, since they changed again and again.
    pub kept_records: u64,
}

impl ErasureCounts {
    /// What the record of an erasure counts, by name.
    pub(super) fn named(&self) -> [(&'static str, u64); 4] {
        [
            ("records", self.records),
            ("deadLetters", self.dead_letters),
            ("objects", self.objects),
            ("keptObjects", self.kept_objects),
        ]
    }
}

/// The JSON of the column. A filter that this version does not know is an error: without it, data of others would be erased.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct StoredFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<String>,
    /// Of an erasure that is over: `buyer` was given, and is removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_buyer: bool,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    before: Option<OffsetDateTime>,
}

impl StoredFilter {
    pub(super) fn parse(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    pub(super) fn is_by_buyer(&self) -> bool {
        self.by_buyer || self.buyer.is_some()
    }

    /// The same without personal data.
    pub(super) fn of_past(mut self) -> Self {
        self.by_buyer = self.is_by_buyer();
        self.buyer = None;
        self
    }

    pub(super) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl From<&ErasureFilter> for StoredFilter {
    fn from(filter: &ErasureFilter) -> Self {
        Self {
            platform: filter.platform.clone(),
            shop_id: filter.shop_id.clone(),
            order_id: filter.order_id.clone(),
            package_id: filter.package_id.clone(),
            sequence_number: filter.sequence_number.clone(),
            buyer: filter.buyer.clone(),
            by_buyer: false,
            before: filter.before,
        }
    }
}

impl From<StoredFilter> for ErasureFilter {
    fn from(stored: StoredFilter) -> Self {
        Self {
            platform: stored.platform,
            shop_id: stored.shop_id,
            order_id: stored.order_id,
            package_id: stored.package_id,
            sequence_number: stored.sequence_number,
            buyer: stored.buyer,
            before: stored.before,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_filter_is_read_as_it_was_written_and_loses_the_name_at_the_end() {
        let filter = ErasureFilter {
            platform: Some("tiktok".into()),
            shop_id: Some("ś".into()),
            order_id: Some("o".into()),
            package_id: Some("p".into()),
            sequence_number: Some("1".into()),
            buyer: Some("Ann Miller".into()),
            before: Some(datetime!(2026-11-21 12:00:00.123_451 UTC)),
        };
        for filter in [filter.clone(), ErasureFilter::default()] {
            let json = StoredFilter::from(&filter).json().expect("JSON");
            let read = StoredFilter::parse(&json).expect(&json);
            assert_eq!(ErasureFilter::from(read), filter);
        }
        let past = StoredFilter::from(&filter).of_past();
        assert!(past.is_by_buyer());
        assert!(!past.json().expect("JSON").contains("Miller"));
        assert_eq!(past.clone().of_past(), past);
    }

    #[test]
    fn a_filter_of_a_later_version_is_not_ignored() {
        for json in [r#"{"country":"DE"}"#, "null", ""] {
            assert!(StoredFilter::parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn the_record_names_the_filters_and_no_name_of_a_buyer() {
        let filter = ErasureFilter {
            platform: Some("tiktok".into()),
            buyer: Some("Ann Miller".into()),
            before: Some(time::macros::datetime!(2016-01-01 00:00 UTC)),
            ..ErasureFilter::default()
        };
        assert_eq!(
            filter.target(),
            "erasure platform tiktok buyer given before 2016-01-01T00:00:00Z"
        );
    }
}
