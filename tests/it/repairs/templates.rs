//! A trial says something of the templates that it was made with, and of no others.

use rustix::process::Signal;
use serde_json::json;

use super::{because, decide, tried, until, without_totals, world_with};
use crate::faults::templates::Templates;
use crate::harness::{Options, Serve};
use crate::templates::append;

async fn change(serve: &Serve, templates: &Templates) {
    let before = serve.events("templates_reloaded").len();
    append(templates, "receipt/main.typ", "// Another version.");
    serve.signal(Signal::HUP);
    crate::harness::eventually("other templates", async || {
        let now = serve.events("templates_reloaded").len();
        if now > before { Ok(()) } else { Err(now) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_that_changed_since_the_trial_have_it_made_again() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let templates = Templates::with(&[]);
    let folder = templates.path().to_str().expect("UTF-8");
    let serve = world.serve_with(&[("TEMPLATES_DIR", folder)]).await;
    let client = serve.client();
    let (path, first) = tried(&client, &without_totals()).await;
    change(&serve, &templates).await;
    let refused = decide(&client, &path, "apply", &because("now")).await;
    let refused = refused.is_problem(409, "state_conflict");
    let detail = refused["detail"].as_str().expect("a detail");
    assert!(detail.contains("templates have changed"), "{detail}");
    client
        .post(&format!("{path}/resume"), &because("again"))
        .await
        .is(200);
    let second = until(&client, &path, "tried").await;
    assert_ne!(first["templates"], second["templates"]);
    assert_eq!(second["verdicts"], json!({ "would_issue": 2 }));

    // The command line does not know which templates are in use; the process that makes the changes does.
    change(&serve, &templates).await;
    let seen = second["updatedAt"].as_str().expect("a moment");
    let command = ["dead-letters", "repair", "apply", "1", "--seen", seen];
    let command = [&command[..], &["--reason", "now"]].concat();
    world.program(&command).run().await.succeeded();
    let failed = until(&client, &path, "failed").await;
    assert_eq!(
        (&failed["edited"], &failed["goesOnAs"]),
        (&json!(0), &json!("trying"))
    );
    assert_eq!(failed["appliedBy"], json!(null));
    let error = failed["error"].as_str().expect("an error");
    assert!(error.contains("templates have changed"), "{error}");
    client
        .post(&format!("{path}/resume"), &because("again"))
        .await
        .is(200);
    until(&client, &path, "tried").await;
    decide(&client, &path, "apply", &because("now"))
        .await
        .is(200);
    assert_eq!(until(&client, &path, "replaying").await["edited"], 2);
}
