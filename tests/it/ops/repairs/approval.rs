//! Four eyes, cancelling and resuming, and trying again, with the buttons of each state.

use rustix::process::Signal;

use super::{has_form, tried, version};
use crate::faults::templates::Templates;
use crate::harness::{Options, eventually};
use crate::ops::Page;
use crate::repairs::{serve_for, token, until, without_totals, world_with};
use crate::templates::append;

#[tokio::test(flavor = "multi_thread")]
async fn the_maker_cannot_approve_and_another_person_can() {
    let (world, _) = world_with(Options::sqlite(), 3).await;
    let people = [("ann", "operate"), ("bob", "operate")];
    let variables = [("REPAIR_NEEDS_APPROVAL", "true")];
    let serve = serve_for(&world, &people, &variables).await;
    let ann = Page::sign_in(&serve, &token("ann")).await;
    let bob = Page::sign_in(&serve, &token("bob")).await;
    let client = serve.client_with(&token("ann"));
    tried(&ann, &client, &without_totals(), "INC-1").await;
    ann.get("/repairs/1")
        .await
        .shows(&["Another person has to approve it first"]);
    let seen = version(&client).await;
    let fields = [("version", seen.as_str()), ("reason", "needed")];
    let asked = ann.post("/repairs/1/apply", &fields).await;
    let location = asked.header("location");
    let expected = Some("/repairs/1?notice=repair-waits");
    assert_eq!(location, expected, "{asked:?}");

    let html = ann.get("/repairs/1").await.shows(&[
        "You have made this repair. Another person has to approve it.",
        ">waiting_for_approval</span>",
    ]);
    assert!(!has_form(&html, "/repairs/1/approve"), "{html}");
    let waiting = version(&client).await;
    let approve = [("version", waiting.as_str()), ("reason", "looked at it")];
    let own = ann.post("/repairs/1/approve", &approve).await;
    assert_eq!(own.status, 403, "{own:?}");
    own.shows(&["another person than those who made and applied it"]);

    let html = bob.get("/repairs/1").await.shows(&[">Approve</button>"]);
    assert!(has_form(&html, "/repairs/1/approve"), "{html}");
    let hidden = format!("name=\"version\" value=\"{waiting}\"");
    assert!(html.contains(&hidden), "{hidden}: {html}");
    for (fields, status) in [
        (&[("reason", "looked at it")][..], 400),
        (&[("version", waiting.as_str()), ("reason", " ")], 400),
        (&[("version", "x"), ("reason", "looked at it")], 400),
        // As it was before it was applied.
        (
            &[("version", seen.as_str()), ("reason", "looked at it")],
            409,
        ),
    ] {
        let refused = bob.post("/repairs/1/approve", fields).await;
        assert_eq!(refused.status, status, "{fields:?}: {refused:?}");
    }
    let approved = bob.post("/repairs/1/approve", &approve).await;
    assert_eq!(approved.status, 303, "{approved:?}");
    until(&client, "/v1/repairs/1", "replaying").await;
    ann.get("/repairs/1").await.shows(&["Approved by", "bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_cancelled_and_resumed_and_tried_again_with_other_templates() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let templates = Templates::with(&[]);
    let folder = templates.path().to_str().expect("UTF-8");
    let variables = [("TEMPLATES_DIR", folder)];
    let serve = serve_for(&world, &[("ann", "operate")], &variables).await;
    let page = Page::sign_in(&serve, &token("ann")).await;
    let client = serve.client_with(&token("ann"));
    tried(&page, &client, &without_totals(), "INC-1").await;

    let reason = [("reason", "wait for accounting")];
    let cancelled = page.post("/repairs/1/cancel", &reason).await;
    assert_eq!(cancelled.status, 303, "{cancelled:?}");
    let html = page.get("/repairs/1").await.shows(&[">cancelled</span>"]);
    assert!(has_form(&html, "/repairs/1/resume"), "{html}");
    assert!(!has_form(&html, "/repairs/1/apply"), "{html}");
    let seen = version(&client).await;
    let fields = [("version", seen.as_str()), ("reason", "now")];
    let early = page.post("/repairs/1/apply", &fields).await;
    assert_eq!(early.status, 409, "{early:?}");
    let resumed = page.post("/repairs/1/resume", &reason).await;
    assert_eq!(resumed.status, 303, "{resumed:?}");
    page.get("/repairs/1").await.shows(&[">tried</span>"]);

    append(&templates, "receipt/main.typ", "// Another version.");
    serve.signal(Signal::HUP);
    eventually("other templates", async || {
        let now = serve.events("templates_reloaded").len();
        if now > 0 { Ok(()) } else { Err(now) }
    })
    .await;
    let html = page.get("/repairs/1").await.shows(&[
        "The templates have changed since the trial",
        ">Try again</button>",
    ]);
    assert!(!has_form(&html, "/repairs/1/apply"), "{html}");
    let seen = version(&client).await;
    let fields = [("version", seen.as_str()), ("reason", "now")];
    let outdated = page.post("/repairs/1/apply", &fields).await;
    assert_eq!(outdated.status, 409, "{outdated:?}");
    let again = page.post("/repairs/1/resume", &reason).await;
    assert_eq!(again.status, 303, "{again:?}");
    until(&client, "/v1/repairs/1", "tried").await;
    let html = page.get("/repairs/1").await;
    let html = html.shows(&["2 of 2 would be issued"]);
    assert!(has_form(&html, "/repairs/1/apply"), "{html}");
    for (rate, limit) in [("0", ""), ("x", ""), ("", "-1")] {
        let seen = version(&client).await;
        let terms = [("rate", rate), ("limit", limit), ("reason", "now")];
        let fields = [&terms[..], &[("version", seen.as_str())]].concat();
        let refused = page.post("/repairs/1/apply", &fields).await;
        assert_eq!(refused.status, 400, "{rate} {limit}: {refused:?}");
    }
    until(&client, "/v1/repairs/1", "tried").await;
}
