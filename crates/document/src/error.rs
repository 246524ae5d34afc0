//! Why templates cannot be used, and why a document cannot be rendered.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use invoice::{FailureCode, Problem};

pub use crate::diagnostic::{Diagnostic, Location};
pub use crate::mismatch::Mismatch;

/// A character of a request that is in no font.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingGlyph {
    /// The field, as a JSON pointer (RFC 6901) into the request.
    pub pointer: String,
    /// The character.
    pub character: char,
}

impl MissingGlyph {
    /// What is wrong, to be read after the place.
    fn problem(&self) -> String {
        let character = self.character;
        let code = u32::from(character);
        format!(
            "no font has the character {character:?} (U+{code:04X}); put a font that has it into FONTS_DIR"
        )
    }
}

impl fmt::Display for MissingGlyph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.problem())
    }
}

/// A language whose texts no font can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFont {
    /// The language, as a tag of BCP 47.
    pub language: String,
    /// A letter of its texts that is in no font.
    pub character: char,
}

impl MissingFont {
    /// A line for each font that is needed, with the languages that need it.
    pub fn lines(missing: &[&Self]) -> Vec<String> {
        let (cjk, others): (Vec<&Self>, Vec<&Self>) = missing.iter().partition(|it| it.is_cjk());
        let languages: Vec<&str> = cjk.iter().map(|it| it.language.as_str()).collect();
        let mut lines: Vec<String> = Vec::new();
        if languages.len() > 1 {
            let languages = languages.join(", ");
            lines.push(format!("locales {languages} need {CJK_FONT}"));
        } else {
            lines.extend(cjk.iter().map(ToString::to_string));
        }
        lines.extend(others.iter().map(ToString::to_string));
        lines
    }

    fn is_cjk(&self) -> bool {
        let language = self.language.split('-').next();
        matches!(language, Some("ja" | "ko" | "zh"))
    }
}

/// What Chinese, Japanese and Korean need, and how to get it.
const CJK_FONT: &str = "a CJK font: put NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc (Debian: fonts-noto-cjk) into a folder, \
                        and set FONTS_DIR to that folder";

impl fmt::Display for MissingFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let language = &self.language;
        match self.is_cjk() {
            true => write!(f, "locale {language} needs {CJK_FONT}"),
            false => write!(
                f,
                "locale {language} needs a font that has {:?} (U+{:04X}): put one into a folder, and set FONTS_DIR \
                 to that folder",
                self.character,
                u32::from(self.character)
            ),
        }
    }
}

/// Why the templates folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file or folder cannot be read.
    #[error("TEMPLATES_DIR: cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No folder in it has a `main.typ`.
    #[error("TEMPLATES_DIR: {0} has no template, expected a folder with a main.typ in it")]
    Empty(PathBuf),
    /// `FONTS_DIR` cannot be read.
    #[error("FONTS_DIR: cannot read {path}")]
    Fonts {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file with a fault that documents would show.
    #[error("{path}: {problem}")]
    File {
        /// The file, and the line and column where they are known.
        path: String,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// Texts and words that differ from those of the reference.
    #[error("{}", join(.0))]
    Files(Vec<FileFault>),
}

/// A fault in a file of the templates folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileFault {
    /// The file.
    pub path: String,
    /// Line and column, from 1, the column in characters; none where the fault is about the whole file.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl CatalogError {
    /// The same with files as the user named the folder.
    pub(crate) fn below(self, root: &Path) -> Self {
        match self {
            Self::File { path, problem } => Self::File {
                path: shown(root, &path),
                problem,
            },
            Self::Files(faults) => {
                let faults = faults.into_iter().map(|fault| FileFault {
                    path: shown(root, &fault.path),
                    ..fault
                });
                Self::Files(faults.collect())
            }
            Self::Read { .. } | Self::Empty(_) | Self::Fonts { .. } => self,
        }
    }
}

/// A path of a templates folder, which begins with a slash there, as the user named the folder.
pub(crate) fn shown(root: &Path, path: &str) -> String {
    let path = root.join(path.trim_start_matches('/'));
    path.display().to_string()
}

