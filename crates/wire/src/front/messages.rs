//! Anthropic `/v1/messages` and `/v1/messages/count_tokens` as callers speak them.

mod betas;
mod content;
mod read;
mod shapes;
mod stream;
mod tools;
mod write;

pub use read::{read, read_count};
pub use stream::Encoder;
pub use write::{error, write, write_count};

/// The only version of the format, as the `anthropic-version` header names it.
pub const VERSION: &str = "2023-06-01";
