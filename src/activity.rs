//! What the workers have done in the last hour and the last day: how many messages ended how, how long their stages took, and why
//! messages were retried.
//!
//! Each worker counts in memory ([`Minutes`]) and writes a row a minute ([`Reporter`]); the use case [`read()`] adds the rows of
//! all workers up. No message waits for any of it.

mod buckets;
mod figures;
mod look;
mod minutes;
mod old;
mod read;
mod reporter;
mod retries;

pub use figures::{Done, Figures, PUBLISH_TO_ACK};
pub use look::ActivityLook;
pub use minutes::Minutes;
pub use read::{Span, read};
pub use reporter::Reporter;
pub use retries::Retry;
