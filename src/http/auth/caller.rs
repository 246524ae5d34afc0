//! The caller of a request, as handlers see it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use invoice::InvoiceIdentity;

use super::role::Role;
use super::tokens::{Shop, Token};
use crate::database::By;
use crate::http::problem::{Code, Problem};

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    name: Arc<str>,
    roles: Arc<[Role]>,
    shops: Option<Arc<[Shop]>>,
}

impl Caller {
    /// Someone on this machine, where there are no tokens.
    pub(super) fn local() -> Self {
        Self {
            name: "local".into(),
            roles: [Role::Request, Role::Operate, Role::Erase].into(),
            shops: None,
        }
    }

    /// Someone with a token of an identity provider.
    pub(super) fn new(name: &str, roles: Vec<Role>, shops: Option<Vec<Shop>>) -> Self {
        Self {
            name: name.into(),
            roles: roles.into(),
            shops: shops.map(Into::into),
        }
    }

    pub(super) fn with(token: &Token) -> Self {
        Self {
            name: Arc::clone(&token.name),
            roles: Arc::clone(&token.roles),
            shops: token.shops.clone(),
        }
    }

    /// The name, as changes record it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who changes something, and why.
    pub fn by<'a>(&'a self, reason: &'a str) -> By<'a> {
        By {
            actor: self.name(),
            reason: Some(reason),
        }
    }

    /// What the caller may do.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The shops that the caller is limited to.
    pub fn shops(&self) -> Option<&[Shop]> {
        self.shops.as_deref()
    }

    /// Checks that the caller may see this invoice.
    ///
    /// # Errors
    ///
    /// It is of another shop.
    pub fn may_see(&self, identity: &InvoiceIdentity) -> Result<(), Problem> {
        self.may_see_shop(identity.platform(), identity.shop_id())
    }

    /// Checks that the caller may see the invoices of this shop.
    ///
    /// # Errors
    ///
    /// It is limited to others.
    pub fn may_see_shop(&self, platform: &str, shop_id: &str) -> Result<(), Problem> {
        let Some(shops) = &self.shops else {
            return Ok(());
        };
        let is_same = |shop: &Shop| shop.platform == platform && shop.shop_id == shop_id;
        if shops.iter().any(is_same) {
            Ok(())
        } else {
            Err(Problem::new(
                Code::Forbidden,
                "the token is limited to other shops",
            ))
        }
    }

    /// Whether the caller may do what a role permits.
    pub fn may(&self, needed: Role) -> bool {
        self.roles.iter().any(|role| role.permits(needed))
    }

    fn require(self, needed: Role) -> Result<Self, Problem> {
        if self.may(needed) {
            Ok(self)
        } else {
            let needed = needed.as_str();
            let detail = format!("the token does not have the role `{needed}`");
            Err(Problem::new(Code::Forbidden, detail))
        }
    }

    fn of_all_shops(self) -> Result<Self, Problem> {
        if self.shops.is_none() {
            return Ok(self);
        }
        let detail = "the token is limited to shops; dead letters, replays, erasures and changes are of all shops";
        Err(Problem::new(Code::Forbidden, detail))
    }
}

macro_rules! callers {
    ($($(#[$doc:meta])+ $name:ident = $role:ident $(and $further:ident)?;)+) => {$(
        $(#[$doc])+
        pub struct $name(pub Caller);

        impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                let caller = parts.extensions.get::<Caller>().cloned();
                let caller = caller.ok_or_else(|| Problem::new(Code::Unauthorized, "no caller"))?;
                caller.require(Role::$role)$(.and_then(Caller::$further))?.map(Self)
            }
        }
    )+};
}

callers! {
    /// A caller that may see records with personal data masked.
    Looker = Look;
    /// A caller that may see dead letters, replays and changes with personal data masked.
    AllShopsLooker = Look and of_all_shops;
    /// A caller that may read.
    Reader = Read;
    /// A caller that may read dead letters, replays and changes.
    AllShopsReader = Read and of_all_shops;
    /// A caller that may request invoices.
    Requester = Request;
    /// A caller that may change dead letters and replays.
    Operator = Operate;
    /// A caller that may erase personal data.
    Eraser = Erase;
}
