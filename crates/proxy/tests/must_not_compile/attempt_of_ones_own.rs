//! Attempts are drawn from a route and from nothing else.
use proxy::steps::{Attempt, transform};

fn misuse() {
    let _ = transform(Attempt { number: 1 });
}

fn main() {}
