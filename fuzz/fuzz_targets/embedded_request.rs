//! A request as the embedded model reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (usize, &[u8])| {
    runtime::fuzzing::request(input.0, input.1);
});
