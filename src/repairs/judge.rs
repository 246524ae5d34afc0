//! What a trial says of one dead letter.

use std::sync::Arc;

use invoice::{FailureCode, InvalidRequest, InvoiceIdentity, Problem, Sha256Digest};

use super::pointed::PointedPatch;
use crate::contract::{RequestProblem, reported};
use crate::database::dead_letter::Model;
use crate::database::repair_runs::TriedLetter;
use crate::database::{Database, DatabaseError, RepairVerdict};
use crate::dead_letters::{
    EditError, Patch, PatchTerms, Patched, content_digest, new_content, problems,
};
use crate::processor::{Class, Failure, Stage, Trial, Tried};

/// Why nothing can be said of a letter now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undecided {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A server is away, or no renderer starts.
    #[error("{}: {}", .0.code.as_str(), .0.loggable_detail())]
    Failure(Box<Failure>),
}

/// What letters of a repair are tried with.
pub(super) struct Judge<'a> {
    pub(super) repair: i64,
    pub(super) database: &'a Database,
    pub(super) trial: Trial<'a>,
    pub(super) patch: &'a PointedPatch,
    /// Code and rule of the problems that `{pointer}` stands for.
    pub(super) problem: (Option<&'a str>, Option<&'a str>),
    pub(super) terms: PatchTerms,
}

impl Judge<'_> {
    /// Tries one letter. `before` has those that were tried and are not recorded yet.
    pub(super) async fn judge(
        &self,
        row: Model,
        before: &[TriedLetter],
    ) -> Result<TriedLetter, Undecided> {
        let limits = self.terms.limits;
        let before_digest = content_digest(&row, limits);
        let undecided = letter(row.id, before_digest);
        let patch = match patch_for(self.patch, &row, self.problem, self.terms).await {
            Ok(patch) => patch,
            Err(reason) => return Ok(unfit(undecided, reason)),
        };
        let (row, content) = new_content(row, &patch, limits).await;
        let content = match content {
            Ok(content) => content,
            Err(reason) => return Ok(unfit(undecided, reason)),
        };
        let letter = TriedLetter {
            after_digest: Some(Sha256Digest::of(&content).to_string()),
            ..undecided
        };
        let patched = match Patched::of(self.database, &row, &content, self.terms).await {
            Ok(patched) => patched,
            Err(EditError::Database(error)) => return Err(error.into()),
            Err(EditError::Invalid(invalid)) => return Ok(invalid_now(letter, &invalid)),
            Err(
                error @ (EditError::Unknown(_)
                | EditError::NotOpen { .. }
                | EditError::OtherIdentity { .. }
                | EditError::Overtaken(_)
                | EditError::Claimed { .. }
                | EditError::SameAs { .. }
                | EditError::Unreadable(_)),
            ) => return Ok(unfit(letter, error.to_string())),
        };
        if patched.is_unchanged {
            return Ok(TriedLetter {
                verdict: RepairVerdict::Unchanged,
                ..letter
            });
        }
        match self.trial.of(&patched.request, patched.is_strict).await {
            Ok(Tried::WouldIssue { identity, digest }) => {
                let letter = TriedLetter {
                    invoice: Some(invoice(&identity)),
                    request_digest: Some(digest.to_string()),
                    ..letter
                };
                Ok(self.beside_others(letter, before).await?)
            }
            Ok(Tried::AlreadyGenerated) => Ok(TriedLetter {
                verdict: RepairVerdict::AlreadyGenerated,
                ..letter
            }),
            Err(failure) => failed(letter, failure),
        }
    }

    /// The verdict of a letter that would be issued, beside the other letters of its repair: the first one of an identity is
    /// issued.
    async fn beside_others(
        &self,
        letter: TriedLetter,
        before: &[TriedLetter],
    ) -> Result<TriedLetter, DatabaseError> {
        let Some(invoice) = letter.invoice.clone() else {
            return Ok(letter);
        };
        let is_rival = |other: &&TriedLetter| {
            other.verdict == RepairVerdict::WouldIssue && other.invoice.as_ref() == Some(&invoice)
        };
        let rival = match before.iter().find(is_rival) {
            Some(other) => Some((other.dead_letter, other.request_digest.clone())),
            None => self.database.rival_in_repair(self.repair, &invoice).await?,
        };
        let Some((other, digest)) = rival else {
            return Ok(letter);
        };
        let (verdict, code, what) = if digest == letter.request_digest {
            (RepairVerdict::AlreadyGenerated, None, "the same request")
        } else {
            let code = FailureCode::Conflict.as_str();
            (RepairVerdict::Conflict, Some(code), "another request")
        };
        let detail = format!(
            "dead letter {other} of this repair would be issued under this identity, with {what}"
        );
        Ok(TriedLetter {
            verdict,
            code,
            detail: Some(detail),
            ..letter
        })
    }
}

