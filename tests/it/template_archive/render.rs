//! Rendering again.

use invoice::digest::Sha256Digest;
use rustix::process::Signal;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::{archived, assert_same_again, record, refusal, text, worker, world};
use crate::faults::templates::Templates;
use crate::harness::{World, samples};
use crate::templates::{append, write};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 10"><rect width="60" height="10" fill="#8a1c4a"/></svg>"##;

const OTHER_LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 10"><circle r="5" fill="#14323f"/></svg>"##;

fn brand(templates: &Templates, footer: &str, logo: &str) {
    let brand = json!({ "footer": footer, "logo": "tiktok.svg", "logoAlt": "A shop" });
    write(templates, "brands/tiktok.json", brand.to_string());
    write(templates, "brands/tiktok.svg", logo);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_templates_and_brands_that_are_gone_are_rendered_again_with_the_same_bytes() {
    let world = world().await;
    let templates = Templates::with(&[]);
    append(&templates, "receipt/main.typ", "// The first version.");
    brand(&templates, "The first footer", LOGO);
    // A shop of another platform has no brand then.
    std::fs::remove_file(templates.path().join("brands/default.json")).expect("removed");
    let old = samples::sample_bytes("invoice/main.typ");
    write(&templates, "invoice@2024/main.typ", old);
    let mut worker = worker(&world, &[("TEMPLATES_DIR", text(templates.path()))]).await;
    let mut records = Vec::new();
    let receipt = |order: &str, platform: &str| {
        let mut request = samples::with_identity(samples::receipt(), order, "1");
        request["marketplace"]["platform"] = platform.into();
        request
    };
    records.push(record(&world, &receipt("first", "tiktok")).await);
    records.push(record(&world, &receipt("first", "etsy")).await);
    records.push(record(&world, &samples::invoice()).await);
    let mut version = samples::with_identity(samples::invoice(), "version", "1");
    version["template"] = json!({ "name": "invoice", "version": "2024" });
    records.push(record(&world, &version).await);

    append(&templates, "receipt/main.typ", "// The second version.");
    append(&templates, "lib/theme.typ", "// The second version.");
    brand(&templates, "Another footer", OTHER_LOGO);
    worker.signal(Signal::HUP);
    worker.emits("templates_reloaded").await;
    records.push(record(&world, &receipt("second", "tiktok")).await);
    crate::harness::eventually("both templates in the archive", async || {
        let stored = worker.events("templates_archived").len();
        (stored == 2).then_some(()).ok_or(stored)
    })
    .await;
    worker.stop().await;
    drop(templates);

    let brands = records.iter().map(|record| record.brand_digest.as_ref());
    let brands: Vec<bool> = brands.map(|digest| digest.is_some()).collect();
    assert_eq!(
        brands[..2],
        [true, false],
        "the test has no shop without a brand"
    );
    assert_ne!(records[0].template_digest, records[4].template_digest);
    assert_ne!(records[0].brand_digest, records[4].brand_digest);
    for record in &records {
        assert_same_again(&world, record).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_the_templates_in_use_are_rendered_again_without_the_archive() {
    let world = world().await;
    let mut worker = worker(&world, &[]).await;
    let record = record(&world, &samples::receipt()).await;
    worker.stop().await;
    for described in archived(&world).await {
        let (key, _) = described.split_once(' ').expect("a key");
        delete(&world, key).await;
    }
    assert_same_again(&world, &record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_was_damaged_or_changed_is_refused() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let source = samples::sample_bytes("receipt/main.typ");
    let source = [&source[..], b"// The first version.\n"].concat();
    write(&templates, "receipt/main.typ", &source);
    brand(&templates, "The first footer", LOGO);
    let mut worker = worker(&world, &[("TEMPLATES_DIR", text(templates.path()))]).await;
    let record = record(&world, &samples::receipt()).await;
    worker.stop().await;
    assert_same_again(&world, &record).await;

    // A file of the same length, a longer one, none.
    let key = format!("invoices/.templates/files/{}", Sha256Digest::of(&source));
    let mut damaged = source.clone();
    damaged[0] ^= 1;
    replace(&world, &key, &damaged).await;
    let error = refusal(&world, &record).await;
    assert!(
        error.contains("/receipt/main.typ has other content"),
        "{error}"
    );
    replace(&world, &key, &[&source[..], b"\n"].concat()).await;
    let error = refusal(&world, &record).await;
    assert!(
        error.contains(&key) && error.contains("has more than"),
        "{error}"
    );
    delete(&world, &key).await;
    let error = refusal(&world, &record).await;
    assert!(
        error.contains(&format!("{key}, which /receipt/main.typ")),
        "{error}"
    );

    // A manifest that names another file, which is there.
    replace(&world, &key, &source).await;
    let digest = record.template_digest.clone().expect("a digest");
    let described = archived(&world).await;
    let manifest = described.iter().find_map(|described| {
        let (key, _) = described.split_once(' ')?;
        key.contains(&digest).then_some(key)
    });
    let manifest = manifest.expect("the manifest of the receipt");
    let json = String::from_utf8(world.object(manifest).await).expect("UTF-8");
    let other = "#let render(data) = [Pay to somebody else]";
    let forged = json
        .replace(
            &Sha256Digest::of(&source).to_string(),
            &Sha256Digest::of(other.as_bytes()).to_string(),
        )
        .replace(
            &format!("\"sizeBytes\": {}", source.len()),
            &format!("\"sizeBytes\": {}", other.len()),
        );
    assert_ne!(forged, json);
    let file = format!(
        "invoices/.templates/files/{}",
        Sha256Digest::of(other.as_bytes())
    );
    replace(&world, &file, other.as_bytes()).await;
    replace(&world, manifest, forged.as_bytes()).await;
    let error = refusal(&world, &record).await;
    assert!(
        error.contains("has other files than the template"),
        "{error}"
    );
    delete(&world, manifest).await;
    let error = refusal(&world, &record).await;
    assert!(
        error.contains("was never stored, or was deleted"),
        "{error}"
    );
    replace(&world, manifest, json.as_bytes()).await;

    let brand = record.brand_digest.clone().expect("a brand");
    let key = format!("invoices/.templates/{brand}.json");
    let json = String::from_utf8(world.object(&key).await).expect("UTF-8");
    let forged = json.replace("The first footer", "Pay somebody else");
    replace(&world, &key, forged.as_bytes()).await;
    let error = refusal(&world, &record).await;
    assert!(error.contains("is of the brand with the digest"), "{error}");
    replace(&world, &key, json.as_bytes()).await;
    assert_same_again(&world, &record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_have_the_recorded_bytes_is_not_written() {
    let world = world().await;
    let mut worker = worker(&world, &[]).await;
    let record = record(&world, &samples::receipt()).await;
    worker.stop().await;
    let database = sea_orm::Database::connect(world.variables["DATABASE_URL"].as_str()).await;
    let database = database.expect("the database can be reached");
    let other = Sha256Digest::of(b"rendered by another version");
    let update = format!("UPDATE sales_invoice SET sha256 = '{other}'");
    database.execute_unprepared(&update).await.expect("updated");
    let error = refusal(&world, &record).await;
    let version = env!("CARGO_PKG_VERSION");
    let sentence = format!("used by invoice-worker {version}; this is invoice-worker {version}");
    assert!(error.contains(&sentence), "{error}");
}

async fn replace(world: &World, key: &str, content: &[u8]) {
    let put = world.s3.put_object().bucket(&world.bucket).key(key);
    let put = put.body(content.to_vec().into()).send().await;
    put.expect("the object can be put");
}

async fn delete(world: &World, key: &str) {
    let delete = world.s3.delete_object().bucket(&world.bucket).key(key);
    delete.send().await.expect("the object can be deleted");
}
