//! The same over HTTP.

use std::io::Write as _;

use invoice::ObjectKey;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::archive::{Archive, unpack};
use crate::api::tokens::entry;
use crate::audit::stock::Stock;
use crate::harness::http::{Answer, read};
use crate::harness::{Options, Serve, eventually, samples};

/// The body of an answer that came in chunks, and whether the last chunk is there.
pub(super) fn body(answer: &Answer) -> (Vec<u8>, bool) {
    assert_eq!(
        answer.header("transfer-encoding"),
        Some("chunked"),
        "{:?}",
        answer.headers
    );
    let (mut body, mut rest) = (Vec::new(), &answer.body[..]);
    loop {
        let Some(end) = rest.windows(2).position(|it| it == b"\r\n") else {
            return (body, false);
        };
        let size = std::str::from_utf8(&rest[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        if rest.len() < size + 2 {
            body.extend_from_slice(rest);
            return (body, false);
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

fn saved(stock: &Stock, bytes: &[u8]) -> std::path::PathBuf {
    let path = stock.world.path("received.zip");
    let mut file = std::fs::File::create(&path).expect("a file");
    file.write_all(bytes).expect("written");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_gets_the_documents_that_it_may_see() {
    let stock = Stock::new(Options::default()).await;
    stock.write(0..40).await;
    let foreign = samples::receipt();
    let key = ObjectKey::for_invoice(&samples::identity(&foreign));
    stock.upload(&foreign, &key, b"%PDF-1.7").await;
    stock.record(&foreign, &key, b"%PDF-1.7").await;
    let shop = samples::identity(&foreign);
    let shops = json!([{ "platform": shop.platform(), "shopId": shop.shop_id() }]);
    let (all, one) = (
        "all-token-0123456789-0123456789",
        "one-token-0123456789-0123456789",
    );
    let tokens = json!([
        entry("all", all, &["read"], &json!({})),
        entry("one", one, &["read"], &json!({ "shops": shops })),
    ])
    .to_string();
    let serve = stock.world.serve_with(&[("HTTP_TOKENS", &tokens)]).await;
    for (token, documents) in [(all, 41), (one, 1)] {
        let answer = eventually("an export", async || {
            // The place of the export before is free in a moment.
            let answer = serve.client_with(token).get("/v1/export").await;
            if answer.status == 503 {
                Err(answer)
            } else {
                Ok(answer)
            }
        })
        .await;
        assert_eq!(answer.status, 200, "{:?}", answer.headers);
        assert_eq!(answer.header("content-type"), Some("application/zip"));
        let (bytes, is_whole) = body(&answer);
        assert!(is_whole);
        let archive = Archive::open(&saved(&stock, &bytes));
        assert_eq!(archive.rows("index.csv").len(), documents);
    }
    let client = serve.client_with(one);
    let other = client.get("/v1/export?platform=tiktok&shop=other").await;
    other.is_problem(403, "forbidden");
    for (query, parameter) in [
        ("since=yesterday", "since"),
        ("issuedSince=2026-13-01", "issuedSince"),
        ("shop=a/b", "shop"),
        ("datevConsultant=29098", "datevRevenue"),
        ("until=2026-11-01T00:00:00Z&unknown=1", "unknown"),
        ("until=2026-11-01T00:00:00Z&resumeAt=7", "resumeSha256"),
        (
            &format!("resumeAt=7&resumeSha256={}", "ab".repeat(32)),
            "until",
        ),
        (
            "until=2026-11-01T00:00:00Z&resumeAt=7&resumeSha256=ab",
            "resumeSha256",
        ),
    ] {
        let answer = client.get(&format!("/v1/export?{query}")).await;
        let problem = answer.is_problem(400, "parameter_invalid");
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains(parameter), "{problem}");
    }
}

/// Documents that are larger than what waits between a server and a client.
async fn large(stock: &Stock) {
    for index in 0..40 {
        let request = stock.request(index);
        let mut pdf = format!("%PDF-1.7 {index}").into_bytes();
        pdf.resize(1 << 20, b'x');
        let key = ObjectKey::for_invoice(&samples::identity(&request));
        stock.upload(&request, &key, &pdf).await;
        stock.record(&request, &key, &pdf).await;
    }
}

/// A client that has asked for an export and reads nothing yet.
async fn waiting(serve: &Serve) -> TcpStream {
    let mut stream = TcpStream::connect(serve.address())
        .await
        .expect("a connection");
    let head = serve.client().head("GET", "/v1/export", 0);
    stream.write_all(&head).await.expect("sent");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn one_export_runs_at_a_time_and_one_that_fails_is_no_zip() {
    let stock = Stock::new(Options::default()).await;
    large(&stock).await;
    let mut serve = stock.world.serve().await;
    let first = waiting(&serve).await;
    // Before that, one that is sent later may come first and have the place.
    first.readable().await.expect("the first document");
    eventually("an export that waits for its reader", async || {
        let second = serve
            .client()
            .get("/v1/export?until=2020-01-01T00:00:00Z")
            .await;
        if second.status == 503 {
            second.is_problem(503, "overloaded");
            assert_eq!(second.header("retry-after"), Some("30"));
            Ok(())
        } else {
            Err(second)
        }
    })
    .await;
    // A client that goes away makes room.
    drop(first);
    eventually("room for an export", async || {
        let answer = serve
            .client()
            .get("/v1/export?until=2020-01-01T00:00:00Z")
            .await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;

    let mut cut = waiting(&serve).await;
    cut.readable().await.expect("the first document");
    // The second page is not read before the client reads.
    stock
        .world
        .execute("ALTER TABLE sales_invoice RENAME TO elsewhere")
        .await;
    let answer = read(&mut cut).await.expect("the head of an answer");
    assert_eq!(answer.status, 200);
    let (bytes, is_whole) = body(&answer);
    assert!(!is_whole, "{} bytes", bytes.len());
    assert!(bytes.starts_with(b"PK\x03\x04"));
    let folder = tempfile::tempdir().expect("a folder");
    let refused = unpack(&saved(&stock, &bytes), folder.path());
    assert!(refused.expect_err("no ZIP").contains("BadZipFile"));
    serve.emits("http_export_cut").await;
    // Before the first document it is a problem.
    let answer = serve.client().get("/v1/export").await;
    assert!([500, 503].contains(&answer.status), "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    serve.stop().await;
}
