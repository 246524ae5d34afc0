//! The object store: documents under their keys, written once and never changed. The only module that names the AWS
//! SDK.

mod endpoint;
pub mod error;
mod inventory;
mod own;
mod proof;

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use document::RenderedWith;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tokio::time::timeout;

pub use error::StorageError;
pub use inventory::{FoundObject, ListedObject, Listing, Uploaded};
pub use own::{OWN_PREFIX, OwnKey};

use self::endpoint::EndpointOfBucket;
use self::proof::{PROBE, PROBE_KEY, Proof};

use crate::config::{ConfigError, StorageSettings};
use crate::trust;
use invoice::ObjectKey;
use invoice::digest::Sha256Digest;

/// Longest time for a connection to the object store.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest time for one call, and for the body of its answer. Documents are small; what takes longer is stuck.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Name of the metadata with the digest of the request (`x-amz-meta-request-digest`).
const REQUEST_DIGEST: &str = "request-digest";

/// Name of the metadata with the digest of the document, by which a damaged one is recognised.
const SHA256: &str = "sha256";

/// Name of the metadata with the number of pages.
const PAGES: &str = "pages";

/// Name of the metadata with what the document was rendered with, as JSON.
const RENDERED_WITH: &str = "set-with";

/// What S3 leaves unencoded in a path (RFC 3986 unreserved characters and the slash).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// A bucket of documents.
#[derive(Clone, Debug)]
pub struct Storage {
    client: Client,
    bucket: String,
    /// The part of a document's URL before the key.
    url_prefix: String,
    /// What the server has proved; shared by all clones.
    proof: Arc<Proof>,
}

/// A document to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewObject<'a> {
    /// Where.
    pub key: &'a ObjectKey,
    /// The PDF.
    pub pdf: &'a [u8],
    /// Its digest.
    pub sha256: Sha256Digest,
    /// Number of pages.
    pub pages: usize,
    /// What it was rendered with.
    pub rendered_with: &'a RenderedWith,
    /// Digest of the request that it was made from.
    pub request_digest: Sha256Digest,
}

impl NewObject<'_> {
    /// The document once it is in the bucket.
    fn stored(self) -> StoredObject {
        StoredObject {
            sha256: self.sha256,
            size_bytes: self.pdf.len(),
            pages: self.pages,
            rendered_with: Some(self.rendered_with.clone()),
        }
    }
}

/// A document that is in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Digest of the stored bytes.
    pub sha256: Sha256Digest,
    /// Number of stored bytes.
    pub size_bytes: usize,
    /// Number of pages.
    pub pages: usize,
    /// What it was rendered with; none where the object does not say.
    pub rendered_with: Option<RenderedWith>,
}

