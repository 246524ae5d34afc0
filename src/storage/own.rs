//! Objects of the program itself, which are no documents: written once under a name that says what they are, and read back.

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use invoice::digest::Sha256Digest;
use tokio::time::timeout;

use super::condition::Condition;
use super::error::Right;
use super::proof::{PROBE_KEY, Shown, check_e_tag, check_read_back};
use super::{CONNECT_TIMEOUT, Storage, StorageError};

/// What the keys of these objects start with. No invoice can have such a key: no part of an identity starts with a full stop.
/// It is below the prefix of the documents, so that no further rights are needed.
pub const OWN_PREFIX: &str = "invoices/.";

/// Longest time for one call. A font can have twenty megabytes, and nothing waits for it.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(300);

/// The key of an object of the program itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnKey(String);

impl OwnKey {
    /// The key that ends with this path.
    pub fn new(path: fmt::Arguments<'_>) -> Self {
        Self(format!("{OWN_PREFIX}{path}"))
    }

    /// The key as the server knows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Storage {
    /// The size of an object; none if there is no such object.
    pub async fn size_of_own(&self, key: &OwnKey) -> Result<Option<u64>, StorageError> {
        let call = self.client.head_object().bucket(&self.bucket);
        match call.key(key.as_str()).send().await {
            Ok(found) => {
                check_e_tag(found.e_tag())?;
                Ok(Some(bytes(found.content_length())))
            }
            Err(error) => match StorageError::from_call(error, Right::GetObject) {
                error if error.may_mean_absent() => Ok(None),
                other => Err(other),
            },
        }
    }

    /// Checks that the bucket can be used, with no more rights than documents need: reads the small object that
    /// [`prove_conditional_writes`](Storage::prove_conditional_writes) leaves.
    pub async fn reach(&self) -> Result<(), StorageError> {
        let call = self.client.get_object().bucket(&self.bucket);
        let found = call.key(PROBE_KEY).send().await;
        match found.map_err(|error| self.named(StorageError::from_call(error, Right::GetObject))) {
            Ok(found) => check_e_tag(found.e_tag()),
            // Without the object, the bucket has answered all the same.
            Err(StorageError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stores an object unless it is there. Returns whether it was stored.
    pub async fn put_own(
        &self,
        key: &OwnKey,
        content_type: &str,
        content: Vec<u8>,
    ) -> Result<bool, StorageError> {
        let sha256 = Sha256Digest::of(&content);
        let size = content.len() as u64;
        let condition = Condition::Absent;
        let put = condition
            .of(self.options.of_own(self.client.put_object()))
            .bucket(&self.bucket)
            .key(key.as_str())
            .content_type(content_type)
            .content_length(content.len().try_into().unwrap_or(i64::MAX))
            .checksum_sha256(sha256.to_base64())
            .body(ByteStream::from(content))
            .customize()
            .config_override(in_long_time());
        let put = put.send().await;
        match put.map_err(|error| self.of_upload(error, condition)) {
            Ok(answer) => {
                if self.check_upload(&answer, sha256)? == Shown::Answered {
                    check_read_back(self.get_own(key, size).await, sha256)?;
                }
                Ok(true)
            }
            Err(StorageError::Occupied) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Reads an object of at most so many bytes.
    ///
    /// # Errors
    ///
    /// [`StorageError::TooLarge`] for a larger one, which is not read to its end.
    pub async fn get_own(&self, key: &OwnKey, max_bytes: u64) -> Result<Vec<u8>, StorageError> {
        let call = self.client.get_object().bucket(&self.bucket);
        let call = call.key(key.as_str()).customize();
        let found = call.config_override(in_long_time()).send().await;
        let found = found.map_err(|error| StorageError::from_call(error, Right::GetObject))?;
        check_e_tag(found.e_tag())?;
        let too_large = StorageError::TooLarge { max_bytes };
        if bytes(found.content_length()) > max_bytes {
            return Err(too_large);
        }
        let mut body = found.body;
        let reading = async {
            let mut content = Vec::new();
            while let Some(part) = body.next().await {
                let part = part.map_err(|error| StorageError::Unreachable(error.to_string()))?;
                if (content.len() + part.len()) as u64 > max_bytes {
                    return Err(too_large);
                }
                content.extend_from_slice(&part);
            }
            Ok(content)
        };
        let elapsed = |_| {
            let seconds = TRANSFER_TIMEOUT.as_secs();
            StorageError::Unreachable(format!("the object did not arrive within {seconds} s"))
        };
        timeout(TRANSFER_TIMEOUT, reading).await.map_err(elapsed)?
    }

    /// The keys that start with this one, in the order of S3, at most a thousand.
    pub async fn own_keys(&self, start: &OwnKey) -> Result<Vec<OwnKey>, StorageError> {
        let call = self.client.list_objects_v2().bucket(&self.bucket);
        let found = call.prefix(start.as_str()).send().await;
        let found = found.map_err(StorageError::from_bucket_call)?;
        let keys = found.contents().iter().filter_map(|object| object.key());
        Ok(keys.map(|key| OwnKey(key.to_owned())).collect())
    }
}

fn bytes(content_length: Option<i64>) -> u64 {
    content_length.unwrap_or_default().try_into().unwrap_or(0)
}

/// Longer than documents may take.
fn in_long_time() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::Config::builder().timeout_config(
        TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(TRANSFER_TIMEOUT)
            .build(),
    )
}
