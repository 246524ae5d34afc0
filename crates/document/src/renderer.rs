//! Renderer processes: the only way to stop a document that takes too long, and to bound its memory.

mod child;
mod frame;
mod pool;
mod process;

pub use pool::{Pool, PoolSettings};
pub use process::{render_in_this_thread, run};
