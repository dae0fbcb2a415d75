//! Only `decide` makes a permit.
use proxy::steps::{Inspected, Permit};

fn misuse(inspected: Inspected) -> Permit {
    Permit { inspected }
}

fn main() {}
