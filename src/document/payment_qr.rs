//! The payment QR code of the European Payments Council, known as GiroCode (EPC069-12, version 2).

use fast_qr::ECL;
use fast_qr::QRBuilder;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::invoice::model::{Payment, PaymentCode};

/// A QR code as grey pixels: typst embeds those several times faster than an SVG.
#[derive(Debug, Serialize)]
pub struct QrImage {
    size: usize,
    /// Row by row; 0 is black, 255 white.
    pixels: Vec<u8>,
}

/// White modules around the code (ISO/IEC 18004 asks for four).
const QUIET_ZONE: usize = 4;

/// The code that pays `due`, when the request asks for one. [`check`](crate::invoice::check) has made sure that
/// everything it needs is there.
pub fn image(payment: &Payment, due: Decimal) -> Option<QrImage> {
    if payment.code != Some(PaymentCode::Epc) {
        return None;
    }
    // Level M is what EPC069-12 prescribes.
    let code = QRBuilder::new(payload(payment, due)?)
        .ecl(ECL::M)
        .build()
        .ok()?;
    let size = code.size + 2 * QUIET_ZONE;
    let mut pixels = vec![255; size * size];
    for row in 0..code.size {
        for column in 0..code.size {
            if code[row][column].value() {
                pixels[(row + QUIET_ZONE) * size + column + QUIET_ZONE] = 0;
            }
        }
    }
    Some(QrImage { size, pixels })
}

fn payload(payment: &Payment, due: Decimal) -> Option<String> {
    let (iban, name) = (payment.iban.as_deref()?, payment.account_name.as_deref()?);
    let bic = payment.bic.as_deref().unwrap_or_default();
    let remittance = payment.remittance.as_deref().unwrap_or_default();
    // Service tag, version, character set (UTF-8), SEPA credit transfer; purpose and structured reference stay empty.
    Some(format!(
        "BCD\n002\n1\nSCT\n{bic}\n{name}\n{iban}\nEUR{due}\n\n\n{remittance}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_follows_epc069_12() {
        let payment = Payment {
            iban: Some("DE89370400440532013000".into()),
            bic: Some("COBADEFFXXX".into()),
            account_name: Some("Nordlicht Handels GmbH".into()),
            remittance: Some("RE-2026-004711".into()),
            code: Some(PaymentCode::Epc),
            ..Payment::default()
        };
        let due = Decimal::new(27820, 2);
        assert_eq!(
            payload(&payment, due).as_deref(),
            Some(
                "BCD\n002\n1\nSCT\nCOBADEFFXXX\nNordlicht Handels GmbH\nDE89370400440532013000\nEUR278.20\n\n\nRE-2026-004711"
            )
        );
        let image = image(&payment, due).expect("a code");
        assert_eq!(image.pixels.len(), image.size * image.size);
        // The quiet zone is white, the corner of the finder pattern black.
        assert_eq!(image.pixels[0], 255);
        assert_eq!(image.pixels[QUIET_ZONE * image.size + QUIET_ZONE], 0);
    }
}
