//! What failure codes mean, and what a person does about them. The table of the README has the same words.

use super::FailureCode;

/// A failure code in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub action: &'static str,
}

/// What is done about most requests that are wrong.
const EDIT: &str = "fix the publisher; `dead-letters edit` corrects the requests that have failed";

impl FailureCode {
    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|code| code.as_str() == name).copied()
    }

    /// What it means and what to do.
    pub const fn explain(self) -> Explanation {
        match self {
            Self::RequestMalformed => Explanation {
                meaning: "the body is not JSON in UTF-8, or names a member twice",
                action: "fix the publisher",
            },
            Self::RequestTooLarge => Explanation {
                meaning: "the body has more bytes than `REQUEST_MAX_BYTES`",
                action: "fix the publisher, or raise the limit and replay",
            },
            Self::RequestTooDeep => Explanation {
                meaning: "objects and arrays of the body are nested too deeply",
                action: "fix the publisher",
            },
            Self::FieldMissing => Explanation {
                meaning: "a field that is needed is absent, null or blank; the detail has its JSON pointer",
                action: EDIT,
            },
            Self::FieldType => Explanation {
                meaning: "a field has another JSON type than it must have, for example a number in the place of a text; the detail has its JSON pointer",
                action: EDIT,
            },
            Self::FieldInvalid => Explanation {
                meaning: "a text is too long, is no value of its list, or has control characters; the detail has its JSON pointer",
                action: EDIT,
            },
            Self::FieldUnsupported => Explanation {
                meaning: "a field would change the amounts or the meaning, and this version does not support it; the detail has its JSON pointer",
                action: EDIT,
            },
            Self::FieldUnknown => Explanation {
                meaning: "a request that is checked strictly (`REQUEST_STRICT`) has a member that is no field",
                action: EDIT,
            },
            Self::EnvelopeInvalid => Explanation {
                meaning: "the body is not the envelope that its content type declares; the detail says which content type it looks like",
                action: "fix the publisher",
            },
            Self::EventTypeUnsupported => Explanation {
                meaning: "the envelope has an event of a type or a version that this worker does not understand",
                action: "fix the publisher, or deploy a version that understands it",
            },
            Self::IdentityUnsafe => Explanation {
                meaning: "an id of the identity has characters that could change the object's path",
                action: "fix the publisher",
            },
            Self::AmountInvalid => Explanation {
                meaning: "an amount is not a decimal text within the limits; the detail names the field and what was expected",
                action: EDIT,
            },
            Self::QuantityInvalid => Explanation {
                meaning: "a quantity is not a decimal text within the limits; the detail names the field and what was expected",
                action: EDIT,
            },
            Self::TaxInvalid => Explanation {
                meaning: "the category or the rate of a tax is unknown, or they do not fit each other; the detail names the field and what was expected",
                action: EDIT,
            },
            Self::CurrencyUnknown => Explanation {
                meaning: "a currency is not a code of ISO 4217; the detail names the field",
                action: EDIT,
            },
            Self::CountryInvalid => Explanation {
                meaning: "a country is not a code of ISO 3166-1 with two letters; the detail names the field",
                action: EDIT,
            },
            Self::DateInvalid => Explanation {
                meaning: "a date is not one of the calendar in the form `YYYY-MM-DD`; the detail names the field and what was expected",
                action: EDIT,
            },
            Self::LocaleInvalid => Explanation {
                meaning: "`locale` is not a language tag of BCP 47",
                action: EDIT,
            },
            Self::IbanInvalid => Explanation {
                meaning: "an IBAN is malformed, or its check digits are wrong; the detail names the field",
                action: EDIT,
            },
            Self::LinesTooMany => Explanation {
                meaning: "the request has more lines than a document may have; the detail has the limit",
                action: "fix the publisher: split the invoice",
            },
            Self::DocumentTypeUnsupported => Explanation {
                meaning: "`documentType` is none that this version issues; the detail lists those that there are",
                action: EDIT,
            },
            Self::PaymentQrUnsupported => Explanation {
                meaning: "the payment code that is asked for cannot be made from the payment means of the request; the detail names what is missing",
                action: EDIT,
            },
            Self::TotalsMismatch => Explanation {
                meaning: "a given amount differs from the one that follows from the lines by more than the rule of EN 16931 allows; the detail names the rule and both values",
                action: EDIT,
            },
            Self::EInvoiceProfileUnknown => Explanation {
                meaning: "there is no such profile of e-invoices; the detail lists those that there are",
                action: EDIT,
            },
            Self::EInvoiceInvalid => Explanation {
                meaning: "the e-invoice would break a rule of its profile; the detail names each rule, the field to change and what to do",
                action: EDIT,
            },
            Self::Conflict => Explanation {
                meaning: "another request was issued under this identity",
                action: "issue a correction under a new sequence number",
            },
            Self::TemplateUnknown => Explanation {
                meaning: "there is no template of this name",
                action: "add it to `TEMPLATES_DIR`, or fix the publisher",
            },
            Self::TemplateVersionUnknown => Explanation {
                meaning: "there is no such version of the template",
                action: "add it to `TEMPLATES_DIR`, or fix the publisher",
            },
            Self::LocaleUnsupported => Explanation {
                meaning: "the template has no texts in this language",
                action: "add the language to the template, or fix the publisher",
            },
            Self::PagesTooMany => Explanation {
                meaning: "the document has more than 1,000 pages",
                action: "fix the template",
            },
            Self::FontMissing => Explanation {
                meaning: "no font has the letters of this language",
                action: "put a font of the language into the folder that `FONTS_DIR` names; Languages in README.md says which one",
            },
            Self::GlyphMissing => Explanation {
                meaning: "no font has a letter of the request; the detail has the letter and its JSON pointer",
                action: "put a font that has it into `FONTS_DIR`, or fix the publisher",
            },
            Self::TemplateError => Explanation {
                meaning: "the template does not compile with this request; the detail has file, line and column",
                action: "fix the template",
            },
            Self::ContentMismatch => Explanation {
                meaning: "a page does not show what the invoice has: something is missing, hidden, cut off or swapped; the detail has the template's file, the JSON pointer of the field and the text that was expected",
                action: "fix the template; `templates check` finds it",
            },
            Self::EInvoiceEmbedFailed => Explanation {
                meaning: "the e-invoice cannot be put into the document",
                action: "look at the detail, and report it",
            },
            Self::RenderTimeout => Explanation {
                meaning: "rendering takes longer than `RENDER_TIMEOUT_SECONDS`",
                action: "fix the template, or raise the limit",
            },
            Self::RenderMemoryExceeded => Explanation {
                meaning: "rendering takes more memory than `RENDER_MEMORY_MIB`",
                action: "fix the template, or raise the limit",
            },
            Self::RendererCrashed => Explanation {
                meaning: "the renderer process died twice on it",
                action: "look at the detail, and report it",
            },
            Self::DeliveryLimit => Explanation {
                meaning: "the broker dead-lettered the message, since it was delivered more often than `DELIVERY_LIMIT`; only in the archive",
                action: "look into the workers' logs for why they did not settle it, then replay",
            },
            Self::Expired => Explanation {
                meaning: "the broker dead-lettered the message, since its time to live was over; only in the archive",
                action: "publish without a time to live, then replay",
            },
            Self::Rejected => Explanation {
                meaning: "the broker dead-lettered the message, since a consumer rejected it, which no worker does; only in the archive",
                action: "look for another consumer of the queue, then replay",
            },
            Self::Maxlen => Explanation {
                meaning: "the broker dead-lettered the message, since the queue was full; only in the archive",
                action: "raise the limit of the queue, then replay",
            },
            Self::Unknown => Explanation {
                meaning: "another program published the dead letter without a reason; only in the archive",
                action: "look at the message: `dead-letters show`",
            },
            Self::CrashSuspect => Explanation {
                meaning: "workers died, time after time, while they processed it, also when it was the only message",
                action: "look into the workers' last logs, and report it",
            },
            Self::StorageObjectDamaged => Explanation {
                meaning: "the object under the key has no record, and is not what was uploaded: it was cut or changed",
                action: "restore it, or delete it, and replay",
            },
            Self::StorageRefused => Explanation {
                meaning: "the bucket refuses this document",
                action: "look at the detail, which says why",
            },
            Self::DatabaseRefused => Explanation {
                meaning: "the database refuses this row",
                action: "look at the detail, which says why",
            },
            Self::StorageUnreachable => Explanation {
                meaning: "the bucket does not answer",
                action: "see that it works again, then replay the request",
            },
            Self::StorageFailed => Explanation {
                meaning: "the bucket answers with errors, or is overloaded",
                action: "see that it works again, then replay the request",
            },
            Self::StorageWriteInProgress => Explanation {
                meaning: "another write to the same object was under way",
                action: "see that it works again, then replay the request",
            },
            Self::StorageNotFound => Explanation {
                meaning: "an object disappeared while it was read",
                action: "see that it works again, then replay the request",
            },
            Self::DatabaseUnreachable => Explanation {
                meaning: "the database does not answer",
                action: "see that it works again, then replay the request",
            },
            Self::DatabaseBusy => Explanation {
                meaning: "the database is busy, short of resources, or damaged",
                action: "see that it works again, then replay the request",
            },
            Self::DatabaseClientError => Explanation {
                meaning: "the client of the database failed, or a row is another program's",
                action: "see that it works again, then replay the request",
            },
            Self::RecordLost => Explanation {
                meaning: "a row disappeared after it was written",
                action: "see that it works again, then replay the request",
            },
            Self::ConnectionLost => Explanation {
                meaning: "connections to the broker last for less time than a document takes",
                action: "see that it works again, then replay the request",
            },
            Self::EventRefused => Explanation {
                meaning: "a queue for the event is full or does not confirm; the message is retried, and the event is published when the queue accepts it",
                action: "see that it works again, then replay the request",
            },
            Self::StorageBucketMissing => Explanation {
                meaning: "the bucket does not exist",
                action: "run `invoice-worker setup`, which makes the bucket, or set `AWS_S3_BUCKET_NAME`",
            },
            Self::StorageAccessDenied => Explanation {
                meaning: "the keys of the bucket are refused",
                action: "correct the keys of the bucket, or their rights; the log names the right that is missing. Without `s3:GetObject` only a request whose document is in the bucket already is retried, and others are not held up",
            },
            Self::StorageClockWrong => Explanation {
                meaning: "the clocks of this machine and of the bucket differ too much",
                action: "set the clock of this machine",
            },
            Self::StorageMisconfigured => Explanation {
                meaning: "the bucket is not as the settings describe it, or does not keep what it has accepted",
                action: "correct the region, the endpoint or the settings of the bucket. It may also be that a proxy or another server answers in its place, that it ignores or refuses `If-None-Match`, without which a stored document could be changed (`check` says which), that the bucket cannot encrypt or lock documents as the settings say, or that it does not list keys in the order of their bytes (`audit`)",
            },
            Self::DatabaseSchemaMissing => Explanation {
                meaning: "a table or a column is missing",
                action: "run `invoice-worker migrate up`",
            },
            Self::DatabaseAccessDenied => Explanation {
                meaning: "the login is refused, the user lacks a right, or the database does not exist",
                action: "correct the login of `DATABASE_URL`, give its user the rights that `check` names, or create the database",
            },
            Self::DatabaseEncodingUnsupported => Explanation {
                meaning: "the encoding of the database is not UTF-8",
                action: "create the database with `ENCODING 'UTF8'`: another encoding lacks letters of names",
            },
            Self::BrokerRightMissing => Explanation {
                meaning: "the broker's user may not publish what settles a message",
                action: "give the broker's user the right to write that the log names; `check` names all that are missing",
            },
            Self::RendererStartFailed => Explanation {
                meaning: "no renderer process can be started",
                action: "see the log, which has the error, for example that memory is short",
            },
            Self::StoragePresignFailed => Explanation {
                meaning: "a presigned URL cannot be made",
                action: "look at the detail, which says why",
            },
            Self::DatabaseUrlInvalid => Explanation {
                meaning: "`DATABASE_URL` is not a valid URL",
                action: "look at the detail, which says why",
            },
        }
    }
}
