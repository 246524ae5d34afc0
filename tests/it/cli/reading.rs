//! `show` and `url`: the record of a request, and a URL of its document.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Options, World, eventually, http, samples};

const IDENTITY: [&str; 5] = ["tiktok", "shop123", "order456", "pkg789", "12345"];

/// A world in which the receipt with [`IDENTITY`] is stored.
async fn world_with_a_receipt(options: Options) -> World {
    let world = World::new(options).await;
    let mut worker = world.worker(&[]).await;
    world.publish(samples::receipt().to_string()).await;
    world
        .wait_for_document(&samples::identity(&samples::receipt()))
        .await;
    worker.stop().await;
    world
}

fn command<'a>(name: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    [&[name], further, &IDENTITY].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn show_prints_the_record_for_people_and_as_json() {
    let world = world_with_a_receipt(Options::default()).await;
    let people = world.program(&command("show", &[])).run().await.succeeded();
    for part in [
        "invoice tiktok/shop123/order456/pkg789/12345, generated\n",
        "  number        12345\n",
        "\nrequest\n  {\n",
    ] {
        assert!(people.contains(part), "{part:?} is not in\n{people}");
    }
    let json = command("show", &["--json"]);
    let shown = world.program(&json).run().await.succeeded();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let row = world.rows().await.remove(0);
    assert_eq!(shown["status"], "generated");
    assert_eq!(shown["url"].as_str(), row.file_path.as_deref());
    assert_eq!(shown["sha256"].as_str(), row.sha256.as_deref());
    assert_eq!(shown["id"], row.id.to_string());
    assert_eq!(shown["number"], "12345");
    let request: Value = serde_json::from_str(&row.request).expect("JSON");
    assert_eq!(shown["request"], request);

    let absent = ["show", "tiktok", "shop123", "order456", "pkg789", "99"];
    let absent = world.program(&absent).run().await;
    assert_eq!(absent.code, 1, "{absent:#?}");
    assert_eq!(absent.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presigned_url_opens_the_document_without_keys_until_it_expires() {
    let world = world_with_a_receipt(Options::sqlite()).await;
    a_presigned_url_opens_until_it_expires(&world).await;

    let absent = ["url", "tiktok", "shop123", "order456", "pkg789", "99"];
    let absent = world.program(&absent).run().await;
    assert_eq!(absent.code, 1, "{absent:#?}");
    assert_eq!(absent.stdout, "");
    let long = world
        .program(&command("url", &["--expires", "8d"]))
        .run()
        .await;
    assert_eq!(long.code, 2, "{long:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presigned_url_of_another_s3_server_works_the_same() {
    let world = world_with_a_receipt(Options {
        sqlite: true,
        seaweedfs: true,
        ..Options::default()
    })
    .await;
    a_presigned_url_opens_until_it_expires(&world).await;
}

async fn a_presigned_url_opens_until_it_expires(world: &World) {
    let key = "invoices/tiktok/shop123/order456/pkg789/12345.pdf";
    let url = world.program(&command("url", &[])).run().await.succeeded();
    let (status, body) = http::get(url.trim_end()).await;
    assert_eq!(status, 200);
    assert!(body == world.object(key).await, "another file");
    assert!(!url.contains(&world.variables["AWS_SECRET_ACCESS_KEY"]));

    let short = command("url", &["--expires", "1s"]);
    let url = world.program(&short).run().await.succeeded();
    let refusal = eventually("the URL to expire", async || {
        let (status, body) = http::get(url.trim_end()).await;
        match status {
            403 => Ok(body),
            other => Err(other),
        }
    })
    .await;
    assert!(!refusal.starts_with(b"%PDF-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_url_for_a_request_that_failed() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    let mut request = samples::receipt();
    request["currency"] = "ZZZ".into();
    world.publish(request.to_string()).await;
    world.wait_for_events(1).await;
    worker.stop().await;
    let finished = world.program(&command("url", &[])).run().await;
    assert_eq!(finished.code, 1, "{finished:#?}");
    assert!(finished.stderr.contains("failed"), "{finished:#?}");
    let json = command("show", &["--json"]);
    let shown = world.program(&json).run().await.succeeded();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["error"]["code"], "currency_unknown");
    assert_eq!(worker.wait_exit(Duration::ZERO).await.code(), Some(0));
}
