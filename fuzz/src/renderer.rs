//! The frames between a worker and its renderers. Laws: what was written is read back equal, by both readers; both readers
//! agree on any bytes; a frame that was cut is never read; and a body that is not what its header lists is an error.

#![no_main]
#![allow(dead_code, reason = "whole modules are compiled into this target")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/document/src/diagnostic.rs"]
mod diagnostic;
#[path = "../../crates/document/src/files.rs"]
mod files;
#[path = "../../crates/document/src/job_file.rs"]
mod job_file;
#[path = "../../crates/document/src/mismatch.rs"]
mod mismatch;
#[path = "../../crates/document/src/order.rs"]
mod order;

#[path = "../../crates/document/src/renderer"]
mod renderer {
    mod frame;

    #[path = "../../../../fuzz/src/renderer/laws.rs"]
    pub(super) mod laws;
}

fuzz_target!(|data: &[u8]| renderer::laws::check(data));
