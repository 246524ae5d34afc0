use en16931_formats::zugferd::{self, Limits};

use super::*;

/// A document of an earlier version, as the renderer wrote it.
const PDF: &[u8] = include_bytes!("../../../../tests/fixtures/0.1.0/adopted.pdf");

#[test]
fn nothing() {
    let _ = (PDF, Limits::default());
    let _ = zugferd::extract;
}
