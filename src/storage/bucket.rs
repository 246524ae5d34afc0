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

    /// Whether that is the ARN of an access point.
    pub(super) fn is_access_point(&self) -> bool {
        self.bucket.starts_with("arn:")
    }

    /// The bucket of a document with this recorded URL and key, which need not be the one in use; none where the URL does not
    /// have it.
    pub fn bucket_of<'a>(&'a self, url: &'a str, key: &str) -> Option<&'a str> {
        bucket_of(url, key, &self.bucket)
    }

    /// An error with the name of the bucket, or with the server that does not answer: neither answers nor the client have it.
    pub(super) fn named(&self, error: StorageError) -> StorageError {
        if let StorageError::Unreachable(cause) = error {
            return StorageError::Unreachable(format!("{}: {cause}", self.place));
        }
        error.of(&format!("bucket {:?} at {}", self.bucket, self.place))
    }

    /// Checks that the bucket exists and may be used.
    pub async fn check(&self) -> Result<(), StorageError> {
        let call = self.client.head_bucket().bucket(&self.bucket);
        let error = match call.send().await {
            Ok(_) => return Ok(()),
            Err(error) => StorageError::from_bucket_call(error),
        };
        let why = if let StorageError::AccessDenied(_) = error {
            self.why_denied().await
        } else {
            None
        };
        Err(self.named(why.unwrap_or(error)))
    }

    /// Why the bucket may not be used: the answer to a HEAD has no body, so that a wrong secret looks like a missing right. That
    /// to a GET says it.
    async fn why_denied(&self) -> Option<StorageError> {
        let list = self.client.list_objects_v2().bucket(&self.bucket);
        let error = list.max_keys(1).send().await.err()?;
        let error = StorageError::from_call(error, Right::ListBucket);
        matches!(
            error,
            StorageError::AccessDenied(_) | StorageError::ClockWrong(_)
        )
        .then_some(error)
    }

    /// Creates the bucket, unless it is there; with object lock, where documents are to be locked.
    pub async fn create_bucket(&self) -> Result<(), StorageError> {
        // Some servers refuse to create one that exists, also to its owner.
        if self.check().await.is_ok() {
            return Ok(());
        }
        if self.is_access_point() {
            return Err(StorageError::Misconfigured(
                "AWS_S3_BUCKET_NAME is an access point, which is made in AWS with its bucket"
                    .to_owned(),
            ));
        }
        let call = self.client.create_bucket().bucket(&self.bucket);
        let call = call
            .set_create_bucket_configuration(self.location())
            .set_object_lock_enabled_for_bucket(self.options.locks().then_some(true));
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
