//! The one front door for developers: check, test, bench, docs.
fn main() {}
