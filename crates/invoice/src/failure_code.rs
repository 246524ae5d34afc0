//! The codes of all failures. Logs, dead letters, events, records and the documentation share this list.

mod explanation;

use std::fmt;

pub use self::explanation::Explanation;

macro_rules! failure_codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// The stable name of a kind of failure. It appears as `x-error-code` on the dead letter, in events, in records,
        /// in logs and in the README. A name once published is never given another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FailureCode {
            $($(#[$doc])+ $variant,)+
        }

        impl FailureCode {
            /// All codes, in the order of the steps of a request.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as published.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

failure_codes! {
    // The request.
    /// The body is not JSON, not UTF-8, or names a field twice.
    RequestMalformed = "request_malformed",
    /// The body is larger than `REQUEST_MAX_BYTES`.
    RequestTooLarge = "request_too_large",
    /// Objects and arrays are nested too deeply.
    RequestTooDeep = "request_too_deep",
    /// The body is not the CloudEvent or MassTransit message that its content type declares.
    EnvelopeInvalid = "envelope_invalid",
    /// An event of another type, or of a version that this program does not understand.
    EventTypeUnsupported = "event_type_unsupported",
    /// A required field is absent, `null`, empty or blank.
    FieldMissing = "field_missing",
    /// A field has the wrong JSON type.
    FieldType = "field_type",
    /// A text is too long or contains control characters.
    FieldInvalid = "field_invalid",
    /// A field that would change the amounts or the meaning, and that this version does not support.
    FieldUnsupported = "field_unsupported",
    /// A member that is no field, in a request that is checked strictly.
    FieldUnknown = "field_unknown",
    /// A part of the identity could change the object's path.
    IdentityUnsafe = "identity_unsafe",
    /// An amount is not a decimal string within the limits.
    AmountInvalid = "amount_invalid",
    /// A quantity is not a positive decimal string within the limits.
    QuantityInvalid = "quantity_invalid",
    /// A tax category or rate is unknown or out of range.
    TaxInvalid = "tax_invalid",
    /// Not a currency of ISO 4217.
    CurrencyUnknown = "currency_unknown",
    /// Not a country of ISO 3166-1 alpha-2.
    CountryInvalid = "country_invalid",
    /// Not a calendar date in the form `YYYY-MM-DD`, from 1900 on.
    DateInvalid = "date_invalid",
    /// Not a language tag of BCP 47.
    LocaleInvalid = "locale_invalid",
    /// An IBAN that is malformed or has wrong check digits.
    IbanInvalid = "iban_invalid",
    /// More lines than one document may have.
    LinesTooMany = "lines_too_many",
    /// A document type that this version does not issue.
    DocumentTypeUnsupported = "document_type_unsupported",
    /// A payment code was requested, but cannot be made from the given fields.
    PaymentQrUnsupported = "payment_qr_unsupported",
    /// A given amount differs from the one that is computed from the lines.
    TotalsMismatch = "totals_mismatch",
    /// There is no such profile of e-invoices.
    EInvoiceProfileUnknown = "e_invoice_profile_unknown",
    /// The request would make an e-invoice that breaks a rule of its profile.
    EInvoiceInvalid = "e_invoice_invalid",
    /// Another request was issued under this identity.
    Conflict = "conflict",

    // The document.
    /// There is no template of the requested name.
    TemplateUnknown = "template_unknown",
    /// There is no such version of the template.
    TemplateVersionUnknown = "template_version_unknown",
    /// The template has no texts in the reader's language.
    LocaleUnsupported = "locale_unsupported",
    /// No font has the letters of the reader's language.
    FontMissing = "font_missing",
    /// No font has a character of the request.
    GlyphMissing = "glyph_missing",
    /// The template does not compile with this request.
    TemplateError = "template_error",
    /// The pages do not show what the invoice has.
    ContentMismatch = "content_mismatch",
    /// The e-invoice cannot be put into the document.
    EInvoiceEmbedFailed = "e_invoice_embed_failed",
    /// The document has more pages than are allowed.
    PagesTooMany = "pages_too_many",
    /// Rendering took longer than `RENDER_TIMEOUT_SECONDS`.
    RenderTimeout = "render_timeout",
    /// Rendering needed more than `RENDER_MEMORY_MIB`.
    RenderMemoryExceeded = "render_memory_exceeded",
    /// The renderer process died on this document, twice.
    RendererCrashed = "renderer_crashed",
    /// No renderer process could be started.
    RendererStartFailed = "renderer_start_failed",

    // The object store.
    /// No connection, or no answer in time.
    StorageUnreachable = "storage_unreachable",
    /// The server failed or asks to slow down.
    StorageFailed = "storage_failed",
    /// Another write to the same key is under way.
    StorageWriteInProgress = "storage_write_in_progress",
    /// There is no such object.
    StorageNotFound = "storage_not_found",
    /// The bucket does not exist.
    StorageBucketMissing = "storage_bucket_missing",
    /// The credentials are refused.
    StorageAccessDenied = "storage_access_denied",
    /// The clocks of the two machines differ too much.
    StorageClockWrong = "storage_clock_wrong",
    /// The server is not the one that the settings describe, or does not keep what it has accepted.
    StorageMisconfigured = "storage_misconfigured",
    /// The server refuses this object.
    StorageRefused = "storage_refused",
    /// The bytes of the object under the key are not those that were uploaded.
    StorageObjectDamaged = "storage_object_damaged",
    /// A presigned URL cannot be made.
    StoragePresignFailed = "storage_presign_failed",

    // The database.
    /// `DATABASE_URL` is not a valid URL.
    DatabaseUrlInvalid = "database_url_invalid",
    /// No connection, or it broke.
    DatabaseUnreachable = "database_unreachable",
    /// The server cannot execute the statement now.
    DatabaseBusy = "database_busy",
    /// The client failed.
    DatabaseClientError = "database_client_error",
    /// A table or a column is missing.
    DatabaseSchemaMissing = "database_schema_missing",
    /// The database's encoding is not UTF-8.
    DatabaseEncodingUnsupported = "database_encoding_unsupported",
    /// The user is refused, or the database does not exist.
    DatabaseAccessDenied = "database_access_denied",
    /// The database refuses the values of this row.
    DatabaseRefused = "database_refused",
    /// The record disappeared after it was written.
    RecordLost = "record_lost",

    // The message.
    /// A queue that the event should go to is full or does not confirm.
    EventRefused = "event_refused",
    /// The connection to the broker was lost several times while the worker processed the message.
    ConnectionLost = "connection_lost",
    /// The broker's user may not publish what settles a message.
    BrokerRightMissing = "broker_right_missing",
    /// Workers died several times while they held the message.
    CrashSuspect = "crash_suspect",
    /// The broker dead-lettered the message: it was delivered too often.
    DeliveryLimit = "delivery_limit",
    /// The broker dead-lettered the message: its time to live was over.
    Expired = "expired",
    /// The broker dead-lettered the message: a consumer rejected it.
    Rejected = "rejected",
    /// The broker dead-lettered the message: the queue was full.
    Maxlen = "maxlen",
    /// A dead letter without a reason, from another program.
    Unknown = "unknown",
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for FailureCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_failures_share_a_code() {
        let names: BTreeSet<&str> = FailureCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), FailureCode::ALL.len());
    }
}
