//! Texts that do not agree with the English ones: refused before a document shows it, by check, start and reload; and a
//! reload that would take a language away.

use std::fs;

use rustix::process::Signal;

use super::commands::run;
use super::{text, write};
use crate::faults::templates::Templates;
use crate::harness::{Options, WorkerProcess, World, samples};

const ITALIAN: &str = "lib/texts/it.json";

/// Replaces a part of a file.
fn change(templates: &Templates, path: &str, from: &str, to: &str) {
    let file = templates.path().join(path);
    let content = fs::read_to_string(&file).expect("readable");
    assert!(content.contains(from), "{path} has no {from}");
    fs::write(file, content.replace(from, to)).expect("written");
}

async fn world() -> World {
    World::new(Options::sqlite()).await
}

async fn is_refused(worker: &WorkerProcess, words: &[&str]) {
    worker.signal(Signal::HUP);
    worker
        .emits_where("templates_refused", |refused| {
            words
                .iter()
                .all(|words| refused.field_contains("error", words))
        })
        .await;
}

/// Renders a receipt for an Italian reader.
async fn renders_italian(world: &World, order: &str) {
    let mut request = samples::with_identity(samples::receipt(), order, "1");
    request["locale"] = "it-IT".into();
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(&request)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_differ_are_refused_by_check_start_and_reload() {
    let world = world().await;
    let templates = Templates::with(&[]);
    let folder = [("TEMPLATES_DIR", text(templates.path()))];
    let mut worker = world.worker(&folder).await;
    let italian = fs::read_to_string(templates.path().join(ITALIAN)).expect("readable");
    let lines = italian.lines();
    let shortened: Vec<&str> = lines
        .filter(|line| !line.contains("title-invoice"))
        .collect();
    for (path, content, problem) in [
        (
            ITALIAN,
            shortened.join("\n"),
            "it.json: lacks \"title-invoice\", which en.json has",
        ),
        (
            ITALIAN,
            italian.replace("title-invoice", "titel-invoice"),
            "it.json:2:3: unknown key \"titel-invoice\"; en.json has \"title-invoice\"",
        ),
        (
            ITALIAN,
            italian.replace("Pagina {page}", "Pagina {foo}"),
            "it.json:11:3: \"page\" has {foo} {pages}, en.json has {page} {pages}",
        ),
        (
            "receipt/texts/de.json",
            "{\n  \"due\": \"A\"\n  \"net\": \"B\"\n}".to_owned(),
            "de.json:3:3: not JSON: a comma or a closing brace is missing before this place",
        ),
        (
            "lib/words/de-AT.json",
            r#"{"units": {"C26": "St."}}"#.to_owned(),
            "de-AT.json:1:12: unknown key units \"C26\"; en.json has units \"C62\"",
        ),
    ] {
        let before = fs::read(templates.path().join(path)).ok();
        write(&templates, path, content);
        let file = templates.path().join(path);
        let (parent, _) = text(&file).rsplit_once('/').expect("a folder");
        let expected = format!("error: {parent}/{problem}\n");
        for (arguments, code) in [(&["templates", "check"][..], 1), (&["worker"], 2)] {
            let refused = world.program(arguments).envs(folder).run().await;
            assert_eq!(refused.code, code, "{refused:#?}");
            assert!(
                refused.stderr.contains(&expected),
                "{expected}: {refused:#?}"
            );
        }
        is_refused(&worker, &[problem]).await;
        match before {
            Some(before) => write(&templates, path, before),
            None => fs::remove_file(file).expect("removed"),
        }
    }
    renders_italian(&world, "kept").await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_never_takes_away_what_requests_may_ask_for() {
    let world = world().await;
    let templates = Templates::with(&[]);
    run(&templates, &["templates", "new", "slip"])
        .await
        .succeeded();
    run(&templates, &["templates", "new", "slip@1"])
        .await
        .succeeded();
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    let path = |path: &str| templates.path().join(path);
    let away = |from: &str| fs::rename(path(from), path(".away")).expect("renamed");
    let back = |to: &str| fs::rename(path(".away"), path(to)).expect("renamed");

    away(ITALIAN);
    let reason = "language it of credit-note, invoice, packing-slip, receipt: ";
    is_refused(&worker, &[reason, "lib/texts/it.json is gone", "restart"]).await;
    back(ITALIAN);
    // A key that the template has in English only.
    write(
        &templates,
        "receipt/texts/en.json",
        r#"{"greeting": "Hello"}"#,
    );
    let reason = "receipt/texts has en only; add it.json with \"greeting\"";
    is_refused(&worker, &["language it of receipt: ", reason]).await;
    fs::remove_dir_all(path("receipt/texts")).expect("removed");
    for folder in ["slip", "slip@1"] {
        away(folder);
        if folder == "slip" {
            // A request that names no version gets another one, in the same languages.
            worker.signal(Signal::HUP);
            worker.emits("templates_reloaded").await;
        } else {
            // The worker has the folder by a link, and names the files below that.
            let gone = format!("/{folder}/main.typ is gone");
            is_refused(&worker, &[&format!("template {folder}: "), &gone]).await;
        }
        back(folder);
    }
    away("fonts/NotoSansThai-Regular.ttf");
    fs::rename(path("fonts/NotoSansThai-Bold.ttf"), path(".bold")).expect("renamed");
    is_refused(
        &worker,
        &["language th of credit-note, ", "needs a font that has"],
    )
    .await;
    fs::rename(path(".bold"), path("fonts/NotoSansThai-Bold.ttf")).expect("renamed");
    back("fonts/NotoSansThai-Regular.ttf");

    renders_italian(&world, "kept").await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_a_language_that_a_template_lacks_is_told_why() {
    let world = world().await;
    let templates = Templates::with(&[]);
    run(&templates, &["templates", "new", "slip"])
        .await
        .succeeded();
    change(&templates, "slip/texts/en.json", "Receipt", "Slip");
    let mut worker = world
        .worker(&[("TEMPLATES_DIR", text(templates.path()))])
        .await;
    let mut request = samples::receipt();
    request["template"] = serde_json::json!({ "name": "slip" });
    request["locale"] = "de-DE".into();
    world.publish(request.to_string()).await;
    world.assert_settled(0, 1).await;
    let letter = world.dead_letters().await.remove(0);
    let expected = "/locale: the template has no texts for de-DE; its languages are en; slip/texts has en only; add de.json \
                    with \"amount\", \"from\", \"item\" and";
    let detail = letter.header("x-error-detail");
    assert!(detail.contains(expected), "{detail}");
    worker.stop().await;
}
