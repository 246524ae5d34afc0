//! The e-invoice in a PDF.

use en16931_formats::zugferd::{Limits, extract};

/// The XML of the e-invoice in this PDF; none where there is none that can be read.
pub fn extracted(pdf: &[u8]) -> Option<Vec<u8>> {
    // A tagged document of ten thousand lines has hundreds of thousands of objects.
    let limits = Limits::new().with_max_objects(usize::MAX);
    Some(extract(pdf, &limits).ok()?.xml)
}
