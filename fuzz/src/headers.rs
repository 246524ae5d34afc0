//! Headers of any kind, as the broker delivers them. Laws: the archive gives them back as they were; a retry, a dead letter
//! and a replay keep the publisher's own and count as they should; and what is cut to fit does fit, with the program's own
//! headers kept before any other.

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
        mod payload;

        /// Repairs a table, and says whether the client could be given it.
        pub(super) fn is_repaired(table: &mut [u8]) -> bool {
            payload::Cursor::new(table).fields().is_some()
        }
    }

    #[path = "../../fuzz/src/headers/laws.rs"]
    pub(super) mod laws;
}

fuzz_target!(|data: &[u8]| broker::laws::check(data));
