//! What documents are rendered with is kept in the bucket, so that they can be rendered again, byte by byte, when templates,
//! brands and fonts are others.

mod fonts;
mod render;
mod store;

use std::path::Path;

use invoice::InvoiceIdentity;
use invoice::digest::Sha256Digest;
use invoice_worker::database::sales_invoice::Model;
use invoice_worker::template_archive::PREFIX;
use serde_json::Value;

use crate::harness::{Finished, Options, WorkerProcess, World, samples};

async fn world() -> World {
    World::new(Options {
        sqlite: true,
        variables: vec![("ARCHIVE_TEMPLATES", "true".to_owned())],
        ..Options::default()
    })
    .await
}

/// A worker that has stored its templates.
async fn worker(world: &World, variables: &[(&str, &str)]) -> WorkerProcess {
    let worker = world.worker(variables).await;
    worker.emits("templates_archived").await;
    worker
}

/// The record of a document that a worker has rendered from this request.
async fn record(world: &World, request: &Value) -> Model {
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(request)).await
}

/// A run of `render-again` with the repository's templates, and the file that it would write.
async fn render_again(world: &World, identity: &InvoiceIdentity) -> (Finished, std::path::PathBuf) {
    let path = world.path("again.pdf");
    std::fs::remove_file(&path).ok();
    let mut arguments = vec!["render-again"];
    arguments.extend(identity.parts());
    arguments.extend(["-o", "again.pdf"]);
    let finished = world.program(&arguments).run().await;
    (finished, path)
}

/// Renders the document of a record again, and compares it with the record and with the object.
async fn assert_same_again(world: &World, record: &Model) {
    let identity = record.identity().expect("a valid identity");
    let (finished, path) = render_again(world, &identity).await;
    finished.succeeded();
    let again = std::fs::read(&path).expect("the file was written");
    let key = record.object_key.as_deref().expect("a key");
    assert_eq!(world.object(key).await, again, "{identity}");
    let sha256 = Sha256Digest::of(&again).to_string();
    assert_eq!(record.sha256.as_deref(), Some(&*sha256), "{identity}");
}

/// The error of a document that cannot be rendered again.
async fn refusal(world: &World, record: &Model) -> String {
    let identity = record.identity().expect("a valid identity");
    let (finished, path) = render_again(world, &identity).await;
    assert_eq!(finished.code, 1, "{finished:#?}");
    assert!(!path.exists(), "{finished:#?}");
    finished.stderr
}

/// The keys of the archive, each with what changes when its object is written again.
async fn archived(world: &World) -> Vec<String> {
    let listed = world.s3.list_objects_v2().bucket(&world.bucket);
    let listed = listed.prefix(PREFIX).send().await.expect("a list");
    let objects = listed.contents().iter();
    let described = objects.map(|object| {
        let (key, time) = (object.key().expect("a key"), object.last_modified());
        format!("{key} {}", time.expect("a time"))
    });
    described.collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
