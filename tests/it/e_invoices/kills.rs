//! Workers that die between the uploads.

use document::faults;

use super::{EMBEDDED, PEPPOL, request, storing_xml};
use crate::faults::impatient;
use crate::harness::{Options, World, samples};
use crate::kill_points::kills_itself;
use crate::proxy::{Mode, Proxy};

fn impatient_and_storing_xml() -> Options {
    let mut options = impatient();
    options.variables.extend(storing_xml().variables);
    options
}

/// At each step of the work, one worker dies; the next one does the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_never_gets_a_record_without_its_e_invoice() {
    let world = World::new(impatient_and_storing_xml()).await;
    let mut expected = 0;
    for (step, objects, has_row) in [
        ("rendered", 0, false),
        ("stored", 1, false),
        ("complete", 2, false),
        ("recorded", 2, true),
    ] {
        for profile in [EMBEDDED[0], PEPPOL] {
            let order = format!("{step}-{profile}");
            let request = request(profile, &order);
            let identity = samples::identity(&request);
            let fault = format!("{step}:{order}");
            let mut doomed = world.worker(&[(faults::VARIABLE, &fault)]).await;
            world.publish(request.to_string()).await;
            kills_itself(&mut doomed).await;
            let mut left = world.objects().await;
            left.retain(|key| key.contains(&order));
            assert_eq!(left.len(), objects, "{order}: {left:?}");
            assert_eq!(world.row(&identity).await.is_some(), has_row, "{order}");

            let mut successor = world.worker(&[]).await;
            let row = world.wait_for_document(&identity).await;
            assert!(row.xml_object_key.is_some(), "{order}");
            successor.stop().await;
            expected += 1;
            world.assert_settled(expected, 0).await;
        }
    }
}

/// The bucket takes the document, and is away when the next worker is to put the XML beside it.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_between_the_uploads_delays_the_record() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let request = request(PEPPOL, "outage");
    let identity = samples::identity(&request);
    let mut doomed = world.worker(&[(faults::VARIABLE, "stored:outage")]).await;
    world.publish(request.to_string()).await;
    kills_itself(&mut doomed).await;
    assert_eq!(world.objects().await.len(), 1);

    proxy.set(Mode::Refuse);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    worker.reaches_attempt(2).await;
    assert_eq!(world.row(&identity).await, None);
    proxy.set(Mode::Pass);
    let row = world.wait_for_document(&identity).await;
    assert!(row.xml_object_key.is_some());
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

/// A version that did not know the field has stored the document without its e-invoice, and died before it was recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_lacks_its_e_invoice_is_not_adopted() {
    let world = World::new(impatient()).await;
    let asked = request(EMBEDDED[0], "plain");
    let identity = samples::identity(&asked);
    let key = invoice::ObjectKey::for_invoice(&identity);
    let digest = invoice::parse(asked.to_string().as_bytes(), 1 << 20)
        .expect("JSON")
        .digest;
    let bytes = b"%PDF-1.7 without";
    let put = world
        .s3
        .put_object()
        .bucket(&world.bucket)
        .key(key.as_str());
    put.metadata("request-digest", digest.to_string())
        .metadata("sha256", invoice::Sha256Digest::of(bytes).to_string())
        .metadata("pages", "1")
        .body(bytes.to_vec().into())
        .send()
        .await
        .expect("put");
    let mut worker = world.worker(&[]).await;
    let row = super::generated(&world, &asked).await;
    let beside = invoice::ObjectKey::beside(&identity, digest);
    assert_eq!(row.object_key.as_deref(), Some(beside.as_str()));
    super::xml_in(&world, &row).await;
    assert_eq!(world.object(key.as_str()).await, bytes);
    worker.stop().await;
}

/// Whatever is in the place of the XML stays, and the request has neither a record of success nor an event.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_where_the_xml_cannot_be_stored() {
    let world = World::new(impatient()).await;
    let asked = request(PEPPOL, "taken");
    let identity = samples::identity(&asked);
    let key = invoice::ObjectKey::for_invoice(&identity).xml();
    let put = world
        .s3
        .put_object()
        .bucket(&world.bucket)
        .key(key.as_str());
    let put = put.body(b"<Invoice/>".to_vec().into()).send().await;
    put.expect("put");
    let mut worker = world.worker(&[]).await;
    world.publish(asked.to_string()).await;
    let failed = world.wait_for_events(1).await[0].json();
    assert_eq!(
        failed["data"]["code"], "storage_object_damaged",
        "{failed:#}"
    );
    assert_eq!(world.object(key.as_str()).await, b"<Invoice/>");
    let row = world.row(&identity).await.expect("a row");
    assert_eq!(row.error_code.as_deref(), Some("storage_object_damaged"));

    // As the error says: it is deleted, and the request replayed.
    let delete = world
        .s3
        .delete_object()
        .bucket(&world.bucket)
        .key(key.as_str());
    delete.send().await.expect("deleted");
    let row = super::generated(&world, &asked).await;
    assert_eq!(row.xml_object_key.as_deref(), Some(key.as_str()));
    worker.stop().await;
    world.assert_settled(1, 1).await;
}
