//! What the program leaves: rows, objects, and nothing else.

use invoice::InvoiceIdentity;
use invoice::digest::Sha256Digest;
use invoice_worker::database::Status;
use invoice_worker::database::sales_invoice::{Entity, Model};
use invoice_worker::storage::OWN_PREFIX;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};

use super::World;
use crate::harness::poll::eventually;
use crate::harness::storage;

impl World {
    /// All rows.
    pub(crate) async fn rows(&self) -> Vec<Model> {
        let rows = Entity::find().all(&self.database).await;
        rows.expect("the rows can be read")
    }

    /// Changes the tables as no program does.
    pub(crate) async fn execute(&self, statement: &str) {
        let executed = self.database.execute_unprepared(statement).await;
        executed.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// The row of an invoice.
    pub(crate) async fn row(&self, identity: &InvoiceIdentity) -> Option<Model> {
        let is_it = |row: &Model| row.identity().expect("a valid identity") == *identity;
        self.rows().await.into_iter().find(is_it)
    }

    /// Waits for the document of an invoice, and answers its row.
    pub(crate) async fn wait_for_document(&self, identity: &InvoiceIdentity) -> Model {
        eventually(
            &format!("the document of {identity}"),
            async || match self.row(identity).await {
                Some(row) if row.status == Status::Generated => Ok(row),
                other => Err(other),
            },
        )
        .await
    }

    /// The keys of all documents.
    pub(crate) async fn objects(&self) -> Vec<String> {
        let mut keys = storage::keys(&self.s3, &self.bucket).await;
        keys.retain(|key| !key.starts_with(OWN_PREFIX));
        keys
    }

    /// The bytes of an object that must be there.
    pub(crate) async fn object(&self, key: &str) -> Vec<u8> {
        storage::read(&self.s3, &self.bucket, key).await
    }

    /// Waits until every request has ended: so many generated documents with one row and one object each, an object more for
    /// each e-invoice that is one of its own, so many dead letters, and nothing in any queue. Then compares every object with the
    /// digest in its row.
    ///
    /// Messages that a worker holds are in no queue, so stop the workers before the final check.
    pub(crate) async fn assert_settled(&self, generated: usize, dead: usize) {
        let expected = (generated, generated, dead, 0);
        let what = format!("{generated} rows and objects, {dead} dead letters, empty queues");
        let rows = eventually(&what, async || {
            let mut waiting = 0;
            for queue in self.topology.queues() {
                if queue != self.topology.dead {
                    waiting += self.queue_len(&queue).await;
                }
            }
            let mut rows = self.rows().await;
            rows.retain(|row| row.status == Status::Generated);
            let dead = self.dead_letters().await;
            let xml = rows.iter().filter(|row| row.xml_object_key.is_some());
            let documents = self.objects().await.len().checked_sub(xml.count());
            let documents = documents.unwrap_or_default();
            let seen = (rows.len(), documents, dead.len(), waiting);
            if seen == expected {
                Ok(rows)
            } else {
                let codes = dead
                    .iter()
                    .map(|dead| dead.headers.get("x-error-code").cloned());
                let codes: Vec<_> = codes.collect();
                Err(format!(
                    "rows, objects, dead letters, waiting: {seen:?}; codes {codes:?}"
                ))
            }
        })
        .await;
        for row in rows {
            let key = row.object_key.as_deref().expect("a document has a key");
            let bytes = self.object(key).await;
            let digest = Sha256Digest::of(&bytes).to_string();
            assert_eq!(row.sha256.as_deref(), Some(&*digest), "{key}");
            assert_eq!(row.size_bytes, i64::try_from(bytes.len()).ok(), "{key}");
            if let Some(key) = &row.xml_object_key {
                let digest = Sha256Digest::of(&self.object(key).await).to_string();
                assert_eq!(row.xml_sha256.as_deref(), Some(&*digest), "{key}");
            }
        }
    }
}
