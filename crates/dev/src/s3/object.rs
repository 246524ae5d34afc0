//! Objects and the form of their files.
//!
//! A file is one line of JSON, the [`ObjectHeader`], and then the body. Keeping both in one file makes an object out of
//! one rename, and `head -n 1` shows what it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use s3s::dto::PutObjectInput;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::checksum::{BodyMd5, Checksums};

/// What is known about an object besides its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectHeader {
    pub(super) key: String,
    pub(super) size_bytes: u64,
    /// Without quotes.
    pub(super) etag: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) last_modified: OffsetDateTime,
    #[serde(default)]
    pub(super) checksums: Checksums,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_disposition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<String>,
    /// The `x-amz-meta-` headers, without that prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) metadata: BTreeMap<String, String>,
}

impl ObjectHeader {
    /// Describes the object that `input` and its verified body make.
    pub(super) fn new(
        input: PutObjectInput,
        body: &[u8],
        md5: &BodyMd5,
        checksums: Checksums,
    ) -> ObjectHeader {
        ObjectHeader {
            key: input.key,
            size_bytes: body.len() as u64,
            etag: md5.etag(),
            last_modified: OffsetDateTime::now_utc(),
            checksums,
            content_type: input.content_type,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        }
    }

    /// Writes the file of the object with this header.
    pub(super) fn write(&self, body: &[u8], mut file: &File) -> io::Result<()> {
        // JSON escapes line breaks, so the first one ends the header.
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        file.write_all(&line)?;
        file.write_all(body)
    }
}

/// An open object. It stays readable, and stays the same, when the object is replaced or deleted meanwhile.
#[derive(Debug)]
pub(super) struct ObjectFile {
    pub(super) header: ObjectHeader,
    body_offset: u64,
    file: BufReader<File>,
}

impl ObjectFile {
    pub(super) fn open(path: &Path) -> io::Result<ObjectFile> {
        let mut file = BufReader::new(File::open(path)?);
        let mut line = Vec::new();
        let body_offset = file.read_until(b'\n', &mut line)? as u64;
        let header = serde_json::from_slice(&line)?;
        Ok(ObjectFile {
            header,
            body_offset,
            file,
        })
    }

    /// Reads the bytes `range` of the body.
    pub(super) fn read(&mut self, range: &Range<u64>) -> io::Result<Vec<u8>> {
        let length = range.end - range.start;
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.body_offset + range.start))?;
        self.file.by_ref().take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file is shorter than its header says",
            ))
        }
    }
}
