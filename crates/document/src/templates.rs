//! The templates in use, the rendering of samples, and checks of templates.

pub mod checks;
pub mod live;
pub mod report;
pub mod samples;

pub use live::{LiveTemplates, TemplateSnapshot, TemplatesError};
pub use samples::SampleFault;
