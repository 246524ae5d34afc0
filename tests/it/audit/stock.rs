//! Documents to be audited: real ones, which a worker makes, and others that are written directly.

use dev::samples::Samples;
use document::{Catalog, RenderedWith};
use futures_util::StreamExt as _;
use invoice::digest::Sha256Digest;
use invoice::{InvoiceIdentity, ObjectKey};
use invoice_worker::database::sales_invoice::Model;
use invoice_worker::database::{Database, Generated, Received};
use invoice_worker::storage::{Content, NewObject, Storage};
use serde_json::Value;

use crate::harness::{DEADLINE, Options, World, eventually_within, samples};

/// A world with documents in it.
pub(crate) struct Stock {
    pub(crate) world: World,
    pub(crate) database: Database,
    pub(crate) storage: Storage,
    samples: Samples,
}

impl Stock {
    pub(crate) async fn new(options: Options) -> Self {
        let world = World::new(options).await;
        let url = world.settings.database.url().expect("a URL");
        let database = Database::connect(url, false).await.expect("a database");
        let storage = Storage::connect(&world.settings.storage).await;
        let storage = storage.expect("a client");
        storage
            .prove_conditional_writes()
            .await
            .expect("a bucket that honours conditions");
        let catalog = Catalog::load(&samples::templates()).expect("the templates can be read");
        let samples = Samples::new(&catalog, "shop-audit").expect("there are samples");
        Self {
            world,
            database,
            storage,
            samples,
        }
    }

    /// The request with this index.
    pub(crate) fn request(&self, index: usize) -> Value {
        self.samples.request(index)
    }

    /// The row of the request with this index.
    pub(crate) async fn row(&self, index: usize) -> Model {
        let identity = samples::identity(&self.request(index));
        let row = self.database.find(&identity).await.expect("a database");
        row.unwrap_or_else(|| panic!("no row of {identity}"))
    }

    /// Has a worker make documents of the requests with these indexes.
    pub(crate) async fn make(&self, indexes: std::ops::Range<usize>) {
        let mut worker = self.world.worker(&[("WORKER_CONCURRENCY", "2")]).await;
        let bodies = indexes.clone();
        let bodies = bodies.map(|index| self.request(index).to_string().into_bytes());
        self.world.publish_many(bodies).await;
        let count = indexes.len();
        eventually_within(DEADLINE * 20, "the documents", async || {
            let made = worker.processed("generated").len();
            if made >= count { Ok(()) } else { Err(made) }
        })
        .await;
        worker.stop().await;
    }

    /// Writes documents of the requests with these indexes: all is true of them but that they were rendered.
    pub(crate) async fn write(&self, indexes: std::ops::Range<usize>) {
        let writing = futures_util::stream::iter(indexes).map(|index| self.write_one(index));
        writing.buffer_unordered(16).collect::<()>().await;
    }

    async fn write_one(&self, index: usize) {
        let request = self.request(index);
        let identity = samples::identity(&request);
        let pdf = format!("%PDF-1.7 document {index}\n").into_bytes();
        self.upload(&request, &ObjectKey::for_invoice(&identity), &pdf)
            .await;
        self.record(&request, &ObjectKey::for_invoice(&identity), &pdf)
            .await;
    }

    /// Uploads a document as a worker does.
    pub(crate) async fn upload(&self, request: &Value, key: &ObjectKey, pdf: &[u8]) {
        let rendered_with = rendered_with();
        let stored = self.storage.put_new(NewObject {
            key,
            bytes: pdf,
            sha256: Sha256Digest::of(pdf),
            request_digest: digest(request),
            content: Content::Pdf {
                pages: 1,
                rendered_with: &rendered_with,
                e_invoice: None,
            },
            subject: None,
        });
        stored.await.expect("uploaded");
    }

    /// Where a worker finds it.
    fn url(&self, key: &ObjectKey) -> String {
        let endpoint = &self.world.variables["AWS_ENDPOINT_URL_S3"];
        format!("{endpoint}/{}/{}", self.world.bucket, key.as_str())
    }

    /// Records a document as a worker does.
    pub(crate) async fn record(&self, request: &Value, key: &ObjectKey, pdf: &[u8]) {
        let text = request.to_string();
        let parsed = invoice::parse(text.as_bytes(), usize::MAX).expect("JSON");
        let identity = samples::identity(request);
        let received = received(&identity, &text, parsed.digest);
        let generated = Generated {
            invoice: &parsed.invoice.expect("a valid request"),
            rendered_with: Some(&rendered_with()),
            sha256: Sha256Digest::of(pdf),
            size_bytes: pdf.len(),
            pages: 1,
            object_key: key.as_str(),
            url: &self.url(key),
            e_invoice: None,
        };
        let recorded = self.database.record_generated(received, generated).await;
        recorded.expect("a database").expect("it was not recorded");
    }
}

/// The digest of a request.
pub(super) fn digest(request: &Value) -> Sha256Digest {
    let parsed = invoice::parse(request.to_string().as_bytes(), usize::MAX);
    parsed.expect("JSON").digest
}

/// A request as a worker has received it.
pub(super) fn received<'a>(
    identity: &'a InvoiceIdentity,
    text: &'a str,
    request_digest: Sha256Digest,
) -> Received<'a> {
    Received {
        identity,
        request: text,
        request_digest,
        message_id: Some("message"),
        trace_id: None,
        attempt: 1,
        received_at: None,
        failed_attempts: None,
    }
}

fn rendered_with() -> RenderedWith {
    RenderedWith {
        template: "none".into(),
        version: "1".into(),
        digest: Sha256Digest::of(b"no template").to_string(),
        brand_digest: None,
    }
}
