//! OpenAI `/responses` as destinations speak it; completions and embeddings go the way of the chat dialect.

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