/// The patch for a letter, at the places of its own problems where it needs these.
pub(super) async fn patch_for(
    patch: &PointedPatch,
    row: &Model,
    (code, rule): (Option<&str>, Option<&str>),
    terms: PatchTerms,
) -> Result<Arc<Patch>, String> {
    if !patch.is_pointed() {
        return patch.for_places(&[]);
    }
    let mut all = RequestProblem::list(&problems(row, terms.limits).await);
    if all.is_empty() {
        // It is valid, and its document failed for another reason.
        all = reported(row);
    }
    let is_meant = |problem: &&RequestProblem| {
        code.is_none_or(|code| problem.code == code)
            && rule.is_none_or(|rule| problem.rule.as_deref() == Some(rule))
    };
    let places: Vec<&str> = all
        .iter()
        .filter(is_meant)
        .map(|problem| problem.pointer.as_str())
        .collect();
    patch.for_places(&places)
}

/// A letter of which nothing speaks against its document.
fn letter(dead_letter: i64, before_digest: String) -> TriedLetter {
    TriedLetter {
        dead_letter,
        verdict: RepairVerdict::WouldIssue,
        code: None,
        detail: None,
        problems: None,
        invoice: None,
        request_digest: None,
        before_digest,
        after_digest: None,
    }
}

fn unfit(letter: TriedLetter, reason: String) -> TriedLetter {
    TriedLetter {
        verdict: RepairVerdict::PatchFailed,
        detail: Some(reason),
        ..letter
    }
}

fn invalid_now(letter: TriedLetter, invalid: &InvalidRequest) -> TriedLetter {
    let problems: Vec<Problem> = invalid.problems().cloned().collect();
    TriedLetter {
        verdict: RepairVerdict::Invalid,
        code: Some(invalid.code().as_str()),
        detail: Some(invalid.to_string()),
        problems: RequestProblem::bounded_json(&problems),
        ..letter
    }
}

/// The verdict of a letter that would fail like this.
fn failed(letter: TriedLetter, failure: Failure) -> Result<TriedLetter, Undecided> {
    let verdict = match (failure.class, failure.code, failure.stage) {
        (Class::Permanent, FailureCode::Conflict, _) => RepairVerdict::Conflict,
        (Class::Permanent, _, Stage::Validate) => RepairVerdict::Invalid,
        (Class::Permanent, _, Stage::Render) => RepairVerdict::RenderFailed,
        (Class::Permanent, _, Stage::Receive | Stage::Store | Stage::Record | Stage::Publish) => {
            RepairVerdict::WouldFail
        }
        (Class::Transient | Class::Systemic, _, _) => {
            return Err(Undecided::Failure(Box::new(failure)));
        }
    };
    Ok(TriedLetter {
        verdict,
        code: Some(failure.code.as_str()),
        problems: RequestProblem::bounded_json(&failure.problems),
        detail: Some(failure.detail),
        ..letter
    })
}

/// The digest of an identity, by which letters about the same invoice are found.
fn invoice(identity: &InvoiceIdentity) -> String {
    let parts = identity.parts().join("/");
    Sha256Digest::of(parts.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_permanently_has_a_verdict_and_what_may_pass_has_none() {
        let of = |failure| failed(letter(1, String::new()), failure);
        let fails = of(Failure::crash_suspect(3)).expect("a verdict");
        assert_eq!(fails.verdict, RepairVerdict::WouldFail);
        assert_eq!(fails.code, Some(FailureCode::CrashSuspect.as_str()));
        assert!(fails.detail.is_some());
        assert!(of(Failure::connection_lost(3)).is_err());
    }
}
