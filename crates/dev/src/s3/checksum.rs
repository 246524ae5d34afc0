//! Checksums of objects: what a client declares, what the body has, what is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::{Checksum, PutObjectInput};
use s3s::{S3Result, TrailingHeaders, s3_error};
use serde::{Deserialize, Serialize};

/// Checksums by algorithm, in the base64 form in which S3 carries them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checksums {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc32: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc32c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crc64nvme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
}

impl Checksums {
    /// What the client says its body has, in headers or in the trailers of a chunked body. The trailers are there only
    /// after the body was read.
    pub(super) fn declared(
        input: &PutObjectInput,
        trailers: Option<&TrailingHeaders>,
    ) -> S3Result<Checksums> {
        let trailer = |name: &str| {
            let value =
                trailers?.read(|headers| headers.get(name)?.to_str().ok().map(str::to_owned));
            value.flatten()
        };
        let declared = Checksums {
            crc32: input
                .checksum_crc32
                .clone()
                .or_else(|| trailer("x-amz-checksum-crc32")),
            crc32c: input
                .checksum_crc32c
                .clone()
                .or_else(|| trailer("x-amz-checksum-crc32c")),
            crc64nvme: input
                .checksum_crc64nvme
                .clone()
                .or_else(|| trailer("x-amz-checksum-crc64nvme")),
            sha1: input
                .checksum_sha1
                .clone()
                .or_else(|| trailer("x-amz-checksum-sha1")),
            sha256: input
                .checksum_sha256
                .clone()
                .or_else(|| trailer("x-amz-checksum-sha256")),
        };
        if input.checksum_algorithm.is_some() && declared == Checksums::default() {
            return Err(s3_error!(
                InvalidRequest,
                "x-amz-sdk-checksum-algorithm without a checksum"
            ));
        }
        Ok(declared)
    }

    /// Compares with the body and returns what is to be kept: the declared checksums or, as S3 itself does it when
    /// there is none, a CRC-64/NVME.
    pub(super) fn verify(self, body: &[u8]) -> S3Result<Checksums> {
        let undeclared = self == Checksums::default();
        let mut hasher = ChecksumHasher {
            crc32: self.crc32.is_some().then(Crc32::new),
            crc32c: self.crc32c.is_some().then(Crc32c::new),
            crc64nvme: (self.crc64nvme.is_some() || undeclared).then(Crc64Nvme::new),
            sha1: self.sha1.is_some().then(Sha1::new),
            sha256: self.sha256.is_some().then(Sha256::new),
        };
        hasher.update(body);
        let actual = Checksums::from(hasher.finalize());
        if undeclared || actual == self {
            Ok(actual)
        } else {
            Err(s3_error!(
                BadDigest,
                "the body does not have the declared checksum"
            ))
        }
    }
}

impl From<Checksum> for Checksums {
    fn from(computed: Checksum) -> Checksums {
        Checksums {
            crc32: computed.checksum_crc32,
            crc32c: computed.checksum_crc32c,
            crc64nvme: computed.checksum_crc64nvme,
            sha1: computed.checksum_sha1,
            sha256: computed.checksum_sha256,
        }
    }
}

/// The MD5 of a body. S3 uses it as the entity tag of an object, and clients may declare it as `Content-MD5`.
pub(super) struct BodyMd5([u8; 16]);

impl BodyMd5 {
    pub(super) fn of(body: &[u8]) -> BodyMd5 {
        BodyMd5(Md5::checksum(body))
    }

    /// Compares with the header, which is base64.
    pub(super) fn verify(&self, content_md5: Option<&str>) -> S3Result<()> {
        match content_md5 {
            Some(declared) if declared != STANDARD.encode(self.0) => Err(s3_error!(
                BadDigest,
                "the body does not have the declared Content-MD5"
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// The entity tag, without its quotes.
    pub(super) fn etag(&self) -> String {
        hex(&self.0)
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