impl Storage {
    /// Prepares the client; no call is made yet.
    pub async fn connect(settings: &StorageSettings) -> Result<Self, ConfigError> {
        trust::authorities()?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(settings.aws_region.clone()))
            // Only `crate::retry` retries.
            .retry_config(RetryConfig::disabled())
            // An upload has the time limit of the call; watching its speed as well costs more than sending it.
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .upload_enabled(false)
                    .build(),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(CALL_TIMEOUT)
                    .build(),
            );
        if let Some((id, secret)) = settings.keys()? {
            let token = settings
                .aws_session_token
                .as_ref()
                .filter(|token| !token.is_empty());
            let token = token.map(|token| token.expose().to_owned());
            loader = loader.credentials_provider(Credentials::new(
                id,
                secret.expose(),
                token,
                None,
                "settings",
            ));
        }
        let shared = loader.load().await;
        let mut config = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(settings.s3_force_path_style)
            .endpoint_resolver(EndpointOfBucket::default());
        if let Some(endpoint) = &settings.aws_endpoint_url_s3 {
            config = config.endpoint_url(endpoint);
        } else if std::env::var_os("AWS_ENDPOINT_URL_S3").is_some() {
            // An empty variable, which the SDK would take for a URL.
            config.set_endpoint_url(None);
        }
        Ok(Self {
            client: Client::from_conf(config.build()),
            bucket: settings.aws_s3_bucket_name.clone(),
            url_prefix: url_prefix(settings),
            proof: Arc::default(),
        })
    }

    /// The URL that is recorded. It is private: [`presign`](Self::presign) creates one that opens.
    pub fn url(&self, key: &ObjectKey) -> String {
        format!(
            "{}/{}",
            self.url_prefix,
            utf8_percent_encode(key.as_str(), PATH)
        )
    }

    /// Stores a document, unless its key is taken.
    ///
    /// The object under the key stays as it is. It is returned when it has the same bytes or was made from the same request
    /// (by another version of the template); any other is [`StorageError::Occupied`], and one whose bytes are not those that
    /// were uploaded is [`StorageError::Damaged`].
    ///
    /// The first call finds out whether the server honours conditions, unless that is known.
    pub async fn put_new(&self, object: NewObject<'_>) -> Result<StoredObject, StorageError> {
        self.prove_conditional_writes().await?;
        let put = self.upload(object).if_none_match("*").send().await;
        match put.map_err(StorageError::from_put) {
            Ok(answer) => {
                self.proof.check_upload(&answer, object.sha256)?;
                Ok(object.stored())
            }
            Err(StorageError::Occupied) => self.compare(object).await,
            Err(other) => Err(other),
        }
    }

    /// An upload that has no condition yet.
    fn upload(&self, object: NewObject<'_>) -> PutObjectFluentBuilder {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(object.key.as_str())
            .content_type("application/pdf")
            .content_length(object.pdf.len().try_into().unwrap_or(i64::MAX))
            .checksum_sha256(object.sha256.to_base64())
            .metadata(REQUEST_DIGEST, object.request_digest.to_string())
            .metadata(SHA256, object.sha256.to_string())
            .metadata(PAGES, object.pages.to_string())
            .metadata(RENDERED_WITH, json!(object.rendered_with).to_string())
            .body(ByteStream::from(object.pdf.to_vec()))
    }

    /// Compares with the object under the key. To read all of it is the only comparison that every S3 server supports, and
    /// documents are small.
    async fn compare(&self, object: NewObject<'_>) -> Result<StoredObject, StorageError> {
        let found = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(object.key.as_str())
            .send()
            .await
            .map_err(StorageError::from_call)?;
        let metadata = |name: &str| {
            found
                .metadata()
                .and_then(|metadata| metadata.get(name))
                .cloned()
        };
        let same_request = metadata(REQUEST_DIGEST) == Some(object.request_digest.to_string());
        let size = i64::try_from(object.pdf.len()).ok();
        if !same_request && found.content_length() != size {
            return Err(StorageError::Occupied);
        }
        let pages = metadata(PAGES)
            .and_then(|pages| pages.parse().ok())
            .unwrap_or(object.pages);
        let rendered_with =
            metadata(RENDERED_WITH).and_then(|json| serde_json::from_str(&json).ok());
        let uploaded = metadata(SHA256);
        let bytes = read(found.body).await?;
        let sha256 = Sha256Digest::of(&bytes);
        if sha256 != object.sha256 {
            if !same_request {
                return Err(StorageError::Occupied);
            }
            // Objects of earlier versions do not say.
            if uploaded.is_some_and(|uploaded| uploaded != sha256.to_string()) {
                return Err(StorageError::Damaged);
            }
        }
        Ok(StoredObject {
            sha256,
            size_bytes: bytes.len(),
            pages,
            rendered_with,
        })
    }

    /// Finds out, once, whether the server honours `If-None-Match`, by writing a small object twice. On a server that does
    /// not, the second of two different requests would replace the document of the first.
    ///
    /// # Errors
    ///
    /// [`StorageError::ConditionIgnored`], or the server cannot be asked now.
    pub async fn prove_conditional_writes(&self) -> Result<(), StorageError> {
        let honours = &self.proof.honours_conditions;
        honours.get_or_try_init(|| self.probe()).await.map(drop)
    }

    async fn probe(&self) -> Result<(), StorageError> {
        // It stays in the bucket, so that later starts need one call.
        for _ in 0..2 {
            match self.put_probe().await {
                Err(StorageError::Occupied) => return Ok(()),
                Err(other) => return Err(other),
                Ok(()) => {}
            }
        }
        Err(StorageError::ConditionIgnored)
    }

    async fn put_probe(&self) -> Result<(), StorageError> {
        let sha256 = Sha256Digest::of(PROBE);
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(PROBE_KEY)
            .if_none_match("*")
            .content_type("text/plain")
            .checksum_sha256(sha256.to_base64())
            .body(ByteStream::from_static(PROBE));
        let answer = put.send().await.map_err(StorageError::from_put)?;
        self.proof.check_upload(&answer, sha256)
    }

    /// Reads a document.
    pub async fn get(&self, key: &ObjectKey) -> Result<Vec<u8>, StorageError> {
        let call = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str());
        let found = call.send().await.map_err(StorageError::from_call)?;
        read(found.body).await
    }

    /// A URL that opens a document for anyone who has it, until it expires.
    pub async fn presign(
        &self,
        key: &ObjectKey,
        expires_in: Duration,
    ) -> Result<String, StorageError> {
        let config = PresigningConfig::expires_in(expires_in)
            .map_err(|error| StorageError::Presign(error.to_string()))?;
        let call = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str());
        let presigned = call
            .presigned(config)
            .await
            .map_err(StorageError::from_call)?;
        Ok(presigned.uri().to_owned())
    }

    /// Checks that the bucket exists and may be used.
    pub async fn check(&self) -> Result<(), StorageError> {
        let call = self.client.head_bucket().bucket(&self.bucket);
        call.send()
            .await
            .map(drop)
            .map_err(StorageError::from_bucket_call)
    }

    /// Creates the bucket; for servers that were started for a demo or a test.
    pub async fn create_bucket(&self) -> Result<(), StorageError> {
        // Some servers refuse to create one that exists, also to its owner.
        if self.check().await.is_ok() {
            return Ok(());
        }
        match self
            .client
            .create_bucket()
            .bucket(&self.bucket)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_bucket_already_owned_by_you()) =>
            {
                Ok(())
            }
            Err(error) => Err(StorageError::from_call(error)),
        }
    }
}

/// The whole body of an answer. The client gives up one that stops, but not one that trickles.
async fn read(body: ByteStream) -> Result<Vec<u8>, StorageError> {
    match timeout(CALL_TIMEOUT, body.collect()).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(error)) => Err(StorageError::Unreachable(error.to_string())),
        Err(_elapsed) => {
            let seconds = CALL_TIMEOUT.as_secs();
            let problem = format!("the object did not arrive within {seconds} s");
            Err(StorageError::Unreachable(problem))
        }
    }
}

/// `https://{bucket}.s3.{region}.amazonaws.com`, or the custom endpoint's own form.
fn url_prefix(settings: &StorageSettings) -> String {
    let bucket = &settings.aws_s3_bucket_name;
    match settings.aws_endpoint_url_s3.as_deref() {
        None => format!("https://{bucket}.s3.{}.amazonaws.com", settings.aws_region),
        Some(endpoint) if settings.s3_force_path_style => format!("{endpoint}/{bucket}"),
        Some(endpoint) => match endpoint.split_once("://") {
            Some((scheme, host)) => format!("{scheme}://{bucket}.{host}"),
            None => format!("{endpoint}/{bucket}"),
        },
    }
}
