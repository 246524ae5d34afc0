//! An edit that makes a request one about another invoice.

use std::fs;

use invoice::InvoiceIdentity;
use invoice_worker::database::Status;
use serde_json::{Value, json};

use super::{ARCHIVING, archived, database, wait_for_open, wrong};
use crate::api::operators::{OPERATE, edit, right, serve};
use crate::harness::{Options, World, samples};

/// Arguments that name an invoice.
fn named(identity: &InvoiceIdentity) -> [String; 5] {
    identity.parts().map(ToOwned::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_changes_the_identity_needs_a_flag_and_leaves_a_trace_on_postgresql() {
    an_edit_that_changes_the_identity_needs_a_flag_and_leaves_a_trace(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_changes_the_identity_needs_a_flag_and_leaves_a_trace_on_sqlite() {
    an_edit_that_changes_the_identity_needs_a_flag_and_leaves_a_trace(Options::sqlite()).await;
}

async fn an_edit_that_changes_the_identity_needs_a_flag_and_leaves_a_trace(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.publish(wrong(1).to_string()).await;
    let before = wait_for_open(&database, 1).await;
    let (old, new) = (samples::identity(&wrong(1)), samples::identity(&right(2)));

    let file = world.path("other.json");
    fs::write(&file, right(2).to_string()).expect("a writable folder");
    let file = file.to_str().expect("UTF-8");
    let edit = ["dead-letters", "edit", "1", file, "--reason", "other order"];
    let refused = world.program(&edit).run().await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let printed = format!("it was {old}, and is {new} now");
    assert!(refused.stderr.contains(&printed), "{}", refused.stderr);
    assert_eq!(archived(&database).await, before);

    let permitted = [&edit[..], &["--change-identity"]].concat();
    let done = world.program(&permitted).run().await.succeeded();
    let printed = format!("the invoice is {new} now, it was {old}");
    assert!(done.contains(&printed), "{done}");
    let replay = ["dead-letters", "replay", "1", "--reason", "other order"];
    world.program(&replay).run().await.succeeded();
    world.wait_for_document(&new).await;
    worker.stop().await;

    // The letter is found under both orders, and the record of the old invoice says where it went.
    for order in [old.order_id(), new.order_id()] {
        let list = [
            "dead-letters",
            "list",
            "--order",
            order,
            "--status",
            "all",
            "--json",
        ];
        let list = world.program(&list).run().await.succeeded();
        let list: Value = serde_json::from_str(&list).expect("JSON");
        assert_eq!(list[0]["id"], 1, "{list}");
    }
    let row = world.row(&old).await.expect("a record");
    assert_eq!(row.status, Status::Failed);
    let show = |identity: &InvoiceIdentity| {
        let arguments = named(identity);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        world.program(&[&["show"], &arguments[..], &["--json"]].concat())
    };
    let shown = show(&old).run().await.succeeded();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let mut marketplace = right(2)["marketplace"].clone();
    marketplace
        .as_object_mut()
        .expect("an object")
        .remove("region");
    let moved = json!({ "deadLetter": 1, "marketplace": marketplace });
    assert_eq!(shown["movedTo"], moved, "{shown}");
    let shown = show(&new).run().await.succeeded();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["movedTo"], Value::Null, "{shown}");
    let serve = world.serve().await;
    let path = format!("/v1/invoices/{}", named(&old).join("/"));
    let resource = serve.client().get(&path).await.is(200);
    assert_eq!(resource["movedTo"], moved, "{resource}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_says_that_an_edit_changes_the_identity() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    let stored = database
        .store_dead_letters(&[super::letter(1, "totals_mismatch")])
        .await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let other = right(2).to_string().into_bytes();
    let refused = edit(&client, 1, "reason=x", &other).await;
    let problem = refused.is_problem(409, "state_conflict");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains("changeIdentity"), "{detail}");
    let query = "reason=x&changeIdentity=true";
    let done = edit(&client, 1, query, &other).await.is(200);
    assert_eq!(done["changed"], true);
    assert_eq!(done["formerMarketplace"]["orderId"], "wrong-1", "{done}");
    // There is no record of the former one, which would say where its request is.
    let former = super::letter(1, "totals_mismatch").claimed;
    let former = former.parts().map(|part| part.expect("a whole identity"));
    let shown = world
        .program(&[&["show"], &former[..]].concat())
        .run()
        .await;
    let printed = "dead letter 1 had this identity until an edit, and is about";
    assert!(shown.stderr.contains(printed), "{shown:?}");
    let shown = client.get("/v1/dead-letters/1").await.is(200);
    assert_eq!(shown["edits"][0]["formerMarketplace"]["orderId"], "wrong-1");
    // Where the identity was not known, there is none that changes.
    let mut unknown = super::letter(3, "request_malformed");
    unknown.payload = b"{".to_vec();
    unknown.claimed = invoice::ClaimedIdentity::default();
    let stored = database.store_dead_letters(&[unknown]).await;
    stored.expect("stored");
    let id = archived(&database).await[1].id;
    let done = edit(&client, id, "reason=x", right(3).to_string().as_bytes()).await;
    assert_eq!(done.is(200), json!({ "changed": true }));
}
