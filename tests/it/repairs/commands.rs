//! The command line: the same use case.

use std::fs;

use serde_json::Value;

use super::{without_totals, world_with};
use crate::harness::{Finished, Options, World};

async fn run(world: &World, arguments: &[&str]) -> Finished {
    let arguments = [&["dead-letters", "repair"], arguments].concat();
    world.program(&arguments).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_tries_and_applies_a_repair() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let _serve = world.serve().await;
    let mut worker = world.worker(&[]).await;
    let file = world.path("patch.json");
    fs::write(&file, without_totals().to_string()).expect("a writable folder");
    let file = file.to_str().expect("UTF-8");
    let patch = ["try", "--patch", file, "--reason", "INC-1"];

    let refused = run(&world, &patch).await;
    assert_eq!(refused.code, 2, "nothing is selected: {refused:?}");
    let tried = run(&world, &[&patch[..], &["--all", "--wait"]].concat()).await;
    assert_eq!(
        tried.succeeded(),
        "repair 1 is tried\n3 of 3 would be issued\n"
    );
    let letters = run(&world, &["show", "1", "--letters", "--json"]).await;
    let letters: Value = serde_json::from_str(&letters.succeeded()).expect("JSON");
    assert_eq!(letters.as_array().map(Vec::len), Some(3));
    assert_eq!(letters[0]["verdict"], "would_issue");
    let conflicts = ["show", "1", "--letters", "--verdict", "conflict"];
    let conflicts = run(&world, &conflicts).await.succeeded();
    assert_eq!(conflicts, "no letters\n");

    let shown = run(&world, &["show", "1", "--json"]).await.succeeded();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let seen = shown[0]["updatedAt"].as_str().expect("a moment");
    let table = run(&world, &["show", "1"]).await.succeeded();
    assert!(table.contains(seen), "{table}");
    let apply = ["apply", "1", "--reason", "agreed", "--wait"];
    let unseen = run(&world, &apply).await;
    assert_eq!(unseen.code, 2, "{unseen:?}");
    let stale = ["--seen", "2026-11-29T00:00:00Z"];
    let stale = run(&world, &[&apply[..], &stale].concat()).await;
    assert_eq!(stale.code, 1, "{stale:?}");
    assert!(stale.stderr.contains("has changed since"), "{stale:?}");
    let apply = [&apply[..], &["--seen", seen]].concat();
    let applied = run(&world, &apply).await.succeeded();
    assert_eq!(
        applied,
        "repair 1 is applying\nrepair 1 is done\nedited 3, skipped 0\n3 generated\n"
    );
    let list = run(&world, &["list", "--status", "done"]).await.succeeded();
    assert!(list.contains("3 of 3 would be issued"), "{list}");
    let again = run(&world, &apply).await;
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("repair 1 is done"), "{again:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_without_a_server_waits_and_can_be_cancelled() {
    let (world, _) = world_with(Options::sqlite(), 1).await;
    let merge = world.path("merge.json");
    fs::write(&merge, r#"{"totals": null}"#).expect("a writable folder");
    let merge = merge.to_str().expect("UTF-8");
    let patch = ["try", "1", "--patch", merge, "--reason", "INC-1"];
    let tries = run(&world, &patch).await.succeeded();
    assert_eq!(tries, "repair 1 tries 1 dead letters\n");
    let cancelled = run(&world, &["cancel", "1", "--reason", "wrong"]).await;
    assert_eq!(cancelled.succeeded(), "repair 1 is cancelled\n");
    let resumed = run(&world, &["resume", "1", "--reason", "right"]).await;
    assert_eq!(resumed.succeeded(), "repair 1 is trying\n");
    let unknown = run(&world, &["show", "7"]).await;
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert!(
        unknown.stderr.contains("there is no repair 7"),
        "{unknown:?}"
    );

    let proposals = ["proposals", "currency_unknown", "--pointer", "/currency"];
    let proposals = run(&world, &[&proposals[..], &["--value", "EUR"]].concat()).await;
    let expected = "replace /currency by another value\n  \
                    [{\"op\":\"replace\",\"path\":\"/currency\",\"value\":\"EUR\"}]\n";
    assert_eq!(proposals.succeeded(), expected);
}
