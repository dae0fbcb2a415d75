//! The decoder and reader of the Anthropic dialect: any bytes are events, an answer or garbled, at any chunking; what is read
//! can be written by every front or is named.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::dialect::Dialect;

mod common;

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    common::decoder(Dialect::Anthropic, cut, bytes);
});
