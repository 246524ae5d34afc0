//! Errors of the object store, by their cause and by what can fix them.

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use invoice::FailureCode;

use crate::retry::Retryable;

/// Why a call to the object store failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// No connection, no answer in time, or an answer that is not HTTP.
    #[error("object store unreachable: {0}")]
    Unreachable(String),
    /// The server fails or asks to slow down (5xx, 429), or its answer has no known meaning.
    #[error("object store failed with status {}", answer(status, code))]
    Server {
        /// HTTP status.
        status: u16,
        /// S3's error code; empty where the answer had no body.
        code: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Another write to the same key is going on (409).
    #[error("another write to the same key is going on")]
    WriteInProgress,
    /// The bucket does not exist.
    #[error("the bucket does not exist: create it, or set AWS_S3_BUCKET_NAME")]
    BucketMissing,
    /// The credentials may not do this, are wrong or expired, or there are none.
    #[error(
        "access to the object store denied ({0}): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their rights"
    )]
    AccessDenied(String),
    /// The clock of this machine, or the server's, is wrong by more than the server tolerates.
    #[error(
        "the object store refuses calls because of their time ({0}): correct the clock of this machine"
    )]
    ClockWrong(String),
    /// The server is not the one that the settings describe, or the bucket cannot be written to in this way.
    #[error(
        "the object store cannot be used as it is set up ({0}): check AWS_REGION, AWS_ENDPOINT_URL_S3, \
         S3_FORCE_PATH_STYLE and the settings of the bucket"
    )]
    Misconfigured(String),
    /// The answer is not that of an object store, so the document may not be stored.
    #[error(
        "a call was answered with success, but {0}; the answer may be that of a proxy or of another server: check \
         AWS_ENDPOINT_URL_S3"
    )]
    Unproven(&'static str),
    /// The server ignores `If-None-Match`: it replaces an object that it should have kept.
    #[error(
        "the object store ignores If-None-Match: a second upload has replaced the first, so a stored document could be \
         changed; use an object store with conditional writes"
    )]
    ConditionIgnored,
    /// The bytes of the object under the key are not those that were uploaded.
    #[error(
        "the object under this key is damaged: its SHA-256 is not that of its metadata; restore it, or delete it and replay \
         the request"
    )]
    Damaged,
    /// The server lists in another order than that of the keys' bytes.
    #[error(
        "the object store lists its keys in another order than that of their bytes, as S3 does; they cannot be compared with \
         the records"
    )]
    Unordered,
    /// There is no such document.
    #[error("there is no document under this key")]
    NotFound,
    /// An object is larger than what was stored under its key, so it is not read.
    #[error("the object has more than the {max_bytes} bytes that it was stored with or may have")]
    TooLarge {
        /// What was expected at most.
        max_bytes: u64,
    },
    /// A different document is stored under the key; it stays as it is.
    #[error("a different document is stored under this key; it stays as it is")]
    Occupied,
    /// The server refuses this document.
    #[error("object store refused the call with status {}", answer(status, code))]
    Refused {
        /// HTTP status.
        status: u16,
        /// S3's error code.
        code: String,
    },
    /// A presigned URL cannot be created.
    #[error("cannot create a presigned URL: {0}")]
    Presign(String),
}

impl StorageError {
    /// The code of this kind of failure.
    pub fn code(&self) -> FailureCode {
        match self {
            Self::Unreachable(_) => FailureCode::StorageUnreachable,
            Self::Server { .. } => FailureCode::StorageFailed,
            Self::WriteInProgress => FailureCode::StorageWriteInProgress,
            Self::BucketMissing => FailureCode::StorageBucketMissing,
            Self::AccessDenied(_) => FailureCode::StorageAccessDenied,
            Self::ClockWrong(_) => FailureCode::StorageClockWrong,
            Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::Unordered => FailureCode::StorageMisconfigured,
            Self::Damaged | Self::TooLarge { .. } => FailureCode::StorageObjectDamaged,
            Self::NotFound => FailureCode::StorageNotFound,
            Self::Occupied => FailureCode::Conflict,
            Self::Refused { .. } => FailureCode::StorageRefused,
            Self::Presign(_) => FailureCode::StoragePresignFailed,
        }
    }

    /// Whether a call that reads failed because there is no such object. Without the right to list a bucket, S3 answers so that
    /// access is denied.
    pub fn may_mean_absent(&self) -> bool {
        matches!(self, Self::NotFound | Self::AccessDenied(_))
    }

