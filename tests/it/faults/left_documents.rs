//! The database refuses a request after its document was uploaded: the document was never issued, and does not stand in the
//! way of the corrected request.

use invoice::ObjectKey;
use invoice::digest::Sha256Digest;
use invoice_worker::database::Status;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::impatient;
use crate::harness::{World, eventually, http, refuse_all_but_ascii, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_could_not_be_recorded_does_not_block_its_identity() {
    let world = World::new(impatient()).await;
    let url = world.variables["DATABASE_URL"].as_str();
    let admin = refuse_all_but_ascii(url, "sales_invoice", "NEW.request").await;

    let mut worker = world.worker(&[]).await;
    let mut greek = samples::receipt();
    greek["lines"][0]["name"] = json!("Γιώργος");
    let identity = samples::identity(&greek);
    let key = ObjectKey::for_invoice(&identity);
    let dead_letters = async |count: usize| {
        eventually("dead letters", async || {
            let dead = world.dead_letters().await;
            if dead.len() == count {
                Ok(dead)
            } else {
                Err(dead)
            }
        })
        .await
    };
    world.publish(greek.to_string()).await;
    let dead = dead_letters(1).await;
    assert_eq!(dead[0].header("x-error-code"), "database_refused");
    let left = world.object(key.as_str()).await;
    let row = world.row(&identity).await.expect("the failure is recorded");
    assert_eq!(row.status, Status::Failed);
    assert_eq!(row.object_key.as_deref(), Some(key.as_str()));
    let recorded: serde_json::Value = serde_json::from_str(&row.request).expect("JSON");
    assert_eq!(recorded, greek);

    // A further failure does not forget it.
    let mut wrong = samples::receipt();
    wrong["totals"] = json!({ "gross": "1.00" });
    world.publish(wrong.to_string()).await;
    dead_letters(2).await;

    let mut corrected = greek.clone();
    corrected["lines"][0]["name"] = json!("Giorgos");
    world.publish(corrected.to_string()).await;
    let row = world.wait_for_document(&identity).await;
    let issued = row.object_key.clone().expect("a key");
    assert_ne!(issued, key.as_str());
    let pdf = world.object(&issued).await;
    assert_eq!(row.sha256, Some(Sha256Digest::of(&pdf).to_string()));
    assert!(row.file_path.clone().expect("a URL").ends_with(&issued));
    assert!(world.object(key.as_str()).await == left, "it has changed");
    let parts = identity.parts();
    let arguments = [&["url"], &parts[..], &["--expires", "15m"]].concat();
    let presigned = world.program(&arguments).run().await.succeeded();
    assert!(
        http::get(presigned.trim()).await == (200, pdf),
        "{presigned}"
    );

    // The refused request, accepted at last, finds that another one was issued.
    admin
        .execute_unprepared("DROP TRIGGER ascii_only ON sales_invoice")
        .await
        .expect("dropped");
    world.publish(greek.to_string()).await;
    let dead = dead_letters(3).await;
    assert_eq!(dead[2].header("x-error-code"), "conflict");
    assert_eq!(world.row(&identity).await, Some(row));
    worker.stop().await;
}
