//! Requests: those of records, and those of dead letters.

use invoice_worker::database::dead_letter::Model as Letter;
use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::{Value, json};

use super::erase;
use crate::dead_letters::{archived, database, edits_of};
use crate::harness::{Options, World, eventually, samples};

/// A word of the buyer's name, and others that are only in the request.
const PERSONAL: [&str; 4] = ["ztürk", "Göttingen", "oeztuerk", "EINKAUF-22"];

/// The same invoice with a sum that is wrong.
fn wrong() -> Value {
    let mut request = samples::with_identity(samples::invoice(), "wrong", "1");
    request["totals"]["gross"] = "1.00".into();
    request
}

fn has_none(of: &str) {
    for word in PERSONAL {
        assert!(!of.contains(word), "{word}: {of}");
    }
}

async fn wait_for_letters(database: &Database, count: usize) -> Vec<Letter> {
    eventually("the dead letters", async || {
        let letters = archived(database).await;
        if letters.len() == count {
            Ok(letters)
        } else {
            Err(letters.len())
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_request_leaves_what_proves_the_invoice_on_postgresql() {
    an_erased_request_leaves_what_proves_the_invoice(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_request_leaves_what_proves_the_invoice_on_sqlite() {
    an_erased_request_leaves_what_proves_the_invoice(Options::sqlite()).await;
}

async fn an_erased_request_leaves_what_proves_the_invoice(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let request = samples::invoice();
    let identity = samples::identity(&request);
    let message = world.publish(request.to_string()).await;
    let before = world.wait_for_document(&identity).await;
    world.publish(wrong().to_string()).await;
    let letters = wait_for_letters(&database, 1).await;
    let id = letters[0].id.to_string();

    // An edit copies the request, and its reason is in the record of changes.
    let mut edited = wrong();
    edited["totals"]["gross"] = "2.00".into();
    let file = world.path("edited.json");
    std::fs::write(&file, edited.to_string()).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let why = "Frau Öztürk has called";
    let edit = [
        "dead-letters",
        "edit",
        &id,
        file,
        "--force",
        "--reason",
        why,
    ];
    world.program(&edit).run().await.succeeded();

    let platform = ["--platform", identity.platform()];
    let dry = erase(&world, &[&platform[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.code, 3, "{dry:#?}");
    assert_eq!(dry.records.len(), 2, "{dry:#?}");
    assert_eq!(dry.records[0]["request"], "would-be-erased");
    assert_eq!(dry.letters[0]["request"], "kept", "it is open");
    assert_eq!(world.row(&identity).await.as_ref(), Some(&before));

    let wrong_usage = erase(&world, &platform).await;
    assert_eq!(wrong_usage.code, 2, "{wrong_usage:#?}");
    let no_filter = erase(&world, &["--reason", "x"]).await;
    assert_eq!(no_filter.code, 2, "{no_filter:#?}");
    assert!(no_filter.stderr.contains("no filter"), "{no_filter:#?}");

    let done = [&platform[..], &["--open", "--reason", "GDPR-1"]].concat();
    let report = erase(&world, &done).await;
    assert_eq!(report.code, 0, "{report:#?}");
    assert_eq!(
        report.summary,
        json!({
            "type": "summary", "complete": true, "dryRun": false, "records": 2, "deadLetters": 1, "documents": 0,
            "keptDocuments": 0, "keptDeadLetters": 0, "keptRecords": 0
        })
    );
    let after = world.row(&identity).await.expect("a row");
    has_none(&format!("{:?}", world.rows().await));
    has_none(&format!("{:?}", archived(&database).await));
    let edits = edits_of(&database, letters[0].id).await;
    has_none(&format!("{edits:?}"));
    let changes = world.program(&["changes", "--json"]).run().await;
    let changes = changes.succeeded();
    assert!(!changes.contains("Öztürk"), "{changes}");
    assert!(changes.contains("request.erase"), "{changes}");
    assert!(changes.contains("GDPR-1"), "{changes}");

    // All that is left of the request.
    let left: Value = serde_json::from_str(&after.request).expect("JSON");
    let kept = &left["kept"];
    assert_eq!(kept["number"], "RE-2026-004711");
    assert_eq!(kept["issueDate"], "2026-11-21");
    assert_eq!(kept["seller"]["vatId"], "DE123456789");
    assert_eq!(kept["totals"]["gross"], "278.20");
    assert_eq!(kept["taxes"][0]["tax"], "15.88");
    for (name, is, was) in [
        ("sha256", &after.sha256, &before.sha256),
        ("number", &after.number, &before.number),
        ("key", &after.object_key, &before.object_key),
    ] {
        assert_eq!(is, was, "{name}");
    }
    assert_eq!(after.request_digest, before.request_digest);
    assert_eq!(after.gross_minor, Some(27_820));
    let letter = archived(&database).await.remove(0);
    assert_eq!(letter.status, DeadLetterStatus::Discarded);
    assert_eq!(letter.code, "totals_mismatch");

    // It goes on where it was: there is nothing left.
    let again = erase(&world, &done).await;
    assert_eq!(again.code, 0, "{again:#?}");
    assert_eq!((again.records, again.letters), (vec![], vec![]));

    // The same request makes no second document, another one is a conflict, and the erased letter comes back as a new one.
    world.publish(request.to_string()).await;
    let events = world.wait_for_events(3).await;
    let digest_of = |message: &str| {
        let event = events
            .iter()
            .map(|event| serde_json::from_slice::<Value>(&event.body).expect("JSON"))
            .find(|event| event["data"]["requestMessageId"] == message);
        event.map(|event| event["data"]["sha256"].clone())
    };
    assert_eq!(digest_of(&message), Some(json!(before.sha256)));
    world.publish(wrong().to_string()).await;
    let mut other = request.clone();
    other["buyer"]["name"] = "Somebody else".into();
    world.publish(other.to_string()).await;
    let letters = wait_for_letters(&database, 3).await;
    let codes: Vec<&str> = letters.iter().map(|letter| &*letter.code).collect();
    assert!(codes.contains(&"conflict"), "{codes:?}");
    assert_eq!(world.objects().await.len(), 1);
    worker.stop().await;

    // Neither is damage, and neither can be made again.
    for arguments in [&["audit", "--min-age", "0s"][..], &["audit", "--quick"]] {
        world.program(arguments).run().await.succeeded();
    }
    let parts = identity.parts();
    let output = world.path("again.pdf");
    let again = [
        &["render-again"][..],
        &parts,
        &["-o", output.to_str().expect("UTF-8")],
    ]
    .concat();
    let again = world.program(&again).run().await;
    assert_eq!(again.code, 1, "{again:#?}");
    assert!(again.stderr.contains("were erased"), "{again:#?}");
    let shown = world.program(&[&["show"][..], &parts].concat()).run().await;
    let shown = shown.succeeded();
    assert!(shown.contains("what was kept of the request"), "{shown}");
    let show = [&["show"][..], &parts, &["--request"]].concat();
    let shown = world.program(&show).run().await;
    assert_eq!(shown.code, 1, "{shown:#?}");

    // A replay does not publish it.
    let replay = [
        "dead-letters",
        "replay",
        &id,
        "--status",
        "discarded",
        "--reason",
        "x",
    ];
    let replayed = world.program(&replay).run().await;
    assert_ne!(replayed.code, 0, "{replayed:#?}");
    let text = format!("{}{}", replayed.stdout, replayed.stderr);
    assert!(text.contains("were not replayed"), "{text}");
    assert_eq!(world.waiting().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_older_is_erased_and_a_failed_request_may_come_again() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let old = samples::invoice();
    let young = samples::with_identity(samples::invoice(), "young", "1");
    for request in [&old, &young] {
        world.publish(request.to_string()).await;
        world.wait_for_document(&samples::identity(request)).await;
    }
    world.publish(wrong().to_string()).await;
    wait_for_letters(&database, 1).await;
    // Ids have the time of the first record.
    let order = samples::identity(&old).order_id().to_owned();
    world
        .execute(&format!(
            "UPDATE sales_invoice SET generated_at = now() - interval '11 years', \
             updated_at = now() - interval '11 years', id = '00000000-0000-7000-8000-000000000001' \
             WHERE order_id = '{order}'"
        ))
        .await;
    let report = erase(&world, &["--older-than", "10y", "--reason", "retention"]).await;
    assert_eq!(report.code, 0, "{report:#?}");
    assert_eq!(report.summary["records"], 1, "{report:#?}");
    assert_eq!(report.summary["deadLetters"], 0, "{report:#?}");
    assert_eq!(report.records[0]["marketplace"]["orderId"], *order);

    // By the name of the buyer: both that are left, and the dead letter, which stays open.
    let report = erase(&world, &["--buyer", "bäckerei öztürk", "--reason", "GDPR"]).await;
    assert_eq!(report.code, 3, "{report:#?}");
    assert_eq!(report.summary["records"], 1, "{report:#?}");
    assert_eq!(report.summary["keptDeadLetters"], 1, "{report:#?}");

    // A failed record has no name that is searched, so by its order.
    let identity = samples::identity(&wrong());
    let [platform, shop, order_id, ..] = identity.parts();
    let by_order = [
        "--platform",
        platform,
        "--shop",
        shop,
        "--order",
        order_id,
        "--open",
        "--reason",
        "GDPR",
    ];
    let report = erase(&world, &by_order).await;
    assert_eq!(report.code, 0, "{report:#?}");
    let row = world.row(&identity).await.expect("a row");
    assert!(row.is_erased(), "{row:?}");
    has_none(&format!("{row:?}"));
    // The causes that are counted are beginnings of details.
    let groups = world.program(&["dead-letters", "groups"]).run().await;
    has_none(&groups.succeeded());

    // A right one takes its place.
    let right = samples::with_identity(samples::invoice(), "wrong", "1");
    world.publish(right.to_string()).await;
    let row = world.wait_for_document(&identity).await;
    assert!(!row.is_erased(), "{row:?}");
    assert!(row.request.contains("Öztürk"), "{}", row.request);
    worker.stop().await;
}
