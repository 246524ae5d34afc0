//! What a renderer is asked for.

use serde::{Deserialize, Serialize};

/// The name that stands for a template in the order of a trial: a document with nothing but a logo. No folder has a slash in
/// its name.
pub(crate) const LOGO_TRIAL: &str = "/logo";

/// The same for a contact sheet.
pub(crate) const SHEET: &str = "/sheet";

/// The folder of a contact sheet's pictures. No templates folder has a hidden folder.
pub(crate) const SHEET_FOLDER: &str = "/.sheet/";

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
    /// The picture of a page that is made too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<PageOrder>,
}

/// The order of a page's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageOrder {
    /// The page, from 1.
    pub page: usize,
    /// How much the picture shows.
    pub size: PictureSize,
}

/// How much a picture of a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureSize {
    /// Sharp on a screen.
    Sharp,
    /// As sharp as a web page that has it inside can carry.
    Inline,
    /// Enough for one among many others.
    Small,
}
