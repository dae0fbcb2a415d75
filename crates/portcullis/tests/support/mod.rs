//! What the tests of the program share: a stand-in upstream that says what it is told to, and the real binary.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "each test file uses a part of it"
)]

mod door;
mod upstream;

pub use door::{Door, Reply};
pub use upstream::{Answer, Upstream};
