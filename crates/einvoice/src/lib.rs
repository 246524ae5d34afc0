//! E-invoices: the XML of an invoice, the rules of its profile, and the container in a PDF.
//!
//! Pure: no I/O, no clock, no randomness. The same invoice always gives the same XML, and the same PDF the same hybrid. The
//! only crate that names `en16931`.

mod extracted;
mod mark;

use invoice::model::EInvoiceProfile;
use invoice::{InvalidRequest, Invoice, Sha256Digest};

pub use extracted::extracted;
pub use mark::EInvoiceMark;

/// Version of the rules that [`EInvoice::of`] checks, as records and events have it.
pub const RULES_VERSION: &str = "en16931-1.3.16";

/// Syntax of an e-invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// UN/CEFACT Cross Industry Invoice D16B.
    Cii,
    /// OASIS UBL 2.1.
    Ubl,
}

/// A valid e-invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EInvoice {
    /// Its profile.
    pub profile: EInvoiceProfile,
    /// Its syntax.
    pub syntax: Syntax,
    /// The XML, in UTF-8.
    pub xml: Vec<u8>,
    /// The digest of the XML.
    pub sha256: Sha256Digest,
}

impl EInvoice {
    /// The e-invoice of this invoice, in the syntax of the profile unless another one is asked for.
    ///
    /// # Errors
    ///
    /// All rules of the profile that it would break, each with the JSON pointer of the field to change.
    pub fn of(
        _invoice: &Invoice,
        _profile: EInvoiceProfile,
        _syntax: Option<Syntax>,
    ) -> Result<Self, InvalidRequest> {
        unimplemented!("the mapping")
    }
}

/// Why an e-invoice cannot be put into a document.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EmbedError(String);

/// The document with the e-invoice in it.
///
/// # Errors
///
/// The document is no PDF that it can be put into.
pub fn embed(
    _pdf: &[u8],
    _invoice: &Invoice,
    _e_invoice: &EInvoice,
) -> Result<Vec<u8>, EmbedError> {
    unimplemented!("the container")
}
