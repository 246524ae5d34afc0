//! One request, as a caller of the API hands it in: validated at once, and looked up.

use document::Catalog;
use einvoice::EInvoice;
use invoice::content::{Form, envelope_max};
use invoice::envelope::Metadata;
use invoice::model::EInvoiceProfile;
use invoice::{
    Envelope, InvalidRequest, Invoice, InvoiceIdentity, RequestLimits, Sha256Digest, Warning,
};

use crate::contract::{RequestWarning, ValidRequest};
use crate::database::sales_invoice::Model;
use crate::database::{Database, DatabaseError, Status};
use crate::e_invoices::{Checked, check, check_apart};

/// A request that is valid.
#[derive(Debug)]
pub struct Valid {
    /// Which invoice it is about.
    pub identity: InvoiceIdentity,
    /// What it asks for.
    pub invoice: Invoice,
    /// The e-invoice that it asks for.
    pub e_invoice: Option<EInvoice>,
    /// The digest of its content.
    pub digest: Sha256Digest,
    /// What is suspicious about it.
    pub warnings: Vec<Warning>,
    /// The ids in its envelope.
    pub envelope: Envelope,
}

/// A body that is not packed, with what HTTP and AMQP both have beside it.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The body, in its envelope.
    pub bytes: &'a [u8],
    /// Its media type.
    pub content_type: &'a str,
}

/// Validates a request within these limits, as a worker does.
///
/// # Errors
///
/// It is not valid: all problems.
pub fn validate(body: Body<'_>, limits: RequestLimits) -> Result<Valid, InvalidRequest> {
    let envelope = open(body, limits);
    let checked = check(envelope.request(body.bytes)?, limits)?;
    Valid::of(checked, envelope)
}

/// The same for services, in which other calls go on meanwhile.
///
/// # Errors
///
/// Those of [`validate`].
pub async fn validate_apart(
    body: Body<'_>,
    limits: RequestLimits,
) -> Result<Valid, InvalidRequest> {
    let envelope = open(body, limits);
    let checked = check_apart(envelope.request(body.bytes)?, limits).await?;
    Valid::of(checked, envelope)
}

fn open(body: Body<'_>, limits: RequestLimits) -> Envelope {
    let metadata = Metadata {
        form: Form {
            content_type: Some(body.content_type),
            ..Form::default()
        },
        message_type: None,
        attribute: &|_| None,
        max_bytes: envelope_max(limits.max_bytes),
    };
    Envelope::open(&metadata, body.bytes)
}

impl Valid {
    fn of(checked: Checked, envelope: Envelope) -> Result<Self, InvalidRequest> {
        let Checked { parsed, e_invoice } = checked;
        let invoice = parsed.invoice?;
        Ok(Self {
            identity: invoice.identity.clone(),
            digest: parsed.digest,
            warnings: parsed.warnings,
            invoice,
            e_invoice,
            envelope,
        })
    }

    /// Warns where these templates could not render it: workers may have others.
    pub fn look_at_templates(&mut self, catalog: &Catalog) {
        self.warnings.extend(catalog.warning(&self.invoice));
    }

    /// Its form for other programs.
    pub fn described(&self) -> ValidRequest<'_> {
        let totals = &self.invoice.totals;
        ValidRequest {
            valid: true,
            marketplace: &self.identity,
            request_digest: self.digest.to_string(),
            currency: self.invoice.currency.code(),
            gross: totals.gross.to_string(),
            due: totals.due.to_string(),
            e_invoice: self.invoice.e_invoice.map(EInvoiceProfile::as_str),
            warnings: RequestWarning::list(&self.warnings),
        }
    }
}

/// What the database knows of a request.
#[derive(Debug)]
pub enum Known {
    /// No document of this identity was issued.
    New,
    /// This very request has a document.
    Generated(Box<Model>),
    /// Another request has a document.
    Conflict(Box<Model>),
}

/// Looks a request up.
pub async fn look_up(database: &Database, valid: &Valid) -> Result<Known, DatabaseError> {
    let record = database.find(&valid.identity).await?;
    Ok(match record {
        Some(record) if record.status == Status::Generated => {
            if record.is_of(valid.digest) {
                Known::Generated(record.into())
            } else {
                Known::Conflict(record.into())
            }
        }
        Some(_) | None => Known::New,
    })
}
