//! The input of a decision as a record holds it: whatever stands there, deciding it again ends, and twice decides the same.
#![no_main]

use std::sync::LazyLock;

use judge::{Policies, RecordedInput, Source};
use libfuzzer_sys::fuzz_target;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
    let source = Source { name: "built_in.cedar".to_owned(), text: judge::BUILT_IN.to_owned() };
    Policies::compile(&[source]).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = serde_json::from_slice::<RecordedInput>(bytes) else { return };
    let decision = input.decide(&POLICIES);
    assert_eq!(decision, input.decide(&POLICIES));
    assert!(decision.permitted.iter().all(|one| one.destination < input.destinations().len()));
});
