//! The bucket itself.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use super::error::Right;
use super::location::bucket_of;
use super::{Storage, StorageError};

impl Storage {
    /// The name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The bucket of a document with this recorded URL and key, which need not be the one in use; none where the URL does not
    /// have it.
    pub fn bucket_of<'a>(&self, url: &'a str, key: &str) -> Option<&'a str> {
        bucket_of(url, key, &self.bucket)
    }

    /// An error with the name of the bucket: answers do not have it.
    pub(super) fn named(&self, error: StorageError) -> StorageError {
        error.of(&format!("bucket {:?} at {}", self.bucket, self.place))
    }

    /// Checks that the bucket exists and may be used.
    pub async fn check(&self) -> Result<(), StorageError> {
        let call = self.client.head_bucket().bucket(&self.bucket);
        call.send()
            .await
            .map(drop)
            .map_err(|error| self.named(StorageError::from_bucket_call(error)))
    }

    /// Creates the bucket, unless it is there.
    pub async fn create_bucket(&self) -> Result<(), StorageError> {
        // Some servers refuse to create one that exists, also to its owner.
        if self.check().await.is_ok() {
            return Ok(());
        }
        let call = self.client.create_bucket().bucket(&self.bucket);
        let call = call.set_create_bucket_configuration(self.location());
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_bucket_already_owned_by_you()) =>
            {
                Ok(())
            }
            Err(error) => Err(StorageError::from_call(error, Right::CreateBucket)),
        }
    }

    /// Where the bucket is created. AWS needs the region, except its first one, which must not be named.
    fn location(&self) -> Option<CreateBucketConfiguration> {
        let region = self.client.config().region()?.as_ref();
        let location = (region != "us-east-1").then(|| BucketLocationConstraint::from(region))?;
        let configuration = CreateBucketConfiguration::builder();
        Some(configuration.location_constraint(location).build())
    }
}
