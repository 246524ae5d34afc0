//! Applying a repair: the letters that would be issued get the very requests that were tried, and are replayed.

use std::sync::Arc;

use tokio::time::Instant;

use super::judge::patch_for;
use super::pointed::PointedPatch;
use super::room::Room;
use super::work::{Outcome, RunError, Work};
use crate::broker::Lane;
use crate::database::dead_letters::{EditRun, Frozen, Selection};
use crate::database::leases::Hold;
use crate::database::repair::Model;
use crate::database::repair_ends::RepairEnd;
use crate::database::repair_letter;
use crate::database::repair_runs::AppliedLetter;
use crate::database::{By, DatabaseError, DeadLetterStatus, dead_letter};
use crate::dead_letters::{EditError, PatchTerms, content_digest, new_content, store};
use crate::held::Held;
use crate::replays::{self, Plan, Terms};
use crate::telemetry::metrics;
use invoice::Sha256Digest;

/// Letters that are edited until they are recorded.
const PAGE: u64 = 16;

/// Edits letters until all are edited or skipped, and creates the replay of those that are edited.
pub(super) async fn run(
    work: &Work,
    room: &mut Room,
    row: &Model,
    held: &Held<'_>,
) -> Result<Outcome, RunError> {
    let patch = PointedPatch::parse(&row.patch);
    let patch = patch.map_err(|error| RunError::Failed(error.to_string()))?;
    let editing = Editing {
        work,
        row,
        patch: &patch,
        by: by(row),
    };
    let mut progress = Progress {
        edited: row.edited,
        skipped: row.skipped,
    };
    let mut is_begun = row.begun_at.is_some();
    if work.needs_approval && row.approved_by.is_none() {
        // What is not recorded as edited would be tried again, and might get the patch twice.
        let may_end = !is_begun || {
            let page = work.database.letters_to_edit(row.id, PAGE).await?;
            let edited = editing.edited_before(&page).await?;
            progress.record(work, row, held, &edited).await?
        };
        return Ok(if may_end {
            Outcome::Ended(RepairEnd::Unapproved)
        } else {
            Outcome::Interrupted
        });
    }
    let mut run = EditRun::of(format!("repair {}", row.id));
    loop {
        let page = work.database.letters_to_edit(row.id, PAGE).await?;
        if page.is_empty() {
            break;
        }
        // The verdicts hold for the templates of the trial, whatever was edited before.
        if row.templates.as_ref() != Some(&room.digest().await) {
            if is_begun {
                let edited = editing.edited_before(&page).await?;
                if !progress.record(work, row, held, &edited).await? {
                    return Ok(Outcome::Interrupted);
                }
            }
            return Ok(Outcome::Ended(RepairEnd::Outdated(progress.outdated())));
        }
        if !is_begun {
            let sent_at = Instant::now();
            let hold = work.database.begin_applying(row.id, held.lease).await?;
            if !held.note(sent_at, hold) {
                return Ok(Outcome::Interrupted);
            }
            is_begun = true;
        }
        let mut applied = Vec::with_capacity(page.len());
        let mut failed = None;
        for letter in &page {
            if held.stop.is_cancelled() {
                break;
            }
            match editing.edit(letter, &mut run).await {
                Ok(skipped) => applied.push(applied_letter(letter, skipped)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let may_go_on = progress.record(work, row, held, &applied).await?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        if !may_go_on {
            return Ok(Outcome::Interrupted);
        }
    }
    replay(work, row, held).await
}

/// How many letters are edited and skipped.
struct Progress {
    edited: i64,
    skipped: i64,
}

impl Progress {
    /// Records letters. `false` where no further one may be begun.
    async fn record(
        &mut self,
        work: &Work,
        row: &Model,
        held: &Held<'_>,
        letters: &[AppliedLetter],
    ) -> Result<bool, DatabaseError> {
        for letter in letters {
            match letter.skipped {
                Some(_) => self.skipped += 1,
                None => self.edited += 1,
            }
        }
        let sent_at = Instant::now();
        let recording =
            work.database
                .record_applied(row.id, held.lease, letters, self.edited, self.skipped);
        let hold = recording.await?;
        let may_go_on = held.note(sent_at, hold);
        // Without the lease nothing was recorded: the process that has it records and counts them.
        for letter in letters.iter().filter(|_| hold != Hold::Lost) {
            metrics::repair_letter_applied(letter.applied().as_str());
        }
        Ok(may_go_on)
    }

    /// Why the letters that are left are not edited.
    fn outdated(&self) -> String {
        let why = "the templates have changed since the trial";
        match self.edited {
            0 => format!("{why}: resume the repair, so that it is tried again"),
            edited => format!(
                "{why}, and {edited} dead letters are edited already: resume the repair, so that the others are tried again"
            ),
        }
    }
}

fn applied_letter(letter: &repair_letter::Model, skipped: Option<String>) -> AppliedLetter {
    AppliedLetter {
        id: letter.id,
        dead_letter: letter.dead_letter_id,
        skipped,
    }
}

/// Who made the changes of a repair, and why.
fn by(row: &Model) -> By<'_> {
    By {
        actor: row.applied_by.as_deref().unwrap_or(&row.actor),
        reason: row.applied_reason.as_deref().or(row.reason.as_deref()),
    }
}

/// Creates the replay of what was edited.
async fn replay(work: &Work, row: &Model, held: &Held<'_>) -> Result<Outcome, RunError> {
    if held.stop.is_cancelled() {
        return Ok(Outcome::Interrupted);
    }
    let selection = Selection {
        repair: Some(row.id),
        status: Some(DeadLetterStatus::Open),
        ..Selection::default()
    };
    let frozen: Frozen = work.database.freeze(&selection).await?;
    if frozen.count == 0 {
        return Ok(Outcome::Ended(RepairEnd::Done));
    }
    let limit = row.at_most.and_then(|limit| u64::try_from(limit).ok());
    let plan = Plan::new(&work.database, frozen, limit).await?;
    let lane = Lane::ALL
        .into_iter()
        .find(|lane| Some(lane.as_str()) == row.lane.as_deref());
    let terms = Terms {
        lane: lane.unwrap_or(Lane::Bulk),
        rate: row.rate.and_then(|rate| u32::try_from(rate).ok()),
        by: by(row),
    };
    let new = replays::new(&plan, terms);
    let created = work.database.replay_repaired(row.id, held.lease, new);
    Ok(match created.await? {
        Some(_) => Outcome::Replaying,
        // A person has asked for its end meanwhile, or the lease is lost: the next one that claims it cancels it.
        None => Outcome::Interrupted,
    })
}

/// What letters are edited with.
struct Editing<'a> {
    work: &'a Work,
    row: &'a Model,
    patch: &'a PointedPatch,
    by: By<'a>,
}

impl Editing<'_> {
    /// The letters of a page that a process has edited which was killed before it recorded that.
    async fn edited_before(
        &self,
        page: &[repair_letter::Model],
    ) -> Result<Vec<AppliedLetter>, DatabaseError> {
        let mut edited = Vec::new();
        for tried in page {
            let letter = self.work.database.dead_letter(tried.dead_letter_id).await?;
            if letter.is_some_and(|letter| self.is_edited(tried, &letter)) {
                edited.push(applied_letter(tried, None));
            }
        }
        Ok(edited)
    }

    /// Whether a letter has the request that was tried already. What the patch leaves as it is has no verdict that it would be issued.
    fn is_edited(&self, tried: &repair_letter::Model, letter: &dead_letter::Model) -> bool {
        let now = content_digest(letter, self.work.limits);
        letter.status == DeadLetterStatus::Open && Some(&now) == tried.after_digest.as_ref()
    }

    /// Gives a letter the request that was tried. Why it stays as it is, where it is not any more what was tried.
    async fn edit(
        &self,
        tried: &repair_letter::Model,
        run: &mut EditRun,
    ) -> Result<Option<String>, DatabaseError> {
        let database = &self.work.database;
        let id = tried.dead_letter_id;
        let terms = PatchTerms {
            change_identity: self.row.change_identity,
            limits: self.work.limits,
        };
        let Some(letter) = database.dead_letter(id).await? else {
            return Ok(Some(EditError::Unknown(id).to_string()));
        };
        if self.is_edited(tried, &letter) {
            // A process that was killed had edited it.
            return Ok(None);
        }
        if content_digest(&letter, terms.limits) != tried.before_digest {
            return Ok(Some("it was changed since the trial".to_owned()));
        }
        let problem = (
            self.row.problem_code.as_deref(),
            self.row.problem_rule.as_deref(),
        );
        let patch = match patch_for(self.patch, &letter, problem, terms).await {
            Ok(patch) => patch,
            Err(reason) => return Ok(Some(reason)),
        };
        let (letter, content) = new_content(letter, &Arc::clone(&patch), terms.limits).await;
        let content = match content {
            Ok(content) => content,
            Err(reason) => return Ok(Some(reason)),
        };
        if tried.after_digest != Some(Sha256Digest::of(&content).to_string()) {
            let reason = "the patch gives another request than in the trial";
            return Ok(Some(reason.to_owned()));
        }
        match store(database, &letter, &content, terms, self.by, run).await {
            Ok(_) => Ok(None),
            Err(EditError::Database(error)) => Err(error),
            Err(
                error @ (EditError::Unknown(_)
                | EditError::NotOpen { .. }
                | EditError::Invalid(_)
                | EditError::OtherIdentity { .. }
                | EditError::Overtaken(_)
                | EditError::Claimed { .. }
                | EditError::SameAs { .. }
                | EditError::Unreadable(_)),
            ) => Ok(Some(error.to_string())),
        }
    }
}
