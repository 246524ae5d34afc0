//! Rendering.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use document::TemplateSource;

use super::parse;

/// Rendering.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Document settings")]
pub struct DocumentSettings {
    /// Folder with the templates; without one, the shipped templates are used, which are in the program
    #[arg(
        long,
        env = "TEMPLATES_DIR",
        value_name = "DIR",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = OsStringValueParser::new().try_map(parse::folder))]
    pub templates_dir: Option<PathBuf>,

    /// Folder with further fonts; needed for Chinese, Japanese and Korean
    #[arg(
        long,
        env = "FONTS_DIR",
        value_name = "DIR",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub fonts_dir: Option<PathBuf>,

    /// Interval at which changed templates of TEMPLATES_DIR are loaded, in seconds; 0 loads them at SIGHUP only
    #[arg(
        long,
        env = "TEMPLATES_RELOAD_SECONDS",
        value_name = "SECONDS",
        default_value_t = 0,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(0..=86_400), hide_short_help = true)]
    pub templates_reload_seconds: u64,

    /// Store what documents are rendered with in the bucket, to render them again years later; false where it is kept elsewhere
    #[arg(
        long,
        env = "ARCHIVE_TEMPLATES",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = true, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub archive_templates: bool,

    /// Also store the XML of every e-invoice beside its PDF; that of peppol-bis-3 always is
    #[arg(
        long,
        env = "STORE_XML",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = false, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub store_xml: bool,

    /// Largest request, in bytes; larger ones are dead-lettered
    #[arg(long, env = "REQUEST_MAX_BYTES", value_name = "BYTES", default_value_t = 1 << 20, global = true)]
    #[arg(value_parser = parse::within::<u32>(1_024..=16 << 20), hide_short_help = true)]
    pub request_max_bytes: u32,

    /// Largest attached files of one request together, decoded, in bytes; REQUEST_MAX_BYTES must fit them in base64
    #[arg(long, env = "ATTACHMENTS_MAX_BYTES", value_name = "BYTES", default_value_t = 512 << 10, global = true)]
    #[arg(value_parser = parse::within::<u32>(0..=12 << 20), hide_short_help = true)]
    pub attachments_max_bytes: u32,

    /// Refuse requests with members that are no field, as x-strict does for one message; false ignores these members
    #[arg(
        long,
        env = "REQUEST_STRICT",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = false, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub request_strict: bool,

    /// Longest time for rendering one document, in seconds; raise it for very long invoices
    #[arg(
        long,
        env = "RENDER_TIMEOUT_SECONDS",
        value_name = "SECONDS",
        default_value_t = 30,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(1..=3_600), hide_short_help = true)]
    pub render_timeout_seconds: u64,

    /// Largest memory of one renderer process, in MiB; ten thousand lines need about 1,500
    #[arg(
        long,
        env = "RENDER_MEMORY_MIB",
        value_name = "MIB",
        default_value_t = 2_048,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(128..=1 << 20), hide_short_help = true)]
    pub render_memory_mib: u64,
}

impl DocumentSettings {
    /// Where templates and fonts come from.
    pub fn source(&self) -> TemplateSource {
        TemplateSource {
            folder: self.templates_dir.clone(),
            fonts: self.fonts_dir().map(ToOwned::to_owned),
        }
    }

    /// The folder with further fonts; an empty variable counts as not set.
    pub fn fonts_dir(&self) -> Option<&Path> {
        let folder = self.fonts_dir.as_deref();
        folder.filter(|folder| !folder.as_os_str().is_empty())
    }
}
