//! The table `repair_letter`: one row for each dead letter that a repair has tried, with the verdict and what was done with it.

use sea_orm::entity::prelude::*;

/// What a trial says of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum RepairVerdict {
    /// Its document would be issued.
    #[sea_orm(string_value = "would_issue")]
    WouldIssue,
    /// Another document stands under its identity.
    #[sea_orm(string_value = "conflict")]
    Conflict,
    /// The document of the same request was issued before.
    #[sea_orm(string_value = "already_generated")]
    AlreadyGenerated,
    /// The new request is not valid.
    #[sea_orm(string_value = "invalid")]
    Invalid,
    /// The document cannot be rendered.
    #[sea_orm(string_value = "render_failed")]
    RenderFailed,
    /// It would fail for another reason, which its code says.
    #[sea_orm(string_value = "would_fail")]
    WouldFail,
    /// The patch does not fit its request, or the edit is not permitted.
    #[sea_orm(string_value = "patch_failed")]
    PatchFailed,
    /// The patch changes nothing in it.
    #[sea_orm(string_value = "unchanged")]
    Unchanged,
}

impl RepairVerdict {
    /// All of them, in the order in which a summary names them.
    pub const ALL: [Self; 8] = [
        Self::WouldIssue,
        Self::Conflict,
        Self::AlreadyGenerated,
        Self::Invalid,
        Self::RenderFailed,
        Self::WouldFail,
        Self::PatchFailed,
        Self::Unchanged,
    ];

    /// The name in the table, in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WouldIssue => "would_issue",
            Self::Conflict => "conflict",
            Self::AlreadyGenerated => "already_generated",
            Self::Invalid => "invalid",
            Self::RenderFailed => "render_failed",
            Self::WouldFail => "would_fail",
            Self::PatchFailed => "patch_failed",
            Self::Unchanged => "unchanged",
        }
    }

    /// The verdict of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == name)
    }
}

/// What was done with a dead letter when its repair was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Applied {
    /// Its request was replaced by the one that was tried.
    #[sea_orm(string_value = "edited")]
    Edited,
    /// It stays as it is, because it is not any more what was tried.
    #[sea_orm(string_value = "skipped")]
    Skipped,
}

impl Applied {
    /// The name in the table and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Skipped => "skipped",
        }
    }
}

/// A row of `repair_letter`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "repair_letter")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The repair.
    pub repair_id: i64,
    /// The dead letter.
    pub dead_letter_id: i64,
    /// What the trial says.
    pub verdict: RepairVerdict,
    /// Of one that would fail: the stable code.
    pub code: Option<String>,
    /// Why, in words. May quote the request.
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    /// What is wrong with fields of the new request, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub problems: Option<String>,
    /// Digest of the identity of the invoice that would be issued, hexadecimal.
    pub invoice: Option<String>,
    /// Digest of the new request, hexadecimal.
    pub request_digest: Option<String>,
    /// Digest of the content that was tried, before the patch.
    pub before_digest: String,
    /// And after it.
    pub after_digest: Option<String>,
    /// What was done with it.
    pub applied: Option<Applied>,
    /// Why it was skipped.
    #[sea_orm(column_type = "Text", nullable)]
    pub skip_reason: Option<String>,
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
