//! Erasures: the report of `erase --json`, which has one object a line, what an erasure would do, and those that processes run.

use invoice::ClaimedIdentity;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::ClaimedMarketplace;
use crate::database::Status;
use crate::database::erasure::{KeptItem, Model};
use crate::erasure::{
    Item, LetterOutcome, LetterRequest, ObjectOutcome, Plan, RecordOutcome, RequestOutcome, Totals,
};

/// A record, as an erasure reports it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "type", rename = "record")]
pub struct ErasedRecord {
    #[schema(value_type = ClaimedMarketplace)]
    marketplace: ClaimedIdentity,
    /// `generated` or `failed`.
    status: &'static str,
    /// `erased`, `would-be-erased`, `erased-before`, or `kept`: it changed again and again meanwhile.
    pub request: &'static str,
    /// Its documents, where they were to be deleted.
    pub documents: Vec<ErasedDocument>,
}

/// An object of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasedDocument {
    /// Its key in the bucket.
    pub object_key: String,
    /// `deleted`, `would-be-deleted`, `absent`, or `kept`.
    pub outcome: &'static str,
    /// Of a deleted one: how many versions.
    pub versions: Option<usize>,
    /// Of one that stays: `retention`, `legal-hold`, `refused`, `other-kept`, `foreign-key` or `never-issued`.
    pub reason: Option<&'static str>,
    /// The end of the retention.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub retained_until: Option<OffsetDateTime>,
    /// What the object store has answered.
    pub detail: Option<String>,
}

impl ErasedRecord {
    /// Of an outcome.
    pub fn new(outcome: &RecordOutcome, dry_run: bool) -> Self {
        let documents = outcome.objects.iter();
        Self {
            marketplace: outcome.invoice.clone(),
            status: match outcome.status {
                Status::Generated => "generated",
                Status::Failed => "failed",
            },
            request: match (outcome.request, dry_run) {
                (RequestOutcome::Erased, false) => "erased",
                (RequestOutcome::Erased, true) => "would-be-erased",
                (RequestOutcome::ErasedBefore, _) => "erased-before",
                (RequestOutcome::Changing, _) => "kept",
            },
            documents: documents
                .map(|(key, object)| ErasedDocument::new(key, object, dry_run))
                .collect(),
        }
    }

    /// The invoice: the parts of its identity with slashes between.
    pub fn invoice(&self) -> String {
        self.marketplace.to_string()
    }
}

impl ErasedDocument {
    fn new(key: &str, object: &ObjectOutcome, dry_run: bool) -> Self {
        let (outcome, versions) = match object {
            ObjectOutcome::Absent => ("absent", None),
            ObjectOutcome::Deleted { versions } if dry_run => ("would-be-deleted", Some(*versions)),
            ObjectOutcome::Deleted { versions } => ("deleted", Some(*versions)),
            ObjectOutcome::Locked(_)
            | ObjectOutcome::Refused(_)
            | ObjectOutcome::OtherStays
            | ObjectOutcome::Foreign
            | ObjectOutcome::NeverIssued => ("kept", None),
        };
        Self {
            object_key: key.to_owned(),
            outcome,
            versions,
            reason: object.reason(),
            retained_until: object.retained_until(),
            detail: object.answer().map(ToOwned::to_owned),
        }
    }
}

/// A dead letter, as an erasure reports it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "type", rename = "dead-letter")]
pub struct ErasedLetter {
    /// Its number.
    pub id: i64,
    #[schema(value_type = ClaimedMarketplace)]
    marketplace: ClaimedIdentity,
    /// Its state before: `open`, `replayed` or `discarded`.
    pub status: &'static str,
    /// `erased`, `would-be-erased`, or `kept`: it is open, or a replay was publishing it.
    pub request: &'static str,
}

impl ErasedLetter {
    /// Of an outcome.
    pub fn new(outcome: &LetterOutcome, dry_run: bool) -> Self {
        Self {
            id: outcome.id,
            marketplace: outcome.invoice.clone(),
            status: outcome.status.as_str(),
            request: match (outcome.request, dry_run) {
                (LetterRequest::Erased, false) => "erased",
                (LetterRequest::Erased, true) => "would-be-erased",
                (LetterRequest::Open | LetterRequest::Changing, _) => "kept",
            },
        }
    }

    /// The invoice: the parts of its identity with slashes between.
    pub fn invoice(&self) -> String {
        self.marketplace.to_string()
    }
}

/// The last line of a report.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "type", rename = "summary")]
pub struct ErasureSummary {
    /// Whether everything was looked at; otherwise the same erasure goes on when it is started again.
    complete: bool,
    dry_run: bool,
    #[serde(flatten)]
    totals: ErasureTotals,
}

impl ErasureSummary {
    /// Of totals.
    pub fn new(totals: &Totals, complete: bool, dry_run: bool) -> Self {
        Self {
            complete,
            dry_run,
            totals: totals.into(),
        }
    }
}

/// How much is erased, or would be, and how much stays.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureTotals {
    /// Records of which the personal data are erased.
    pub records: u64,
    /// Dead letters of which they are.
    pub dead_letters: u64,
    /// Objects that are deleted.
    pub documents: u64,
    /// Objects that stay although they were to be deleted.
    pub kept_documents: u64,
    /// Dead letters that stay: open ones, and those that a replay was publishing.
    pub kept_dead_letters: u64,
    /// Records that stay, since they changed again and again.
    pub kept_records: u64,
}

impl ErasureTotals {
    /// What stays, of all kinds.
    pub fn kept(&self) -> u64 {
        self.kept_documents + self.kept_dead_letters + self.kept_records
    }
}

