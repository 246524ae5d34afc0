//! Checks a request together with the e-invoice that it asks for.

use einvoice::EInvoice;
use invoice::{InvalidRequest, Invoice, ParsedRequest, RequestLimits};

use crate::blocking::{IS_LARGE, off_the_runtime};

/// A request that is JSON, checked by all rules.
#[derive(Debug)]
pub struct Checked {
    /// What it says. A request whose e-invoice would break a rule is not valid.
    pub parsed: ParsedRequest,
    /// The e-invoice that a valid request asks for.
    pub e_invoice: Option<EInvoice>,
}

/// Parses a request within these limits, and makes the e-invoice that it asks for.
///
/// # Errors
///
/// Where the body is too large, nested too deeply, or not JSON. All other problems are in [`ParsedRequest::invoice`]: those of
/// the fields, and those of the e-invoice where the fields say what it would be.
pub fn check(request: &[u8], limits: impl Into<RequestLimits>) -> Result<Checked, InvalidRequest> {
    let mut parsed = invoice::parse(request, limits)?;
    let mut e_invoice = None;
    let found = match &parsed.invoice {
        Ok(invoice) => made(invoice),
        Err(_) => parsed.draft.as_deref().map_or(Ok(None), made),
    };
    match found {
        Ok(made) => e_invoice = made.filter(|_| parsed.invoice.is_ok()),
        Err(broken) => {
            let warnings = std::mem::take(&mut parsed.warnings);
            parsed.invoice = Err(match parsed.invoice {
                Ok(_) => broken.bounded().with_warnings(warnings),
                Err(invalid) => invalid.joined(broken),
            });
        }
    }
    Ok(Checked { parsed, e_invoice })
}

/// The same for services: a large request is checked in a thread of its own, so that other messages go on.
///
/// # Errors
///
/// Those of [`check`].
pub async fn check_apart(request: &[u8], limits: RequestLimits) -> Result<Checked, InvalidRequest> {
    if request.len() < IS_LARGE {
        return check(request, limits);
    }
    let request = request.to_vec();
    off_the_runtime(move || check(&request, limits)).await
}

fn made(invoice: &Invoice) -> Result<Option<EInvoice>, InvalidRequest> {
    let profile = invoice.e_invoice;
    profile
        .map(|profile| EInvoice::of(invoice, profile, None))
        .transpose()
}
