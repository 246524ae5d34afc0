//! The templates in use, the rendering of samples, and checks of templates.

pub mod checks;
pub mod design;
pub mod live;
pub mod logos;
mod lost;
pub mod report;
pub mod samples;
pub mod sheet;

pub use live::{LiveTemplates, TemplateSnapshot, TemplatesError};
pub use samples::SampleFault;
