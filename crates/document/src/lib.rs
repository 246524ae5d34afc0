//! Documents: renders an [`Invoice`](invoice::Invoice) as a PDF.
//!
//! Only this crate names typst. A [`RenderJob`] is prepared from an invoice and the [`catalog`] of templates. A pool of
//! [`renderer`] processes renders it; the command line uses the [`compiler`] in its own process. Both start from the same job,
//! so both give the same bytes. [`templates`] are the ones in use, their samples and their checks.

pub mod catalog;

pub mod bundle;

mod deadline;
mod diagnostic;
mod job;
mod job_file;
mod order;
mod priority;
mod regular;
mod view;

mod fonts;
mod locale;
mod payment_code;

pub mod compiler;
pub mod renderer;

mod preview;
pub mod templates;

pub mod error;
pub mod faults;

pub use bundle::{BrandManifest, BundleError, KeptBrand, KeptFile, TemplateManifest};
pub use catalog::Catalog;
pub use compiler::{Compiler, Pdf};
pub use error::{CatalogError, Diagnostic, MissingFont, RenderError};
pub use fonts::extra::ExtraFont;
pub use job::{JobFile, Order, RenderJob, RenderedWith};
pub use preview::{Preview, PreviewError, preview};
pub use priority::Priority;
pub use renderer::{Pool, PoolSettings};
pub use templates::{LiveTemplates, SampleFault, TemplateSnapshot, TemplatesError};
