//! Which documents an audit is about.

use time::OffsetDateTime;

use crate::moment::seconds;

/// Which documents. All given bounds have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop of the platform; only with a platform.
    pub shop_id: Option<String>,
    /// Recorded then or later; without a row, uploaded then or later.
    pub since: Option<OffsetDateTime>,
    /// Recorded then or earlier.
    pub until: Option<OffsetDateTime>,
}

impl Scope {
    /// What a repair within these bounds is of, for the record.
    pub(super) fn target(&self) -> String {
        let moment = |time: Option<OffsetDateTime>| Some(seconds(time?));
        let bounds = [
            ("platform", self.platform.clone()),
            ("shop", self.shop_id.clone()),
            ("since", moment(self.since)),
            ("until", moment(self.until)),
        ];
        let bounds = bounds.into_iter();
        let bounds = bounds.filter_map(|(name, value)| Some(format!(" {name} {}", value?)));
        format!("audit{}", bounds.collect::<String>())
    }

    /// Whether a time is within the bounds. One that is not known is.
    pub(super) fn contains(&self, time: Option<OffsetDateTime>) -> bool {
        let Some(time) = time else {
            return true;
        };
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
    }

    /// Whether an invoice of this platform and shop belongs to it.
    pub(super) fn includes(&self, platform: &str, shop_id: &str) -> bool {
        let is = |bound: &Option<String>, part: &str| bound.as_deref().is_none_or(|it| it == part);
        is(&self.platform, platform) && is(&self.shop_id, shop_id)
    }
}
