//! The worker reloads changed templates while it works, and refuses broken ones.

use rustix::process::{Signal, kill_process};
use sea_orm::ConnectionTrait as _;

use super::{WRONG, append, text, write};
use crate::faults::templates::{SLOW, Templates, request};
use crate::harness::{Options, WorkerProcess, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// The digest of the template that a new receipt is rendered with.
async fn digest_of_a_receipt(world: &World, order: &str) -> String {
    let request = samples::with_identity(samples::receipt(), order, "1");
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    row.template_digest.expect("a digest")
}

async fn world() -> World {
    World::new(Options::sqlite()).await
}

async fn hang_up(worker: &WorkerProcess, result: &str) {
    worker.signal(Signal::HUP);
    worker.emits(result).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_loads_good_templates_and_keeps_the_old_ones_where_the_new_are_broken() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    let first = digest_of_a_receipt(&world, "first").await;
    hang_up(&worker, "templates_unchanged").await;

    write(&templates, "receipt/main.typ", WRONG);
    hang_up(&worker, "templates_refused").await;
    assert!(
        worker
            .events("templates_refused")
            .iter()
            .any(|refused| refused.field_contains("error", "receipt/main.typ:2:11: "))
    );
    assert_eq!(digest_of_a_receipt(&world, "broken").await, first);
    // A renderer that replaces another one gets the old templates as well, although the folder has changed.
    for renderer in worker.renderers() {
        kill_process(renderer, Signal::KILL).expect("a renderer");
    }
    assert_eq!(digest_of_a_receipt(&world, "replaced").await, first);

    let original = samples::templates().join("receipt/main.typ");
    let original = std::fs::read(original).expect("readable");
    write(&templates, "receipt/main.typ", original);
    append(&templates, "receipt/main.typ", "// Another version.");
    hang_up(&worker, "templates_reloaded").await;
    let second = digest_of_a_receipt(&world, "second").await;
    assert_ne!(second, first);
    eventually("the old renderers' end", async || {
        let renderers = worker.renderers().len();
        if renderers == 1 {
            Ok(())
        } else {
            Err(renderers)
        }
    })
    .await;
    worker.stop().await;
    world.assert_settled(4, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_in_work_keeps_the_templates_that_it_began_with() {
    let world = world().await;
    let templates = Templates::with(&[("slow", SLOW)]);
    let (bucket, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world
        .worker(&[
            ("TEMPLATES_DIR", text(templates.path())),
            ("AWS_ENDPOINT_URL_S3", &endpoint),
        ])
        .await;
    let slow = request("slow", "slow");
    world.publish(slow.to_string()).await;
    worker.emits("render_started").await;
    // A page that is done before the other templates are loaded is not stored before that.
    bucket.set(Mode::Stall);
    append(&templates, "slow/main.typ", "// Another version.");
    hang_up(&worker, "templates_reloaded").await;
    assert_eq!(world.rows().await.len(), 0, "it is stored already");
    bucket.set(Mode::Pass);
    let first = world.wait_for_document(&samples::identity(&slow)).await;
    let slow = request("slow", "later");
    world.publish(slow.to_string()).await;
    let second = world.wait_for_document(&samples::identity(&slow)).await;
    assert_ne!(first.template_digest, second.template_digest);
    worker.stop().await;
}

/// A worker that is killed between upload and record leaves a document without a row. The next worker records the document
/// that is there, with the template of that document.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_found_is_recorded_with_the_template_that_rendered_it() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    let first = digest_of_a_receipt(&world, "first").await;
    let database = sea_orm::Database::connect(world.variables["DATABASE_URL"].as_str()).await;
    let database = database.expect("the database can be reached");
    let deleted = database.execute_unprepared("DELETE FROM sales_invoice");
    deleted.await.expect("deleted");

    append(&templates, "receipt/main.typ", "// Another version.");
    hang_up(&worker, "templates_reloaded").await;
    assert_eq!(digest_of_a_receipt(&world, "first").await, first);
    assert_ne!(digest_of_a_receipt(&world, "second").await, first);
    worker.stop().await;
    world.assert_settled(2, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_folder_is_noticed_where_the_settings_ask_for_it() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let variables = [
        ("TEMPLATES_DIR", text(templates.path())),
        ("TEMPLATES_RELOAD_SECONDS", "1"),
    ];
    let mut worker = world.worker(&variables).await;
    let first = digest_of_a_receipt(&world, "first").await;
    append(&templates, "receipt/main.typ", "// Another version.");
    worker.emits("templates_reloaded").await;
    assert_ne!(digest_of_a_receipt(&world, "second").await, first);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_tried_again_though_no_template_changes() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let (fonts, away) = (world.path("fonts"), world.path("away"));
    std::fs::create_dir(&fonts).expect("a folder");
    let variables = [
        ("TEMPLATES_DIR", text(templates.path())),
        ("FONTS_DIR", text(&fonts)),
        ("TEMPLATES_RELOAD_SECONDS", "1"),
    ];
    let mut worker = world.worker(&variables).await;
    std::fs::rename(&fonts, &away).expect("renamed");
    append(&templates, "receipt/main.typ", "// Another version.");
    worker
        .emits_where("templates_refused", |refused| {
            refused.field_contains("error", "FONTS_DIR: cannot read")
        })
        .await;
    std::fs::rename(&away, &fonts).expect("renamed");
    worker.emits("templates_reloaded").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifo_and_a_link_out_of_the_folder_are_refused_and_later_reloads_work() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    let odd = templates.path().join("receipt/odd");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &odd,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .expect("a FIFO");
    let refused = async |problem: &str| {
        worker.signal(Signal::HUP);
        worker
            .emits_where("templates_refused", |refused| {
                refused.field_contains("error", "/receipt/odd")
                    && refused.field_contains("error", problem)
            })
            .await;
    };
    refused("is a FIFO").await;
    std::fs::remove_file(&odd).expect("removed");
    std::os::unix::fs::symlink("/proc/self/environ", &odd).expect("a link");
    refused("leads out of the templates folder").await;
    std::fs::remove_file(&odd).expect("removed");

    append(&templates, "receipt/main.typ", "// Another version.");
    hang_up(&worker, "templates_reloaded").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_loads_a_font_that_was_added_to_the_folder_of_further_fonts() {
    let world = world().await;
    let fonts = world.path("fonts");
    std::fs::create_dir(&fonts).expect("a new folder");
    let mut worker = world.worker(&[("FONTS_DIR", text(&fonts))]).await;
    hang_up(&worker, "templates_unchanged").await;
    let font = samples::templates().join("fonts/NotoSansThai-Regular.ttf");
    std::fs::copy(font, fonts.join("Added.ttf")).expect("copied");
    hang_up(&worker, "templates_reloaded").await;
    worker.stop().await;
}
