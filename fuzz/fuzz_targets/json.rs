//! Strict JSON: what is read is written and read again as the same value, and needless escapes change nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::json::{escapes, parse};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse(bytes) else { return };
    let text = value.to_text();
    let again = parse(text.as_bytes()).expect("what was written can be read");
    assert_eq!(again.to_text(), text);
    let Ok(original) = std::str::from_utf8(bytes) else { return };
    let plain = escapes::plain(original.to_owned());
    let plain = parse(plain.as_bytes()).expect("JSON without needless escapes is JSON");
    assert!(plain == value, "taking out escapes changed the value");
});
