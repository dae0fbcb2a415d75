//! One permit makes one route.
use proxy::steps::{Permit, choose};

fn misuse(permit: Permit) {
    let _ = choose(permit);
    let _ = choose(permit);
}

fn main() {}
