//! An audit beside workers that work.

use invoice::ObjectKey;

use super::report::{audit_with, text};
use super::stock::Stock;
use crate::harness::{Options, eventually, samples};

const REQUESTS: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn audits_beside_working_workers_find_nothing() {
    let stock = Stock::new(Options::default()).await;
    let world = &stock.world;
    let mut workers = [world.worker(&[]).await, world.worker(&[]).await];
    let mut published = 0;
    let mut while_at_work = 0;
    for round in 0.. {
        // Until an audit has run beside them: a fast machine may have done the first ones before it.
        if while_at_work == 0 {
            let indexes = published..published + REQUESTS;
            let bodies = indexes.map(|index| stock.request(index).to_string().into_bytes());
            world.publish_many(bodies).await;
            published += REQUESTS;
        }
        let before = world.rows().await.len();
        let arguments: &[&str] = if round % 2 == 0 { &[] } else { &["--quick"] };
        let report = audit_with(world, &[], arguments).await;
        report.is_clean();
        let after = world.rows().await.len();
        if after > before {
            while_at_work += 1;
        }
        if while_at_work > 0 && before == published {
            break;
        }
    }
    for worker in &mut workers {
        worker.stop().await;
    }
    world.assert_settled(published, 0).await;
}

/// A worker dies between upload and record: the document is in work for a while, and an orphan then.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_just_uploaded_is_in_work() {
    let stock = Stock::new(Options::default()).await;
    let world = &stock.world;
    let request = stock.request(0);
    let faults = ("INVOICE_WORKER_FAULTS", "stored:shop-audit");
    let mut worker = world.start_worker(&[faults]);
    world.publish(request.to_string()).await;
    let identity = samples::identity(&request);
    let key = ObjectKey::for_invoice(&identity);
    eventually("the upload", async || {
        let objects = world.objects().await;
        if objects.contains(&key.as_str().to_owned()) {
            Ok(())
        } else {
            Err(objects)
        }
    })
    .await;
    worker.wait_exit(crate::harness::DEADLINE).await;
    let report = audit_with(world, &[], &["--repair"]).await;
    report.is_clean();
    assert_eq!(report.summary["inWork"], 1);
    let report = audit_with(world, &[], &["--min-age", "0s"]).await;
    assert_eq!(text(report.only(), "code"), "object_orphaned");

    // The message is still there.
    let mut worker = world.worker(&[]).await;
    world.wait_for_document(&identity).await;
    worker.stop().await;
    audit_with(world, &[], &["--min-age", "0s"])
        .await
        .is_clean();
}
