//! OpenAI `/v1/completions` (legacy) as callers speak it.

mod answer;
mod request;
mod stream;

pub use answer::write;
pub use request::read;
pub(super) use request::texts_or_tokens;
pub use stream::Encoder;
