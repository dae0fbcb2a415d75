//! The Responses front: any body is a call or a refusal; a call has segments that edit in the same order, and every dialect
//! writes it or says what it cannot.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::call::Door;

mod common;

fuzz_target!(|bytes: &[u8]| {
    common::front(Door::Responses, bytes);
});
