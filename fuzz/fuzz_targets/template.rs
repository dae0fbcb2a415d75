//! A chat template from a model file and a conversation from a caller: bounded, and the caller never speaks in control tokens.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    runtime::fuzzing::template(input.0, input.1);
});
