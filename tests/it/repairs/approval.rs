//! Four eyes: the changes of a repair need somebody else than its maker.

use serde_json::{Value, json};

use super::{
    as_seen, because, create, decide, serve_for, token, tried, until, without_totals, world_with,
};
use crate::dead_letters::edits_of;
use crate::harness::Options;

const FOUR_EYES: (&str, &str) = ("REPAIR_NEEDS_APPROVAL", "true");

#[tokio::test(flavor = "multi_thread")]
async fn the_maker_cannot_approve_and_another_person_can() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let people = [("ann", "operate"), ("bob", "operate"), ("eve", "read")];
    let serve = serve_for(&world, &people, &[FOUR_EYES]).await;
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| serve.client_with(&token(name)));
    let (path, _) = tried(&ann, &without_totals()).await;
    let approve = async |client, reason| decide(client, &path, "approve", &because(reason)).await;
    // It does not wait for that yet.
    let early = approve(&bob, "fine").await;
    early.is_problem(409, "state_conflict");
    let asked = decide(&ann, &path, "apply", &because("needed")).await;
    let asked = asked.is(200);
    assert_eq!(asked["status"], "waiting_for_approval");
    assert_eq!(asked["appliedBy"], "ann");

    let own = approve(&ann, "I am sure").await;
    own.is_problem(403, "forbidden");
    let reader = approve(&eve, "I can read").await;
    reader.is_problem(403, "forbidden");
    let waiting = eve.get(&path).await.is(200);
    assert_eq!(
        (&waiting["status"], &waiting["edited"]),
        (&json!("waiting_for_approval"), &json!(0))
    );
    let approved = approve(&bob, "looked at it").await.is(200);
    assert_eq!(approved["approvedBy"], "bob");
    let replaying = until(&ann, &path, "replaying").await;
    assert_eq!(replaying["edited"], 3);
    let changes = bob.get("/v1/changes?actor=bob").await.is(200);
    assert_eq!(changes["items"][0]["action"], "repair.approve");
    assert_eq!(changes["items"][0]["reason"], "looked at it");
}

/// What counts is the setting of the process that makes the changes, not that of the one who asks for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_without_the_setting_does_not_go_round_it() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let serve = serve_for(
        &world,
        &[("ann", "operate"), ("bob", "operate")],
        &[FOUR_EYES],
    )
    .await;
    let client = serve.client_with(&token("ann"));
    let path = create(&client, &without_totals()).await;
    let tried = until(&client, &path, "tried").await;
    let command = async |action: &str, repair: &Value| {
        let seen = repair["updatedAt"].as_str().expect("a moment");
        let command = ["dead-letters", "repair", action, "1", "--seen", seen];
        let command = [&command[..], &["--reason", "x"]].concat();
        world.program(&command).run().await
    };
    let applied = command("apply", &tried).await.succeeded();
    assert_eq!(applied, "repair 1 is applying\n");
    let waiting = until(&client, &path, "waiting_for_approval").await;
    assert_eq!(waiting["edited"], 0);
    // The one who applied it has chosen the terms of its replay.
    let own = command("approve", &waiting).await;
    assert!(own.stderr.contains("by another person"), "{own:?}");
    let bob = serve.client_with(&token("bob"));
    let approved = decide(&bob, &path, "approve", &because("looked at it")).await;
    approved.is(200);
    let replaying = until(&client, &path, "replaying").await;
    assert_eq!(replaying["edited"], 2);
}

/// Who approves has seen what is approved: not an earlier trial, and not a repair whose terms were not chosen yet.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_it_was_seen_is_neither_applied_nor_approved() {
    let (world, database) = world_with(Options::sqlite(), 2).await;
    let people = [("ann", "operate"), ("bob", "operate")];
    let serve = serve_for(&world, &people, &[FOUR_EYES]).await;
    let [ann, bob] = ["ann", "bob"].map(|name| serve.client_with(&token(name)));
    let (path, first) = tried(&ann, &without_totals()).await;
    let (apply, approve) = (format!("{path}/apply"), format!("{path}/approve"));
    let missing = ann.post(&apply, &because("not looked at it")).await;
    let missing = missing.is_problem(422, "body_invalid");
    let detail = missing["detail"].as_str().expect("a detail");
    assert!(detail.contains("updatedAt"), "{detail}");

    // Another trial says something else.
    let discard = json!({ "targets": { "ids": [2] }, "reason": "not needed" });
    let discarded = ann.post("/v1/dead-letters/discard", &discard).await;
    discarded.is(200);
    let again = ann.post(&format!("{path}/resume"), &because("again")).await;
    again.is(200);
    let second = until(&ann, &path, "tried").await;
    assert_ne!(first["verdicts"], second["verdicts"]);
    let stale = ann.post(&apply, &as_seen(&first, &because("now"))).await;
    let stale = stale.is_problem(409, "state_conflict");
    let detail = stale["detail"].as_str().expect("a detail");
    assert!(detail.contains("has changed since it was seen"), "{detail}");

    let terms = json!({ "reason": "now", "rate": 5, "limit": 9, "lane": "ordinary" });
    let waiting = ann.post(&apply, &as_seen(&second, &terms)).await.is(200);
    let shown = ["rate", "limit", "lane"].map(|name| waiting[name].clone());
    assert_eq!(shown, [json!(5), json!(9), json!("ordinary")]);
    // Bob has looked at it before its terms were chosen.
    let stale = bob
        .post(&approve, &as_seen(&second, &because("fine")))
        .await;
    stale.is_problem(409, "state_conflict");
    assert_eq!(bob.get(&path).await.is(200)["status"], waiting["status"]);
    let approved = bob
        .post(&approve, &as_seen(&waiting, &because("fine")))
        .await;
    approved.is(200);
    until(&ann, &path, "replaying").await;
    let edits = edits_of(&database, 2).await;
    assert_eq!(edits.len(), 0);
}
