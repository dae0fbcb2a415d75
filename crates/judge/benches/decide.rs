//! What a decision costs, by number of policies.
fn main() {}
