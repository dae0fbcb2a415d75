//! Anthropic `/messages` and `/messages/count_tokens` as destinations speak them.
//!
//! What other formats say and this one does not is [`Unsayable`](crate::dialect::Unsayable) by name, except for these
//! hints, which change nothing that the model is told and which are left out: an image's `detail: "auto"`, a schema's
//! `name`, a reasoning `summary: "auto"`, `prompt_cache_key`, and a token limit's exact name.

mod blocks;
mod read;
mod shapes;
mod stream;
mod tally;
mod write;

pub use read::{read_answer, read_error};
pub use stream::Decoder;
pub use write::write;

/// The version of the format, as its header names it.
const VERSION: &str = "2023-06-01";
