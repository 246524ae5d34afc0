//! The calls of an audit to the database and the bucket, each repeated for a while when it fails for a moment.

use std::time::Duration;

use invoice::{InvoiceIdentity, ObjectKey};
use uuid::Uuid;

use super::error::AuditError;
use crate::database::audited::{AuditedRow, KeyRange};
use crate::database::dead_letter::Model as DeadLetter;
use crate::database::dead_letters::{Page, Selection, Summary};
use crate::database::sales_invoice::Model;
use crate::database::{Database, DatabaseError};
use crate::retry;
use crate::storage::{FoundObject, Listing, Storage, StorageError, Subject};

/// Database and bucket.
#[derive(Clone, Copy)]
pub(super) struct Calls<'a> {
    pub(super) database: &'a Database,
    pub(super) storage: &'a Storage,
    /// How long a failing call is repeated.
    pub(super) patience: Duration,
}

/// What an object store answers for one object.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are as many as are looked at together, and almost all are found"
)]
pub(super) enum Answer {
    Found(FoundObject),
    NotFound,
    /// It fails again and again for this object, and for this object only.
    Fails(String),
}

impl Answer {
    pub(super) fn found(&self) -> Option<&FoundObject> {
        match self {
            Self::Found(object) => Some(object),
            Self::NotFound | Self::Fails(_) => None,
        }
    }
}

impl Calls<'_> {
    pub(super) async fn list(&self, prefix: &str, after: &str) -> Result<Listing, AuditError> {
        Ok(self.bucket(|| self.storage.list(prefix, after)).await?)
    }

    pub(super) async fn look(&self, key: &ObjectKey) -> Result<Answer, AuditError> {
        let answer = self.bucket(|| self.storage.look(key)).await;
        self.about_one_object(answer).await
    }

    pub(super) async fn examine(&self, key: &ObjectKey) -> Result<Answer, AuditError> {
        let answer = self.bucket(|| self.storage.examine(key)).await;
        self.about_one_object(answer).await
    }

    pub(super) async fn lock_fault(
        &self,
        key: &ObjectKey,
        found: &FoundObject,
        subject: Subject<'_>,
    ) -> Result<Option<String>, AuditError> {
        let asking = || self.storage.lock_fault(key, found, subject);
        Ok(self.bucket(asking).await?)
    }

    /// One object that cannot be read does not stop the audit. A server that does not answer at all does.
    async fn about_one_object(
        &self,
        answer: Result<Option<FoundObject>, StorageError>,
    ) -> Result<Answer, AuditError> {
        match answer {
            Ok(Some(object)) => Ok(Answer::Found(object)),
            Ok(None) => Ok(Answer::NotFound),
            Err(error @ (StorageError::Server { .. } | StorageError::Unreachable(_))) => {
                match self.storage.check().await {
                    Ok(()) => Ok(Answer::Fails(error.to_string())),
                    Err(_) => Err(error.into()),
                }
            }
            Err(other) => Err(other.into()),
        }
    }

    pub(super) async fn rows_by_key(
        &self,
        range: &KeyRange,
        limit: u64,
    ) -> Result<Vec<AuditedRow>, AuditError> {
        self.sql(|| self.database.rows_by_key(range, limit)).await
    }

    pub(super) async fn generated_without_key(
        &self,
        after: Uuid,
        limit: u64,
    ) -> Result<Vec<AuditedRow>, AuditError> {
        self.sql(|| self.database.generated_without_key(after, limit))
            .await
    }

    pub(super) async fn record(&self, id: Uuid) -> Result<Option<Model>, AuditError> {
        self.sql(|| self.database.record(id)).await
    }

    pub(super) async fn records_of_key(&self, key: &str) -> Result<Vec<Model>, AuditError> {
        self.sql(|| self.database.records_of_key(key)).await
    }

    pub(super) async fn record_of(
        &self,
        identity: &InvoiceIdentity,
    ) -> Result<Option<Model>, AuditError> {
        self.sql(|| self.database.find(identity)).await
    }

    pub(super) async fn dead_letter_summaries(
        &self,
        selection: &Selection,
        after: i64,
        limit: u64,
    ) -> Result<Vec<Summary>, AuditError> {
        let page = Page::After(after);
        self.sql(|| self.database.dead_letter_summaries(selection, page, limit))
            .await
    }

    pub(super) async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, AuditError> {
        self.sql(|| self.database.dead_letter(id)).await
    }

    async fn bucket<T, F>(&self, call: impl FnMut() -> F) -> Result<T, StorageError>
    where
        F: Future<Output = Result<T, StorageError>>,
    {
        retry::in_place(self.patience, "audit the bucket", call).await
    }

    async fn sql<T, F>(&self, call: impl FnMut() -> F) -> Result<T, AuditError>
    where
        F: Future<Output = Result<T, DatabaseError>>,
    {
        let answer = retry::in_place(self.patience, "audit the records", call);
        Ok(answer.await?)
    }
}
