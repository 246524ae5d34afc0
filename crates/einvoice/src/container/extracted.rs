//! The e-invoice in a hybrid of this program: the one embedded file of its update, which is at the end.

use std::io::Read as _;

use super::dictionary::Dictionary;
use super::tokens;

/// How the dictionary of the embedded file begins.
const BEGINNING: &[u8] = b"<</Type/EmbeddedFile/Subtype/text#2Fxml";

/// Largest XML: far more than the largest request gives.
const MAX_BYTES: u64 = 256 << 20;

/// The XML of the e-invoice in a document; none where there is none. The caller knows its digest, and has to compare it: what a
/// request attaches may be an XML file, too.
pub fn extracted(pdf: &[u8]) -> Option<Vec<u8>> {
    let mut windows = pdf.windows(BEGINNING.len());
    let at = windows.rposition(|window| window == BEGINNING)?;
    let (dictionary, rest) = tokens::value(&pdf[at..])?;
    let length = Dictionary::parse(dictionary)?
        .get("Length")?
        .parse::<usize>();
    let content = tokens::trimmed(rest).strip_prefix(b"stream\n")?;
    let content = content.get(..length.ok()?)?;
    let mut xml = Vec::new();
    let decoder = flate2::read::ZlibDecoder::new(content);
    decoder.take(MAX_BYTES).read_to_end(&mut xml).ok()?;
    Some(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_e_invoice_gives_none() {
        for pdf in [&b""[..], b"%PDF-1.7", BEGINNING] {
            assert_eq!(extracted(pdf), None);
        }
    }
}
