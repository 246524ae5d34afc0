//! Measuring: what a document costs when it is only rendered, and what it costs in the whole pipeline.
//!
//! [`requests`] makes the invoices, no two alike; [`render`] sets them in this process; [`pipeline`] sends them through
//! workers of its own ([`fleet`]), whose processor time it reads from the system ([`process`]); [`lanes`] compares ordinary
//! requests with and without bulk requests that wait. `docs/performance.md`
//! describes what was measured and how to repeat it.

mod delay;
mod fleet;
pub mod lanes;
mod load;
pub mod pipeline;
mod process;
pub mod render;
pub mod requests;
mod stages;
