//! The trial: each letter of a repair is tried, and nothing is stored or published but its verdict.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::judge::{Judge, Undecided};
use super::pointed::PointedPatch;
use super::room::Room;
use super::work::{Outcome, RunError, Work};
use crate::database::RepairVerdict;
use crate::database::leases::Hold;
use crate::database::repair::Model;
use crate::database::repair_ends::RepairEnd;
use crate::dead_letters::PatchTerms;
use crate::held::Held;
use crate::processor::Trial;
use crate::telemetry::metrics;

/// Letters that are read, and recorded, together: each holds a request of 1 MiB or more.
const PAGE: u64 = 8;

/// Longest time between two records, so that a person sees the progress, and a killed process repeats little.
const RECORDED_AFTER: Duration = Duration::from_secs(2);

/// Shortest time for one letter. Rendering is the work of a process of low priority; validation and the questions to the servers
/// are not.
const PACE: Duration = Duration::from_millis(10);

/// Tries letters until all are tried, or no further one may be begun.
pub(super) async fn run(
    work: &Work,
    room: &mut Room,
    row: &Model,
    held: &Held<'_>,
) -> Result<Outcome, RunError> {
    let database = &work.database;
    let selection = row.selection().map_err(RunError::Unusable)?;
    let patch = PointedPatch::parse(&row.patch);
    let patch = patch.map_err(|error| RunError::Failed(error.to_string()))?;
    let (mut after, mut verdicts) = (row.after_id, row.verdicts());
    let mut templates = row.templates.clone();
    // Letters that are edited already are not tried again: a patch may not be applied twice.
    let is_begun = row.begun_at.is_some();
    loop {
        let (snapshot, digest) = room.enter().await.map_err(RunError::Renderers)?;
        if templates.as_ref() != Some(&digest) {
            // Nothing was tried yet, or with other templates.
            (after, verdicts) = (0, of_edited(row));
            let sent_at = Instant::now();
            let begun = database.begin_trial(row.id, held.lease, &digest, &verdicts);
            let hold = begun.await?;
            templates = Some(digest);
            if !held.note(sent_at, hold) {
                return Ok(Outcome::Interrupted);
            }
        }
        let page = database.dead_letters(&selection, after, PAGE).await?;
        let Some(last) = page.last().map(|last| last.id) else {
            return Ok(Outcome::Ended(RepairEnd::Tried));
        };
        let judge = Judge {
            repair: row.id,
            database,
            trial: Trial {
                templates: &snapshot,
                storage: &work.storage,
                database,
                limits: work.limits,
            },
            patch: &patch,
            problem: (row.problem_code.as_deref(), row.problem_rule.as_deref()),
            terms: PatchTerms {
                change_identity: row.change_identity,
                limits: work.limits,
            },
        };
        let edited = if is_begun {
            let numbers: Vec<i64> = page.iter().map(|letter| letter.id).collect();
            database.edited_in_repair(row.id, &numbers).await?
        } else {
            HashSet::new()
        };
        let began = Instant::now();
        let mut tried = Vec::new();
        let mut undecided = None;
        for letter in page {
            let id = letter.id;
            if edited.contains(&id) {
                after = id;
                continue;
            }
            let due = Instant::now() + PACE;
            match judge.judge(letter, &tried).await {
                Ok(letter) => {
                    let verdict = letter.verdict.as_str();
                    *verdicts.entry(verdict.to_owned()).or_default() += 1;
                    tried.push(letter);
                    after = id;
                }
                Err(error) => {
                    undecided = Some(error);
                    break;
                }
            }
            if held.stop.is_cancelled() || began.elapsed() > RECORDED_AFTER {
                break;
            }
            sleep_until(due).await;
        }
        let sent_at = Instant::now();
        let hold = database.record_tried(row.id, held.lease, &tried, &verdicts);
        let hold = hold.await?;
        let may_go_on = held.note(sent_at, hold);
        // Without the lease nothing was recorded: the process that has it tries them again.
        let recorded = tried.iter().filter(|_| hold != Hold::Lost);
        for letter in recorded {
            metrics::repair_letter_tried(letter.verdict.as_str());
        }
        match undecided {
            Some(Undecided::Database(error)) => return Err(error.into()),
            Some(error @ Undecided::Failure(_)) => {
                return Err(RunError::Waiting(error.to_string()));
            }
            None => {}
        }
        debug_assert!(after <= last);
        if !may_go_on {
            return Ok(Outcome::Interrupted);
        }
    }
}

/// The verdicts of the letters that a repair has edited already.
fn of_edited(row: &Model) -> BTreeMap<String, u64> {
    let would_issue = RepairVerdict::WouldIssue.as_str().to_owned();
    let edited = u64::try_from(row.edited).unwrap_or(0);
    let edited = (edited > 0).then_some((would_issue, edited));
    edited.into_iter().collect()
}
