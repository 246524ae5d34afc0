//! The state of work that processes run: of replays and of erasures.

use sea_orm::entity::prelude::*;

/// State of a replay or an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum RunStatus {
    /// It waits for a process that runs it.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A process runs it, or has died while it did: the lease says which.
    #[sea_orm(string_value = "running")]
    Running,
    /// A person has stopped it.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// Everything that was selected was processed.
    #[sea_orm(string_value = "done")]
    Done,
    /// It ended early, for the reason in `error`.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Cancelled,
        Self::Done,
        Self::Failed,
    ];

    /// The name in the table and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether it goes on by itself no more; a replay can be resumed.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Cancelled | Self::Done | Self::Failed => true,
        }
    }
}
