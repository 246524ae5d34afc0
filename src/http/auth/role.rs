//! What a token permits.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What a token permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// To see records, lists, templates, the status and the page, with personal data masked; no documents and no requests.
    Look,
    /// To read documents and requests, also dead letters, replays, repairs, erasures and changes, and what `look` permits.
    Read,
    /// To request invoices, to validate and preview requests, and what `read` permits.
    Request,
    /// To change dead letters, replays and repairs, and what `read` permits.
    Operate,
    /// To erase personal data and documents, which nothing brings back, and what `read` permits.
    Erase,
}

impl Role {
    /// All roles, the weakest first.
    pub const ALL: [Self; 5] = [
        Self::Look,
        Self::Read,
        Self::Request,
        Self::Operate,
        Self::Erase,
    ];

    /// Whether it is about what belongs to no shop.
    pub fn is_of_all_shops(self) -> bool {
        match self {
            Self::Operate | Self::Erase => true,
            Self::Look | Self::Read | Self::Request => false,
        }
    }

    /// The name in files and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Read => "read",
            Self::Request => "request",
            Self::Operate => "operate",
            Self::Erase => "erase",
        }
    }

    /// Whether this role permits what `needed` does.
    pub fn permits(self, needed: Self) -> bool {
        match needed {
            Self::Look => true,
            Self::Read => self != Self::Look,
            Self::Request | Self::Operate | Self::Erase => self == needed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_permits_what_weaker_ones_do() {
        use Role::{Erase, Look, Operate, Read, Request};
        for (role, permitted) in [
            (Look, &[Look][..]),
            (Read, &[Look, Read]),
            (Request, &[Look, Read, Request]),
            (Operate, &[Look, Read, Operate]),
            (Erase, &[Look, Read, Erase]),
        ] {
            let permits = Role::ALL.into_iter().filter(|needed| role.permits(*needed));
            assert_eq!(permits.collect::<Vec<_>>(), permitted, "{role:?}");
        }
    }
}
