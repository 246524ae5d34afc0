//! Payment codes: QR codes on the page, which the payer's banking app reads.

mod epc;
mod swiss;
mod symbol;

use invoice::Invoice;
use invoice::model::PaymentCode;
use serde::Serialize;

use self::swiss::Bill;
use self::symbol::Symbol;
pub(crate) use self::symbol::{PIXELS_PATH, in_groups_of_four};

/// A payment code, as templates read it.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum PaymentQr {
    /// A GiroCode.
    Epc(Symbol),
    /// The payment part of a Swiss QR-bill.
    Swiss(Box<Bill>),
}

/// The code for the amount due, if the request asks for one. [`check`](invoice::check) has refused requests that lack a
/// field which the code needs.
pub(crate) fn for_invoice(invoice: &Invoice) -> Option<PaymentQr> {
    let payment = invoice.payment.as_ref()?;
    let means = payment.means.first()?;
    match payment.code.as_ref()? {
        PaymentCode::Epc => {
            // ISO/IEC 18004 requires four white modules around the code.
            let symbol = Symbol::new(&epc::payload(means, invoice.totals.due)?, 4)?;
            Some(PaymentQr::Epc(symbol))
        }
        PaymentCode::SwissQrBill(reference) => {
            let bill = swiss::bill(invoice, means, reference)?;
            Some(PaymentQr::Swiss(Box::new(bill)))
        }
    }
}

impl PaymentQr {
    /// The pixels of the code, row by row.
    pub(crate) fn into_pixels(self) -> Vec<u8> {
        match self {
            Self::Epc(symbol) => symbol.pixels,
            Self::Swiss(bill) => bill.symbol.pixels,
        }
    }
}
