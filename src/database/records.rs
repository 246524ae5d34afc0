//! The table `sales_invoice`: looking records up and writing them.

use document::RenderedWith;
use einvoice::EInvoiceMark;
use invoice::{Invoice, InvoiceIdentity, Sha256Digest};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, Insert, Iterable as _, QueryFilter as _, Set,
    TryIntoModel as _,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use uuid::Uuid;

use super::ascii::{ascii_json, plain};
use super::sales_invoice::{ActiveModel, Column, Entity, Model, Status};
use super::{Database, DatabaseError, without_nul, words};

/// What is recorded of every request, also of one that failed.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Which invoice it is about.
    pub identity: &'a InvoiceIdentity,
    /// The request as it arrived.
    pub request: &'a str,
    /// The digest of its content.
    pub request_digest: Sha256Digest,
    /// Message id.
    pub message_id: Option<&'a str>,
    /// Trace id (W3C trace context).
    pub trace_id: Option<&'a str>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When a worker first received it, before its first attempt; none where that is not known.
    pub received_at: Option<OffsetDateTime>,
    /// When and why its last attempts have failed, as JSON; none where none has.
    pub failed_attempts: Option<&'a str>,
}

/// Why there is no document.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// The stable code.
    pub code: &'a str,
    /// The cause in words.
    pub detail: &'a str,
    /// What is wrong with fields of the request, one by one, as JSON; none where the reason is another.
    pub list: Option<&'a str>,
    /// The key of a document that was uploaded for this request, and could not be recorded: it was never issued.
    pub left_key: Option<&'a str>,
}

/// A document that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Generated<'a> {
    /// What it shows.
    pub invoice: &'a Invoice,
    /// What it was rendered with, if that is known.
    pub rendered_with: Option<&'a RenderedWith>,
    /// Digest of the stored file.
    pub sha256: Sha256Digest,
    /// Its size.
    pub size_bytes: usize,
    /// Number of its pages.
    pub pages: usize,
    /// Its key.
    pub object_key: &'a str,
    /// Its URL.
    pub url: &'a str,
    /// Its e-invoice, where it has one.
    pub e_invoice: Option<GeneratedEInvoice<'a>>,
}

/// The e-invoice of a document that was stored.
#[derive(Clone, Copy, Debug)]
pub struct GeneratedEInvoice<'a> {
    /// Profile, digest and rules.
    pub mark: &'a EInvoiceMark,
    /// Key and URL of its XML, where that is an object of its own.
    pub object: Option<(&'a str, &'a str)>,
}

impl Database {
    /// The record of an invoice.
    pub async fn find(&self, identity: &InvoiceIdentity) -> Result<Option<Model>, DatabaseError> {
        let mut found = Entity::find();
        for (column, part) in Column::IDENTITY.into_iter().zip(identity.parts()) {
            found = found.filter(column.eq(part));
        }
        self.in_time(async |connection| found.one(&connection).await)
            .await
    }

