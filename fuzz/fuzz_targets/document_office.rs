//! A document of a stranger, read as `office`: no panic, and no more text than may be taken.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    documents::fuzzing::read("office", bytes);
});
