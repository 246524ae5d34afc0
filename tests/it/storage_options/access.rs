//! Buckets whose requester pays.

use dev::s3::Behaviour;

use super::identity;
use crate::harness::{Options, World, http, samples};

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_pays_for_every_call_and_for_presigned_urls() {
    let world = World::new(Options {
        sqlite: true,
        store: Behaviour {
            requester_pays: true,
            ..Behaviour::default()
        },
        ..Options::default()
    })
    .await;
    let refused = world.program(&["check"]).run().await;
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.stdout.contains("denied"), "{refused:#?}");

    let paying = [("S3_REQUESTER_PAYS", "true"), ("ARCHIVE_TEMPLATES", "true")];
    let run = |arguments: &[&str]| world.program(arguments).envs(paying).run();
    let mut worker = world.worker(&paying).await;
    let request = samples::receipt();
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity(&request)).await;
    worker.emits("templates_archived").await;
    // Adopted, which reads the object.
    world.execute("DELETE FROM sales_invoice").await;
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity(&request)).await;
    worker.stop().await;
    let complaints: Vec<_> = worker.complaints();
    assert_eq!(complaints.len(), 0, "{complaints:#?}");

    let checked = run(&["check"]).await.succeeded();
    assert!(checked.contains("bucket: ok\n"), "{checked}");
    assert!(checked.contains("template archive: ok\n"), "{checked}");
    let audit = run(&["audit", "--min-age", "0s"]).await;
    assert_eq!(audit.code, 0, "{audit:#?}");
    let parts = invoice::identity::PARTS.map(|part| {
        let part = request["marketplace"][part].as_str();
        part.expect("a part of the identity")
    });
    let url = [&["url"][..], &parts].concat();
    let url = run(&url).await.succeeded();
    assert!(url.contains("x-amz-request-payer=requester"), "{url}");
    let (status, bytes) = http::get(url.trim()).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    assert!(bytes.starts_with(b"%PDF-"));

    // `serve` signs as well.
    let serve = world.serve_with(&paying).await;
    let path = format!("/v1/invoices/{}/document", parts.join("/"));
    let opened = serve.client().get(&path).await;
    assert_eq!(opened.status, 302, "{opened:?}");
    let location = opened.header("location").expect("a URL");
    let (status, _) = http::get(location).await;
    assert_eq!(status, 200);
}
