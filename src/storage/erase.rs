//! Deletes what is under a key, with all its versions, unless one of them is locked.

use std::collections::BTreeSet;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::ObjectLockLegalHoldStatus;
use invoice::ObjectKey;
use time::OffsetDateTime;

use super::error::Right;
use super::retention::moment;
use super::{Storage, StorageError};

/// The answer of an object store that deletes nothing, and answers with success.
const STILL_THERE: &str = "the deletion was answered with success, and the object is still there";

/// What became of the object under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErasedObject {
    /// Nothing is there.
    Absent,
    /// It is deleted, with so many versions; of a dry run, it would be.
    Deleted {
        /// How many.
        versions: usize,
    },
    /// It stays as it is, with all versions, since one of them is locked.
    Locked(ObjectLock),
    /// The object store does not delete it; its answer in words.
    Refused(String),
}

/// Why an object store deletes no version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectLock {
    /// The last day of its retention.
    pub until: Option<OffsetDateTime>,
    /// Whether it is held without an end.
    pub legal_hold: bool,
}

/// A version, or a delete marker.
struct Version {
    key: String,
    /// None where the bucket has no versions.
    id: Option<String>,
    is_marker: bool,
}

impl Storage {
    /// Deletes the object under a key: every version of it, and its delete markers, since a deletion without a version only hides
    /// the object. If a version is under a retention that has not ended, or under a legal hold, nothing is deleted. With `dry_run`
    /// nothing is deleted in any case.
    ///
    /// A call that was interrupted may be repeated.
    ///
    /// # Errors
    ///
    /// The object store cannot be asked, or it lists no versions and has some.
    pub async fn erase(
        &self,
        key: &ObjectKey,
        dry_run: bool,
    ) -> Result<ErasedObject, StorageError> {
        let versions = self.versions(key).await?;
        if versions.is_empty() {
            return Ok(ErasedObject::Absent);
        }
        let mut lock = ObjectLock::default();
        for version in versions.iter().filter(|version| !version.is_marker) {
            let own = self.lock_of(key, version).await?;
            lock.until = lock.until.max(own.until);
            lock.legal_hold |= own.legal_hold;
        }
        let is_retained = lock
            .until
            .is_some_and(|end| end > OffsetDateTime::now_utc());
        if is_retained || lock.legal_hold {
            return Ok(ErasedObject::Locked(lock));
        }
        if !dry_run {
            for version in &versions {
                if let Some(refused) = self.delete(key, version).await? {
                    return Ok(ErasedObject::Refused(refused));
                }
            }
            // Anything can answer with success.
            if !self.versions(key).await?.is_empty() {
                return Ok(ErasedObject::Refused(STILL_THERE.to_owned()));
            }
        }
        Ok(ErasedObject::Deleted {
            versions: versions.len(),
        })
    }

    /// Whether an object is under a key, also where a delete marker hides it.
    ///
    /// # Errors
    ///
    /// The object store cannot be asked.
    pub async fn has_versions(&self, key: &ObjectKey) -> Result<bool, StorageError> {
        let versions = self.versions(key).await?;
        Ok(versions.iter().any(|version| !version.is_marker))
    }

    /// The keys with this prefix under which there is an object, a version of one, or a delete marker.
    ///
    /// # Errors
    ///
    /// The object store cannot be asked.
    pub async fn keys(&self, prefix: &str) -> Result<BTreeSet<String>, StorageError> {
        let versions = self.listed_versions(prefix).await?.into_iter();
        let mut keys: BTreeSet<String> = versions.map(|version| version.key).collect();
        // Object stores that keep no versions may list none.
        if keys.is_empty() {
            let mut after = String::new();
            loop {
                let page = self.list(prefix, &after).await?;
                keys.extend(page.objects.into_iter().map(|object| object.key));
                match keys.last().filter(|_| page.has_more) {
                    Some(last) => after.clone_from(last),
                    None => break,
                }
            }
        }
        Ok(keys)
    }

