//! Templates on the page: what is loaded, samples as pictures, and requests tried on a template.

use serde_json::json;

use super::{LOOK, Page, READ, REQUEST, SHOP, is_light, serve, tokens};
use crate::faults::templates::Templates;
use crate::harness::{Options, World, eventually, samples};
use crate::status::another_worker;

/// The address of the picture of a sample.
fn picture(html: &str, sample: &str) -> String {
    let end = format!("/{sample}.png\"");
    let at = html
        .find(&end)
        .unwrap_or_else(|| panic!("no {sample} in {html}"));
    let start = html[..at].rfind('"').expect("a quote") + 1;
    html[start..at + end.len() - 1].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_shown_with_their_samples() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let html = page.get("/templates").await.shows(&[
        "credit-note",
        "packing-slip",
        "loading=\"lazy\"",
        "<code>de</code>",
        "Missing fonts",
    ]);
    assert!(!html.contains("/templates/try"), "{html}");
    let path = picture(&html, "receipt-minimal");
    let first = page.get(&path).await;
    assert_eq!(first.header("content-type"), Some("image/png"), "{first:?}");
    assert!(first.body.starts_with(b"\x89PNG\r\n"), "{first:?}");
    assert_eq!(page.get(&path).await.body, first.body);
    let pdf = page.get(&path.replace(".png", ".pdf")).await;
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"));
    for unknown in [
        path.replace("receipt-minimal", "invoice-de"),
        path.replace("receipt-minimal", "nothing"),
        "/templates/0123/receipt-minimal.png".to_owned(),
    ] {
        let answer = page.get(&unknown).await;
        assert_eq!(answer.status, 404, "{unknown}: {answer:?}");
        answer.shows(&["no such sample"]);
    }
    // The same sample in every language.
    let sheet = path.replace(".png", "/sheet");
    assert!(html.contains(&format!("href=\"{sheet}\"")), "{html}");
    let first = page.get(&sheet).await;
    assert_eq!(
        first.header("content-type"),
        Some("application/pdf"),
        "{first:?}"
    );
    assert!(first.body.starts_with(b"%PDF-"));
    assert!(first.body.len() > pdf.body.len(), "no pictures");
    // It is kept.
    assert_eq!(page.get(&sheet).await.body, first.body);
    for (path, status) in [
        (format!("{sheet}?part=2"), 400),
        (sheet.replace("receipt-minimal", "nothing"), 404),
        (sheet.replace("receipt-minimal", "invoice-de"), 404),
    ] {
        assert_eq!(page.get(&path).await.status, status, "{path}");
    }
    let html = eventually("the worker's templates", async || {
        let html = page.get("/templates").await.shows(&[]);
        if html.contains("the same as here") {
            Ok(html)
        } else {
            Err(html)
        }
    })
    .await;
    let warning = "The workers have loaded different templates";
    assert!(!html.contains(warning), "{html}");
    another_worker(&world).await;
    // The state is given again for a second.
    eventually("a warning", async || {
        let html = page.get("/templates").await.shows(&[]);
        if html.contains(warning) && html.contains("others than here") {
            Ok(())
        } else {
            Err(html)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_tried_on_a_template() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, REQUEST).await;
    let html = page.get("/templates").await.shows(&["/templates/try"]);
    let path = picture(&html, "receipt-minimal");
    let digest = path.split('/').nth(2).expect("a digest");
    let form = format!("/templates/try?template={digest}&sample=receipt-minimal");
    page.get(&form).await.shows(&["J. Rivera", "selected"]);

    let request = samples::receipt().to_string();
    let fields = [
        ("request", request.as_str()),
        ("template", digest),
        ("locale", "fr-FR"),
    ];
    let pdf = page
        .post(
            "/templates/try",
            &[&fields[..], &[("form", "pdf")]].concat(),
        )
        .await;
    assert_eq!(
        pdf.header("content-type"),
        Some("application/pdf"),
        "{pdf:?}"
    );
    let shown = page
        .post(
            "/templates/try",
            &[&fields[..], &[("form", "picture")]].concat(),
        )
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    shown.shows(&["src=\"data:image/png;base64,iVBOR", "J. Rivera"]);
    is_light(&page.client(), &shown).await;

    let mut invalid = samples::receipt();
    invalid["currency"] = "<img src=x>".into();
    let invalid = invalid.to_string();
    for (fields, status, text) in [
        (
            [("request", invalid.as_str()), ("form", "picture")],
            422,
            "/currency",
        ),
        (
            [("request", "{"), ("form", "pdf")],
            400,
            "request_malformed",
        ),
        (
            [("request", request.as_str()), ("page", "7")],
            400,
            "the document has",
        ),
        (
            [("request", request.as_str()), ("page", "none")],
            400,
            "page has to be",
        ),
        (
            [("request", request.as_str()), ("template", "0123")],
            400,
            "the template has changed",
        ),
        (
            [("request", request.as_str()), ("locale", "xx-XX")],
            422,
            "locale",
        ),
    ] {
        let refused = page.post("/templates/try", &fields).await;
        assert_eq!(refused.status, status, "{fields:?}: {refused:?}");
        let html = refused.shows(&[text, "<textarea"]);
        assert!(!html.contains("<img src=x"), "{html}");
    }
    for token in [LOOK, READ] {
        let other = Page::sign_in(&serve, token).await;
        assert_eq!(other.get("/templates/try").await.status, 403);
        let refused = other
            .post("/templates/try", &[("request", request.as_str())])
            .await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let shopkeeper = Page::sign_in(&serve, SHOP).await;
    let refused = shopkeeper
        .post("/templates/try", &[("request", request.as_str())])
        .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    refused.shows(&["limited to other shops"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_shop_sees_no_brands_of_others() {
    let world = World::new(Options::sqlite()).await;
    let templates = Templates::with(&[]);
    let brands = templates.path().join("brands");
    std::fs::create_dir_all(brands.join("tiktok")).expect("a folder");
    let brand = json!({ "accent": "#8a1c4a" }).to_string();
    for name in ["tiktok.json", "tiktok/own.json", "tiktok/rival.json"] {
        std::fs::write(brands.join(name), &brand).expect("a file");
    }
    let folder = templates.path().to_str().expect("UTF-8");
    let serve = world
        .serve_with(&[("HTTP_TOKENS", &tokens()), ("TEMPLATES_DIR", folder)])
        .await;
    for (token, sees_others) in [(LOOK, true), (SHOP, false)] {
        let list = serve.client_with(token).get("/v1/templates").await.is(200);
        let brands = list["brands"].as_array().expect("a list").iter();
        let names: Vec<_> = brands.filter_map(|brand| brand["name"].as_str()).collect();
        assert!(
            names.contains(&"default") && names.contains(&"tiktok"),
            "{names:?}"
        );
        assert!(names.contains(&"tiktok/own"), "{names:?}");
        assert_eq!(names.contains(&"tiktok/rival"), sees_others, "{names:?}");
        let page = Page::sign_in(&serve, token).await;
        let html = page.get("/templates").await.shows(&["tiktok/own"]);
        assert_eq!(html.contains("tiktok/rival"), sees_others, "{html}");
    }
}
