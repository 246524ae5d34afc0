//! What the broker sends, on its way to the AMQP client. Laws: how the bytes are cut does not matter; nothing is added or
//! lost but by dropping headers; repairing once is enough; and a content header that could be followed is read by the client,
//! and is no longer than a frame may be.

#![no_main]
#![allow(dead_code, reason = "whole modules are compiled into this target")]

use libfuzzer_sys::fuzz_target;

#[path = "../../src/moment.rs"]
mod moment;

#[path = "../../src/broker"]
mod broker {
    mod fitting;
    mod headers;
    mod stored;

    pub(super) mod frame_repair {
        mod frames;
        mod oversized;
        mod payload;

        #[path = "../../../fuzz/src/frames/laws.rs"]
        pub(crate) mod laws;
    }
}

fuzz_target!(|data: &[u8]| broker::frame_repair::laws::check(data));
