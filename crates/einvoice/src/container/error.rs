//! Why there is no hybrid.

/// Why an e-invoice could not be embedded. The renderer writes none of these PDFs, so it is a defect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The PDF does not have the form in which the renderer writes one.
    #[error("the PDF has no {0}, expected a PDF/A-3 as the renderer writes it")]
    Unexpected(&'static str),
    /// The PDF carries an e-invoice, or a file with its name.
    #[error("the PDF has an e-invoice or a file with the name of one, expected none")]
    NotAlone,
    /// The profile or the syntax has no container.
    #[error(
        "an e-invoice of this profile and syntax is a file of its own, expected one that a PDF carries"
    )]
    NoContainer,
}
