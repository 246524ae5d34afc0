//! Which documents are exported.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::database::GeneratedFilter;

/// Which documents. All given filters have to match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of one of these shops: platform and shop.
    pub shops: Option<Vec<(String, String)>>,
    /// Recorded then or later. A document is recorded once, so it is in the export of one period only.
    pub since: Option<OffsetDateTime>,
    /// Recorded before then.
    pub until: OffsetDateTime,
    /// With this issue date or a later one.
    pub issued_since: Option<Date>,
    /// With an issue date before this one.
    pub issued_until: Option<Date>,
}

impl Selection {
    /// What the database selects by.
    pub(super) fn filter(&self) -> GeneratedFilter {
        GeneratedFilter {
            platform: self.platform.clone(),
            shop_id: self.shop_id.clone(),
            shops: self.shops.clone(),
            since: self.since,
            until: Some(self.until),
        }
    }

    /// Whether documents with this issue date are meant. That of a request which cannot be read any more is unknown; such a
    /// document is better listed as a problem than left out. Where that cannot be repaired, since the request was erased, it would
    /// be in the export of every period, and is in none.
    pub(super) fn is_of(&self, issue_date: Option<Date>, is_erased: bool) -> bool {
        let Some(date) = issue_date else {
            let is_any = self.issued_since.is_none() && self.issued_until.is_none();
            return is_any || !is_erased;
        };
        self.issued_since.is_none_or(|since| date >= since)
            && self.issued_until.is_none_or(|until| date < until)
    }
}
