//! A dead letter whose request is patched: checked, and stored or not.

use std::borrow::Cow;
use std::sync::Arc;

use invoice::content::envelope_max;
use invoice::{InvalidRequest, Problem, RequestLimits, Sha256Digest};

use super::diff::changes;
use super::edit_error::EditError;
use super::patch::Patch;
use super::planned::{Permitted, Planned};
use crate::blocking::off_the_runtime;
use crate::broker::replayed::Archived;
use crate::contract::FieldChange;
use crate::database::dead_letter::Model;
use crate::database::dead_letters::EditRun;
use crate::database::{By, Database};
use crate::e_invoices::check_apart;

/// How the requests of dead letters are patched.
#[derive(Clone, Copy, Debug)]
pub struct PatchTerms {
    /// Whether the new requests may be about other invoices.
    pub change_identity: bool,
    /// Limits of a request.
    pub limits: RequestLimits,
}

/// The new content of a dead letter, which can be stored.
#[derive(Clone, Debug)]
pub struct Patched {
    /// The dead letter has this content already.
    pub is_unchanged: bool,
    /// The request in it; empty where nothing changes.
    pub request: Vec<u8>,
    /// Whether its publisher asks for a strict check.
    pub is_strict: bool,
}

/// Why the request of a dead letter has no patched form, in words.
pub type Unfit = String;

/// The content of a dead letter with its request patched, in the envelope in which it came; or why that is not possible. A patch
/// may read megabytes of a request, and other tasks wait for the thread that calls.
pub async fn new_content(
    row: Model,
    patch: &Arc<Patch>,
    limits: RequestLimits,
) -> (Model, Result<Vec<u8>, Unfit>) {
    let patch = Arc::clone(patch);
    off_the_runtime(move || {
        let content = apply(&row, &patch, limits);
        (row, content)
    })
    .await
}

fn apply(row: &Model, patch: &Patch, limits: RequestLimits) -> Result<Vec<u8>, Unfit> {
    let archived = archived(row);
    let max_bytes = envelope_max(limits.max_bytes);
    let envelope = archived.envelope(&row.payload, max_bytes);
    let envelope = envelope.map_err(|_| EditError::Unreadable(row.id).to_string())?;
    let request = envelope.request(&row.payload);
    let request = request.map_err(|invalid| invalid.to_string())?;
    let patched = patch.apply(request, limits.max_bytes);
    let patched = patched.map_err(|error| error.to_string())?;
    envelope
        .with_request(&row.payload, &patched)
        .ok_or_else(|| "the request is in base64 in its envelope: edit it by itself".to_owned())
}

impl Patched {
    /// Checks content for an open dead letter. Nothing is stored.
    ///
    /// # Errors
    ///
    /// Those of storing it.
    pub async fn of(
        database: &Database,
        row: &Model,
        content: &[u8],
        terms: PatchTerms,
    ) -> Result<Self, EditError> {
        let planned = Planned::of(row, content, terms.limits).await?;
        let mut request = Vec::new();
        if !planned.is_unchanged {
            planned.check(terms.permitted())?;
            planned.refuse_twin(database).await?;
            request = planned.request(terms.limits)?;
        }
        Ok(Self {
            is_unchanged: planned.is_unchanged,
            request,
            is_strict: archived(row).is_strict(),
        })
    }
}

impl PatchTerms {
    fn permitted(self) -> Permitted {
        Permitted {
            invalid: false,
            other_identity: self.change_identity,
        }
    }
}

/// Gives an open dead letter this content, and keeps what it had. `false` where it has the content already.
///
/// # Errors
///
/// The new request is not valid, is about another invoice, or cannot be stored.
pub async fn store(
    database: &Database,
    row: &Model,
    content: &[u8],
    terms: PatchTerms,
    by: By<'_>,
    run: &mut EditRun,
) -> Result<bool, EditError> {
    let planned = Planned::of(row, content, terms.limits).await?;
    if planned.is_unchanged {
        return Ok(false);
    }
    planned.check(terms.permitted())?;
    planned.store(database, by, run).await?;
    Ok(true)
}

/// What new content changes in a dead letter, field by field: the first changes.
pub fn changed_fields(row: &Model, content: &[u8], limits: RequestLimits) -> Vec<FieldChange> {
    let max_bytes = envelope_max(limits.max_bytes);
    changes(&archived(row).content(&row.payload, max_bytes), content)
}

/// The digest of the content of a dead letter.
pub fn content_digest(row: &Model, limits: RequestLimits) -> String {
    let content = archived(row);
    let content: Cow<'_, [u8]> = content.content(&row.payload, envelope_max(limits.max_bytes));
    Sha256Digest::of(&content).to_string()
}

/// The request of a dead letter, out of its envelope; none where it cannot be found in the message.
pub fn request(row: &Model, limits: RequestLimits) -> Option<Vec<u8>> {
    let envelope = archived(row).envelope(&row.payload, envelope_max(limits.max_bytes));
    let request = envelope.ok()?.request(&row.payload).ok()?.to_vec();
    Some(request)
}

/// What is wrong with fields of the request of a dead letter now; empty where it is valid, or cannot be read.
pub async fn problems(row: &Model, limits: RequestLimits) -> Vec<Problem> {
    let archived = archived(row);
    let Ok(envelope) = archived.envelope(&row.payload, envelope_max(limits.max_bytes)) else {
        return Vec::new();
    };
    let limits = limits.strict_if(archived.is_strict());
    let invalid: Option<InvalidRequest> = match envelope.request(&row.payload) {
        Ok(request) => match check_apart(request, limits).await {
            Ok(checked) => checked.parsed.invoice.err(),
            Err(invalid) => Some(invalid),
        },
        Err(invalid) => Some(invalid),
    };
    let problems = invalid.iter().flat_map(|invalid| invalid.problems());
    problems.cloned().collect()
}

fn archived(row: &Model) -> Archived<'_> {
    Archived {
        properties: &row.properties,
        headers: &row.headers,
    }
}
