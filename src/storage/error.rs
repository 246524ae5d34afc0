//! Errors of the object store, by their cause and by what can fix them.

mod retryable;

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use invoice::FailureCode;

use crate::text::one_line;

/// What the keys of the bucket have to be allowed to do, by the name that a policy has for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right {
    PutObject,
    GetObject,
    ListBucket,
    CreateBucket,
}

impl Right {
    fn as_str(self) -> &'static str {
        match self {
            Self::PutObject => "s3:PutObject",
            Self::GetObject => "s3:GetObject",
            Self::ListBucket => "s3:ListBucket",
            Self::CreateBucket => "s3:CreateBucket",
        }
    }
}

/// Longest cause of the client's own, in characters.
const CAUSE_MAX: usize = 300;

/// How the client begins a text about a call that it has not sent.
const NOT_SENT: &str = "dispatch failure: other: ";

/// A bucket that is not named yet: answers do not name it.
const BUCKET: &str = "the bucket";

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
    /// The bucket does not exist; its name and where it was looked for.
    #[error("{0} does not exist: make it with `invoice-worker setup`, or set AWS_S3_BUCKET_NAME")]
    BucketMissing(String),
    /// The credentials may not do this, are wrong or expired, or there are none.
    #[error(
        "access to the object store denied ({0}): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their rights"
    )]
    AccessDenied(String),
    /// The credentials may store documents and not read them, so one that is there cannot be compared. Others can be stored.
    #[error(
        "a document is stored under this key, and may not be read to compare it ({0}): give the keys of the bucket the right \
         s3:GetObject"
    )]
    ReadDenied(String),
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
    /// The server does not implement the condition of an upload, and says so.
    #[error(
        "the object store does not implement a header of uploads ({answer}), most likely {header}, without which a stored \
         document could be changed; use an object store with conditional writes"
    )]
    ConditionRefused {
        /// `If-None-Match` or `If-Match`.
        header: &'static str,
        /// Status and code.
        answer: String,
    },
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
            Self::BucketMissing(_) => FailureCode::StorageBucketMissing,
            Self::AccessDenied(_) | Self::ReadDenied(_) => FailureCode::StorageAccessDenied,
            Self::ClockWrong(_) => FailureCode::StorageClockWrong,
            Self::Misconfigured(_)
            | Self::Unproven(_)
            | Self::ConditionIgnored
            | Self::ConditionRefused { .. }
            | Self::Unordered => FailureCode::StorageMisconfigured,
            Self::Damaged | Self::TooLarge { .. } => FailureCode::StorageObjectDamaged,
            Self::NotFound => FailureCode::StorageNotFound,
            Self::Occupied => FailureCode::Conflict,
            Self::Refused { .. } => FailureCode::StorageRefused,
            Self::Presign(_) => FailureCode::StoragePresignFailed,
        }
    }

    /// The same, with the name of the bucket.
    pub(super) fn of(self, bucket: &str) -> Self {
        if let Self::BucketMissing(_) = self {
            Self::BucketMissing(bucket.to_owned())
        } else {
            self
        }
    }

    /// Whether a call that reads failed because there is no such object. Without the right to list a bucket, S3 answers so that
    /// access is denied.
    pub fn may_mean_absent(&self) -> bool {
        matches!(self, Self::NotFound | Self::AccessDenied(_))
    }

    /// Of an upload with this header.
    pub(super) fn from_put<E>(error: SdkError<E>, header: &'static str) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match (status(&error), error.code()) {
            (Some(412), _) => Self::Occupied,
            // Nothing else in an upload is as new in S3's protocol.
            (Some(status @ 501), code) | (Some(status @ 400..), code @ Some("NotImplemented")) => {
                let answer = answer(&status, code.unwrap_or_default());
                Self::ConditionRefused { header, answer }
            }
            _ => Self::from_call(error, Right::PutObject),
        }
    }

    /// For calls about the bucket itself, whose errors come without a body.
    pub(super) fn from_bucket_call<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match status(&error) {
            Some(404) => Self::BucketMissing(BUCKET.to_owned()),
            _ => Self::from_call(error, Right::ListBucket),
        }
    }

    /// Classifies by status first: bodies can be empty or lost. Only what is known to be about the document itself is
    /// permanent: anything else may apply to every document, and would empty the queue into the dead letters.
    pub(super) fn from_call<E>(error: SdkError<E>, needed: Right) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let Some(status) = status(&error) else {
            return Self::without_answer(&error);
        };
        let code = error.code().unwrap_or_default().to_owned();
        match (status, code.as_str()) {
            (501, _) => Self::Misconfigured(answer(&status, &code)),
            (500.. | 429 | 408, _) => Self::Server {
                status,
                code,
                retry_after: retry_after(&error),
            },
            (409, "ConditionalRequestConflict" | "OperationAborted" | "") => Self::WriteInProgress,
            (404, "NoSuchBucket") => Self::BucketMissing(BUCKET.to_owned()),
            (404, _) => Self::NotFound,
            (400 | 403, "RequestTimeTooSkewed") => Self::ClockWrong(answer(&status, &code)),
            // Wrong keys have other codes. The answer to a HEAD has none.
            (403, "AccessDenied" | "") => Self::AccessDenied(format!(
                "{} for {}",
                answer(&status, &code),
                needed.as_str()
            )),
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

    /// Of the read that only some documents need: without the right to it, others can be stored meanwhile. With wrong or
    /// expired keys, none can.
    pub(super) fn from_comparison<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let right = (status(&error), error.code().unwrap_or_default());
        let is_right_missing = matches!(right, (Some(403), "AccessDenied" | ""));
        let error = Self::from_call(error, Right::GetObject);
        if let (true, Self::AccessDenied(answer)) = (is_right_missing, &error) {
            return Self::ReadDenied(answer.clone());
        }
        error
    }

    fn without_answer<E>(error: &SdkError<E>) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let text = chain(error);
        // The default chain fails inside the client, before anything is sent.
        if text.contains("credentials") {
            Self::AccessDenied(without_keys(&text))
        } else {
            Self::Unreachable(text)
        }
    }
}

/// Status and S3's error code, which is empty where the answer had no body.
fn answer(status: &u16, code: &str) -> String {
    format!("{status} {code}").trim_end().to_owned()
}

/// Why there are no keys. The client lists all that it has tried, line by line; what was not set up is no cause. Where one
/// source is set up and fails, its text alone comes.
fn without_keys(text: &str) -> String {
    let text = text.strip_prefix(NOT_SENT).unwrap_or(text);
    let failed: Vec<&str> = if text.contains("no credentials found in chain") {
        let tried = text.lines().skip(1).map(str::trim);
        tried
            .filter(|attempt| !attempt.contains("provider was not enabled"))
            .collect()
    } else {
        vec![text]
    };
    let mut cause = "no keys: AWS_ACCESS_KEY_ID is not set, and no profile, role or token of this machine gives any"
        .to_owned();
    if !failed.is_empty() {
        cause.push_str(": ");
        cause.push_str(&one_line(&failed.join("; "), CAUSE_MAX));
    }
    cause
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
mod tests;
