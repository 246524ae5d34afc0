//! Eight ways to damage what is stored.

use aws_sdk_s3::primitives::ByteStream;
use invoice::ClaimedIdentity;
use invoice_worker::broker::topology::REQUESTED;
use invoice_worker::database::NewDeadLetter;
use invoice_worker::database::sales_invoice::Model;
use serde_json::json;
use time::OffsetDateTime;

use super::stock::Stock;

/// A way to damage a document or its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// The object is deleted.
    Missing,
    /// The object has lost its end.
    Cut,
    /// The object has another byte.
    Changed,
    /// The object is replaced by one of another request.
    Foreign,
    /// The row is deleted.
    Orphaned,
    /// The row loses the digest of the document.
    WithoutProof,
    /// The stored request is changed.
    OtherRequest,
    /// A dead letter of the request is open.
    Open,
}

impl Damage {
    pub(super) const ALL: [Self; 8] = [
        Self::Missing,
        Self::Cut,
        Self::Changed,
        Self::Foreign,
        Self::Orphaned,
        Self::WithoutProof,
        Self::OtherRequest,
        Self::Open,
    ];

    /// The code of its finding.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Missing => "object_missing",
            Self::Cut => "object_cut",
            Self::Changed => "object_changed",
            Self::Foreign => "object_foreign",
            Self::Orphaned => "object_orphaned",
            Self::WithoutProof => "row_without_proof",
            Self::OtherRequest => "request_digest_mismatch",
            Self::Open => "generated_and_open",
        }
    }

    /// Whether it is repaired by rendering the document again, which has to be a real one then.
    pub(super) fn needs_rendering(self) -> bool {
        matches!(
            self,
            Self::Missing | Self::Cut | Self::Changed | Self::Foreign
        )
    }

    /// Whether an audit can repair it; a document without a row only if its request is known.
    pub(super) fn can_be_repaired(self) -> bool {
        !matches!(self, Self::WithoutProof | Self::OtherRequest)
    }

    /// Damages a document.
    pub(super) async fn happen_to(self, stock: &Stock, row: &Model) {
        let key = row.object_key.as_deref().expect("a key");
        let of_row = format!("WHERE request_digest = '{}'", row.request_digest);
        let execute = async |statement: &str| {
            stock.world.execute(&format!("{statement} {of_row}")).await;
        };
        match self {
            Self::Missing => delete(stock, key).await,
            Self::Cut => {
                replace(stock, key, None, |bytes| {
                    bytes.truncate(bytes.len() / 2);
                })
                .await;
            }
            Self::Changed => replace(stock, key, None, |bytes| bytes[0] ^= 1).await,
            Self::Foreign => {
                let other = "0".repeat(64);
                replace(stock, key, Some(&other), |bytes| bytes.push(b'\n')).await;
            }
            Self::Orphaned => execute("DELETE FROM sales_invoice").await,
            Self::WithoutProof => execute("UPDATE sales_invoice SET sha256 = NULL").await,
            Self::OtherRequest => {
                execute(
                    r#"UPDATE sales_invoice SET request = replace(request, '"lines"', '"Lines"')"#,
                )
                .await;
            }
            Self::Open => archive(stock, &row.request).await,
        }
    }
}

pub(super) async fn delete(stock: &Stock, key: &str) {
    let world = &stock.world;
    let delete = world.s3.delete_object().bucket(&world.bucket).key(key);
    delete.send().await.expect("deleted");
}

/// Puts an object in the place of another one as no program does: with other bytes and, if given, as of another request.
pub(super) async fn replace(
    stock: &Stock,
    key: &str,
    request_digest: Option<&str>,
    change: impl FnOnce(&mut Vec<u8>),
) {
    let world = &stock.world;
    let get = world.s3.get_object().bucket(&world.bucket).key(key).send();
    let object = get.await.expect("the object can be read");
    let mut metadata = object.metadata().cloned().unwrap_or_default();
    if let Some(digest) = request_digest {
        metadata.insert("request-digest".into(), digest.into());
    }
    let mut bytes = object.body.collect().await.expect("a body").to_vec();
    change(&mut bytes);
    let put = world.s3.put_object().bucket(&world.bucket).key(key);
    put.set_metadata(Some(metadata))
        .body(ByteStream::from(bytes))
        .send()
        .await
        .expect("replaced");
}

/// Puts a dead letter of this request into the archive.
pub(super) async fn archive(stock: &Stock, request: &str) {
    let payload = request.as_bytes().to_vec();
    let letter = NewDeadLetter {
        message_id: Some(invoice::digest::Sha256Digest::of(&payload).to_string()),
        exchange: "invoices".into(),
        routing_key: REQUESTED.into(),
        properties: json!({}).to_string(),
        headers: json!({}).to_string(),
        claimed: ClaimedIdentity::of(&payload),
        payload,
        code: "render_timeout".into(),
        stage: "render".into(),
        detail: "too slow".into(),
        attempts: 1,
        worker: None,
        failed_at: OffsetDateTime::now_utc(),
        replays: 0,
        replay_of: None,
        is_plain: false,
    };
    let stored = stock.database.store_dead_letters(&[letter]).await;
    stored.expect("archived");
}
