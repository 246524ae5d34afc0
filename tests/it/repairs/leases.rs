//! A person who cancels a repair while a process holds it.

use std::collections::BTreeMap;

use invoice_worker::broker::Lane;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::leases::{Hold, Lease};
use invoice_worker::database::repair::Model;
use invoice_worker::database::repair_ends::RepairEnd;
use invoice_worker::database::repair_letter::RepairVerdict;
use invoice_worker::database::repair_runs::TriedLetter;
use invoice_worker::database::repairs::ReplayTerms;
use invoice_worker::database::{By, Database, RepairStatus};
use invoice_worker::repairs::{self, Orders};
use invoice_worker::replays::{self, Plan, Terms};

use super::{without_totals, world_with};
use crate::harness::Options;

const BY: By<'_> = By {
    actor: "ann",
    reason: Some("INC-1"),
};

/// A repair of all dead letters, which waits for a process.
async fn repair(database: &Database) -> Model {
    let frozen = database.freeze(&Selection::default()).await;
    let frozen = frozen.expect("frozen");
    let patch = without_totals().to_string();
    let orders = Orders {
        frozen: &frozen,
        patch: &patch,
        change_identity: false,
        problem_code: None,
        problem_rule: None,
        by: BY,
    };
    let made = repairs::create(database, orders).await;
    made.expect("made")
}

/// Claims a repair for a process.
async fn claim(database: &Database, id: i64) -> (Model, Lease) {
    let lease = Lease::new("host:1");
    let claimed = database.claim_repair(id, &lease).await;
    let row = claimed.expect("the database answers").expect("free");
    (row, lease)
}

async fn found(database: &Database, id: i64) -> Model {
    let row = database.repair(id).await.expect("the database answers");
    row.expect("there is one")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_is_cancelled_while_its_trial_ends_is_not_tried() {
    let (_world, database) = world_with(Options::sqlite(), 2).await;
    let id = repair(&database).await.id;
    let (row, lease) = claim(&database, id).await;
    let asked = repairs::cancel(&database, id, BY).await.expect("accepted");
    assert!(asked.cancel_requested_at.is_some());

    let ended = database
        .end_repair_run(&row, &lease, RepairEnd::Tried)
        .await;
    assert!(ended.expect("the database answers"));
    let row = found(&database, id).await;
    assert_eq!(row.status, RepairStatus::Cancelled);
    assert_eq!(row.goes_on_as, Some(RepairStatus::Trying));
    assert_eq!((row.tried_at, row.cancel_requested_at), (None, None));

    // Without such a request it is tried.
    repairs::resume(&database, id, BY).await.expect("resumed");
    let (row, lease) = claim(&database, id).await;
    let ended = database
        .end_repair_run(&row, &lease, RepairEnd::Tried)
        .await;
    assert!(ended.expect("the database answers"));
    assert_eq!(found(&database, id).await.status, RepairStatus::Tried);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_is_cancelled_while_its_letters_are_edited_is_not_replayed() {
    let (_world, database) = world_with(Options::sqlite(), 2).await;
    let id = repair(&database).await.id;
    let (row, lease) = claim(&database, id).await;
    let ended = database
        .end_repair_run(&row, &lease, RepairEnd::Tried)
        .await;
    assert!(ended.expect("the database answers"));
    let terms = ReplayTerms {
        lane: Lane::Bulk.as_str(),
        rate: None,
        at_most: None,
    };
    let seen = found(&database, id).await;
    let applied = database.apply_repair(&seen, terms, false, BY).await;
    assert!(applied.expect("the database answers").is_some());
    let (row, lease) = claim(&database, id).await;
    let frozen = database.freeze(&Selection::default()).await;
    let plan = Plan::new(&database, frozen.expect("frozen"), None).await;
    let plan = plan.expect("planned");
    let terms = Terms {
        lane: Lane::Bulk,
        rate: None,
        by: BY,
    };
    repairs::cancel(&database, id, BY).await.expect("accepted");

    let new = replays::new(&plan, terms);
    let created = database.replay_repaired(id, &lease, new).await;
    assert_eq!(created.expect("the database answers"), None);
    let end = RepairEnd::Released(None);
    let ended = database.end_repair_run(&row, &lease, end).await;
    assert!(ended.expect("the database answers"));
    // The request stays for the process that claims it next.
    let (row, lease) = claim(&database, id).await;
    assert!(row.cancel_requested_at.is_some());
    assert_eq!((row.status, row.replay_id), (RepairStatus::Applying, None));
    let hold = database.renew_repair(id, &lease).await;
    assert_eq!(hold.expect("the database answers"), Hold::CancelRequested);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_stores_no_words_of_a_letter_that_was_erased_meanwhile_on_postgresql() {
    a_trial_stores_no_words_of_a_letter_that_was_erased_meanwhile(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_stores_no_words_of_a_letter_that_was_erased_meanwhile_on_sqlite() {
    a_trial_stores_no_words_of_a_letter_that_was_erased_meanwhile(Options::sqlite()).await;
}

async fn a_trial_stores_no_words_of_a_letter_that_was_erased_meanwhile(options: Options) {
    let (world, database) = world_with(options, 2).await;
    let id = repair(&database).await.id;
    let (_row, lease) = claim(&database, id).await;
    let verdicts = BTreeMap::new();
    let begun = database.begin_trial(id, &lease, "digest", &verdicts).await;
    assert_eq!(begun.expect("the database answers"), Hold::Held);
    world
        .execute("UPDATE dead_letter SET erased_at = updated_at WHERE id = 1")
        .await;

    let tried = [1, 2].map(|dead_letter| TriedLetter {
        dead_letter,
        verdict: RepairVerdict::Invalid,
        code: Some("field_invalid"),
        detail: Some("of the buyer".to_owned()),
        problems: Some("[]".to_owned()),
        invoice: None,
        request_digest: None,
        before_digest: "digest".to_owned(),
        after_digest: None,
    });
    let recorded = database.record_tried(id, &lease, &tried, &verdicts).await;
    assert_eq!(recorded.expect("the database answers"), Hold::Held);
    let letters = database.repair_letters(id, None, None, 10).await;
    let letters = letters.expect("the database answers").items;
    let stored = letters.iter().map(|letter| {
        let words = (letter.detail.as_deref(), letter.problems.as_deref());
        (letter.dead_letter_id, letter.code.as_deref(), words)
    });
    let stored: Vec<_> = stored.collect();
    let code = Some("field_invalid");
    let expected = [
        (1, code, (None, None)),
        (2, code, (Some("of the buyer"), Some("[]"))),
    ];
    assert_eq!(stored, expected);
}
