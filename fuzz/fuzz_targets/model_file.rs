//! A model file from a stranger: nothing in it makes the loader panic or take memory that the file does not back.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    runtime::fuzzing::model(bytes);
});
