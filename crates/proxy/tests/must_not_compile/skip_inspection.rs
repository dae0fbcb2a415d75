//! Policy decides over what was inspected, never over what was merely read.
use proxy::steps::{Heard, decide};

fn misuse(heard: Heard) {
    let _ = decide(heard);
}

fn main() {}
