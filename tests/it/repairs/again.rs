//! A repair that was applied in part goes on with the verdicts of the templates in use, and edits no letter twice.

use invoice_worker::broker::Lane;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::leases::Lease;
use invoice_worker::database::repair_ends::RepairEnd;
use invoice_worker::database::repair_runs::AppliedLetter;
use invoice_worker::database::repairs::ReplayTerms;
use invoice_worker::database::{By, Database};
use invoice_worker::dead_letters::{EditTerms, Patch, edit_all};
use serde_json::json;

use super::{because, decide, letters, tried, until, without_totals, world_with};
use crate::dead_letters::edits_of;
use crate::faults::templates::Templates;
use crate::harness::Options;
use crate::templates::append;

const BY: By<'_> = By {
    actor: "local",
    reason: Some("now"),
};

/// Edits the first two letters of the first repair, as a process does that is killed after it has recorded one of them.
async fn apply_in_part(database: &Database) {
    let repair = database.repair(1).await.expect("the database answers");
    let terms = ReplayTerms {
        lane: Lane::Bulk.as_str(),
        rate: None,
        at_most: None,
    };
    let applied = database
        .apply_repair(&repair.expect("a repair"), terms, false, BY)
        .await;
    assert!(applied.expect("the database answers").is_some());
    let lease = Lease::new("host:1");
    let claimed = database.claim_repair(1, &lease).await;
    let row = claimed.expect("the database answers").expect("free");
    let begun = database.begin_applying(1, &lease).await;
    begun.expect("the database answers");

    let page = database.letters_to_edit(1, 16).await.expect("letters");
    let selection = Selection {
        ids: vec![1, 2],
        ..Selection::default()
    };
    let frozen = database.freeze(&selection).await.expect("frozen");
    let patch = Patch::parse(without_totals().to_string().as_bytes()).expect("a patch");
    let terms = EditTerms {
        by: BY,
        change_identity: false,
        dry_run: false,
        limits: (1 << 20).into(),
    };
    let edited = edit_all(database, &frozen, &patch, terms).await;
    assert_eq!(edited.expect("the database answers").edited, 2);
    let recorded = [AppliedLetter {
        id: page[0].id,
        dead_letter: page[0].dead_letter_id,
        skipped: None,
    }];
    let recorded = database.record_applied(1, &lease, &recorded, 1, 0).await;
    recorded.expect("the database answers");
    // Its lease is over.
    let ended = database.end_repair_run(&row, &lease, RepairEnd::Released(None));
    assert!(ended.await.expect("the database answers"));
}

/// A letter that is not recorded as edited would be tried again, and the patch would fail in it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_has_edited_is_recorded_before_an_approval_is_waited_for() {
    let (world, database) = world_with(Options::sqlite(), 4).await;
    let mut serve = world.serve_with(&[]).await;
    let (path, _) = tried(&serve.client(), &without_totals()).await;
    serve.stop().await;
    apply_in_part(&database).await;

    let serve = world.serve_with(&[("REPAIR_NEEDS_APPROVAL", "true")]).await;
    let client = serve.client();
    let waiting = until(&client, &path, "waiting_for_approval").await;
    assert_eq!(waiting["edited"], 2, "{waiting}");
    let again = client
        .post(&format!("{path}/resume"), &because("again"))
        .await;
    again.is(200);
    let tried = until(&client, &path, "tried").await;
    assert_eq!(tried["verdicts"], json!({ "would_issue": 4 }));
    for (id, letter) in letters(&client, &path).await {
        let applied = (id <= 2).then_some("edited");
        assert_eq!(letter["applied"], json!(applied), "{letter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_are_left_are_tried_again_with_other_templates() {
    let (world, database) = world_with(Options::sqlite(), 4).await;
    let templates = Templates::with(&[]);
    let folder = templates.path().to_str().expect("UTF-8");
    let variables = [("TEMPLATES_DIR", folder)];
    let mut serve = world.serve_with(&variables).await;
    let (path, first) = tried(&serve.client(), &without_totals()).await;
    serve.stop().await;
    apply_in_part(&database).await;

    append(&templates, "receipt/main.typ", "// Another version.");
    let serve = world.serve_with(&variables).await;
    let client = serve.client();
    let failed = until(&client, &path, "failed").await;
    assert_eq!(
        (&failed["edited"], &failed["goesOnAs"], &failed["appliedBy"]),
        (&json!(2), &json!("trying"), &json!(null)),
        "{failed}"
    );
    let error = failed["error"].as_str().expect("an error");
    let expected =
        "the templates have changed since the trial, and 2 dead letters are edited already";
    assert!(error.starts_with(expected), "{error}");

    // The two that are left are tried again; the patch would fail in the others.
    let resumed = client
        .post(&format!("{path}/resume"), &because("again"))
        .await;
    resumed.is(200);
    let second = until(&client, &path, "tried").await;
    assert_ne!(first["templates"], second["templates"]);
    assert_eq!(second["verdicts"], json!({ "would_issue": 4 }));
    for (id, letter) in letters(&client, &path).await {
        let applied = if id <= 2 {
            json!("edited")
        } else {
            json!(null)
        };
        assert_eq!(letter["applied"], applied, "{letter}");
    }
    decide(&client, &path, "apply", &because("now"))
        .await
        .is(200);
    let mut worker = world.worker(&[]).await;
    let done = until(&client, &path, "done").await;
    assert_eq!((&done["edited"], &done["skipped"]), (&json!(4), &json!(0)));
    assert_eq!(done["outcome"]["generated"], 4, "{done}");
    for id in 1..=4 {
        let edits = edits_of(&database, id).await;
        assert_eq!(edits.len(), 1, "dead letter {id}");
    }
    worker.stop().await;
}