    pub(super) fn from_put<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match status(&error) {
            Some(412) => Self::Occupied,
            _ => Self::from_call(error),
        }
    }

    /// For calls about the bucket itself, whose errors come without a body.
    pub(super) fn from_bucket_call<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match status(&error) {
            Some(404) => Self::BucketMissing,
            _ => Self::from_call(error),
        }
    }

    /// Classifies by status first: bodies can be empty or lost. Only what is known to be about the document itself is
    /// permanent: anything else may apply to every document, and would empty the queue into the dead letters.
    pub(super) fn from_call<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let Some(status) = status(&error) else {
            return Self::without_answer(&error);
        };
        let code = error.code().unwrap_or_default().to_owned();
        match (status, code.as_str()) {
            (500.. | 429 | 408, _) => Self::Server {
                status,
                code,
                retry_after: retry_after(&error),
            },
            (409, "ConditionalRequestConflict" | "OperationAborted" | "") => Self::WriteInProgress,
            (404, "NoSuchBucket") => Self::BucketMissing,
            (404, _) => Self::NotFound,
            (400 | 403, "RequestTimeTooSkewed") => Self::ClockWrong(answer(&status, &code)),
            // Expired tokens arrive as 400.
            (401 | 403, _) | (400, "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => {
                Self::AccessDenied(answer(&status, &code))
            }
            (400, "RequestTimeout") => {
                Self::Unreachable("the server waited too long for the body".into())
            }
            (300..=399, _)
            | (405, _)
            | (
                400,
                "AuthorizationHeaderMalformed"
                | "IllegalLocationConstraintException"
                | "InvalidBucketName",
            ) => Self::Misconfigured(answer(&status, &code)),
            (400, code) if code.starts_with("KMS.") => Self::Misconfigured(answer(&status, code)),
            (
                400,
                "KeyTooLongError" | "EntityTooLarge" | "MetadataTooLarge" | "InvalidObjectName",
            )
            | (413 | 414, _) => Self::Refused { status, code },
            (_, _) => Self::Server {
                status,
                code,
                retry_after: None,
            },
        }
    }

    fn without_answer<E>(error: &SdkError<E>) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let text = chain(error);
        // The default chain fails inside the client, before anything is sent.
        if text.contains("credentials") {
            Self::AccessDenied(text)
        } else {
            Self::Unreachable(text)
        }
    }
}

impl Retryable for StorageError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Server { .. }
            | Self::WriteInProgress
            | Self::BucketMissing
            | Self::AccessDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            // Deleted between the put and the read: the next attempt writes it.
            | Self::NotFound => true,
            Self::Unordered
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => false,
        }
    }

    fn is_systemic(&self) -> bool {
        match self {
            Self::BucketMissing
            | Self::AccessDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored => true,
            Self::Unreachable(_)
            | Self::Server { .. }
            | Self::WriteInProgress
            | Self::Unordered
            | Self::NotFound
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Server { retry_after, .. } => *retry_after,
            Self::Unreachable(_)
            | Self::WriteInProgress
            | Self::BucketMissing
            | Self::AccessDenied(_)
            | Self::ClockWrong(_)
            | Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::Unordered
            | Self::NotFound
            | Self::Occupied
            | Self::Damaged
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Presign(_) => None,
        }
    }
}

/// Status and S3's error code, which is empty where the answer had no body.
fn answer(status: &u16, code: &str) -> String {
    format!("{status} {code}").trim_end().to_owned()
}

/// An error with its causes in words: the SDK's own display prints its structures.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    // Each wrapper repeats the text of its source.
    texts.dedup_by(|cause, wrapper| wrapper.contains(cause.as_str()));
    texts.join(": ")
}

fn status<E: fmt::Debug>(error: &SdkError<E>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

fn retry_after<E: fmt::Debug>(error: &SdkError<E>) -> Option<Duration> {
    let seconds = error
        .raw_response()?
        .headers()
        .get("retry-after")?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_code_leaves_no_blank() {
        let denied = |code| StorageError::AccessDenied(answer(&403, code)).to_string();
        assert!(denied("").contains("denied (403): "), "{}", denied(""));
        assert!(denied("AccessDenied").contains("(403 AccessDenied)"));
        let (status, code) = (400, String::new());
        let refused = StorageError::Refused { status, code }.to_string();
        assert_eq!(refused, "object store refused the call with status 400");
    }
}
