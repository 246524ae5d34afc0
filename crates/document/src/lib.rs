//! Documents: renders an [`Invoice`](invoice::Invoice) as a PDF.
//!
//! Only this crate names typst. A [`RenderJob`] is prepared from an invoice and the [`catalog`] of templates. A pool of
//! [`renderer`] processes renders it; the command line uses the [`compiler`] in its own process. Both start from the same job,
//! so both give the same bytes. [`templates`] are the ones in use, their samples and their checks.

pub mod catalog;
mod files;
pub mod shipped;
mod source;

pub mod bundle;

mod attached;
mod content_check;
mod deadline;
mod diagnostic;
mod job;
mod job_file;
mod mismatch;
mod order;
mod priority;
mod regular;
mod view;

mod fonts;
mod locale;
mod near;
mod payment_code;

pub mod compiler;
pub mod renderer;

mod preview;
pub mod templates;

pub mod error;
pub mod faults;

pub use bundle::{BrandManifest, BundleError, KeptBrand, KeptFile, TemplateManifest};
pub use catalog::Catalog;
pub use compiler::{Compiler, Pdf, RendererRun};
pub use error::{CatalogError, Diagnostic, FileFault, Mismatch, MissingFont, RenderError};
pub use files::{Content, Files};
pub use fonts::extra::ExtraFont;
pub use fonts::list::{FontFace, FontFamily};
pub use job::{JobFile, Order, PageOrder, PictureSize, RenderJob, RenderedWith};
pub use preview::{Preview, preview};
pub use priority::Priority;
pub use renderer::{Pool, PoolSettings, PoolState, RestartReason};
pub use source::TemplateSource;
pub use templates::{LiveTemplates, SampleFault, TemplateSnapshot, TemplatesError};
