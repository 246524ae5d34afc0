//! How objects are stored: what the settings add to an upload.

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectLockMode, ServerSideEncryption};
use invoice::model::DocumentType;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use time::{Date, Month, OffsetDateTime};

use super::Disposition;
use super::disposition::file_name;
use super::object::{NewObject, Subject};
use super::retention::Retention;
use crate::config::{Encryption, LockMode, ObjectSettings, ObjectTag, Opening, RetentionYears};

/// Documents that are locked for less are not locked: the clocks of two machines differ, and S3 refuses a moment that is over.
const LOCKED_AT_LEAST: time::Duration = time::Duration::DAY;

/// What the settings say of objects.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectOptions {
    encryption: Option<Encryption>,
    kms_key: Option<String>,
    kms_bucket_key: Option<bool>,
    tags: Vec<ObjectTag>,
    disposition: Option<Disposition>,
    cache_control: Option<String>,
    lock: Option<Lock>,
}

#[derive(Clone, Debug)]
struct Lock {
    mode: LockMode,
    years: Vec<RetentionYears>,
}

impl ObjectOptions {
    /// The options of settings that were checked.
    pub(super) fn of(settings: &ObjectSettings) -> Self {
        Self {
            encryption: settings.s3_encryption,
            kms_key: settings.s3_kms_key_id.clone(),
            kms_bucket_key: settings.s3_kms_bucket_key,
            tags: settings.s3_tags.clone(),
            disposition: settings.s3_content_disposition.map(Into::into),
            cache_control: settings.s3_cache_control.clone(),
            lock: settings.s3_object_lock.map(|mode| Lock {
                mode,
                years: settings.s3_object_lock_years.clone(),
            }),
        }
    }

    /// An upload of a document or an e-invoice.
    pub(super) fn of_document(
        &self,
        put: PutObjectFluentBuilder,
        object: NewObject<'_>,
    ) -> PutObjectFluentBuilder {
        let mut put = self
            .encrypted(put)
            .set_tagging(self.tagging(object.subject))
            .set_cache_control(self.cache_control.clone());
        let Some(subject) = object.subject else {
            return put;
        };
        if let Some(disposition) = self.disposition {
            let kind = subject.document_type.as_str();
            let name = file_name(kind, subject.number, object.content.extension());
            put = put.content_disposition(disposition.header(&name));
        }
        match self.locked(subject, OffsetDateTime::now_utc()) {
            Some(Retention { mode, until }) => put
                .object_lock_mode(mode)
                .object_lock_retain_until_date(DateTime::from_secs(until.unix_timestamp())),
            None => put,
        }
    }

    /// An upload of an object of the program itself. It is not locked: no law is about it.
    pub(super) fn of_own(&self, put: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        self.encrypted(put).set_tagging(self.tagging(None))
    }

    fn encrypted(&self, put: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        put.set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(self.kms_key.clone())
            .set_bucket_key_enabled(self.kms_bucket_key)
    }

    /// The encryption that is asked for, which the answer has to name.
    pub(super) fn encryption(&self) -> Option<ServerSideEncryption> {
        self.encryption.map(|encryption| match encryption {
            Encryption::Aes256 => ServerSideEncryption::Aes256,
            Encryption::Kms => ServerSideEncryption::AwsKms,
            Encryption::KmsDsse => ServerSideEncryption::AwsKmsDsse,
        })
    }

    /// The tags as the query of a URL. Those that need a document are left out where there is none.
    fn tagging(&self, subject: Option<Subject<'_>>) -> Option<String> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut pairs = Vec::new();
        for ObjectTag { name, value } in &self.tags {
            let value = match subject {
                Some(subject) => value
                    .replace(ObjectTag::DOCUMENT_TYPE, subject.document_type.as_str())
                    .replace(
                        ObjectTag::ISSUE_YEAR,
                        &subject.issue_date.year().to_string(),
                    ),
                None if value.contains('{') => continue,
                None => value.clone(),
            };
            pairs.push(format!("{}={}", encoded(name), encoded(&value)));
        }
        (!pairs.is_empty()).then(|| pairs.join("&"))
    }

    /// Whether documents are locked.
    pub(super) fn locks(&self) -> bool {
        self.lock.is_some()
    }

    /// The lock of a document; none where its type is not locked, or its time is over.
    pub(super) fn locked(&self, subject: Subject<'_>, now: OffsetDateTime) -> Option<Retention> {
        let lock = self.lock.as_ref()?;
        let until = end(subject.issue_date, lock.years_of(subject.document_type)?)?;
        let mode = match lock.mode {
            LockMode::Governance => ObjectLockMode::Governance,
            LockMode::Compliance => ObjectLockMode::Compliance,
        };
        (until - now >= LOCKED_AT_LEAST).then_some(Retention { mode, until })
    }