/// Why a document could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The request names a template that does not exist.
    #[error("/template/name: no template has this name, expected one of {known}")]
    TemplateUnknown {
        /// The templates that exist.
        known: String,
    },
    /// The request names a version that does not exist.
    #[error("/template/version: the template has no such version, expected one of {known}")]
    TemplateVersion {
        /// The versions that exist.
        known: String,
    },
    /// The template has no texts in the reader's language.
    #[error(
        "/locale: the template has no texts for {locale}; its languages are {available}{}",
        reason.as_ref().map(|reason| format!("; {reason}")).unwrap_or_default()
    )]
    LocaleUnsupported {
        /// The locale of the request.
        locale: String,
        /// The languages of the template, without those that inherit from another one.
        available: String,
        /// Why the language is not among them, where the shared texts have it.
        reason: Option<String>,
    },
    /// No font has the letters of the reader's language.
    #[error("/locale: {0}")]
    FontMissing(MissingFont),
    /// No font has a character of the request.
    #[error("{}", join(.0))]
    GlyphMissing(Vec<MissingGlyph>),
    /// The template does not compile with this request.
    #[error("{}", join(.0))]
    Template(Vec<Diagnostic>),
    /// A page does not show what the invoice has.
    #[error("{}", join(.0))]
    ContentMismatch(Vec<Mismatch>),
    /// The document has more pages than are allowed.
    #[error("the document has {pages} pages, expected {limit} at most")]
    PagesTooMany {
        /// Its pages.
        pages: usize,
        /// The limit.
        limit: usize,
    },
    /// Rendering the document took longer than `RENDER_TIMEOUT_SECONDS`.
    #[error(
        "rendering the document took longer than {limit_seconds} s (RENDER_TIMEOUT_SECONDS), twice; the renderer was killed"
    )]
    Timeout {
        /// The limit.
        limit_seconds: u64,
    },
    /// Rendering the document needed more than `RENDER_MEMORY_MIB`.
    #[error(
        "rendering the document needed more than {limit_mib} MiB of memory (RENDER_MEMORY_MIB), twice"
    )]
    MemoryExceeded {
        /// The limit.
        limit_mib: u64,
    },
    /// The renderer process died on this document, twice.
    #[error(
        "the renderer process died on this document twice: {status}; the end of its standard error: {error_output}"
    )]
    Crashed {
        /// The exit code or signal with which it ended.
        status: String,
        /// The end of its standard error.
        error_output: String,
    },
    /// No renderer process could be started.
    #[error("no renderer process could be started: {0}")]
    Start(String),
}

impl RenderError {
    /// The code of this kind of failure.
    pub fn code(&self) -> FailureCode {
        match self {
            Self::TemplateUnknown { .. } => FailureCode::TemplateUnknown,
            Self::TemplateVersion { .. } => FailureCode::TemplateVersionUnknown,
            Self::LocaleUnsupported { .. } => FailureCode::LocaleUnsupported,
            Self::FontMissing(_) => FailureCode::FontMissing,
            Self::GlyphMissing(_) => FailureCode::GlyphMissing,
            Self::Template(_) => FailureCode::TemplateError,
            Self::ContentMismatch(_) => FailureCode::ContentMismatch,
            Self::PagesTooMany { .. } => FailureCode::PagesTooMany,
            Self::Timeout { .. } => FailureCode::RenderTimeout,
            Self::MemoryExceeded { .. } => FailureCode::RenderMemoryExceeded,
            Self::Crashed { .. } => FailureCode::RendererCrashed,
            Self::Start(_) => FailureCode::RendererStartFailed,
        }
    }

    /// What is wrong with fields of the request; empty where it is about something else.
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |pointer: &str, message: String| Problem {
            code: self.code(),
            pointer: pointer.to_owned(),
            rule: None,
            message,
        };
        // The text of these errors begins with the place.
        let at = |pointer: &str| {
            let text = self.to_string();
            let message = text.strip_prefix(&format!("{pointer}: ")).unwrap_or(&text);
            vec![problem(pointer, message.to_owned())]
        };
        match self {
            Self::TemplateUnknown { .. } => at("/template/name"),
            Self::TemplateVersion { .. } => at("/template/version"),
            Self::LocaleUnsupported { .. } | Self::FontMissing(_) => at("/locale"),
            Self::GlyphMissing(glyphs) => glyphs
                .iter()
                .map(|glyph| problem(&glyph.pointer, glyph.problem()))
                .collect(),
            Self::ContentMismatch(mismatches) => mismatches
                .iter()
                .map(|mismatch| {
                    let message = format!("{}: {}", mismatch.file, mismatch.problem);
                    problem(&mismatch.pointer, message)
                })
                .collect(),
            Self::Template(_)
            | Self::PagesTooMany { .. }
            | Self::Timeout { .. }
            | Self::MemoryExceeded { .. }
            | Self::Crashed { .. }
            | Self::Start(_) => Vec::new(),
        }
    }

    /// Whether a renderer process ended because of this error.
    pub fn is_fatal_to_renderer(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::MemoryExceeded { .. } | Self::Crashed { .. } => true,
            Self::TemplateUnknown { .. }
            | Self::TemplateVersion { .. }
            | Self::LocaleUnsupported { .. }
            | Self::FontMissing(_)
            | Self::GlyphMissing(_)
            | Self::Template(_)
            | Self::ContentMismatch(_)
            | Self::PagesTooMany { .. }
            | Self::Start(_) => false,
        }
    }

    /// Whether the same request may succeed later with the same template.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Start(_) => true,
            Self::TemplateUnknown { .. }
            | Self::TemplateVersion { .. }
            | Self::LocaleUnsupported { .. }
            | Self::FontMissing(_)
            | Self::GlyphMissing(_)
            | Self::Template(_)
            | Self::ContentMismatch(_)
            | Self::PagesTooMany { .. }
            | Self::Timeout { .. }
            | Self::MemoryExceeded { .. }
            | Self::Crashed { .. } => false,
        }
    }
}

fn join<T: fmt::Display>(parts: &[T]) -> String {
    parts
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
