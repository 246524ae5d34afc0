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

impl FailureCode {
    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|code| code.as_str() == name).copied()
    }

    /// What it means and what to do.
    pub const fn explain(self) -> Explanation {
        match self {
            Self::RequestMalformed | Self::RequestTooLarge | Self::RequestTooDeep => Explanation {
                meaning: "the body is not a request",
                action: "fix the publisher",
            },
            Self::FieldMissing | Self::FieldType | Self::FieldInvalid | Self::FieldUnsupported => {
                Explanation {
                    meaning: "a field is missing, or its value is not one that it may have; the detail has its JSON pointer",
                    action: "fix the publisher; `dead-letters edit` corrects the requests that have failed",
                }
            }
            Self::FieldUnknown => Explanation {
                meaning: "a request that is checked strictly (`REQUEST_STRICT`) has a member that is no field",
                action: "fix the publisher; `dead-letters edit` corrects the requests that have failed",
            },
            Self::EnvelopeInvalid | Self::EventTypeUnsupported => Explanation {
                meaning: "the body is not what its content type declares (the detail says which content type it looks like), or of a type or version that this worker does not understand",
                action: "fix the publisher",
            },
            Self::IdentityUnsafe => Explanation {
                meaning: "an id of the identity has characters that could change the object's path",
                action: "fix the publisher",
            },
            Self::AmountInvalid
            | Self::QuantityInvalid
            | Self::TaxInvalid
            | Self::CurrencyUnknown
            | Self::CountryInvalid
            | Self::DateInvalid
            | Self::LocaleInvalid
            | Self::IbanInvalid
            | Self::LinesTooMany
            | Self::DocumentTypeUnsupported
            | Self::PaymentQrUnsupported => Explanation {
                meaning: "an amount, a rate, a code, a date or a number of lines is not one that an invoice may have; the detail names the field and what was expected",
                action: "fix the publisher; `dead-letters edit` corrects the requests that have failed",
            },
            Self::TotalsMismatch => Explanation {
                meaning: "a given amount differs from the one that follows from the lines by more than the rule of EN 16931 allows; the detail names the rule and both values",
                action: "fix the publisher; `dead-letters edit` corrects the requests that have failed",
            },
            Self::EInvoiceProfileUnknown => Explanation {
                meaning: "there is no such profile of e-invoices; the detail lists those that there are",
                action: "fix the publisher; `dead-letters edit` corrects the requests that have failed",
            },
            Self::EInvoiceInvalid => Explanation {
                meaning: "the e-invoice would break a rule of its profile; the detail names each rule, the field to change and what to do",
                action: "fix the publisher; `dead-letters edit` corrects the requests that have failed",
            },
            Self::Conflict => Explanation {
                meaning: "another request was issued under this identity",
                action: "issue a correction under a new sequence number",
            },
            Self::TemplateUnknown | Self::TemplateVersionUnknown | Self::LocaleUnsupported => {
                Explanation {
                    meaning: "there is no such template, version or language",
                    action: "add it, or fix the publisher",
                }
            }
            Self::PagesTooMany => Explanation {
                meaning: "the document has more than 1,000 pages",
                action: "fix the template",
            },
            Self::FontMissing => Explanation {
                meaning: "no font has the letters of this language",
                action: "set `FONTS_DIR`; see Languages",
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
                meaning: "a page does not show what the invoice has: something is missing, hidden or swapped; the detail has the template's file, the JSON pointer of the field and the text that was expected",
                action: "fix the template; `templates check` finds it",
            },
            Self::EInvoiceEmbedFailed => Explanation {
                meaning: "the e-invoice cannot be put into the document",
                action: "look at the detail, and report it",
            },
            Self::RenderTimeout | Self::RenderMemoryExceeded => Explanation {
                meaning: "rendering takes longer than `RENDER_TIMEOUT_SECONDS`, or more memory than `RENDER_MEMORY_MIB`",
                action: "fix the template, or raise the limit",
            },
            Self::RendererCrashed => Explanation {
                meaning: "the renderer process died twice on it",
                action: "look at the detail, and report it",
            },
            Self::DeliveryLimit | Self::Expired | Self::Rejected | Self::Maxlen => Explanation {
                meaning: "the broker, not a worker, dead-lettered the message; only in the archive",
                action: "look at the detail, which says why",
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
            Self::StorageRefused | Self::DatabaseRefused => Explanation {
                meaning: "the bucket refuses this document, or the database this row",
                action: "look at the detail, which says why",
            },
            Self::StorageUnreachable
            | Self::StorageFailed
            | Self::StorageWriteInProgress
            | Self::StorageNotFound => Explanation {
                meaning: "the bucket is unavailable, overloaded, or the object changed meanwhile",
                action: "see that it works again, then replay the request",
            },
            Self::DatabaseUnreachable
            | Self::DatabaseBusy
            | Self::DatabaseClientError
            | Self::RecordLost => Explanation {
                meaning: "the database is unavailable or busy, or a row disappeared",
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
                action: "correct the region, the endpoint or the settings of the bucket. It may also be that a proxy or another server answers in its place, that it ignores or refuses `If-None-Match`, without which a stored document could be changed (`check` says which), or that it does not list keys in the order of their bytes (`audit`)",
            },
            Self::DatabaseSchemaMissing => Explanation {
                meaning: "a table or a column is missing",
                action: "run `invoice-worker migrate up`",
            },
            Self::DatabaseAccessDenied => Explanation {
                meaning: "the login is refused, or the database does not exist",
                action: "correct the login of `DATABASE_URL`, or create the database",
            },
            Self::DatabaseEncodingUnsupported => Explanation {
                meaning: "the encoding of the database is not UTF-8",
                action: "create the database with `ENCODING 'UTF8'`: another encoding lacks letters of names",
            },
            Self::RendererStartFailed => Explanation {
                meaning: "no renderer process can be started",
                action: "see the log, which has the error, for example that memory is short",
            },
            Self::StoragePresignFailed | Self::DatabaseUrlInvalid => Explanation {
                meaning: "a setting of the bucket or the database is not valid",
                action: "look at the detail, which says why",
            },
        }
    }
}
