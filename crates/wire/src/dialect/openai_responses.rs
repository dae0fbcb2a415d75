//! OpenAI `/responses` as destinations speak it; completions and embeddings go the way of the chat dialect.
//!
//! What is left out on purpose, because it is a hint or says what silence says here: `cache_control`, the ids of items
//! other than reasoning, penalties of 0, `prompt_cache_key` and a `service_tier` of `auto` or `default` for engines,
//! `thinking: disabled`, and reasoning with nothing but an id. All else that cannot be said is
//! [`Unsayable`](crate::dialect::Unsayable).

pub(crate) mod form;
mod input;
mod read;
pub(crate) mod reasoning;
mod stream;
mod write;

pub use read::read_answer;
pub use stream::Decoder;
pub use write::write;

pub(crate) use write::Labels;
