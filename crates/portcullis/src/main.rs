//! The program: configuration, serve and the other commands.
fn main() {}
