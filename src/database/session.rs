//! The table `session`: one row for each browser that is signed in to the page, until its session has ended, and one for each
//! sign-in at the identity provider that was used, until its time is over.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

/// A row of `session`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Key of the row: the SHA-256 of the secret in the browser's cookie, hexadecimal. Who can read the table cannot take over
    /// a session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// How the visitor signed in: `token`, `oidc`, `local`, or what only a later version knows; `used` for a sign-in at the
    /// identity provider that must not be used again.
    pub kind: String,
    /// Who it is, as changes record it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The SHA-256 of the token that was given, hexadecimal: the session ends with its token, and has its roles. For `oidc`
    /// that of the issuer and our name there: the session ends when they change.
    pub token_sha256: Option<String>,
    /// The roles of a visitor that an identity provider vouched for, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub roles: Option<String>,
    /// The shops that such a visitor is limited to, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub shops: Option<String>,
    /// What each form of the session has to send.
    pub csrf: String,
    /// When the visitor signed in.
    pub created_at: OffsetDateTime,
    /// When the visitor was last seen, up to a minute too early.
    pub seen_at: OffsetDateTime,
    /// When the session ends, however often the visitor is seen.
    pub ends_at: OffsetDateTime,
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