impl From<&Totals> for ErasureTotals {
    fn from(totals: &Totals) -> Self {
        Self {
            records: totals.records,
            dead_letters: totals.dead_letters,
            documents: totals.objects,
            kept_documents: totals.kept_objects,
            kept_dead_letters: totals.kept_letters,
            kept_records: totals.kept_records,
        }
    }
}

/// What an erasure would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasurePlan {
    /// Whether everything was looked at; there was no time for more otherwise, and the totals are too low.
    pub complete: bool,
    /// Whether rows of an earlier version were not searched for the name of the buyer, since the server may not make them searchable.
    pub unsearched: bool,
    /// How much would be erased, and what would stay.
    pub totals: ErasureTotals,
    /// The first hundred records.
    pub records: Vec<ErasedRecord>,
    /// The first hundred dead letters.
    pub dead_letters: Vec<ErasedLetter>,
}

impl From<Plan> for ErasurePlan {
    fn from(plan: Plan) -> Self {
        let (mut records, mut dead_letters) = (Vec::new(), Vec::new());
        for item in &plan.items {
            match item {
                Item::Record(record) => records.push(ErasedRecord::new(record, true)),
                Item::Letter(letter) => dead_letters.push(ErasedLetter::new(letter, true)),
            }
        }
        Self {
            complete: plan.is_complete,
            unsearched: plan.totals.is_unsearched,
            totals: (&plan.totals).into(),
            records,
            dead_letters,
        }
    }
}

/// An erasure with its progress.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureResource {
    /// Its number.
    pub id: i64,
    /// `queued`, `running`, `cancelled`, `done` or `failed`.
    pub status: &'static str,
    /// Whose data; none where a later version has written a filter that this one does not know.
    pub filter: Option<ErasureSelection>,
    /// Whether documents are deleted, too.
    pub documents: bool,
    /// Whether open dead letters are discarded and erased, too.
    pub open: bool,
    /// Whether the server has begun it by itself, because of `ERASE_REQUESTS_AFTER`.
    pub automatic: bool,
    /// Records and dead letters a second at most.
    pub rate: Option<i64>,
    /// Records and dead letters at most.
    pub limit: Option<i64>,
    /// Rows that were looked at, since it has begun or has gone on after an interruption.
    pub looked_at: i64,
    /// What is erased until now, and what stays.
    pub totals: ErasureTotals,
    /// The first hundred of what stays.
    pub kept: Vec<KeptData>,
    /// Who created it: the name of a token.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// The process that runs it: host:pid.
    pub owner: Option<String>,
    /// When a person asked for its end, while a process runs it.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub cancel_requested_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub created_at: OffsetDateTime,
    /// When a process first ran it.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub started_at: Option<OffsetDateTime>,
    /// Last sign of life.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub updated_at: OffsetDateTime,
    /// When it was done, cancelled, or failed.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub finished_at: Option<OffsetDateTime>,
}

/// Whose data an erasure is about. All given filters have to match.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureSelection {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of this order.
    pub order_id: Option<String>,
    /// Of this package.
    pub package_id: Option<String>,
    /// With this sequence number.
    pub sequence_number: Option<String>,
    /// Whether words of the buyer's name were given. They are not shown, and removed at the end.
    pub by_buyer: bool,
    /// Issued, or failed last, before this time.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub before: Option<OffsetDateTime>,
}

/// What stays although it was to be erased or deleted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptData {
    /// The invoice: the parts of its identity with slashes between.
    pub invoice: String,
    /// The dead letter, if it is one.
    pub dead_letter: Option<i64>,
    /// The object, if it is one.
    pub object_key: Option<String>,
    /// Of an object: `retention`, `legal-hold`, `refused`, `other-kept`, `foreign-key` or `never-issued`. Of a dead letter:
    /// `open`, or `changing` where a replay was publishing it. Of a record: `changing`.
    pub reason: String,
    /// The end of the retention of an object.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub retained_until: Option<OffsetDateTime>,
    /// What the object store has answered.
    pub detail: Option<String>,
}

impl From<Model> for ErasureResource {
    fn from(row: Model) -> Self {
        let by_buyer = row.is_by_buyer();
        let counts = row.counts();
        Self {
            filter: row.filter().ok().map(|filter| ErasureSelection {
                platform: filter.platform,
                shop_id: filter.shop_id,
                order_id: filter.order_id,
                package_id: filter.package_id,
                sequence_number: filter.sequence_number,
                by_buyer,
                before: filter.before,
            }),
            totals: ErasureTotals {
                records: counts.records,
                dead_letters: counts.dead_letters,
                documents: counts.objects,
                kept_documents: counts.kept_objects,
                kept_dead_letters: counts.kept_letters,
                kept_records: counts.kept_records,
            },
            kept: row.kept().into_iter().map(KeptData::from).collect(),
            automatic: row.is_automatic(),
            id: row.id,
            status: row.status.as_str(),
            documents: row.documents,
            open: row.with_open,
            rate: row.rate,
            limit: row.at_most,
            looked_at: row.looked,
            actor: row.actor,
            reason: row.reason,
            error: row.error,
            owner: row.owner,
            cancel_requested_at: row.cancel_requested_at,
            created_at: row.created_at,
            started_at: row.started_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<KeptItem> for KeptData {
    fn from(item: KeptItem) -> Self {
        Self {
            invoice: item.invoice,
            dead_letter: item.dead_letter,
            object_key: item.object_key,
            reason: item.reason,
            retained_until: item.retained_until,
            detail: item.detail,
        }
    }
}
