//! An edit of one dead letter that is decided before it is stored.

use std::borrow::Cow;

use invoice::content::envelope_max;
use invoice::{ClaimedIdentity, InvalidRequest, Invoice, RequestLimits};

use super::edit_error::{EditError, Moved};
use crate::broker::replayed::{Archived, Packed};
use crate::database::dead_letter::Model;
use crate::database::dead_letters::{EditRun, Edited as Written, NewContent};
use crate::database::{By, Database, DeadLetterStatus};
use crate::e_invoices::check_apart;

/// What an edit may do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Permitted {
    /// Whether a request that is not valid is stored all the same.
    pub(super) invalid: bool,
    /// Whether the new request may be about another invoice.
    pub(super) other_identity: bool,
}

/// An edit that was checked and is not stored.
pub(super) struct Planned<'a> {
    row: &'a Model,
    payload: Cow<'a, [u8]>,
    /// Of the message, where they change with its body.
    properties: Option<String>,
    /// The identity in the new request.
    claimed: ClaimedIdentity,
    /// The dead letter has this content already.
    pub(super) is_unchanged: bool,
    /// What is wrong with the new request.
    pub(super) invalid: Option<InvalidRequest>,
    /// What the new request asks for, where it is valid.
    pub(super) invoice: Option<Box<Invoice>>,
}

impl<'a> Planned<'a> {
    /// An open dead letter with this content in the place of its own. The content is checked in the envelope in which the old
    /// one came. Where the form of the message is not understood, the new request is plain UTF-8, and the message says so.
    pub(super) async fn of(
        row: &'a Model,
        content: &'a [u8],
        limits: RequestLimits,
    ) -> Result<Self, EditError> {
        let id = row.id;
        if row.status != DeadLetterStatus::Open {
            let status = row.status.as_str();
            return Err(EditError::NotOpen { id, status });
        }
        let archived = Archived {
            properties: &row.properties,
            headers: &row.headers,
        };
        let unreadable = |_| EditError::Unreadable(id);
        let Packed {
            body: payload,
            properties,
        } = archived.packed(content).map_err(unreadable)?;
        let edited = Archived {
            properties: properties.as_deref().unwrap_or(&row.properties),
            headers: &row.headers,
        };
        let max_bytes = envelope_max(limits.max_bytes);
        let envelope = edited.envelope(&payload, max_bytes).map_err(unreadable)?;
        let limits = limits.strict_if(edited.is_strict());
        let checked = match envelope.request(&payload) {
            Ok(request) => check_apart(request, limits).await,
            Err(invalid) => Err(invalid),
        };
        let (invoice, invalid) = match checked.and_then(|checked| checked.parsed.invoice) {
            Ok(invoice) => (Some(Box::new(invoice)), None),
            Err(invalid) => (None, Some(invalid)),
        };
        let content = edited.content(&payload, max_bytes);
        // What is packed again need not have the bytes that another program has packed it to.
        let is_same = || match payload {
            Cow::Owned(_) => archived.content(&row.payload, max_bytes) == content,
            Cow::Borrowed(_) => false,
        };
        Ok(Self {
            row,
            claimed: ClaimedIdentity::of(&content),
            is_unchanged: properties.is_none() && (row.payload == *payload || is_same()),
            payload,
            properties,
            invalid,
            invoice,
        })
    }

    /// Refuses what is not permitted.
    pub(super) fn check(&self, permitted: Permitted) -> Result<(), EditError> {
        if let Some(invalid) = &self.invalid
            && !permitted.invalid
        {
            return Err(EditError::Invalid(invalid.clone()));
        }
        match self.moved() {
            Some(moved) if !permitted.other_identity => Err(EditError::OtherIdentity {
                id: self.row.id,
                moved,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The identities, where the new request is about another invoice.
    pub(super) fn moved(&self) -> Option<Box<Moved>> {
        let from = self.row.invoice();
        let contradicts = from.contradicts(&self.claimed);
        let to = || self.claimed.clone();
        contradicts.then(|| Box::new(Moved { from, to: to() }))
    }

    /// Refuses what would be the same as another dead letter, as storing it does.
    pub(super) async fn refuse_twin(&self, database: &Database) -> Result<(), EditError> {
        let id = self.row.id;
        match database.same_as(self.row, &self.payload).await? {
            Some(other) => Err(EditError::SameAs { id, other }),
            None => Ok(()),
        }
    }

    /// The request in it, out of its envelope.
    pub(super) fn request(&self, limits: RequestLimits) -> Result<Vec<u8>, EditError> {
        let unreadable = EditError::Unreadable(self.row.id);
        let edited = Archived {
            properties: self.properties.as_deref().unwrap_or(&self.row.properties),
            headers: &self.row.headers,
        };
        let envelope = edited.envelope(&self.payload, envelope_max(limits.max_bytes));
        let Ok(envelope) = envelope else {
            return Err(unreadable);
        };
        // One that is not valid was refused before.
        let request = envelope.request(&self.payload);
        request.map(<[u8]>::to_vec).map_err(EditError::Invalid)
    }

    /// Stores it, and keeps what was there.
    pub(super) async fn store(
        self,
        database: &Database,
        by: By<'_>,
        run: &mut EditRun,
    ) -> Result<(), EditError> {
        let id = self.row.id;
        let new = NewContent {
            payload: &self.payload,
            properties: self.properties.as_deref(),
            claimed: self.claimed,
            by,
        };
        match database.edit(self.row, new, run).await? {
            Written::Done => Ok(()),
            Written::Overtaken => Err(EditError::Overtaken(id)),
            Written::Claimed(replay) => Err(EditError::Claimed { id, replay }),
            Written::SameAs(other) => Err(EditError::SameAs { id, other }),
        }
    }
}
