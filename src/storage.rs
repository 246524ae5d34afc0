//! The object store: documents under their keys, written once and never changed. The only module that names the AWS
//! SDK.

mod bucket;
mod condition;
mod disposition;
mod endpoint;
mod erase;
pub mod error;
mod inventory;
mod location;
mod lock;
mod object;
mod options;
mod own;
mod payer;
mod probe;
mod proof;
mod retention;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

pub use disposition::{Disposition, file_name};
pub use erase::{ErasedObject, ObjectLock};
use error::Right;
pub use error::StorageError;
pub use inventory::{FoundObject, ListedObject, Listing};
pub use lock::LockState;
pub use object::{Content, NewObject, StoredObject, Subject, Uploaded};
pub use own::{OWN_PREFIX, OwnKey};

use self::condition::Condition;
use self::endpoint::EndpointOfBucket;
use self::location::Location;
use self::options::ObjectOptions;
use self::payer::RequesterPays;
use self::proof::{Shown, check_e_tag, check_read_back};

use crate::config::{ConfigError, StorageSettings};
use crate::trust;
use invoice::ObjectKey;
use invoice::digest::Sha256Digest;

/// Longest time for a connection to the object store.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest time for one call, and for the body of its answer. Documents are small; what takes longer is stuck.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// A bucket of documents.
#[derive(Clone, Debug)]
pub struct Storage {
    client: Client,
    /// Signs URLs for others, who may reach the server by another endpoint.
    presigner: Client,
    bucket: String,
    /// Where that is looked for: an endpoint, or a region of AWS.
    place: String,
    /// How objects are stored.
    options: Arc<ObjectOptions>,
    /// Whether the server honours `If-None-Match`; found out once, for all clones.
    honours_conditions: Arc<OnceCell<()>>,
    /// Whether the server has answered an upload without its checksum: then each document is read back.
    keeps_checksums: Arc<AtomicBool>,
}

impl Storage {
    /// Prepares the client; no call is made yet.
    pub async fn connect(settings: &StorageSettings) -> Result<Self, ConfigError> {
        trust::authorities()?;
        settings.check()?;
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
        let endpoint = settings.aws_endpoint_url_s3.as_deref();
        let client = Client::from_conf(configured(&shared, settings).build());
        let place = match endpoint {
            Some(endpoint) => endpoint.to_owned(),
            None => format!("AWS in {}", settings.aws_region),
        };
        let mut storage = Self::of(client, settings, place);
        if let Some(endpoint) = &settings.s3_public_endpoint_url {
            let config = configured(&shared, settings).endpoint_url(endpoint);
            storage.presigner = Client::from_conf(config.build());
        }
        Ok(storage)
    }

    fn of(client: Client, settings: &StorageSettings, place: String) -> Self {
        Self {
            presigner: client.clone(),
            client,
            bucket: settings.aws_s3_bucket_name.clone(),
            place,
            options: Arc::new(ObjectOptions::of(&settings.objects)),
            honours_conditions: Arc::default(),
            keeps_checksums: Arc::default(),
        }
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
        let (location, put) = self.upload(object, Condition::Absent);
        match put.await {
            Ok(answer) => {
                self.make_sure(object, &answer).await?;
                Ok(object.stored(location.url()))
            }
            Err(StorageError::Occupied) => self.compare(object, location.url()).await,
            Err(other) => Err(other),
        }
    }

    /// Whether [`put_new`](Self::put_new) would store or adopt this document. Nothing is stored.
    ///
    /// # Errors
    ///
    /// Those that it would have for what is under the key now.
    pub async fn try_new(&self, object: NewObject<'_>) -> Result<(), StorageError> {
        match self.look(object.key).await? {
            Some(found) => self.compare(object, found.url).await.map(drop),
            None => Ok(()),
        }
    }

    /// An upload with a condition, and where it goes.
    fn upload(
        &self,
        object: NewObject<'_>,
        condition: Condition<'_>,
    ) -> (
        Location,
        impl Future<Output = Result<PutObjectOutput, StorageError>>,
    ) {
        let location = Location::default();
        let put = condition.of(self.put(object)).customize();
        let put = put.interceptor(location.clone()).send();
        (location, async move {
            let put = put.await;
            put.map_err(|error| self.of_upload(error, condition))
        })
    }

    fn of_upload(&self, error: SdkError<PutObjectError>, condition: Condition<'_>) -> StorageError {
        // S3 refuses a lock in this way where the bucket has none. Not every server says why.
        if self.options.locks() && error.code() == Some("InvalidRequest") {
            let words = error.message().unwrap_or_default().to_lowercase();
            return self.named(if words.contains("lock") {
                StorageError::lock_missing()
            } else {
                let answer = "400 InvalidRequest for an upload with S3_OBJECT_LOCK";
                StorageError::Misconfigured(answer.to_owned())
            });
        }
        let error = StorageError::from_put(error, condition.header());
        self.named(error.with_further(&self.options.further_rights()))
    }

