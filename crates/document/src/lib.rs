//! Documents: from an [`Invoice`](invoice::Invoice) to the bytes of a PDF.
//!
//! The only crate that names typst. Workers render documents through a [`pool`] of renderer processes, each of them a
//! [`renderer`] around one [`compiler`]; the command line uses the compiler directly. Both paths start from the same
//! [`view`], so both give the same bytes.

pub mod address;
pub mod brand;
pub mod catalog;
pub mod compiler;
mod countries;
pub mod error;
pub mod faults;
mod font_file;
pub mod fonts;
pub mod frame;
mod glyphs;
mod image;
pub mod locale;
pub mod payment_qr;
mod picture;
pub mod pool;
mod rendered_with;
pub mod renderer;
pub mod report;
pub mod samples;
pub mod templates;
mod texts;
mod unruly;
pub mod view;
mod world;

pub use catalog::Catalog;
pub use compiler::{Compiler, Pdf};
pub use error::{Diagnostic, RenderError};
pub use pool::{Pool, PoolSettings};
pub use rendered_with::RenderedWith;
pub use samples::SampleFault;
pub use templates::{Templates, TemplatesError};
pub use view::RenderJob;
