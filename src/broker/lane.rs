//! The two ways of a request to the workers.

use std::fmt;

use clap::ValueEnum;
use serde::Deserialize;

/// Which queue a request waits in. Bulk requests are processed while ordinary ones leave renderers idle, and by their share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Before all bulk requests
    Ordinary,
    /// While no ordinary requests wait, and by the share of BULK_SHARE_PERCENT
    Bulk,
}

impl Lane {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ordinary, Self::Bulk];

    /// The routing key of a request.
    pub const fn routing_key(self) -> &'static str {
        match self {
            Self::Ordinary => "invoice.requested",
            Self::Bulk => "invoice.requested.bulk",
        }
    }

    /// The name, as the logs have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Bulk => "bulk",
        }
    }

    /// What the name of the lane's queue ends with.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Ordinary => "",
            Self::Bulk => ".bulk",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
