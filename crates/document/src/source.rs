//! Where templates and fonts come from.

use std::path::{Path, PathBuf};

/// The templates folder, or the shipped templates, and the folder of further fonts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateSource {
    /// The templates folder (`TEMPLATES_DIR`). Without one, the shipped templates are used, which are in the program.
    pub folder: Option<PathBuf>,
    /// The folder of further fonts (`FONTS_DIR`).
    pub fonts: Option<PathBuf>,
}

impl TemplateSource {
    /// A templates folder, without further fonts.
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(folder.into()),
            fonts: None,
        }
    }

    /// Whether all of it is in the program.
    pub(crate) fn never_changes(&self) -> bool {
        self.folder.is_none() && self.fonts.is_none()
    }

    /// The folder, as errors and lists of processes show it.
    pub(crate) fn root(&self) -> &Path {
        self.folder.as_deref().unwrap_or(Path::new("shipped"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_program_never_changes() {
        let source = |folder: Option<&str>, fonts: Option<&str>| TemplateSource {
            folder: folder.map(PathBuf::from),
            fonts: fonts.map(PathBuf::from),
        };
        assert!(source(None, None).never_changes());
        assert!(!source(Some("a"), None).never_changes());
        assert!(!source(None, Some("b")).never_changes());
    }
}
