//! The lock of an object.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ObjectLockMode;
use time::OffsetDateTime;

/// The lock of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Retention {
    pub(super) mode: ObjectLockMode,
    pub(super) until: OffsetDateTime,
}

impl Retention {
    pub(super) fn of(mode: Option<&ObjectLockMode>, until: Option<&DateTime>) -> Option<Self> {
        Some(Self {
            mode: mode?.clone(),
            until: until.and_then(moment)?,
        })
    }

    /// Whether it is at least as strict as this one.
    pub(super) fn has(&self, wanted: &Self) -> bool {
        let is_as_strict = self.mode == wanted.mode || self.mode == ObjectLockMode::Compliance;
        is_as_strict && self.until >= wanted.until
    }

    /// As strict and as long as this one and as one that is there: `COMPLIANCE` cannot be weakened.
    pub(super) fn joined(self, there: Option<Self>) -> Self {
        let Some(there) = there else { return self };
        Self {
            mode: if there.mode == ObjectLockMode::Compliance {
                there.mode
            } else {
                self.mode
            },
            until: self.until.max(there.until),
        }
    }

    pub(super) fn in_words(&self) -> String {
        format!("{} until {}", self.mode.as_str(), self.until.date())
    }
}

/// A moment as the SDK has it.
pub(super) fn moment(time: &DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(time.secs()).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_lock_is_enough_that_is_as_strict_and_as_long_and_is_never_weakened() {
        use ObjectLockMode::{Compliance, Governance};
        let lock = |mode, until| Retention { mode, until };
        let (early, late) = (
            datetime!(2036-01-01 0:00 UTC),
            datetime!(2037-01-01 0:00 UTC),
        );
        for (is, wanted, expected) in [
            (lock(Governance, late), lock(Governance, late), true),
            (lock(Compliance, late), lock(Governance, early), true),
            (lock(Governance, late), lock(Compliance, early), false),
            (lock(Compliance, early), lock(Governance, late), false),
        ] {
            assert_eq!(is.has(&wanted), expected, "{is:?} {wanted:?}");
        }
        for (wanted, there, expected) in [
            (lock(Governance, early), None, lock(Governance, early)),
            (
                lock(Governance, late),
                Some(lock(Compliance, early)),
                lock(Compliance, late),
            ),
            (
                lock(Compliance, early),
                Some(lock(Governance, late)),
                lock(Compliance, late),
            ),
        ] {
            assert_eq!(wanted.joined(there), expected);
        }
    }
}
