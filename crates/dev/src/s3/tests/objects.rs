//! Objects: what is put is what is got.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use sha2::{Digest as _, Sha256};

use super::{BUCKET, Harness, bytes, refusal, refused};

#[tokio::test]
async fn an_object_comes_back_with_its_bytes_and_its_metadata() {
    let harness = Harness::start().await;
    let body: Vec<u8> = (0..40_000_u32).flat_map(u32::to_le_bytes).collect();
    let put = harness
        .client
        .put_object()
        .bucket(BUCKET)
        .key("a.pdf")
        .body(body.clone().into());
    let put = put
        .content_type("application/pdf")
        .content_disposition("attachment; filename=\"a.pdf\"")
        .content_encoding("identity")
        .content_language("de")
        .cache_control("private")
        .metadata("invoice-number", "R-1")
        .metadata("template", "plain");
    let put = put
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .expect("a put");

    let head = harness
        .client
        .head_object()
        .bucket(BUCKET)
        .key("a.pdf")
        .checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.expect("a head");
    let got = harness
        .client
        .get_object()
        .bucket(BUCKET)
        .key("a.pdf")
        .checksum_mode(ChecksumMode::Enabled);
    let got = got.send().await.expect("an object");

    for (of_put, of_head, of_get) in [
        (put.e_tag(), head.e_tag(), got.e_tag()),
        (
            put.checksum_sha256(),
            head.checksum_sha256(),
            got.checksum_sha256(),
        ),
        (
            Some("application/pdf"),
            head.content_type(),
            got.content_type(),
        ),
        (
            Some("attachment; filename=\"a.pdf\""),
            head.content_disposition(),
            got.content_disposition(),
        ),
        (
            Some("identity"),
            head.content_encoding(),
            got.content_encoding(),
        ),
        (Some("de"), head.content_language(), got.content_language()),
        (Some("private"), head.cache_control(), got.cache_control()),
    ] {
        assert!(of_put.is_some());
        assert_eq!((of_put, of_put), (of_head, of_get));
    }
    assert_eq!(
        (Some(160_000), Some(160_000)),
        (head.content_length(), got.content_length())
    );
    assert_eq!(
        (head.metadata(), head.last_modified()),
        (got.metadata(), got.last_modified())
    );
    let metadata = head.metadata().expect("metadata");
    assert_eq!(
        (
            metadata["invoice-number"].as_str(),
            metadata["template"].as_str()
        ),
        ("R-1", "plain")
    );
    assert_eq!(metadata.len(), 2);
    assert!(bytes(got).await == body);
}

#[tokio::test]
async fn a_key_can_be_any_text() {
    let harness = Harness::start().await;
    let long = "ü".repeat(512);
    let keys = [
        "2026/01/R-1.pdf",
        "a b+c&d=e%25?#",
        "/leading",
        "twice//slashed",
        "trailing/",
        "../../etc/passwd",
        ".",
        "..",
        "東京/😀.pdf",
        "quote\"'<>",
        "line\nbreak",
        &long,
    ];
    for key in keys {
        harness.put(key, key.as_bytes()).await;
    }
    for key in keys {
        assert_eq!(
            bytes(harness.get(key).await).await,
            key.as_bytes(),
            "{key:?}"
        );
    }
    assert_eq!(harness.files().len(), keys.len());
    let too_long = format!("{long}x");
    let put = harness
        .client
        .put_object()
        .bucket(BUCKET)
        .key(too_long)
        .send()
        .await;
    assert_eq!(refusal(put), refused(400, "KeyTooLongError"));
}

#[tokio::test]
async fn a_range_is_that_part_of_the_object() {
    let harness = Harness::start().await;
    harness.put("key", b"0123456789").await;
    harness.put("empty", b"").await;
    for (range, body, content_range) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
        ("bytes=-100", "0123456789", "bytes 0-9/10"),
    ] {
        let got = harness
            .client
            .get_object()
            .bucket(BUCKET)
            .key("key")
            .range(range)
            .send()
            .await
            .expect("a part");
        assert_eq!(got.content_range(), Some(content_range), "{range}");
        assert_eq!(bytes(got).await, body.as_bytes(), "{range}");
    }
    for (key, range) in [
        ("key", "bytes=10-"),
        ("key", "bytes=-0"),
        ("empty", "bytes=0-"),
        ("empty", "bytes=-5"),
    ] {
        let got = harness
            .client
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .range(range)
            .send()
            .await;
        assert_eq!(refusal(got), refused(416, "InvalidRange"), "{key} {range}");
    }
    assert_eq!(bytes(harness.get("empty").await).await, b"");
}

#[tokio::test]
async fn what_is_not_there_is_answered_as_s3_does() {
    let Harness {
        client,
        server: _server,
        data: _data,
    } = Harness::start().await;
    let get = client
        .get_object()
        .bucket(BUCKET)
        .key("missing")
        .send()
        .await;
    assert_eq!(refusal(get), refused(404, "NoSuchKey"));
    let get = client
        .get_object()
        .bucket("missing")
        .key("key")
        .send()
        .await;
    assert_eq!(refusal(get), refused(404, "NoSuchBucket"));
    let put = client
        .put_object()
        .bucket("missing")
        .key("key")
        .body(vec![0; 40_000].into())
        .send()
        .await;
    assert_eq!(refusal(put), refused(404, "NoSuchBucket"));
    let list = client.list_objects_v2().bucket("missing").send().await;
    assert_eq!(refusal(list), refused(404, "NoSuchBucket"));
    let head = client.head_bucket().bucket("missing").send().await;
    assert_eq!(refusal(head), refused(404, "NotFound"));
    client
        .delete_object()
        .bucket(BUCKET)
        .key("missing")
        .send()
        .await
        .expect("no failure");
    let delete = client
        .delete_object()
        .bucket("missing")
        .key("missing")
        .send()
        .await;
    assert_eq!(refusal(delete), refused(404, "NoSuchBucket"));
}

#[tokio::test]
async fn the_file_of_an_object_is_a_line_of_json_and_the_body() {
    let harness = Harness::start().await;
    harness.put("a/key", b"body\nof two lines").await;
    let digest: String = Sha256::digest("a/key")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(harness.files(), std::slice::from_ref(&digest));
    let file =
        std::fs::read_to_string(harness.data.path().join(BUCKET).join(digest)).expect("a file");
    let (header, body) = file.split_once('\n').expect("a line");
    let header: serde_json::Value = serde_json::from_str(header).expect("json");
    assert_eq!(
        (header["key"].as_str(), header["size_bytes"].as_u64()),
        (Some("a/key"), Some(17))
    );
    assert_eq!(body, "body\nof two lines");
}
