//! The S3 operations: from requests to the store and back.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use s3s::dto::{
    Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio::task::spawn_blocking;

use super::answer;
use super::behaviour::Behaviour;
use super::checksum::{BodyMd5, Checksums};
use super::listing::{Query, page};
use super::object::ObjectHeader;
use super::store::Store;
use super::supported;

/// Bodies are held in memory while they are verified. Documents are far smaller; S3's own limit is 5 GiB.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Answers the requests that `s3s` has parsed and whose signature it has checked.
#[derive(Debug)]
pub(super) struct Service {
    store: Arc<Store>,
    behaviour: Behaviour,
}

impl Service {
    pub(super) fn new(store: Arc<Store>, behaviour: Behaviour) -> Service {
        Service { store, behaviour }
    }

    /// The one door to the files and to the digests: what blocks or computes runs on a thread for that.
    async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> S3Result<T>
    where
        T: Send + 'static,
        E: Into<S3Error> + Send + 'static,
    {
        let store = Arc::clone(&self.store);
        let done = spawn_blocking(move || work(&store))
            .await
            .map_err(S3Error::internal_error)?;
        done.map_err(Into::into)
    }
}

/// `s3s` answers the operations that are missing here with `NotImplemented`.
#[async_trait]
impl S3 for Service {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = request.input.bucket;
        let location = format!("/{bucket}");
        self.blocking(move |store| store.create_bucket(&bucket))
            .await?;
        Ok(S3Response::new(CreateBucketOutput {
            location: Some(location),
        }))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.behaviour.payer(&request)?;
        self.behaviour.list()?;
        self.blocking(move |store| store.find_bucket(&request.input.bucket))
            .await?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn list_buckets(
        &self,
        _: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.blocking(Store::buckets).await?;
        let buckets = buckets.into_iter().map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(created.into()),
            ..Default::default()
        });
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            ..Default::default()
        }))
    }

    async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        self.blocking(move |store| store.delete_bucket(&request.input.bucket))
            .await?;
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        self.behaviour.payer(&request)?;
        let S3Request {
            mut input,
            trailing_headers,
            ..
        } = request;
        self.behaviour.put(&mut input)?;
        let if_taken = supported::put(&input)?;
        let body = read_body(input.body.take()).await?;
        let stored = self.blocking(move |store| -> S3Result<ObjectHeader> {
            let md5 = BodyMd5::of(&body);
            md5.verify(input.content_md5.as_deref())?;
            let checksums =
                Checksums::declared(&input, trailing_headers.as_ref())?.verify(&body)?;
            let bucket = std::mem::take(&mut input.bucket);
            let header = ObjectHeader::new(input, &body, &md5, checksums);
            store.put(&bucket, &header, &body, if_taken)?;
            Ok(header)
        });
        let answer = answer::put(stored.await?);
        Ok(S3Response::new(self.behaviour.answer_to_put(answer)))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        self.behaviour.payer(&request)?;
        let input = request.input;
        let behaviour = self.behaviour;
        behaviour.read()?;
        supported::get(&input)?;
        let output = self.blocking(move |store| -> S3Result<GetObjectOutput> {
            let object = store.get(&input.bucket, &input.key);
            let mut object = object.map_err(|error| behaviour.absent(error))?;
            supported::check_etag(
                &object.header.etag,
                input.if_match.as_ref(),
                input.if_none_match.as_ref(),
            )?;
            let range = input
                .range
                .map(|range| answer::satisfy(range, object.header.size_bytes))
                .transpose()?;
            let bytes = match &range {
                Some(range) => object.read(range),
                None => object.read(&(0..object.header.size_bytes)),
            };
            let bytes = bytes.map_err(S3Error::internal_error)?;
            let answer = answer::get(object.header, range, bytes, input.checksum_mode.as_ref());
            Ok(behaviour.answer_to_get(answer))
        });
        Ok(S3Response::new(output.await?))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.behaviour.payer(&request)?;
        let input = request.input;
        let behaviour = self.behaviour;
        behaviour.read()?;
        supported::head(&input)?;
        let output = self.blocking(move |store| -> S3Result<HeadObjectOutput> {
            let object = store.get(&input.bucket, &input.key);
            let object = object.map_err(|error| behaviour.absent(error))?;
            supported::check_etag(
                &object.header.etag,
                input.if_match.as_ref(),
                input.if_none_match.as_ref(),
            )?;
            Ok(answer::head(object.header, input.checksum_mode.as_ref()))
        });
        Ok(S3Response::new(output.await?))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.behaviour.payer(&request)?;
        let input = request.input;
        supported::delete(&input)?;
        if self.behaviour.overlooks_deletions {
            return Ok(S3Response::new(DeleteObjectOutput::default()));
        }
        self.blocking(move |store| store.delete(&input.bucket, &input.key))
            .await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.behaviour.payer(&request)?;
        self.behaviour.list()?;
        let input = request.input;
        let query = Query::parse(&input)?;
        let output = self.blocking(move |store| -> S3Result<ListObjectsV2Output> {
            let objects = store.objects(&input.bucket, &query.prefix)?;
            Ok(answer::list(page(objects, &query), input))
        });
        Ok(S3Response::new(output.await?))
    }
}

/// Reads a whole body. `s3s` verifies its signature on the way, so a body that was changed ends in an error here.
async fn read_body(body: Option<StreamingBlob>) -> S3Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(mut body) = body else {
        return Ok(bytes);
    };
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| {
            s3_error!(IncompleteBody, "the body did not arrive as signed: {error}")
        })?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(s3_error!(
                EntityTooLarge,
                "an object can have at most {MAX_BODY_BYTES} bytes here"
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
