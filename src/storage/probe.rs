//! Small objects by which a server shows, before the first document, that it does what documents rely on.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use invoice::digest::Sha256Digest;

use super::condition::Condition;
use super::error::Right;
use super::proof::{PROBE, PROBE_KEY, encryption_probe_key};
use super::{Storage, StorageError};

impl Storage {
    /// Finds out, once, whether the server honours `If-None-Match`, by writing a small object twice. On a server that does
    /// not, the second of two different requests would replace the document of the first. Also finds out whether it encrypts as
    /// the settings want it.
    ///
    /// # Errors
    ///
    /// [`StorageError::ConditionIgnored`], [`StorageError::EncryptionIgnored`], or the server cannot be asked now.
    pub async fn prove_conditional_writes(&self) -> Result<(), StorageError> {
        self.honours_conditions
            .get_or_try_init(|| self.probe())
            .await
            .map(drop)
    }

    async fn probe(&self) -> Result<(), StorageError> {
        if let Some(encryption) = self.options.encryption() {
            self.probe_encryption(&encryption).await?;
        }
        // It stays in the bucket, so that later starts need one call.
        for _ in 0..2 {
            match self.put_probe(PROBE_KEY).await {
                Err(StorageError::Occupied) => return Ok(()),
                Err(other) => return Err(other),
                Ok(()) => {}
            }
        }
        Err(StorageError::ConditionIgnored)
    }

    async fn probe_encryption(
        &self,
        encryption: &ServerSideEncryption,
    ) -> Result<(), StorageError> {
        let key = encryption_probe_key(encryption);
        match self.put_probe(&key).await {
            Err(StorageError::Occupied) => {}
            other => return other,
        }
        // An earlier start has written it, and may have found out that it is in the clear.
        let call = self.client.head_object().bucket(&self.bucket);
        match call.key(&key).send().await {
            Ok(found) if found.server_side_encryption() == Some(encryption) => Ok(()),
            Ok(_) => Err(StorageError::EncryptionIgnored),
            Err(error) => {
                let error = StorageError::from_call(error, Right::GetObject);
                // Those who may not read cannot see it; the first upload shows it.
                if matches!(error, StorageError::AccessDenied(_)) {
                    return Ok(());
                }
                Err(self.named(error))
            }
        }
    }

    async fn put_probe(&self, key: &str) -> Result<(), StorageError> {
        let sha256 = Sha256Digest::of(PROBE);
        let condition = Condition::Absent;
        let put = condition
            .of(self.options.of_own(self.client.put_object()))
            .bucket(&self.bucket)
            .key(key)
            .content_type("text/plain")
            .checksum_sha256(sha256.to_base64())
            .body(ByteStream::from_static(PROBE));
        let answer = put.send().await;
        let answer = answer.map_err(|error| self.of_upload(error, condition))?;
        self.check_upload(&answer, sha256).map(drop)
    }
}