    /// Records a stored document and returns the row; `None` where a document is recorded already, which stays as it is. A
    /// record of an earlier failure is replaced, except for its id and its creation time.
    pub async fn record_generated(
        &self,
        received: Received<'_>,
        generated: Generated<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        let now = now();
        let Generated {
            invoice,
            rendered_with,
            e_invoice,
            ..
        } = generated;
        let buyer = invoice.buyer.as_ref();
        let mark = e_invoice.map(|e_invoice| e_invoice.mark);
        let xml = e_invoice.and_then(|e_invoice| e_invoice.object);
        let model = ActiveModel {
            status: Set(Status::Generated),
            file_path: Set(Some(generated.url.to_owned())),
            object_key: Set(Some(generated.object_key.to_owned())),
            sha256: Set(Some(generated.sha256.to_string())),
            size_bytes: Set(i64::try_from(generated.size_bytes).ok()),
            pages: Set(i32::try_from(generated.pages).ok()),
            document_type: Set(Some(invoice.document_type.as_str().to_owned())),
            number: Set(Some(invoice.number.clone())),
            // Also where there is no buyer: what has no words at all was written by an earlier version.
            buyer_words: Set(Some(words::column(buyer.map(|it| it.name.as_str())))),
            currency: Set(Some(invoice.currency.code().to_owned())),
            gross_minor: Set(i64::try_from(invoice.totals.gross.mantissa()).ok()),
            template_name: Set(rendered_with.map(|known| known.template.clone())),
            template_version: Set(rendered_with.map(|known| known.version.clone())),
            template_digest: Set(rendered_with.map(|known| known.digest.clone())),
            brand_digest: Set(rendered_with.and_then(|known| known.brand_digest.clone())),
            e_invoice_profile: Set(mark.map(|mark| mark.profile.clone())),
            e_invoice_rules: Set(mark.map(|mark| mark.rules_version.clone())),
            xml_sha256: Set(mark.map(|mark| mark.sha256.to_string())),
            xml_object_key: Set(xml.map(|(key, _)| key.to_owned())),
            xml_url: Set(xml.map(|(_, url)| url.to_owned())),
            generated_at: Set(Some(now)),
            ..new_record(received, now)
        };
        let record = model.clone().try_into_model()?;
        // Nothing is read back, since what was written is known, the large request included.
        let written = self.upsert(model).await?;
        Ok((written > 0).then_some(record))
    }

    /// Records the failure of a request, unless a document is recorded already. What the database refuses is recorded in
    /// ASCII: the request means the same then.
    pub async fn record_failed(
        &self,
        received: Received<'_>,
        failed: Failed<'_>,
    ) -> Result<(), DatabaseError> {
        let now = now();
        let list = failed.list.map(|list| of_failure_at(now, list));
        let model = ActiveModel {
            status: Set(Status::Failed),
            error_code: Set(Some(failed.code.to_owned())),
            error_detail: Set(Some(without_nul(failed.detail))),
            error_list: Set(list.clone()),
            object_key: Set(failed.left_key.map(ToOwned::to_owned)),
            ..new_record(received, now)
        };
        match self.upsert(model.clone()).await {
            Err(DatabaseError::Refused { .. }) => {
                let in_ascii = ActiveModel {
                    request: Set(ascii_json(received.request)),
                    error_detail: Set(Some(plain(failed.detail.to_owned()))),
                    error_list: Set(list.as_deref().map(ascii_json)),
                    message_id: Set(received.message_id.map(|id| plain(id.to_owned()))),
                    ..model
                };
                self.upsert(in_ascii).await.map(drop)
            }
            other => other.map(drop),
        }
    }

    async fn upsert(&self, model: ActiveModel) -> Result<u64, DatabaseError> {
        let statement = upsert(model);
        self.in_time(async |connection| statement.exec_without_returning(&connection).await)
            .await
    }
}

/// A list in the column `error_list`, with the failure that it is of.
#[derive(Deserialize)]
struct Listed<T> {
    /// When that failure was recorded, in microseconds since 1970.
    at: i128,
    errors: Vec<T>,
}

/// A worker of a version without this column leaves a former list there when it records another failure. So a list names its
/// failure by the time, which every version writes.
fn of_failure_at(time: OffsetDateTime, list: &str) -> String {
    format!(r#"{{"at":{},"errors":{list}}}"#, microseconds(time))
}

fn microseconds(time: OffsetDateTime) -> i128 {
    time.unix_timestamp_nanos() / 1_000
}

impl Model {
    /// What is wrong with fields of the request, one by one; empty where the reason is another, or where the list is of an
    /// earlier failure.
    pub fn errors<T: DeserializeOwned>(&self) -> Vec<T> {
        let list = self.error_list.as_deref();
        let list = list.and_then(|list| serde_json::from_str::<Listed<T>>(list).ok());
        let list = list.filter(|list| list.at == microseconds(self.updated_at));
        list.map(|list| list.errors).unwrap_or_default()
    }
}

/// In microseconds, as PostgreSQL stores times: so a record is the same before it is written and after.
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc().truncate_to_microsecond()
}

