//! What a renderer is asked for.

use serde::{Deserialize, Serialize};

/// What a compiler needs for a document, besides its data and files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The template's folder.
    pub template: String,
    /// The path of the brand's logo. The template may read it although it is outside of its folder.
    pub logo: Option<String>,
    /// The identifier of the document, from which the PDF's own is derived.
    pub ident: String,
    /// Whether the document is first rendered as if it had one page.
    pub may_be_one_page: bool,
}
