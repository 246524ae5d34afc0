//! Templates at work: the ones in use, their samples, and what a check finds in them.

pub mod checks;
pub mod live;
pub mod report;
pub mod samples;

pub use live::{LiveTemplates, TemplateSnapshot, TemplatesError};
pub use samples::SampleFault;
