//! The types of lapin that headers and frames are made of. They are those of `amq-protocol`, which lapin gives out under
//! these names; its connections, which cost most of a build, are not here.

pub use amq_protocol::frame;
pub use amq_protocol::protocol::BasicProperties;
pub use amq_protocol::types;
