//! Anthropic `/messages` and `/messages/count_tokens` as destinations speak them.
//!
//! What other formats say and this one does not is [`Unsayable`](crate::dialect::Unsayable) by name. Left out are only
//! hints that change nothing of what the model is told: an image's `detail: "auto"`, the `name` of a schema and that it
//! need not be held to strictly, a reasoning `summary: "auto"`, `prompt_cache_key`, and the wish for sealed reasoning or
//! for usage at the end of a stream, which come anyway.

mod blocks;
mod read;
mod shapes;
mod stream;
mod tally;
mod wishes;
mod write;

pub use read::{read_answer, read_error};
pub use stream::Decoder;
pub use write::write;

/// The version of the format, as its header names it.
const VERSION: &str = "2023-06-01";
