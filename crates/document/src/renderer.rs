//! Renderer processes. Only a process can be stopped when a document takes too long, and bounded in its memory.

mod child;
mod frame;
mod pool;
mod process;
mod schedule;
mod state;
mod turns;

pub use pool::{Pool, PoolSettings};
pub use process::{render_in_this_thread, run};
pub use state::{PoolState, RestartReason};
