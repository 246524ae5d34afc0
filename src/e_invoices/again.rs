//! Makes the invoice and the e-invoice of a record again, from the request that it has.

use einvoice::EInvoice;
use invoice::model::EInvoiceProfile;
use invoice::{Invoice, Sha256Digest};

use crate::database::sales_invoice::Model;

/// What a record's request gives.
#[derive(Debug)]
pub struct Again {
    /// The invoice.
    pub invoice: Invoice,
    /// The digest of the request.
    pub request_digest: Sha256Digest,
    /// The e-invoice, where the document was issued with one.
    pub e_invoice: Option<EInvoice>,
}

/// Makes both again. A document that was issued without an e-invoice has none now either, whatever its request asks for: the
/// version that issued it may not have known the field.
///
/// # Errors
///
/// Why that is not possible, in words that follow on "the record" and never quote the request.
pub fn made_again(record: &Model) -> Result<Again, String> {
    if record.is_erased() {
        return Err("has no request any more: its personal data were erased".to_owned());
    }
    // It was accepted, whatever the limit is by now.
    let parsed = invoice::parse(record.request.as_bytes(), usize::MAX);
    let refused = |problems: usize| format!("has a request with {problems} problems");
    let parsed = parsed.map_err(|invalid| refused(invalid.problems().count()))?;
    let invoice = parsed
        .invoice
        .map_err(|invalid| refused(invalid.problems().count()))?;
    let e_invoice = match &record.e_invoice_profile {
        None => None,
        Some(name) => {
            let profile = EInvoiceProfile::from_name(name)
                .ok_or_else(|| format!("has an e-invoice of a profile unknown here: {name}"))?;
            let made = EInvoice::of(&invoice, profile, None);
            Some(made.map_err(|broken| {
                let rules = broken.problems().count();
                format!("has a request whose e-invoice breaks {rules} rules of this version")
            })?)
        }
    };
    Ok(Again {
        invoice,
        request_digest: parsed.digest,
        e_invoice,
    })
}
