//! Records on the page: search, one invoice, its document.

use invoice::ClaimedIdentity;
use invoice_worker::database::NewDeadLetter;
use serde_json::{Value, json};

use super::{LOOK, OPERATE, Page, READ, REQUEST, SHOP, serve};
use crate::api::operators::{edit, right, wait_until_done};
use crate::dead_letters::{database, letter, wrong};
use crate::harness::http::Answer;
use crate::harness::{Options, Serve, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// A text that would be markup if it were not escaped.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

/// Requests an invoice of this order and shop, and answers the path of its page.
async fn issue(serve: &Serve, order: &str, shop: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut request = samples::with_identity(samples::invoice(), order, "1");
    request["marketplace"]["shopId"] = shop.into();
    change(&mut request);
    let client = serve.client_with(REQUEST);
    let answer = client.post_and_wait("/v1/invoices", &request, 30).await;
    let own = answer.is(201)["links"]["self"].clone();
    let own = own.as_str().expect("a path");
    own.strip_prefix("/v1").expect("of the API").to_owned()
}

/// The address of the next page.
fn next(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("rel=\"next\" href=\"")?;
    let (path, _) = rest.split_once('"')?;
    Some(path.replace("&#38;", "&").replace("&amp;", "&"))
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, texts: &[&str]) {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.shows(texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_searched_page_by_page() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    for (order, shop, buyer) in [
        ("ord-1", "own", "Zoë Miller"),
        ("ord-2", "other", "Ann Other"),
        ("a.b:c@d+3", "own", "Ann Third"),
    ] {
        issue(&serve, order, shop, |request| {
            request["buyer"]["name"] = buyer.into();
            request["number"] = "<img src=x>".into();
        })
        .await;
    }
    let page = Page::sign_in(&serve, READ).await;
    let html = page
        .get("/invoices")
        .await
        .shows(&["ord-1", "ord-2", "a.b:c@d+3", "278.20 EUR"]);
    assert!(!html.contains("<img src=x"), "{html}");
    assert!(html.contains("&#60;img src=x&#62;"), "{html}");
    for (query, shown, hidden) in [
        // A browser sends empty fields, too.
        (
            "text=ord-1&platform=&status=&since=&until=",
            "ord-1",
            "ord-2",
        ),
        ("text=miller", "ord-1", "ord-2"),
        ("shop=other&text=", "ord-2", "ord-1"),
        ("order=ord-2", "ord-2", "ord-1"),
        (
            "status=generated&until=2100-01-01T00:00&text=ord-2",
            "ord-2",
            "ord-1",
        ),
    ] {
        let html = page.get(&format!("/invoices?{query}")).await.shows(&[]);
        let row = |order: &str| html.contains(&format!("/{order}/"));
        assert!(row(shown) && !row(hidden), "{query}: {html}");
    }
    for query in [
        "status=failed",
        "text=miler",
        "until=2020-01-01T00:00",
        "number=x",
    ] {
        let empty = page.get(&format!("/invoices?{query}")).await;
        empty.shows(&["No record matches.", "words of the buyer"]);
    }

    let (mut path, mut seen) = ("/invoices?text=&limit=1".to_owned(), Vec::new());
    loop {
        let html = page.get(&path).await.shows(&[]);
        let orders = ["ord-1", "ord-2", "a.b%3Ac%40d%2B3"];
        seen.extend(
            orders
                .into_iter()
                .filter(|it| html.contains(&format!("/{it}/"))),
        );
        match next(&html) {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(seen, ["a.b%3Ac%40d%2B3", "ord-2", "ord-1"]);
    let other_filter = path.replace("text=", "text=ord");
    is_refused(
        &page.get(&other_filter).await,
        400,
        &["cursor_invalid", "reader"],
    );
    for query in [
        "cursor=x",
        "status=lost",
        "since=yesterday",
        "order=a/b",
        "colour=red",
        "limit=0",
    ] {
        let refused = page.get(&format!("/invoices?{query}")).await;
        is_refused(&refused, 400, &["<h1>", "reader"]);
    }

    // Names are no way to find what is masked.
    let looker = Page::sign_in(&serve, LOOK).await;
    looker
        .get("/invoices?text=miller")
        .await
        .shows(&["No record matches."]);
    looker.get("/invoices?text=ord-1").await.shows(&["/ord-1/"]);
    let found = serve
        .client_with(LOOK)
        .get("/v1/invoices?text=miller")
        .await;
    assert_eq!(found.is(200)["items"], json!([]));

    let shopkeeper = Page::sign_in(&serve, SHOP).await;
    let html = shopkeeper.get("/invoices").await.shows(&["/ord-1/"]);
    assert!(!html.contains("/ord-2/"), "{html}");
    let refused = shopkeeper.get("/invoices?platform=tiktok&shop=other").await;
    is_refused(&refused, 403, &["limited to other shops"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_shown_with_its_document_to_who_may_read_it() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let path = issue(&serve, "shown", "own", |request| {
        *request = samples::with_e_invoice(request.clone(), "xrechnung");
        request["notes"] = json!([{ "text": MARKUP }]);
    })
    .await;
    let record = serve
        .client_with(READ)
        .get(&format!("/v1{path}"))
        .await
        .is(200);
    let text = |pointer: &str| {
        let found = record.pointer(pointer).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("no {pointer} in {record}"))
            .to_owned()
    };
    let (sha256, xml_sha256) = (text("/sha256"), text("/eInvoice/sha256"));
    let buyer = "Öztürk";

    let reader = Page::sign_in(&serve, READ).await;
    let html = reader.get(&path).await.shows(&[
        &sha256,
        &xml_sha256,
        &text("/eInvoice/profile"),
        &text("/template/digest"),
        &text("/requestDigest"),
        &text("/messageId"),
        &format!("<iframe src=\"{path}/document\""),
        &format!("{path}/document?disposition=attachment"),
        &format!("{path}/xml"),
        "Received by a worker",
        "First recorded",
        "Rendered with the template invoice",
        "invoice.generated",
        "278.20 EUR",
        buyer,
        "onerror=alert(1)",
    ]);
    assert!(!html.contains("<img src=x"), "{html}");

    let pdf = reader.get(&format!("{path}/document")).await;
    assert_eq!(pdf.status, 200, "{pdf:?}");
    assert_eq!(invoice::Sha256Digest::of(&pdf.body).to_string(), sha256);
    for (name, expected) in [
        ("content-type", "application/pdf"),
        ("x-frame-options", "SAMEORIGIN"),
        ("content-security-policy", "frame-ancestors 'self'"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(pdf.header(name), Some(expected), "{name}");
    }
    let is = |answer: &Answer, kind: &str| {
        let header = answer.header("content-disposition").expect("a disposition");
        assert!(header.starts_with(kind), "{header}");
    };
    is(&pdf, "inline; filename=\"invoice RE-2026-004711.pdf\"");
    let saved = reader
        .get(&format!("{path}/document?disposition=attachment"))
        .await;
    is(
        &saved,
        "attachment; filename=\"invoice RE-2026-004711.pdf\"",
    );
    let xml = reader.get(&format!("{path}/xml")).await;
    assert_eq!(xml.header("content-type"), Some("application/xml"));
    assert_eq!(invoice::Sha256Digest::of(&xml.body).to_string(), xml_sha256);
    let policy = xml.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");

    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker
        .get(&path)
        .await
        .shows(&[&sha256, "***", "Personal data is masked."]);
    for hidden in [buyer, "<iframe", "/document", "onerror"] {
        assert!(!html.contains(hidden), "{hidden}: {html}");
    }
    for file in ["document", "xml"] {
        is_refused(
            &looker.get(&format!("{path}/{file}")).await,
            403,
            &["`read`"],
        );
    }
    let shopkeeper = Page::sign_in(&serve, SHOP).await;
    shopkeeper.get(&path).await.shows(&["<iframe"]);
    let other = path.replace("/own/", "/other/");
    for suffix in ["", "/document", "/xml"] {
        let refused = shopkeeper.get(&format!("{other}{suffix}")).await;
        is_refused(&refused, 403, &["limited to other shops"]);
        let unknown = reader.get(&format!("{other}{suffix}")).await;
        is_refused(
            &unknown,
            404,
            &["no request of this identity was processed yet"],
        );
    }
    is_refused(
        &reader.get("/invoices/a/b/c/d/%3Cb%3E").await,
        400,
        &["sequenceNumber"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_has_failures_and_what_people_did() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let serve = serve(&world).await;
    let request = wrong(1);
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    let operator = serve.client_with(OPERATE);
    let archived = eventually("a dead letter", async || {
        let list = operator.get("/v1/dead-letters").await.is(200);
        list["items"][0]["id"].as_i64().ok_or(list)
    });
    let id = archived.await;
    let path = format!("/invoices/{identity}");
    let page = Page::sign_in(&serve, OPERATE).await;
    page.get(&path).await.shows(&[
        "totals_mismatch",
        "<details open>",
        "class=\"line marked\"",
        &format!("<a href=\"/dead-letters/{id}\">"),
        "invoice.failed",
    ]);
    let document = page.get(&format!("{path}/document")).await;
    is_refused(&document, 409, &["the request failed with"]);

    let mut other = right(1);
    other["marketplace"]["sequenceNumber"] = "2".into();
    let reason = "reason=asked+%3Cimg+src%3Dx%3E+%22Ann%22&changeIdentity=true";
    let edited = edit(&operator, id, reason, other.to_string().as_bytes()).await;
    edited.is(200);
    let new_path = format!("/invoices/{}", samples::identity(&other));
    let html = page
        .get(&path)
        .await
        .shows(&[&format!("<a href=\"{new_path}\">")]);
    assert!(!html.contains("<img"), "{html}");

    let body = json!({ "targets": { "all": true }, "reason": "again" });
    let created = operator.post("/v1/replays", &body).await.is(201);
    // A worker may be faster than the server that notes what it has published.
    wait_until_done(&operator, &format!("/v1/replays/{}", created["id"])).await;
    eventually("the document", async || {
        let answer = serve.client_with(READ).get(&format!("/v1{new_path}")).await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    let html = page.get(&new_path).await.shows(&[
        "Edited by operator",
        "asked &#60;img src=x&#62;",
        "Until then it was about",
        &format!("<a href=\"{path}\">"),
        "Published again",
        "Rendered with the template receipt",
    ]);
    assert!(!html.contains("<img"), "{html}");
    let looker = Page::sign_in(&serve, LOOK).await;
    let html = looker
        .get(&new_path)
        .await
        .shows(&["Edited by operator", "***"]);
    assert!(!html.contains("Ann"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_has_when_a_request_was_received_and_the_attempts_that_failed() {
    let world = World::new(Options {
        variables: vec![
            ("RETRY_IN_PLACE_SECONDS", "0".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1".to_owned()),
        ],
        ..Options::sqlite()
    })
    .await;
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    storage.set(Mode::Refuse);
    let request = samples::receipt();
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    worker.reaches_attempt(3).await;
    storage.set(Mode::Pass);
    world.wait_for_document(&identity).await;
    worker.stop().await;

    let serve = serve(&world).await;
    let path = format!("/v1/invoices/{identity}");
    let record = serve.client_with(READ).get(&path).await.is(200);
    let failed = record["failedAttempts"].as_array().expect("a list");
    let attempts = record["attempts"].as_u64().expect("a count");
    assert!(attempts >= 3, "{record:#}");
    let expected = usize::try_from(attempts - 1).expect("few").min(10);
    assert_eq!(failed.len(), expected, "{record:#}");
    let code = failed[0]["code"].as_str().expect("a code");
    assert!(code.starts_with("storage_"), "{record:#}");
    let history = record["history"].as_array().expect("a list").iter();
    let history: Vec<_> = history.map(|step| step["what"].as_str()).collect();
    assert_eq!(
        history[..2],
        [Some("received"), Some("retried")],
        "{record:#}"
    );
    assert_eq!(record["history"][1]["code"], code, "{record:#}");
    assert_eq!(record["history"][0]["at"], record["receivedAt"]);

    let page = Page::sign_in(&serve, LOOK).await;
    page.get(&format!("/invoices/{identity}")).await.shows(&[
        "Received by a worker; ",
        &format!("An attempt failed with <code>{code}</code>"),
    ]);
    let arguments = [&["show"], &identity.parts()[..]].concat();
    let printed = world.program(&arguments).run().await.succeeded();
    for words in ["received", "retried for", code] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

/// What is read is limited, and the others of the order are older.
#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_the_dead_letters_of_an_invoice_whose_order_has_many_others() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::receipt();
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity).await;
    worker.stop().await;

    let archive = database(&world).await;
    let about = |index: usize, code: &str, request: &Value| {
        let payload = request.to_string().into_bytes();
        NewDeadLetter {
            claimed: ClaimedIdentity::of(&payload),
            payload,
            ..letter(index, code)
        }
    };
    let others = |member: &str, indexes: std::ops::RangeInclusive<usize>| {
        let mut other = request.clone();
        other["marketplace"][member] = "other".into();
        let letters = indexes.map(|index| about(index, "totals_mismatch", &other));
        letters.collect::<Vec<_>>()
    };
    for page in [
        others("packageId", 1..=50),
        others("sequenceNumber", 51..=100),
        vec![about(101, "conflict", &request)],
    ] {
        archive.store_dead_letters(&page).await.expect("stored");
    }

    let serve = serve(&world).await;
    let path = format!("/v1/invoices/{identity}");
    let record = serve.client_with(READ).get(&path).await.is(200);
    let history = record["history"].as_array().expect("a list").iter();
    let failed = history.filter(|step| step["what"] == "dead-lettered");
    let codes: Vec<_> = failed.map(|step| step["code"].as_str()).collect();
    assert_eq!(codes, [Some("conflict")], "{record:#}");
}