/// The time in UTC with exactly six decimals, the last of which is not zero. SQLite keeps times as text without
/// trailing zeros: only with the same number of decimals is the order of the texts the order of the times. The time may
/// be off by a microsecond.
pub(super) fn sortable(time: OffsetDateTime) -> OffsetDateTime {
    let time = time.checked_to_offset(time::UtcOffset::UTC).unwrap_or(time);
    let micros = time.microsecond();
    let micros = if micros.is_multiple_of(10) {
        micros + 1
    } else {
        micros
    };
    time.replace_microsecond(micros).unwrap_or(time)
}

/// One statement, so that concurrent writers of one identity need neither a lock nor a transaction: the first document
/// wins and is never overwritten.
fn upsert(model: ActiveModel) -> Insert<ActiveModel> {
    let is_generated = model.status == Set(Status::Generated);
    let kept = [Column::Id, Column::CreatedAt, Column::ObjectKey];
    let replaced = Column::iter().filter(|column| {
        !Column::IDENTITY
            .iter()
            .chain(&kept)
            .any(|other| same(other, column))
    });
    // The next failure does not know what an earlier one has left in the bucket.
    let object_key = if is_generated {
        r#"excluded."object_key""#
    } else {
        r#"COALESCE("sales_invoice"."object_key", excluded."object_key")"#
    };
    let on_conflict = OnConflict::columns(Column::IDENTITY)
        .update_columns(replaced)
        .value(Column::ObjectKey, Expr::cust(object_key))
        .action_and_where(Expr::col((Entity, Column::Status)).eq(Status::Failed))
        .to_owned();
    Entity::insert(model).on_conflict(on_conflict)
}

fn same(one: &Column, other: &Column) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn new_record(received: Received<'_>, now: OffsetDateTime) -> ActiveModel {
    let [platform, shop_id, order_id, package_id, sequence_number] =
        received.identity.parts().map(|part| Set(part.to_owned()));
    ActiveModel {
        id: Set(Uuid::now_v7()),
        platform,
        shop_id,
        order_id,
        package_id,
        sequence_number,
        status: Set(Status::Failed),
        file_path: Set(None),
        object_key: Set(None),
        sha256: Set(None),
        size_bytes: Set(None),
        pages: Set(None),
        document_type: Set(None),
        number: Set(None),
        buyer_words: Set(None),
        currency: Set(None),
        gross_minor: Set(None),
        template_name: Set(None),
        template_version: Set(None),
        template_digest: Set(None),
        brand_digest: Set(None),
        e_invoice_profile: Set(None),
        e_invoice_rules: Set(None),
        xml_sha256: Set(None),
        xml_object_key: Set(None),
        xml_url: Set(None),
        request: Set(received.request.to_owned()),
        request_digest: Set(received.request_digest.to_string()),
        message_id: Set(received.message_id.map(without_nul)),
        trace_id: Set(received.trace_id.map(ToOwned::to_owned)),
        attempts: Set(received.attempt.try_into().unwrap_or(i32::MAX)),
        error_code: Set(None),
        error_detail: Set(None),
        error_list: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        generated_at: Set(None),
        erased_at: Set(None),
        documents_erased_at: Set(None),
        // In microseconds, as it is read back.
        received_at: Set(received.received_at.map(|at| at.truncate_to_microsecond())),
        failed_attempts: Set(received.failed_attempts.map(ToOwned::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_valid_identity_is_an_error_that_names_the_part() {
        let identity: InvoiceIdentity = "tiktok/shop/order/package/1".parse().expect("valid");
        let received = Received {
            identity: &identity,
            request: "{}",
            request_digest: Sha256Digest::of(b"{}"),
            message_id: None,
            trace_id: None,
            attempt: 1,
            received_at: None,
            failed_attempts: None,
        };
        let record = new_record(received, now()).try_into_model();
        let mut record = record.expect("every column has a value");
        assert_eq!(record.identity().expect("as it was written"), identity);
        record.shop_id = "../shop".into();
        let error = record.identity().expect_err("not an identity").to_string();
        let row = format!("row {} of sales_invoice", record.id);
        assert!(error.starts_with(&row), "{error}");
        assert!(error.contains("shopId starts with a dot"), "{error}");
    }
}
