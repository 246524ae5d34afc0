//! Answers to clients about objects.

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    self, ChecksumMode, ChecksumType, CommonPrefix, ETag, EncodingType, GetObjectOutput,
    HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass,
    PutObjectOutput, StreamingBlob,
};
use s3s::{Body, S3Result, s3_error};

use super::checksum::Checksums;
use super::listing::{Entry, Page};
use super::object::ObjectHeader;

/// What S3 says about an object that was put without a content type.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// What `encoding-type=url` leaves as it is.
const URL_ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

pub(super) fn put(header: ObjectHeader) -> PutObjectOutput {
    let Checksums {
        crc32,
        crc32c,
        crc64nvme,
        sha1,
        sha256,
    } = header.checksums;
    PutObjectOutput {
        e_tag: Some(ETag::Strong(header.etag)),
        checksum_crc32: crc32,
        checksum_crc32c: crc32c,
        checksum_crc64nvme: crc64nvme,
        checksum_sha1: sha1,
        checksum_sha256: sha256,
        checksum_type: Some(full_object()),
        ..Default::default()
    }
}

/// The bytes of `range` that an object has, or of all of it.
pub(super) fn get(
    header: ObjectHeader,
    range: Option<Range<u64>>,
    bytes: Vec<u8>,
    mode: Option<&ChecksumMode>,
) -> GetObjectOutput {
    // The checksum is that of the whole object; a client that got a part would find it wrong.
    let shown = wants_checksums(mode) && range.is_none();
    let Checksums {
        crc32,
        crc32c,
        crc64nvme,
        sha1,
        sha256,
    } = if shown {
        header.checksums
    } else {
        Checksums::default()
    };
    let last_byte = |range: Range<u64>| {
        format!(
            "bytes {}-{}/{}",
            range.start,
            range.end - 1,
            header.size_bytes
        )
    };
    GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(bytes.len() as u64)),
        content_range: range.map(last_byte),
        body: Some(StreamingBlob::from(Body::from(bytes))),
        e_tag: Some(ETag::Strong(header.etag)),
        last_modified: Some(header.last_modified.into()),
        content_type: Some(
            header
                .content_type
                .unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned()),
        ),
        content_disposition: header.content_disposition,
        content_encoding: header.content_encoding,
        content_language: header.content_language,
        cache_control: header.cache_control,
        metadata: Some(header.metadata.into_iter().collect()),
        checksum_crc32: crc32,
        checksum_crc32c: crc32c,
        checksum_crc64nvme: crc64nvme,
        checksum_sha1: sha1,
        checksum_sha256: sha256,
        checksum_type: shown.then(full_object),
        ..Default::default()
    }
}

pub(super) fn head(header: ObjectHeader, mode: Option<&ChecksumMode>) -> HeadObjectOutput {
    let shown = wants_checksums(mode);
    let Checksums {
        crc32,
        crc32c,
        crc64nvme,
        sha1,
        sha256,
    } = if shown {
        header.checksums
    } else {
        Checksums::default()
    };
    HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(header.size_bytes)),
        e_tag: Some(ETag::Strong(header.etag)),
        last_modified: Some(header.last_modified.into()),
        content_type: Some(
            header
                .content_type
                .unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned()),
        ),
        content_disposition: header.content_disposition,
        content_encoding: header.content_encoding,
        content_language: header.content_language,
        cache_control: header.cache_control,
        metadata: Some(header.metadata.into_iter().collect()),
        checksum_crc32: crc32,
        checksum_crc32c: crc32c,
        checksum_crc64nvme: crc64nvme,
        checksum_sha1: sha1,
        checksum_sha256: sha256,
        checksum_type: shown.then(full_object),
        ..Default::default()
    }
}

pub(super) fn list(page: Page, input: ListObjectsV2Input) -> ListObjectsV2Output {
    // XML cannot carry every character that a key can have; a client that minds asks for encoded ones.
    let encoded = input
        .encoding_type
        .as_ref()
        .is_some_and(|encoding| encoding.as_str() == EncodingType::URL);
    let text = |text: String| {
        if encoded {
            utf8_percent_encode(&text, &URL_ENCODED).to_string()
        } else {
            text
        }
    };

    let mut contents = Vec::new();
    let mut common_prefixes = Vec::new();
    let key_count = count(page.entries.len());
    for entry in page.entries {
        match entry {
            Entry::Object(header) => contents.push(Object {
                key: Some(text(header.key)),
                size: Some(length(header.size_bytes)),
                e_tag: Some(ETag::Strong(header.etag)),
                last_modified: Some(header.last_modified.into()),
                storage_class: Some(ObjectStorageClass::from_static(
                    ObjectStorageClass::STANDARD,
                )),
                ..Default::default()
            }),
            Entry::CommonPrefix(prefix) => common_prefixes.push(CommonPrefix {
                prefix: Some(text(prefix)),
            }),
        }
    }
    ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(text(input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(text),
        start_after: input.start_after.map(text),
        encoding_type: input.encoding_type,
        max_keys: Some(count(page.max_keys)),
        key_count: Some(key_count),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next_token.is_some()),
        next_continuation_token: page.next_token,
        ..Default::default()
    }
}

/// The bytes that `range` means in a body of `size_bytes`, never none.
pub(super) fn satisfy(range: dto::Range, size_bytes: u64) -> S3Result<Range<u64>> {
    let range = range.check(size_bytes)?;
    if range.is_empty() {
        Err(s3_error!(InvalidRange))
    } else {
        Ok(range)
    }
}

fn wants_checksums(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn full_object() -> ChecksumType {
    ChecksumType::from_static(ChecksumType::FULL_OBJECT)
}

/// S3 declares lengths as signed numbers; no length here comes near their end.
fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn count(entries: usize) -> i32 {
    i32::try_from(entries).unwrap_or(i32::MAX)
}