    /// The rights that uploads need beside that to put objects, for errors that do not name one.
    pub(super) fn further_rights(&self) -> String {
        let is_kms = matches!(self.encryption, Some(Encryption::Kms | Encryption::KmsDsse));
        [
            (!self.tags.is_empty(), "s3:PutObjectTagging"),
            (self.locks(), "s3:PutObjectRetention"),
            (is_kms, "kms:GenerateDataKey"),
        ]
        .into_iter()
        .filter(|(is_needed, _)| *is_needed)
        .map(|(_, right)| format!(", {right}"))
        .collect()
    }
}

impl Lock {
    /// The type's own years before those of all types.
    fn years_of(&self, document_type: DocumentType) -> Option<u8> {
        let years = |wanted: Option<DocumentType>| {
            let mut years = self.years.iter();
            years.find(|it| it.document_type == wanted)
        };
        let found = years(Some(document_type)).or_else(|| years(None));
        found.map(|found| found.years)
    }
}

/// The end of the calendar year that is so many years after that of the issue date, as laws count that say how long documents
/// are kept. It depends on nothing else, so every upload of a document has the same.
fn end(issue_date: Date, years: u8) -> Option<OffsetDateTime> {
    let year = issue_date.year() + i32::from(years) + 1;
    let date = Date::from_calendar_date(year, Month::January, 1).ok()?;
    Some(date.midnight().assume_utc())
}

impl From<Opening> for Disposition {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Inline => Self::Inline,
            Opening::Attachment => Self::Attachment,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-30 12:00 UTC);

    fn locking(years: &[(Option<DocumentType>, u8)]) -> ObjectOptions {
        let years = years.iter().map(|(document_type, years)| RetentionYears {
            document_type: *document_type,
            years: *years,
        });
        ObjectOptions {
            lock: Some(Lock {
                mode: LockMode::Compliance,
                years: years.collect(),
            }),
            ..ObjectOptions::default()
        }
    }

    fn subject(document_type: DocumentType, issue_date: Date) -> Subject<'static> {
        Subject {
            document_type,
            issue_date,
            number: "1",
        }
    }

    #[test]
    fn a_document_is_locked_to_the_end_of_a_calendar_year() {
        let options = locking(&[(None, 10), (Some(DocumentType::Receipt), 1)]);
        for (document_type, issue_date, expected) in [
            (
                DocumentType::Invoice,
                date!(2026 - 01 - 01),
                Some(datetime!(2037-01-01 0:00 UTC)),
            ),
            (
                DocumentType::Invoice,
                date!(2026 - 12 - 31),
                Some(datetime!(2037-01-01 0:00 UTC)),
            ),
            (
                DocumentType::CreditNote,
                date!(2024 - 02 - 29),
                Some(datetime!(2035-01-01 0:00 UTC)),
            ),
            (
                DocumentType::Receipt,
                date!(2026 - 11 - 21),
                Some(datetime!(2028-01-01 0:00 UTC)),
            ),
            // Its time is over.
            (DocumentType::Receipt, date!(2024 - 12 - 31), None),
        ] {
            let locked = options.locked(subject(document_type, issue_date), NOW);
            assert_eq!(locked.map(|locked| locked.until), expected, "{issue_date}");
        }
        let nearly_over = datetime!(2026-12-31 0:00:01 UTC);
        let receipt = subject(DocumentType::Receipt, date!(2025 - 05 - 05));
        assert!(options.locked(receipt, NOW).is_some());
        assert_eq!(options.locked(receipt, nearly_over), None);
    }

    #[test]
    fn a_type_without_years_is_not_locked() {
        let options = locking(&[(Some(DocumentType::Invoice), 8)]);
        let issue_date = date!(2026 - 11 - 21);
        let is_locked = |document_type| {
            let locked = options.locked(subject(document_type, issue_date), NOW);
            locked.is_some()
        };
        assert!(is_locked(DocumentType::Invoice));
        assert!(!is_locked(DocumentType::Receipt));
    }

    #[test]
    fn tags_of_documents_are_left_out_where_there_is_none() {
        let tag = |name: &str, value: &str| ObjectTag {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let options = ObjectOptions {
            tags: vec![
                tag("cost center", "a+b=1"),
                tag("kind", "{documentType}-{issueYear}"),
            ],
            ..ObjectOptions::default()
        };
        let subject = subject(DocumentType::CreditNote, date!(2026 - 11 - 21));
        assert_eq!(
            options.tagging(Some(subject)).as_deref(),
            Some("cost%20center=a%2Bb%3D1&kind=credit%2Dnote%2D2026")
        );
        assert_eq!(
            options.tagging(None).as_deref(),
            Some("cost%20center=a%2Bb%3D1")
        );
        assert_eq!(ObjectOptions::default().tagging(Some(subject)), None);
    }
}
