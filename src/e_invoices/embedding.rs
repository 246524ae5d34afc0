//! Puts an e-invoice into its document.

use document::Pdf;
use einvoice::{EInvoice, EmbedError, embed};
use invoice::Invoice;

use crate::blocking::{IS_LARGE, off_the_runtime};

/// The document with its e-invoice in it; unchanged where there is none, or where the profile has no place for it in a PDF.
///
/// # Errors
///
/// The document is no PDF that it can be put into.
pub async fn embedded(
    mut pdf: Pdf,
    invoice: &Invoice,
    e_invoice: Option<&EInvoice>,
) -> Result<Pdf, EmbedError> {
    let Some(e_invoice) = e_invoice.filter(|made| made.is_embedded()) else {
        return Ok(pdf);
    };
    let bytes = std::mem::take(&mut pdf.bytes);
    pdf.bytes = if bytes.len() + e_invoice.xml.len() < IS_LARGE {
        embed(&bytes, invoice, e_invoice)?
    } else {
        let (invoice, e_invoice) = (invoice.clone(), e_invoice.clone());
        off_the_runtime(move || embed(&bytes, &invoice, &e_invoice)).await?
    };
    Ok(pdf)
}
