//! What can be wrong with a request, in words that its sender can act on.

use std::fmt;

/// The stable name of a kind of problem. It appears as `x-error-code` on the dead letter, in events, in logs and in
/// the README; a name once published is never given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemCode {
    /// The body is not JSON, not UTF-8, or names a field twice.
    RequestMalformed,
    /// The body is not the CloudEvent or MassTransit message that its content type promises.
    EnvelopeInvalid,
    /// An event of another type, or of a version that this one does not understand.
    EventTypeUnsupported,
    /// The body is larger than `REQUEST_MAX_BYTES`.
    RequestTooLarge,
    /// Objects and arrays are nested too deeply.
    RequestTooDeep,
    /// A required field is absent, `null`, empty or blank.
    FieldMissing,
    /// A field has the wrong JSON type.
    FieldType,
    /// A text is too long or holds control characters.
    FieldInvalid,
    /// A field that would change the amounts or the meaning, and that this version cannot honour.
    FieldUnsupported,
    /// A part of the identity could change the object's path.
    IdentityUnsafe,
    /// An amount is not a decimal string within the limits.
    AmountInvalid,
    /// A quantity is not a positive decimal string within the limits.
    QuantityInvalid,
    /// A tax category or rate is unknown or out of range.
    TaxInvalid,
    /// Not a currency of ISO 4217.
    CurrencyUnknown,
    /// Not a country of ISO 3166-1 alpha-2.
    CountryInvalid,
    /// Not a calendar date in the form `YYYY-MM-DD`, from 1900 on.
    DateInvalid,
    /// Not a language tag of BCP 47.
    LocaleInvalid,
    /// A document type that this version does not issue.
    DocumentTypeUnsupported,
    /// More lines than one document may hold.
    LinesTooMany,
    /// A given amount differs from the one that follows from the lines.
    TotalsMismatch,
    /// An IBAN that is malformed or has wrong check digits.
    IbanInvalid,
    /// A payment QR code was asked for but cannot be made from what is given.
    PaymentQrUnsupported,
}

impl ProblemCode {
    /// The name as published.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestMalformed => "request_malformed",
            Self::EnvelopeInvalid => "envelope_invalid",
            Self::EventTypeUnsupported => "event_type_unsupported",
            Self::RequestTooLarge => "request_too_large",
            Self::RequestTooDeep => "request_too_deep",
            Self::FieldMissing => "field_missing",
            Self::FieldType => "field_type",
            Self::FieldInvalid => "field_invalid",
            Self::FieldUnsupported => "field_unsupported",
            Self::IdentityUnsafe => "identity_unsafe",
            Self::AmountInvalid => "amount_invalid",
            Self::QuantityInvalid => "quantity_invalid",
            Self::TaxInvalid => "tax_invalid",
            Self::CurrencyUnknown => "currency_unknown",
            Self::CountryInvalid => "country_invalid",
            Self::DateInvalid => "date_invalid",
            Self::LocaleInvalid => "locale_invalid",
            Self::DocumentTypeUnsupported => "document_type_unsupported",
            Self::LinesTooMany => "lines_too_many",
            Self::TotalsMismatch => "totals_mismatch",
            Self::IbanInvalid => "iban_invalid",
            Self::PaymentQrUnsupported => "payment_qr_unsupported",
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: ProblemCode,
    /// Where it is: a JSON pointer (RFC 6901), empty for the whole body.
    pub pointer: String,
    /// The rule that is broken, where a standard names one (`BR-CO-15` of EN 16931).
    pub rule: Option<&'static str>,
    /// What is wrong and what would be right. Never quotes names, addresses or other personal data.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the body"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.message)?;
        match self.rule {
            Some(rule) => write!(f, " ({rule})"),
            None => Ok(()),
        }
    }
}

/// A request that can never become a document, with everything that is wrong with it; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRequest {
    first: Problem,
    others: Vec<Problem>,
}

impl InvalidRequest {
    /// These problems as an error; `None` where there are none.
    pub fn from_problems(problems: Vec<Problem>) -> Option<Self> {
        let mut problems = problems.into_iter();
        let first = problems.next()?;
        Some(Self {
            first,
            others: problems.collect(),
        })
    }

    /// The code of the first problem: the one to act on first.
    pub fn code(&self) -> &'static str {
        self.first.code.as_str()
    }

    /// All problems, in the order of the document.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<Problem> for InvalidRequest {
    fn from(problem: Problem) -> Self {
        Self {
            first: problem,
            others: Vec::new(),
        }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.others
            .iter()
            .try_for_each(|problem| write!(f, "; {problem}"))
    }
}

impl std::error::Error for InvalidRequest {}
