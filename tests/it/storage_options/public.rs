//! Presigned URLs for those who reach the S3 server by another endpoint than the program.

use super::identity;
use crate::harness::{Options, World, http, samples};
use crate::proxy::Proxy;

#[tokio::test(flavor = "multi_thread")]
async fn presigned_urls_have_the_public_endpoint_and_open_the_document() {
    let world = World::new(Options::default()).await;
    let (_public, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let variables = [("S3_PUBLIC_ENDPOINT_URL", endpoint.as_str())];
    let mut worker = world.worker(&variables).await;
    let request = samples::receipt();
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&identity(&request)).await;
    worker.stop().await;
    // That of the upload.
    let recorded = row.file_path.expect("a URL");
    let internal = &world.variables["AWS_ENDPOINT_URL_S3"];
    assert!(recorded.starts_with(internal.as_str()), "{recorded}");

    let parts = invoice::identity::PARTS.map(|part| {
        let part = request["marketplace"][part].as_str();
        part.expect("a part of the identity")
    });
    let command = world.program(&[&["url"][..], &parts].concat());
    let printed = command.envs(variables).run().await.succeeded();
    let serve = world.serve_with(&variables).await;
    let path = format!("/v1/invoices/{}/document", parts.join("/"));
    let opened = serve.client().get(&path).await;
    assert_eq!(opened.status, 302, "{opened:?}");
    for url in [printed.trim(), opened.header("location").expect("a URL")] {
        assert!(url.starts_with(&endpoint), "{url}");
        let (status, bytes) = http::get(url).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
        assert!(bytes.starts_with(b"%PDF-"));
    }
}