    async fn versions(&self, key: &ObjectKey) -> Result<Vec<Version>, StorageError> {
        let mut versions = self.listed_versions(key.as_str()).await?;
        // Longer keys begin with this one, too.
        versions.retain(|version| version.key == key.as_str());
        if versions.is_empty() && self.is_without_versions(key).await? {
            versions.push(Version {
                key: key.as_str().to_owned(),
                id: None,
                is_marker: false,
            });
        }
        Ok(versions)
    }

    /// The versions and delete markers of all keys with this prefix, which is that of one invoice at most: they are held in memory. None where the
    /// object store does not know the question, since it keeps no versions.
    async fn listed_versions(&self, prefix: &str) -> Result<Vec<Version>, StorageError> {
        let mut listed = Vec::new();
        let (mut after_key, mut after_version) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.bucket)
                .prefix(prefix)
                .set_key_marker(after_key)
                .set_version_id_marker(after_version)
                .send()
                .await;
            let page = match page {
                Ok(page) => page,
                Err(error) if is_not_implemented(&error) => return Ok(Vec::new()),
                Err(error) => {
                    return Err(StorageError::from_call(error, Right::ListBucketVersions));
                }
            };
            let version = |key: Option<&str>, id: Option<&str>, is_marker| {
                Some(Version {
                    key: key?.to_owned(),
                    id: id.map(str::to_owned),
                    is_marker,
                })
            };
            let objects = page.versions().iter();
            listed.extend(objects.filter_map(|it| version(it.key(), it.version_id(), false)));
            let markers = page.delete_markers().iter();
            listed.extend(markers.filter_map(|it| version(it.key(), it.version_id(), true)));
            after_key = page.next_key_marker().map(str::to_owned);
            after_version = page.next_version_id_marker().map(str::to_owned);
            if !page.is_truncated().unwrap_or(false) || after_key.is_none() {
                return Ok(listed);
            }
        }
    }

    /// Whether there is an object of which the object store lists no versions, since it has none. A denied call is an error, since it
    /// does not say whether there is one. So an erasure needs the right to read, and the right to list the bucket, without which S3
    /// denies a look at an object that is not there.
    async fn is_without_versions(&self, key: &ObjectKey) -> Result<bool, StorageError> {
        let found = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .send()
            .await;
        match found.map_err(|error| StorageError::from_call(error, Right::GetObject)) {
            Ok(found) if found.version_id().is_none_or(|id| id == "null") => Ok(true),
            Ok(_) => Err(StorageError::Misconfigured(
                "it keeps versions of objects and does not list them".to_owned(),
            )),
            Err(StorageError::NotFound) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn lock_of(
        &self,
        key: &ObjectKey,
        version: &Version,
    ) -> Result<ObjectLock, StorageError> {
        let found = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .set_version_id(version.id.clone())
            .send()
            .await;
        match found.map_err(|error| StorageError::from_call(error, Right::GetObjectVersion)) {
            Ok(found) => {
                let hold = found.object_lock_legal_hold_status();
                Ok(ObjectLock {
                    until: found.object_lock_retain_until_date().and_then(moment),
                    legal_hold: hold == Some(&ObjectLockLegalHoldStatus::On),
                })
            }
            // Another erasure was faster.
            Err(StorageError::NotFound) => Ok(ObjectLock::default()),
            Err(other) => Err(other),
        }
    }

    /// Deletes a version; the answer of an object store that does not permit it.
    async fn delete(
        &self,
        key: &ObjectKey,
        version: &Version,
    ) -> Result<Option<String>, StorageError> {
        let deleted = self
            .client
            .delete_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .set_version_id(version.id.clone())
            .send()
            .await;
        match deleted.map_err(|error| StorageError::from_call(error, Right::DeleteObject)) {
            Ok(_) | Err(StorageError::NotFound) => Ok(None),
            // Its keys may lack the right, or it was locked a moment ago: the answer is the same.
            Err(StorageError::AccessDenied(answer)) => Ok(Some(answer)),
            Err(other) => Err(other),
        }
    }
}

fn is_not_implemented<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.raw_response().map(|answer| answer.status().as_u16()) == Some(501)
}