    /// Makes sure that what was uploaded is stored: by the answer, or else by reading it.
    async fn make_sure(
        &self,
        object: NewObject<'_>,
        answer: &PutObjectOutput,
    ) -> Result<(), StorageError> {
        match self.check_upload(answer, object.sha256)? {
            Shown::Stored => Ok(()),
            Shown::Answered => {
                self.keeps_checksums.store(true, Ordering::Relaxed);
                check_read_back(self.get(object.key).await, object.sha256)
            }
        }
    }

    /// Checks the answer to an upload.
    fn check_upload(
        &self,
        answer: &PutObjectOutput,
        sha256: Sha256Digest,
    ) -> Result<Shown, StorageError> {
        let encryption = self.options.encryption();
        proof::check_upload(answer, sha256, encryption.as_ref())
    }

    fn put(&self, object: NewObject<'_>) -> PutObjectFluentBuilder {
        self.options
            .of_document(self.client.put_object(), object)
            .bucket(&self.bucket)
            .key(object.key.as_str())
            .content_type(object.content.media_type())
            .content_length(object.bytes.len().try_into().unwrap_or(i64::MAX))
            .checksum_sha256(object.sha256.to_base64())
            .set_metadata(Some(object.metadata()))
            .body(ByteStream::from(object.bytes.to_vec()))
    }

    /// Compares with the object under the key. To read all of it is the only comparison that every S3 server supports, and
    /// documents are small.
    async fn compare(
        &self,
        object: NewObject<'_>,
        url: String,
    ) -> Result<StoredObject, StorageError> {
        let found = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(object.key.as_str())
            .send()
            .await
            .map_err(|error| self.of_comparison(error))?;
        check_e_tag(found.e_tag())?;
        let uploaded = Uploaded::read(found.metadata());
        let same_request = uploaded.request_digest == Some(object.request_digest.to_string());
        let size = i64::try_from(object.bytes.len()).ok();
        if !same_request && found.content_length() != size {
            return Err(StorageError::Occupied);
        }
        let bytes = read(found.body).await?;
        let sha256 = Sha256Digest::of(&bytes);
        if sha256 == object.sha256 {
            return Ok(object.found(uploaded, url));
        }
        if !same_request {
            return Err(StorageError::Occupied);
        }
        // Without a digest nothing says that these are the bytes that were uploaded.
        if uploaded.sha256.as_deref() != Some(&*sha256.to_string()) {
            return Err(StorageError::Damaged);
        }
        Ok(StoredObject {
            url,
            sha256,
            size_bytes: bytes.len(),
            uploaded,
        })
    }

    /// Without the right to read, other documents can be stored meanwhile; but none can where each is read back.
    fn of_comparison(&self, error: SdkError<GetObjectError>) -> StorageError {
        if self.keeps_checksums.load(Ordering::Relaxed) {
            StorageError::from_call(error, Right::GetObject)
        } else {
            StorageError::from_comparison(error)
        }
    }

    /// Reads a document.
    pub async fn get(&self, key: &ObjectKey) -> Result<Vec<u8>, StorageError> {
        let call = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str());
        let found = call.send().await;
        let found = found.map_err(|error| StorageError::from_call(error, Right::GetObject))?;
        check_e_tag(found.e_tag())?;
        read(found.body).await
    }

    /// A URL that opens a document for anyone who has it, until it expires, at the public endpoint if there is one. With a
    /// disposition the answer has this header `Content-Disposition`.
    pub async fn presign(
        &self,
        key: &ObjectKey,
        disposition: Option<String>,
        expires_in: Duration,
    ) -> Result<String, StorageError> {
        let config = PresigningConfig::expires_in(expires_in)
            .map_err(|error| StorageError::Presign(error.to_string()))?;
        let call = self
            .presigner
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .set_response_content_disposition(disposition);
        let presigned = call
            .customize()
            .mutate_request(payer::in_query)
            .presigned(config)
            .await
            .map_err(|error| StorageError::from_call(error, Right::GetObject))?;
        Ok(presigned.uri().to_owned())
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

/// The settings of the client, by what the SDK has found in its environment and its files.
fn configured(shared: &SdkConfig, settings: &StorageSettings) -> aws_sdk_s3::config::Builder {
    let mut config = aws_sdk_s3::config::Builder::from(shared)
        .force_path_style(settings.s3_force_path_style)
        .endpoint_resolver(EndpointOfBucket::default());
    let is_empty = |name: &str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    if let Some(endpoint) = &settings.aws_endpoint_url_s3 {
        config = config.endpoint_url(endpoint);
    } else if is_empty("AWS_ENDPOINT_URL_S3") || is_empty("AWS_ENDPOINT_URL") {
        // The SDK takes an empty variable for a URL.
        let of_all_services = shared.endpoint_url().filter(|url| !url.is_empty());
        config.set_endpoint_url(of_all_services.map(str::to_owned));
    }
    // Without the settings, those of the environment and of the profile stay.
    if let Some(is_on) = settings.aws_use_dualstack_endpoint {
        config = config.use_dual_stack(is_on);
    }
    if let Some(is_on) = settings.aws_use_fips_endpoint {
        config = config.use_fips(is_on);
    }
    if settings.s3_requester_pays {
        config = config.interceptor(RequesterPays);
    }
    config
}
