//! What the audit asks of the bucket: which objects there are, what one of them is, and a damaged one's replacement.

use std::time::Duration;

use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::primitives::ByteStream;
use invoice::ObjectKey;
use invoice::digest::Sha256Digest;
use sha2::Digest as _;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::condition::Condition;
use super::error::Right;
use super::location::Location;
use super::object::{NewObject, StoredObject, Uploaded};
use super::proof::check_e_tag;
use super::retention::{Retention, moment};
use super::{Storage, StorageError};

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was written, by the server's clock.
    pub last_modified: Option<OffsetDateTime>,
}

/// A page of a listing, in the order of the keys' bytes.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The objects.
    pub objects: Vec<ListedObject>,
    /// Whether there are more behind them.
    pub has_more: bool,
}

/// An object as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundObject {
    /// Number of bytes.
    pub size_bytes: u64,
    /// Digest of the bytes, where they were read.
    pub sha256: Option<Sha256Digest>,
    /// When it was written, by the server's clock.
    pub last_modified: Option<OffsetDateTime>,
    /// What its metadata says of its upload.
    pub uploaded: Uploaded,
    /// Its URL, as a worker records it.
    pub url: String,
    e_tag: Option<String>,
    /// Mode and end of its lock, which only those see who may ask for it.
    pub(super) lock: Option<Retention>,
}

/// Longest time for a body that is read to its end; objects of other programs can be large.
const BODY_TIMEOUT: Duration = Duration::from_secs(120);

impl Storage {
    /// A page of the objects whose keys have this prefix, behind this key.
    ///
    /// # Errors
    ///
    /// Also where the server does not list in the order of the keys' bytes, as S3 does: what is compared with the listing
    /// would seem to be missing.
    pub async fn list(&self, prefix: &str, after: &str) -> Result<Listing, StorageError> {
        let mut call = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix);
        if !after.is_empty() {
            call = call.start_after(after);
        }
        let page = call.send().await;
        let page = page.map_err(|error| StorageError::from_call(error, Right::ListBucket))?;
        let objects = page.contents().iter().map(|object| ListedObject {
            key: object.key().unwrap_or_default().to_owned(),
            size_bytes: size(object.size()),
            last_modified: object.last_modified().and_then(moment),
        });
        let objects: Vec<ListedObject> = objects.collect();
        let keys = objects.iter().map(|object| object.key.as_str());
        let in_order = std::iter::once(after)
            .chain(keys)
            .is_sorted_by(|a, b| a < b);
        if !in_order {
            return Err(StorageError::Unordered);
        }
        let has_more = page.is_truncated().unwrap_or(false) && !objects.is_empty();
        Ok(Listing { objects, has_more })
    }

    /// The object under a key, without reading it.
    pub async fn look(&self, key: &ObjectKey) -> Result<Option<FoundObject>, StorageError> {
        let call = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .customize();
        let location = Location::default();
        let found = call.interceptor(location.clone()).send().await;
        match found.map_err(|error| StorageError::from_call(error, Right::GetObject)) {
            Ok(found) => {
                check_e_tag(found.e_tag())?;
                Ok(Some(FoundObject {
                    size_bytes: size(found.content_length()),
                    sha256: None,
                    last_modified: found.last_modified().and_then(moment),
                    uploaded: Uploaded::read(found.metadata()),
                    url: location.url(),
                    e_tag: found.e_tag().map(str::to_owned),
                    lock: Retention::of(
                        found.object_lock_mode(),
                        found.object_lock_retain_until_date(),
                    ),
                }))
            }
            Err(StorageError::NotFound) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The object under a key, and the digest of its bytes. They are read and not kept: the object may be of any size.
    pub async fn examine(&self, key: &ObjectKey) -> Result<Option<FoundObject>, StorageError> {
        // Bytes that differ from the server's own checksum are a finding and not a broken connection.
        let unchecked = aws_sdk_s3::config::Config::builder()
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        let call = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .customize()
            .config_override(unchecked);
        let location = Location::default();
        let found = call.interceptor(location.clone()).send().await;
        let found = found.map_err(|error| StorageError::from_call(error, Right::GetObject));
        let mut found = match found {
            Ok(found) => found,
            Err(StorageError::NotFound) => return Ok(None),
            Err(other) => return Err(other),
        };
        check_e_tag(found.e_tag())?;
        let body = std::mem::take(&mut found.body);
        let (sha256, size_bytes) =
            timeout(BODY_TIMEOUT, digest(body))
                .await
                .unwrap_or_else(|_elapsed| {
                    let seconds = BODY_TIMEOUT.as_secs();
                    let problem = format!("the object did not arrive within {seconds} s");
                    Err(StorageError::Unreachable(problem))
                })?;
        Ok(Some(FoundObject {
            size_bytes,
            sha256: Some(sha256),
            last_modified: found.last_modified().and_then(moment),
            uploaded: Uploaded::read(found.metadata()),
            url: location.url(),
            e_tag: found.e_tag().map(str::to_owned),
            lock: Retention::of(
                found.object_lock_mode(),
                found.object_lock_retain_until_date(),
            ),
        }))
    }

    /// Stores a document in the place of a damaged one, unless that has changed since it was looked at (`If-Match`).
    ///
    /// This is the only call that replaces an object. It gives an issued document its bytes back: the caller has to know that
    /// they are those that were recorded. A server that ignores the condition does no harm, since everything else that writes a
    /// document writes it only if there is none.
    ///
    /// # Errors
    ///
    /// [`StorageError::Occupied`] where the object has changed.
    pub async fn replace_damaged(
        &self,
        object: NewObject<'_>,
        damaged: &FoundObject,
    ) -> Result<StoredObject, StorageError> {
        let Some(e_tag) = &damaged.e_tag else {
            return Err(StorageError::Unproven(
                "the damaged object has no ETag, as every object store returns",
            ));
        };
        let (location, put) = self.upload(object, Condition::Unchanged(e_tag));
        self.make_sure(object, &put.await?).await?;
        Ok(object.stored(location.url()))
    }
}

async fn digest(mut body: ByteStream) -> Result<(Sha256Digest, u64), StorageError> {
    let mut hasher = sha2::Sha256::new();
    let mut size_bytes = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| StorageError::Unreachable(error.to_string()))?;
        hasher.update(&chunk);
        size_bytes += chunk.len() as u64;
    }
    Ok((Sha256Digest::finish(hasher), size_bytes))
}

fn size(bytes: Option<i64>) -> u64 {
    bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or(0)
}
