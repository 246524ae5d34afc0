//! Errors of the object store, by their cause and by what can fix them.

mod retryable;
mod words;

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use invoice::FailureCode;

use self::words::{answer, chain, denied, without_keys};

/// What the keys of the bucket have to be allowed to do, by the name that a policy has for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right {
    PutObject,
    GetObject,
    ListBucket,
    CreateBucket,
    GetBucketObjectLockConfiguration,
    GetObjectRetention,
    PutObjectRetention,
    ListBucketVersions,
    GetObjectVersion,
    DeleteObject,
}

impl Right {
    fn as_str(self) -> &'static str {
        match self {
            Self::PutObject => "s3:PutObject",
            Self::GetObject => "s3:GetObject",
            Self::ListBucket => "s3:ListBucket",
            Self::CreateBucket => "s3:CreateBucket",
            Self::GetBucketObjectLockConfiguration => "s3:GetBucketObjectLockConfiguration",
            Self::GetObjectRetention => "s3:GetObjectRetention",
            Self::PutObjectRetention => "s3:PutObjectRetention",
            Self::ListBucketVersions => "s3:ListBucketVersions",
            Self::GetObjectVersion => "s3:GetObjectVersion",
            Self::DeleteObject => "s3:DeleteObject and s3:DeleteObjectVersion",
        }
    }
}

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
    /// The bucket cannot lock objects, and the settings want documents to be locked.
    #[error(
        "{0} has no object lock, without which documents cannot be locked: enable it for the bucket (docs/storage.md), or \
         unset S3_OBJECT_LOCK"
    )]
    LockMissing(String),
    /// The server stores in the clear, or with other keys, what is to be encrypted.
    #[error(
        "an upload was answered without the encryption of S3_ENCRYPTION: the object store does not know it; use one that it \
         knows, or unset it"
    )]
    EncryptionIgnored,
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
            | Self::LockMissing(_)
            | Self::EncryptionIgnored
            | Self::Unordered => FailureCode::StorageMisconfigured,
            Self::Damaged | Self::TooLarge { .. } => FailureCode::StorageObjectDamaged,
            Self::NotFound => FailureCode::StorageNotFound,
            Self::Occupied => FailureCode::Conflict,
            Self::Refused { .. } => FailureCode::StorageRefused,
            Self::Presign(_) => FailureCode::StoragePresignFailed,
        }
    }

    /// The same, with the name of the bucket.
    pub(super) fn of(mut self, bucket: &str) -> Self {
        if let Self::BucketMissing(name) | Self::LockMissing(name) = &mut self {
            bucket.clone_into(name);
        }
        self
    }

    /// A bucket without object lock, which is not named yet.
    pub(super) fn lock_missing() -> Self {
        Self::LockMissing(BUCKET.to_owned())
    }

    /// The same of an upload that needs these rights as well, where the answer does not say which one is missing.
    pub(super) fn with_further(mut self, rights: &str) -> Self {
        if let Self::AccessDenied(answer) = &mut self
            && answer.ends_with(Right::PutObject.as_str())
        {
            answer.push_str(rights);
        }
        self
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
        Self::from_bucket_call_for(error, Right::ListBucket)
    }

    /// The same of a call that needs another right.
    pub(super) fn from_bucket_call_for<E>(error: SdkError<E>, needed: Right) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match status(&error) {
            Some(404) => Self::BucketMissing(BUCKET.to_owned()),
            _ => Self::from_call(error, needed),
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
                denied(error.message()).unwrap_or(needed.as_str())
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
