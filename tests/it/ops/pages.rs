//! What holds for every page.

use super::{LOOK, PATHS, Page, is_light, serve};
use crate::dead_letters::{database, letter};
use crate::harness::http::Answer;
use crate::harness::{Options, World};

/// Texts that would be markup if they were not escaped.
const MARKUP: &str = "<img src=x onerror=alert(1)>'\"&{{7*7}}";

#[track_caller]
fn is_well_behaved(path: &str, answer: &Answer) {
    let html = answer.shows(&[
        "<html lang=\"en\">",
        "<main id=\"main\">",
        "<h1>",
        "</html>",
    ]);
    let policy = answer.header("content-security-policy").expect("a policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    for (name, expected) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.header(name), Some(expected), "{path}: {name}");
    }
    for forbidden in [
        " style=",
        "<style",
        "<script>",
        " onclick=",
        "http://",
        "https://",
        "javascript:",
    ] {
        assert!(!html.contains(forbidden), "{path} has {forbidden}: {html}");
    }
    assert_eq!(html.matches("<h1>").count(), 1, "{path}");
    assert!(html.len() < 60_000, "{path} has {} bytes", html.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_its_headers_and_is_for_visitors_with_a_session() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    for (path, text) in PATHS {
        let answer = page.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        is_well_behaved(path, &answer);
        is_light(&page.client(), &answer).await;
        answer.shows(&[text, "looker", "aria-current=\"page\""]);
        super::leads_to_sign_in(&serve.client().get(path).await);
    }
    is_well_behaved("/sign-in", &serve.client().get("/sign-in").await);
    let forged = super::post(&page.client(), "/sign-out", &[]).await;
    is_well_behaved("an error", &forged);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_look_like_markup_stay_texts() {
    let world = World::new(Options::sqlite()).await;
    let archive = database(&world).await;
    let stored = archive.store_dead_letters(&[letter(1, MARKUP)]).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    for (path, _) in PATHS {
        let html = page.get(path).await.shows(&[]);
        assert!(!html.contains("<img src=x"), "{path}: {html}");
    }
    // The overview has the code.
    page.get("/").await.shows(&["onerror=alert(1)", "{{7*7}}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn style_and_script_are_kept_by_browsers_until_they_change() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let client = serve.client();
    let html = client.get("/sign-in").await.shows(&[]);
    let mut weight = html.len();
    for (extension, media_type) in [("css", "text/css"), ("js", "text/javascript")] {
        let start = html.find("/assets/ops.").expect("an address");
        let all = html[start..]
            .split('"')
            .filter(|it| it.starts_with("/assets/"));
        let ends = format!(".{extension}");
        let path = all.into_iter().find(|it| it.ends_with(&ends));
        let path = path.unwrap_or_else(|| panic!("no {extension} in {html}"));
        let asset = client.get(path).await;
        assert_eq!(asset.status, 200, "{asset:?}");
        let found = asset.header("content-type").expect("a media type");
        assert!(found.starts_with(media_type), "{found}");
        let cache = asset.header("cache-control");
        assert_eq!(cache, Some("public, max-age=31536000, immutable"));
        weight += asset.body.len();
    }
    assert!(weight < 100_000, "{weight}");
    // Browsers ask for the icon of a PDF.
    let icon = client.get("/favicon.ico").await;
    assert_eq!((icon.status, icon.body.len()), (204, 0), "{icon:?}");
    let old = client.get("/assets/ops.0123456789abcdef.css").await;
    assert_eq!(old.status, 404, "{old:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_page_for_browsers_and_a_problem_for_programs() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    serve
        .client()
        .get("/nothing")
        .await
        .is_problem(404, "not_found");
    let types = "text/html,application/xhtml+xml,*/*;q=0.8";
    let browser = serve.client().header("Accept", types);
    let answer = browser.get("/nothing").await;
    assert_eq!(answer.status, 404);
    is_well_behaved("/nothing", &answer);
}
