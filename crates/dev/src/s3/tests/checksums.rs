//! Checksums: a body that is not what was sent is not stored.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RequestChecksumCalculation, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{BUCKET, Harness, bytes, refusal, refused, settings};

#[tokio::test]
async fn checksums_are_shown_only_when_asked_for_and_there_is_always_one() {
    let harness = Harness::start().await;
    let settings = settings(&harness.server, "the right secret");
    let plain = settings.request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
    let plain = Client::from_conf(plain.build());
    for (client, key) in [(&harness.client, "with"), (&plain, "without")] {
        let put = client.put_object().bucket(BUCKET).key(key);
        put.body(b"123456789".to_vec().into())
            .send()
            .await
            .expect("a put");
    }
    let head = |key: &str| harness.client.head_object().bucket(BUCKET).key(key);
    let silent = head("with").send().await.expect("a head");
    assert_eq!(
        (silent.checksum_crc32(), silent.checksum_crc64_nvme()),
        (None, None)
    );
    let with = head("with")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .expect("a head");
    let without = head("without")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .expect("a head");
    // The check values of the two algorithms: cbf43926 and ae8b14860a799888.
    assert_eq!(
        (with.checksum_crc32(), with.checksum_crc64_nvme()),
        (Some("y/Q5Jg=="), None)
    );
    assert_eq!(
        (without.checksum_crc32(), without.checksum_crc64_nvme()),
        (None, Some("rosUhgp5mIg="))
    );
}

#[tokio::test]
async fn a_checksum_can_come_after_a_streamed_body() {
    let harness = Harness::start().await;
    let file = harness.data.path().join("document");
    std::fs::write(&file, vec![7; 300_000]).expect("a file");
    let body = ByteStream::from_path(&file).await.expect("a body");
    let put = harness
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .body(body);
    let put = put
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .expect("a put");
    assert_eq!(
        put.checksum_sha256(),
        Some(STANDARD.encode(Sha256::digest([7; 300_000])).as_str())
    );
    assert!(bytes(harness.get("key").await).await == [7; 300_000]);
}

#[tokio::test]
async fn a_body_that_does_not_have_its_checksum_is_refused_and_not_stored() {
    let harness = Harness::start().await;
    let put = || {
        harness
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(b"body".to_vec().into())
    };
    // Each is the right length for its algorithm.
    let cases: [(&str, PutObjectFluentBuilder); 6] = [
        ("md5", put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==")),
        ("crc32", put().checksum_crc32("AAAAAA==")),
        ("crc32c", put().checksum_crc32_c("AAAAAA==")),
        ("crc64nvme", put().checksum_crc64_nvme("AAAAAAAAAAA=")),
        ("sha1", put().checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        (
            "sha256",
            put().checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ),
    ];
    for (name, case) in cases {
        assert_eq!(
            refusal(case.send().await),
            refused(400, "BadDigest"),
            "{name}"
        );
        let head = harness
            .client
            .head_object()
            .bucket(BUCKET)
            .key("key")
            .send()
            .await;
        assert_eq!(refusal(head), refused(404, "NotFound"), "{name}");
    }
    assert_eq!(harness.files(), Vec::<String>::new());
}

#[tokio::test]
async fn a_body_that_has_its_checksum_is_stored() {
    let harness = Harness::start().await;
    for algorithm in ChecksumAlgorithm::values() {
        // The SDK cannot compute the algorithms that are newer than the server.
        let Some(algorithm) = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
            .iter()
            .find(|name| *name == algorithm)
        else {
            continue;
        };
        let put = harness
            .client
            .put_object()
            .bucket(BUCKET)
            .key(*algorithm)
            .body(b"body".to_vec().into());
        let put = put.checksum_algorithm(ChecksumAlgorithm::from(*algorithm));
        put.send()
            .await
            .unwrap_or_else(|error| panic!("{algorithm}: {error:?}"));
        // With the checksum mode enabled, the SDK verifies what it reads.
        let got = harness
            .client
            .get_object()
            .bucket(BUCKET)
            .key(*algorithm)
            .checksum_mode(ChecksumMode::Enabled);
        assert_eq!(
            bytes(got.send().await.expect("an object")).await,
            b"body",
            "{algorithm}"
        );
    }
    assert_eq!(harness.files().len(), 5);
}

#[tokio::test]
async fn a_body_that_changed_on_the_way_is_refused_and_not_stored() {
    let harness = Harness::start().await;
    let put = harness
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .body(b"body".to_vec().into());
    let put = put.customize().interceptor(Tampering).send().await;
    assert_eq!(refusal(put), refused(400, "IncompleteBody"));
    assert_eq!(harness.files(), Vec::<String>::new());
}

/// Changes a body after its digest was signed.
#[derive(Debug)]
struct Tampering;

impl Intercept for Tampering {
    fn name(&self) -> &'static str {
        "Tampering"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *context.request_mut().body_mut() = SdkBody::from("evil");
        Ok(())
    }
}
