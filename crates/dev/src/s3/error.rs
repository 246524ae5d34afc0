//! Errors of the store, and the answers that clients get.

use std::io;
use std::path::{Path, PathBuf};

use s3s::{S3Error, S3ErrorCode};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("bucket {0} does not exist")]
    NoSuchBucket(String),
    #[error("bucket {0} exists already")]
    BucketExists(String),
    #[error("bucket {0} is not empty")]
    BucketNotEmpty(String),
    #[error("bucket {bucket} has no object {key:?}")]
    NoSuchKey { bucket: String, key: String },
    #[error("bucket {bucket} has an object {key:?} already")]
    KeyExists { bucket: String, key: String },
    #[error("object {key:?} of bucket {bucket} has another entity tag")]
    Changed { bucket: String, key: String },
    #[error("cannot {action} {path}: {source}")]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl StoreError {
    /// For `map_err`: says what was tried on which file.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        move |source| StoreError::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> S3Error {
        let code = match &error {
            StoreError::NoSuchBucket(_) => S3ErrorCode::NoSuchBucket,
            StoreError::BucketExists(_) => S3ErrorCode::BucketAlreadyOwnedByYou,
            StoreError::BucketNotEmpty(_) => S3ErrorCode::BucketNotEmpty,
            StoreError::NoSuchKey { .. } => S3ErrorCode::NoSuchKey,
            StoreError::KeyExists { .. } | StoreError::Changed { .. } => {
                S3ErrorCode::PreconditionFailed
            }
            StoreError::File { .. } => S3ErrorCode::InternalError,
        };
        let mut answer = S3Error::with_message(code, error.to_string());
        answer.set_source(Box::new(error));
        answer
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> io::Error {
        let kind = match &error {
            StoreError::File { source, .. } => source.kind(),
            StoreError::NoSuchBucket(_) | StoreError::NoSuchKey { .. } => io::ErrorKind::NotFound,
            StoreError::BucketExists(_) | StoreError::KeyExists { .. } => {
                io::ErrorKind::AlreadyExists
            }
            StoreError::BucketNotEmpty(_) => io::ErrorKind::DirectoryNotEmpty,
            StoreError::Changed { .. } => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
