//! Whether the bucket can lock objects, and whether they are locked.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ObjectLockEnabled, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode,
};
use invoice::ObjectKey;
use time::OffsetDateTime;

use super::error::Right;
use super::inventory::FoundObject;
use super::object::Subject;
use super::retention::Retention;
use super::{Storage, StorageError};

/// What S3 calls a bucket without object lock.
const NO_LOCK: &str = "ObjectLockConfigurationNotFoundError";

/// What is known of the lock that the settings want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockState {
    /// The settings want none.
    NotWanted,
    /// The bucket locks objects.
    Enabled,
    /// It cannot be asked, for this reason. An upload finds out.
    Unknown(String),
}

impl Storage {
    /// Checks that the bucket has object lock, where the settings want documents to be locked.
    ///
    /// # Errors
    ///
    /// [`StorageError::LockMissing`], or the server cannot be asked now.
    pub async fn check_lock(&self) -> Result<LockState, StorageError> {
        if !self.options.locks() {
            return Ok(LockState::NotWanted);
        }
        if self.is_access_point() {
            let why = "S3 does not answer this question about an access point";
            return Ok(LockState::Unknown(why.to_owned()));
        }
        let call = self.client.get_object_lock_configuration();
        let error = match call.bucket(&self.bucket).send().await {
            Ok(answer) => {
                let lock = answer.object_lock_configuration();
                let state = lock.and_then(|lock| lock.object_lock_enabled());
                return if state == Some(&ObjectLockEnabled::Enabled) {
                    Ok(LockState::Enabled)
                } else {
                    Err(self.named(StorageError::lock_missing()))
                };
            }
            Err(error) => error,
        };
        if error.code() == Some(NO_LOCK) {
            return Err(self.named(StorageError::lock_missing()));
        }
        let right = Right::GetBucketObjectLockConfiguration;
        let error = StorageError::from_bucket_call_for(error, right);
        if matches!(error, StorageError::AccessDenied(_)) {
            return Ok(LockState::Unknown(error.to_string()));
        }
        Err(self.named(error))
    }

    /// Whether the settings want documents to be locked.
    pub fn locks(&self) -> bool {
        self.options.locks()
    }

    /// How the lock of a document differs from what the settings say, in words; none where it is as strict, or none is wanted.
    ///
    /// # Errors
    ///
    /// Also where the keys may not ask for it.
    pub async fn lock_fault(
        &self,
        key: &ObjectKey,
        found: &FoundObject,
        subject: Subject<'_>,
    ) -> Result<Option<String>, StorageError> {
        let Some(wanted) = self.options.locked(subject, OffsetDateTime::now_utc()) else {
            return Ok(None);
        };
        let lock = match &found.lock {
            Some(lock) => Some(lock.clone()),
            // The object does not say it to those who may not ask.
            None => self.retention(key).await?,
        };
        let is = match &lock {
            Some(lock) if lock.has(&wanted) => return Ok(None),
            Some(lock) => format!("locked in mode {}", lock.in_words()),
            None => "not locked".to_owned(),
        };
        let wanted = wanted.in_words();
        Ok(Some(format!("the object is {is}, expected {wanted}")))
    }

    /// The lock of an object; none where it has none.
    async fn retention(&self, key: &ObjectKey) -> Result<Option<Retention>, StorageError> {
        let call = self.client.get_object_retention().bucket(&self.bucket);
        match call.key(key.as_str()).send().await {
            Ok(answer) => Ok(answer.retention().and_then(|found| {
                let mode = found.mode().map(|mode| ObjectLockMode::from(mode.as_str()));
                Retention::of(mode.as_ref(), found.retain_until_date())
            })),
            Err(error) if error.code() == Some("InvalidRequest") => {
                Err(self.named(StorageError::lock_missing()))
            }
            Err(error) => {
                let error = StorageError::from_call(error, Right::GetObjectRetention);
                // Servers have several codes for an object without a lock.
                if matches!(error, StorageError::NotFound) {
                    return Ok(None);
                }
                Err(self.named(error))
            }
        }
    }

    /// Locks a document that is in the bucket as the settings say. A lock that is
    /// there is neither shortened nor weakened.
    pub async fn lock(&self, key: &ObjectKey, subject: Subject<'_>) -> Result<(), StorageError> {
        let Some(wanted) = self.options.locked(subject, OffsetDateTime::now_utc()) else {
            return Ok(());
        };
        let found = self.retention(key).await?;
        let lock = wanted.joined(found);
        let retention = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::from(lock.mode.as_str()))
            .retain_until_date(DateTime::from_secs(lock.until.unix_timestamp()))
            .build();
        let call = self.client.put_object_retention().bucket(&self.bucket);
        let call = call.key(key.as_str()).retention(retention);
        let locked = call.send().await;
        locked
            .map(drop)
            .map_err(|error| self.named(StorageError::from_call(error, Right::PutObjectRetention)))
    }
}
