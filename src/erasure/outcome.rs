//! What an erasure has done with each row.

use invoice::ClaimedIdentity;
use time::OffsetDateTime;

use crate::database::dead_letter::DeadLetterStatus;
use crate::database::erasure::KeptItem;
use crate::database::sales_invoice::Status;
use crate::storage::{ErasedObject, ObjectLock};

/// What became of a row that the filter selects, or would become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A record.
    Record(RecordOutcome),
    /// A dead letter.
    Letter(LetterOutcome),
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOutcome {
    /// Which invoice.
    pub invoice: ClaimedIdentity,
    /// State of its request.
    pub status: Status,
    /// What became of its personal data.
    pub request: RequestOutcome,
    /// What became of its documents, where they were to be deleted.
    pub objects: Vec<(String, ObjectOutcome)>,
}

/// What became of the personal data of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// They are erased now; of a dry run, they would be.
    Erased,
    /// They were erased before.
    ErasedBefore,
    /// They stay: the record changed again and again while it was to be erased.
    Changing,
}

/// What became of an object of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectOutcome {
    /// Nothing was there.
    Absent,
    /// It is deleted, with so many versions.
    Deleted {
        /// How many.
        versions: usize,
    },
    /// It is locked, and stays.
    Locked(ObjectLock),
    /// The object store did not permit it; its answer.
    Refused(String),
    /// It stays, since the object of the record that goes with it is locked or could not be deleted.
    OtherStays,
    /// It is under a key that this record cannot have, and stays.
    Foreign,
    /// It was never issued: the record is one of a failure. A request that is published again may adopt it, so it stays.
    NeverIssued,
}

impl ObjectOutcome {
    /// Why it stays, by a stable name; none where it does not.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Absent | Self::Deleted { .. } => None,
            Self::Locked(lock) if lock.legal_hold => Some("legal-hold"),
            Self::Locked(_) => Some("retention"),
            Self::Refused(_) => Some("refused"),
            Self::OtherStays => Some("other-kept"),
            Self::Foreign => Some("foreign-key"),
            Self::NeverIssued => Some("never-issued"),
        }
    }

    /// Whether the object stays.
    pub fn stays(&self) -> bool {
        self.reason().is_some()
    }

    /// The end of its retention.
    pub fn retained_until(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Locked(lock) => lock.until,
            Self::Absent
            | Self::Deleted { .. }
            | Self::Refused(_)
            | Self::OtherStays
            | Self::Foreign
            | Self::NeverIssued => None,
        }
    }

    /// What the object store has answered.
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::Refused(answer) => Some(answer),
            Self::Absent
            | Self::Deleted { .. }
            | Self::Locked(_)
            | Self::OtherStays
            | Self::Foreign
            | Self::NeverIssued => None,
        }
    }
}

impl From<ErasedObject> for ObjectOutcome {
    fn from(erased: ErasedObject) -> Self {
        match erased {
            ErasedObject::Absent => Self::Absent,
            ErasedObject::Deleted { versions } => Self::Deleted { versions },
            ErasedObject::Locked(lock) => Self::Locked(lock),
            ErasedObject::Refused(answer) => Self::Refused(answer),
        }
    }
}

/// What became of a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterOutcome {
    /// Its number.
    pub id: i64,
    /// The identity that its request claims.
    pub invoice: ClaimedIdentity,
    /// Its state before.
    pub status: DeadLetterStatus,
    /// What became of its personal data.
    pub request: LetterRequest,
}

/// What became of the personal data of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterRequest {
    /// They are erased now; of a dry run, they would be.
    Erased,
    /// They stay: it is open, and its request was not processed yet.
    Open,
    /// They stay: a replay was publishing it, or it changed while it was to be erased.
    Changing,
}

impl LetterRequest {
    /// Why they stay, by a stable name; none where they do not.
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Erased => None,
            Self::Open => Some("open"),
            Self::Changing => Some("changing"),
        }
    }
}

impl Item {
    /// What of it stays.
    pub(super) fn kept(&self) -> Vec<KeptItem> {
        let of = |invoice: &ClaimedIdentity, reason: &str| KeptItem {
            invoice: invoice.to_string(),
            dead_letter: None,
            object_key: None,
            reason: reason.to_owned(),
            retained_until: None,
            detail: None,
        };
        match self {
            Self::Letter(letter) => {
                let reason = letter.request.reason();
                let kept = reason.map(|reason| KeptItem {
                    dead_letter: Some(letter.id),
                    ..of(&letter.invoice, reason)
                });
                kept.into_iter().collect()
            }
            Self::Record(record) => {
                let changing = record.request == RequestOutcome::Changing;
                let changing = changing.then(|| of(&record.invoice, "changing"));
                let objects = record.objects.iter().filter_map(|(key, object)| {
                    Some(KeptItem {
                        object_key: Some(key.clone()),
                        retained_until: object.retained_until(),
                        detail: object.answer().map(ToOwned::to_owned),
                        ..of(&record.invoice, object.reason()?)
                    })
                });
                changing.into_iter().chain(objects).collect()
            }
        }
    }
}

/// What an erasure has done so far, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records whose personal data are erased.
    pub records: u64,
    /// Dead letters whose personal data are erased.
    pub dead_letters: u64,
    /// Objects that are deleted.
    pub objects: u64,
    /// Objects that stay although they were to be deleted.
    pub kept_objects: u64,
    /// Dead letters that stay: open ones, and those that a replay was publishing.
    pub kept_letters: u64,
    /// Records that changed again and again while they were to be erased.
    pub kept_records: u64,
    /// Whether records without searchable names were not searched: a dry run whose user of the database may not add the names.
    pub is_unsearched: bool,
}

impl Totals {
    /// What was to be erased, and stays.
    pub fn remaining(&self) -> u64 {
        self.kept_objects + self.kept_letters + self.kept_records
    }

    pub(super) fn count(&mut self, item: &Item) {
        match item {
            Item::Record(record) => {
                match record.request {
                    RequestOutcome::Erased => self.records += 1,
                    RequestOutcome::ErasedBefore => {}
                    RequestOutcome::Changing => self.kept_records += 1,
                }
                for (_, object) in &record.objects {
                    self.kept_objects += u64::from(object.stays());
                    self.objects += u64::from(matches!(object, ObjectOutcome::Deleted { .. }));
                }
            }
            Item::Letter(letter) => match letter.request {
                LetterRequest::Erased => self.dead_letters += 1,
                LetterRequest::Open | LetterRequest::Changing => self.kept_letters += 1,
            },
        }
    }
}
