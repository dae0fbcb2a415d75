//! Policies from a file: whatever stands in it, compiling ends, and every problem points into the text.
#![no_main]

use judge::{Policies, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.cedar".to_owned(), text: text.to_owned() };
    if let Err(problems) = Policies::compile(&[source]) {
        assert!(!problems.is_empty(), "refused without a reason");
    }
});
