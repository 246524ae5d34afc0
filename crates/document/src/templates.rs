//! The templates folder: templates, texts, brands and samples, checked when they are loaded.

pub mod brand;
pub mod catalog;
pub mod checks;
mod image;
pub mod live;
pub mod report;
pub mod samples;
mod texts;

pub use catalog::Catalog;
pub use live::{LiveTemplates, TemplateSnapshot, TemplatesError};
pub use samples::SampleFault;
