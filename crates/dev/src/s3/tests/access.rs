//! Who may do what.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{BUCKET, Harness, client, eventually, refusal, refused};

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let harness = Harness::start().await;
    harness.put("key", b"body").await;
    let stranger = client(&harness.server, "a wrong secret");
    let get = stranger.get_object().bucket(BUCKET).key("key").send().await;
    assert_eq!(refusal(get), refused(403, "SignatureDoesNotMatch"));
    let put = stranger
        .put_object()
        .bucket(BUCKET)
        .key("other")
        .body(vec![0; 40_000].into())
        .send()
        .await;
    assert_eq!(refusal(put), refused(403, "SignatureDoesNotMatch"));
    assert_eq!(harness.files().len(), 1);
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let harness = Harness::start().await;
    harness.put("key", b"body").await;
    let address = harness.server.endpoint();
    for path in ["", "/invoices", "/invoices/key", "/invoices?list-type=2"] {
        let (status, body) = get(&format!("{address}{path}")).await;
        assert_eq!(status, 403, "{path}: {body}");
        assert!(body.contains("<Code>AccessDenied</Code>"), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_presigned_url_works_without_a_key_until_it_expires() {
    let harness = Harness::start().await;
    harness.put("2026/rechnung ü.pdf", b"body").await;
    let presigned = async |seconds| {
        let config =
            PresigningConfig::expires_in(Duration::from_secs(seconds)).expect("a duration");
        let get = harness
            .client
            .get_object()
            .bucket(BUCKET)
            .key("2026/rechnung ü.pdf");
        get.presigned(config).await.expect("a URL").uri().to_owned()
    };
    let long = presigned(3600).await;
    assert_eq!(get(&long).await, (200, "body".to_owned()));
    assert_eq!(
        get(&long.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"))
            .await
            .0,
        403
    );

    let short = presigned(1).await;
    eventually("the end of the URL", async || get(&short).await.0 == 403).await;
    let (_, body) = get(&short).await;
    assert!(body.contains("expired"), "{body}");
    assert_eq!(get(&long).await.0, 200);
}

/// A GET as a browser makes it. The SDK cannot: it signs.
async fn get(url: &str) -> (u16, String) {
    let (host, path) = url
        .strip_prefix("http://")
        .expect("a URL")
        .split_once('/')
        .unwrap_or((&url[7..], ""));
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a number"), body.to_owned())
}
