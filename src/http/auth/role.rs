//! What a token permits.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What a token permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To read records, documents and templates.
    Read,
    /// To request invoices, to validate and preview requests, and what `read` permits.
    Request,
    /// To see and change dead letters and replays, and what `read` permits.
    Operate,
}

impl Role {
    /// The name in files and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Request => "request",
            Self::Operate => "operate",
        }
    }

    /// Whether this role permits what `needed` does.
    pub fn permits(self, needed: Self) -> bool {
        self == needed || needed == Self::Read
    }
}
