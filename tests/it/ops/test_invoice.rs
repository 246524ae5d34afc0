//! Test invoices: requested on the page, and followed to the document.

use super::{LOOK, OPERATE, Page, READ, REQUEST, SHOP, field, serve};
use crate::harness::{Options, World, eventually};

/// The first sample whose name ends so, as the form sends it.
fn sample(html: &str, name: &str) -> String {
    let values = html.split("<option value=\"").skip(1);
    let mut values = values.filter_map(|rest| rest.split('"').next());
    let found = values.find(|value| value.ends_with(name));
    found
        .unwrap_or_else(|| panic!("no {name} in {html}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_invoice_is_followed_to_its_document() {
    let world = World::new(Options::default()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, REQUEST).await;
    let html = page
        .get("/test-invoice")
        .await
        .shows(&["Test invoice", "receipt-fr"]);
    let sample = sample(&html, "/invoice-de");
    let fields = [
        ("sample", sample.as_str()),
        ("locale", "en"),
        ("buyer", "<b>Zoë</b>"),
    ];
    let requested = page.post("/test-invoice", &fields).await;
    assert_eq!(requested.status, 303, "{requested:?}");
    let location = requested.header("location").expect("a page").to_owned();
    page.get(&location)
        .await
        .shows(&["The test invoice is requested."]);
    let (path, _) = location.split_once('?').expect("a notice");

    // No worker runs yet.
    let waiting = page.get(path).await;
    waiting.shows(&[
        "data-live=\"1\"",
        "<noscript><meta http-equiv=\"refresh\"",
        "no_worker",
    ]);
    let _worker = world.worker(&[]).await;
    let html = eventually("the document", async || {
        let html = page.get(path).await.shows(&[]);
        if html.contains("Open the PDF") {
            Ok(html)
        } else {
            Err(html)
        }
    })
    .await;
    assert!(
        !html.contains("data-live") && !html.contains("http-equiv"),
        "{html}"
    );
    let order = path.rsplit('/').next().expect("an order");
    let record = format!("/invoices/test/test/{order}/1/1");
    assert!(
        html.contains(&format!("href=\"{record}/document\"")),
        "{html}"
    );
    let pdf = page.get(&format!("{record}/document")).await;
    assert_eq!(
        pdf.header("content-type"),
        Some("application/pdf"),
        "{pdf:?}"
    );
    let html = page.get(&record).await.shows(&["&#60;b&#62;Zoë"]);
    assert!(!html.contains("<b>Zoë"), "{html}");

    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker.get(path).await.shows(&["Show the record"]);
    assert!(!html.contains("Open the PDF"), "{html}");
    let shopkeeper = Page::sign_in(&serve, SHOP).await;
    for path in [path, "/test-invoice"] {
        let refused = shopkeeper.get(path).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    for unknown in [
        "page-1",
        "other",
        "page-00000000-0000-4000-8000-000000000000",
    ] {
        let answer = page.get(&format!("/test-invoice/{unknown}")).await;
        assert_eq!(answer.status, 404, "{unknown}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_invoice_needs_a_role_and_a_valid_request() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    for token in [LOOK, READ, OPERATE] {
        let page = Page::sign_in(&serve, token).await;
        assert_eq!(page.get("/test-invoice").await.status, 403);
        let refused = page.post("/test-invoice", &[("request", "{}")]).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let page = Page::sign_in(&serve, REQUEST).await;
    for (fields, status, text) in [
        (("request", "{\"number\": \"<img src=x>\"}"), 422, "/seller"),
        (("request", "{"), 422, "the request is no JSON"),
        (("request", "[]"), 422, "has to be a JSON object"),
        (("sample", "nothing"), 404, "no such sample"),
    ] {
        let refused = page.post("/test-invoice", &[fields]).await;
        assert_eq!(refused.status, status, "{fields:?}: {refused:?}");
        let html = refused.shows(&[text, "<textarea"]);
        assert!(!html.contains("<img src=x"), "{html}");
        assert_eq!(field(&html, "csrf").as_deref(), Some(page.csrf()));
    }
}
