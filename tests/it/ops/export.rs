//! The form of the export, and what it answers to whom.

use super::{LOOK, Page, READ, SHOP, leads_to_sign_in, serve};
use crate::harness::http::Answer;
use crate::harness::{Options, Serve, World, eventually, samples};

/// The ZIP that the page answers; another export may have the place for a moment.
async fn zip(page: &Page, query: &str) -> Answer {
    eventually("room for an export", async || {
        let answer = page.get(&format!("/export/zip?{query}")).await;
        if answer.status == 503 {
            Err(answer)
        } else {
            Ok(answer)
        }
    })
    .await
}

/// Whether a stored ZIP has the document of this number.
fn has(answer: &Answer, number: &str) -> bool {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    let disposition = answer.header("content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"invoices.zip\""));
    assert!(answer.body.ends_with(b"0\r\n\r\n"), "it has no end");
    let name = format!("_{number}.pdf");
    let mut windows = answer.body.windows(name.len());
    windows.any(|it| it == name.as_bytes())
}

async fn world() -> (World, Serve) {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    for (order, shop) in [("1", "own"), ("2", "other")] {
        let mut request = samples::with_identity(samples::receipt(), order, "1");
        request["marketplace"]["platform"] = "tiktok".into();
        request["marketplace"]["shopId"] = shop.into();
        request["number"] = shop.into();
        world.publish(request.to_string()).await;
        world.wait_for_document(&samples::identity(&request)).await;
    }
    worker.stop().await;
    let serve = serve(&world).await;
    (world, serve)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_is_for_readers_and_has_what_they_may_see() {
    let (_world, serve) = world().await;
    for path in ["/export", "/export/zip"] {
        leads_to_sign_in(&serve.client().get(path).await);
        let looker = Page::sign_in(&serve, LOOK).await;
        let refused = looker.get(path).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        refused.shows(&["`read`"]);
        let list = looker.get("/invoices").await.shows(&["Invoices"]);
        assert!(!list.contains("/export"), "{list}");
    }
    let reader = Page::sign_in(&serve, READ).await;
    let list = reader.get("/invoices?shop=own&status=generated").await;
    list.shows(&["href=\"/export?shop=own\""]);
    let form = reader.get("/export?shop=own").await;
    let html = form.shows(&["value=\"own\"", "Download the ZIP"]);
    assert!(!html.contains("your shops only"), "{html}");
    // A browser sends empty fields, too.
    let all = "platform=&shop=&since=&until=&issuedSince=&issuedUntil=&datevConsultant=&datevClient=&datevFiscalYear=\
               &datevAccountLength=&datevDebtor=&datevRevenue=";
    let answer = zip(&reader, all).await;
    assert!(has(&answer, "own") && has(&answer, "other"));
    let answer = zip(&reader, "platform=tiktok&shop=other").await;
    assert!(!has(&answer, "own") && has(&answer, "other"));
    let answer = zip(&reader, "until=2026-01-01T12:30").await;
    assert!(!has(&answer, "own") && !has(&answer, "other"));

    let shopkeeper = Page::sign_in(&serve, SHOP).await;
    let form = shopkeeper.get("/export").await;
    form.shows(&["your shops only"]);
    let answer = zip(&shopkeeper, "").await;
    assert!(has(&answer, "own") && !has(&answer, "other"));
    let refused = zip(&shopkeeper, "platform=tiktok&shop=other").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    refused.shows(&["limited to other shops", "value=\"other\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_above_the_form() {
    let (_world, serve) = world().await;
    let page = Page::sign_in(&serve, READ).await;
    for (query, expected) in [
        ("shop=a/b", "shop "),
        ("since=yesterday", "since is not a moment"),
        ("issuedSince=2026-13-01", "issuedSince is not a day"),
        ("datevConsultant=x", "has to be a whole number"),
        ("datevRevenue=19%3D8400", "datevConsultant is missing"),
        ("shop=%3Cimg+src%3Dx%3E/", "&#60;img src=x&#62;/"),
    ] {
        let answer = page.get(&format!("/export/zip?{query}")).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let html = answer.shows(&[expected, "Download the ZIP", "role=\"alert\""]);
        assert!(!html.contains("<img src=x"), "{html}");
    }
    let unknown = page.get("/export?resumeAt=1").await;
    assert_eq!(unknown.status, 400, "{unknown:?}");
}
