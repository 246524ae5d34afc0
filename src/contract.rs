//! What other programs read: events, records, dead letters, replays, repairs, changes, the state of the whole and what was done, as
//! JSON in camelCase.
//!
//! Each contract is a type of its own. A column of the database can be renamed without changing what is published.

mod activity;
mod attempt;
mod audit;
mod change;
mod dead_letter;
mod e_invoice;
mod edit;
mod erasure;
pub(crate) mod event;
mod invoice;
mod issued;
mod moved;
mod page;
mod problem;
mod record;
mod repair;
mod replay;
pub(crate) mod request_form;
mod status;
mod template;
mod warning;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

pub(crate) use self::invoice::path_part;
pub use self::invoice::{
    AcceptedRequest, CheckedRequest, GetPdf, HistoryEntry, InvoiceLinks, InvoicePage,
    InvoiceResource, ValidRequest, Verdict,
};
pub use activity::{Activity, ActivityOutcomes, ActivityRetry, ActivityStage, ActivityStep};
pub use attempt::FailedAttempt;
pub use audit::{AuditFinding, AuditSummary};
pub use change::ChangeResource;
pub use dead_letter::{DeadLetter, DeadLetterSummary, reported};
pub use edit::{DeadLetterEdit, EditDetails, EditOfLetter, EditReport, FieldChange, LetterEdit};
pub use erasure::{
    ErasedDocument, ErasedLetter, ErasedRecord, ErasurePlan, ErasureResource, ErasureSelection,
    ErasureSummary, ErasureTotals, KeptData,
};
pub use event::{CONTENT_TYPE, Cause, Event, FailedRequest};
pub use issued::IssuedDocument;
pub use moved::MovedInvoice;
pub use page::{
    ChangePage, CodeExplanation, DeadLetterDetails, DeadLetterGroup, DeadLetterGroups,
    DeadLetterPage, Discarded, EditPage, EditedRequest, ErasurePage, ReplayPage, ReplayPlan, Trend,
};
pub use problem::RequestProblem;
pub use record::{InvoiceRecord, InvoiceSummary};
pub use repair::{
    RepairLetter, RepairLetterPage, RepairPage, RepairProblem, RepairProposal, RepairProposals,
    RepairResource,
};
pub use replay::{
    CodeCount, NotReplayedLetter, NotReplayedLetters, ReplayOutcomes, ReplayResource,
    ReplaySelection,
};
pub use status::{
    GeneratedDocuments, LaneStatus, LoadedTemplates, OpenDeadLetterCode, OpenDeadLetters,
    OutageStatus, QueueStatus, RendererRestarts, RendererStatus, RetryQueueStatus, ServerStatus,
    Status, StatusProblem, WorkerStatus,
};
pub use template::{FontList, TemplateList};
pub use warning::RequestWarning;

/// Writes a value as its text.
fn as_text<S: Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The identity of an invoice, as a schema describes it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = InvoiceIdentity)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct Marketplace {
    platform: String,
    shop_id: String,
    order_id: String,
    package_id: String,
    sequence_number: String,
}

/// The parts of an identity that could be read from a dead letter, as a schema describes them.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct ClaimedMarketplace {
    platform: Option<String>,
    shop_id: Option<String>,
    order_id: Option<String>,
    package_id: Option<String>,
    sequence_number: Option<String>,
}

/// What a document was rendered with.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordedTemplate)]
pub(crate) struct Template<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
    pub(crate) brand_digest: Option<&'a str>,
}

impl<'a> Template<'a> {
    fn of(row: &'a crate::database::sales_invoice::Model) -> Self {
        Self {
            name: row.template_name.as_deref(),
            version: row.template_version.as_deref(),
            digest: row.template_digest.as_deref(),
            brand_digest: row.brand_digest.as_deref(),
        }
    }
}
