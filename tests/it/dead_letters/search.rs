//! Finding dead letters, and the reason that is given where none is found.

use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::Value;

use super::{database, letter, run};
use crate::api::operators::{OPERATE, ids, serve};
use crate::harness::{Options, World};

async fn world_with_letters(options: Options) -> (World, Database) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut letters: Vec<_> = (1..=4)
        .map(|index| letter(index, "totals_mismatch"))
        .collect();
    letters[1].detail = "no font has 'ß' (U+00DF)".into();
    let payload = String::from_utf8(letters[2].payload.clone()).expect("UTF-8");
    let named = payload.replace("J. Rivera", "Zoë");
    assert_ne!(named, payload, "the sample has another buyer");
    letters[2].payload = named.clone().into_bytes();
    let escaped = named
        .replace("Zoë", "Zo\\u00eb")
        .replace("wrong-3", "wrong-4");
    letters[3].payload = escaped.replace("\"1\"", "\"7\"").into_bytes();
    letters[3].claimed = invoice::ClaimedIdentity::of(&letters[3].payload);
    for letter in letters {
        let stored = database.store_dead_letters(&[letter]).await;
        stored.expect("stored");
    }
    (world, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_found_by_text_message_and_number_on_postgresql() {
    letters_are_found_by_text_message_and_number(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_found_by_text_message_and_number_on_sqlite() {
    letters_are_found_by_text_message_and_number(Options::sqlite()).await;
}

async fn letters_are_found_by_text_message_and_number(options: Options) {
    let (world, _database) = world_with_letters(options).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let discard = ["discard", "4", "--reason", "sold twice"];
    run(&world, &discard).await.succeeded();
    for (filters, query, expected) in [
        (
            &["--text", "no font has 'ß'"][..],
            "text=no%20font%20has%20%27%C3%9F%27",
            &[2][..],
        ),
        (&["--text", "wrong-3"], "text=wrong-3", &[3]),
        // However the letter is written.
        (
            &["--text", "Zoë", "--status", "all"],
            "text=Zo%C3%AB&status=all",
            &[4, 3],
        ),
        (&["--text", "%"], "text=%25", &[]),
        (&["--message-id", "message-2"], "messageId=message-2", &[2]),
        (
            &["--sequence", "7", "--status", "all"],
            "sequence=7&status=all",
            &[4],
        ),
        (&["--sequence", "1"], "sequence=1", &[3, 2, 1]),
    ] {
        let list = [&["list", "--json"], filters].concat();
        let json = run(&world, &list).await.succeeded();
        let rows: Vec<Value> = serde_json::from_str(&json).expect("JSON");
        let found: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
        assert_eq!(found, expected, "{filters:?}");
        let page = client
            .get(&format!("/v1/dead-letters?{query}"))
            .await
            .is(200);
        assert_eq!(ids(&page), expected, "{query}");
    }
    // Numbers are meant in every state.
    let listed = run(&world, &["list", "1", "4"]).await.succeeded();
    assert_eq!(listed.lines().count(), 3, "{listed}");
    // A replay keeps these filters.
    let replay = ["replay", "--text", "no font", "--reason", "new font"];
    assert_eq!(run(&world, &replay).await.succeeded(), "replayed 1\n");
    let replays = client.get("/v1/replays").await.is(200);
    assert_eq!(replays["items"][0]["selection"]["text"], "no font");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_found_in_an_archive_of_many_letters() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    let mut letters: Vec<_> = (1..=2_500)
        .map(|index| letter(index, "totals_mismatch"))
        .collect();
    for place in [4, 2_299] {
        letters[place].detail = "no font has 'ß'".into();
    }
    for some in letters.chunks(500) {
        let stored = database.store_dead_letters(some).await;
        stored.expect("stored");
    }
    let selection = Selection {
        text: Some("no font".into()),
        ..Selection::default()
    };
    let frozen = database.freeze(&selection).await.expect("frozen");
    assert_eq!((frozen.count, frozen.selection.max_id), (2, Some(2_300)));
    let rows = database.dead_letters(&frozen.selection, 0, 10).await;
    let rows = rows.expect("dead letters").into_iter().map(|row| row.id);
    assert_eq!(rows.collect::<Vec<_>>(), [5, 2_300]);
    let mut cursor = None;
    for (id, next) in [(2_300, Some(2_300)), (5, None)] {
        let page = database
            .listed_dead_letters(&selection, cursor, 1, None)
            .await;
        let page = page.expect("a page");
        assert_eq!((page.items[0].id, page.next), (id, next));
        cursor = page.next;
    }
    let second = database.dead_letter_at(&selection, 1).await;
    assert_eq!(second.expect("a place"), Some(2_300));
    let discard = ["discard", "--text", "no font", "--reason", "sold twice"];
    run(&world, &discard).await.succeeded();
    let left = run(&world, &["list", "--text", "no font"]).await;
    assert!(left.succeeded().starts_with("no dead letter matches"));
    let open = Selection {
        status: Some(DeadLetterStatus::Open),
        ..Selection::default()
    };
    let open = database.freeze(&open).await.expect("frozen");
    assert_eq!(open.count, 2_498);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_without_a_value_selects_nothing() {
    let (world, database) = world_with_letters(Options::sqlite()).await;
    for command in [
        &["list"][..],
        &["replay", "--reason", "x"],
        &["discard", "--reason", "x"],
    ] {
        let refused = run(&world, &[command, &["--text", ""]].concat()).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        let printed = "the filter text is blank, expected a value";
        assert!(refused.stderr.contains(printed), "{refused:?}");
    }
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let listed = client.get("/v1/dead-letters?text=").await;
    listed.is_problem(400, "parameter_invalid");
    let body = serde_json::json!({ "targets": { "text": "" }, "reason": "x" });
    let refused = client.post("/v1/dead-letters/discard", &body).await;
    refused.is_problem(422, "body_invalid");
    let discarded = Selection {
        status: Some(DeadLetterStatus::Discarded),
        ..Selection::default()
    };
    let discarded = database.freeze(&discarded).await.expect("frozen");
    assert_eq!(discarded.count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist_is_an_error_with_a_suggestion() {
    let (world, database) = world_with_letters(Options::sqlite()).await;
    let mut foreign = letter(9, "other_program");
    foreign.stage = "elsewhere".into();
    let stored = database.store_dead_letters(&[foreign]).await;
    stored.expect("stored");
    let printed = "\"totals_mismtch\" is no known code; did you mean totals_mismatch?";
    for command in [
        &["list"][..],
        &["groups"],
        &["export"],
        &["replay", "--dry-run"],
        &["discard", "--reason", "x"],
    ] {
        let arguments = [command, &["--code", "totals_mismtch"]].concat();
        let refused = run(&world, &arguments).await;
        assert_eq!(refused.code, 2, "{arguments:?} {refused:?}");
        assert!(refused.stderr.contains(printed), "{refused:?}");
        // Known, and in no dead letter.
        let known = [command, &["--code", "conflict"]].concat();
        assert_ne!(run(&world, &known).await.code, 2, "{known:?}");
    }
    // Another program may have made it.
    let listed = run(&world, &["list", "--code", "other_program"]).await;
    assert_eq!(listed.succeeded().lines().count(), 2);
    let stage = run(&world, &["list", "--stage", "rendr"]).await;
    assert_eq!(stage.code, 2);

    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let problem = client.get("/v1/dead-letters?code=totals_mismtch").await;
    let detail = problem.is_problem(400, "parameter_invalid")["detail"].clone();
    assert_eq!(detail, printed);
    // Known, and in no dead letter.
    let known = serde_json::json!({ "targets": { "codes": ["conflict"] }, "dryRun": true });
    let planned = client.post("/v1/replays", &known).await.is(200);
    assert_eq!(planned["reasons"][0], "no dead letter matches", "{planned}");
    let stage = client.get("/v1/dead-letters/groups?stage=rendr").await;
    let detail = stage.is_problem(400, "parameter_invalid")["detail"].clone();
    assert_eq!(detail, "\"rendr\" is no known stage; did you mean render?");
    let found = client.get("/v1/dead-letters?stage=elsewhere").await;
    assert_eq!(ids(&found.is(200)).len(), 1);
    let body = serde_json::json!({ "targets": { "codes": ["totals_mismtch"] }, "dryRun": true });
    let refused = client.post("/v1/replays", &body).await;
    refused.is_problem(422, "body_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_letters_says_why() {
    let (world, _database) = world_with_letters(Options::default()).await;
    run(&world, &["discard", "--all", "--reason", "sold twice"])
        .await
        .succeeded();
    for (filters, expected) in [
        (
            &["--platform", "shopfy"][..],
            "no dead letter matches; no dead letter has platform \"shopfy\"; there are tiktok\n",
        ),
        (
            &["--order", "none"],
            "no dead letter matches; no dead letter has order \"none\"\n",
        ),
        (
            &["--platform", "tiktok"],
            "no dead letter matches; none of the 4 that the other filters match is open (--status all shows them)\n",
        ),
        (&["--code", "conflict"], "no dead letter matches\n"),
    ] {
        for command in ["list", "groups"] {
            let arguments = [&[command], filters].concat();
            let printed = run(&world, &arguments).await.succeeded();
            assert_eq!(printed, expected, "{arguments:?}");
        }
        // What would change something fails.
        let arguments = [&["replay", "--reason", "x"], filters].concat();
        let refused = run(&world, &arguments).await;
        assert_eq!(refused.code, 1, "{arguments:?} {refused:?}");
        assert!(refused.stderr.contains(expected), "{refused:?}");
    }
    let groups = ["groups", "--status", "all", "--explain"];
    let groups = run(&world, &groups).await.succeeded();
    for part in [
        "COUNT  STATUS     CODE",
        "discarded  totals_mismatch",
        "\ntotals_mismatch\n  a given amount differs",
        "\n  to do: fix the publisher; `dead-letters edit` corrects",
    ] {
        assert!(groups.contains(part), "{part:?} is not in\n{groups}");
    }
}
