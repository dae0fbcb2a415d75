//! OpenAI `/v1/responses` as callers speak it.
//!
//! An answer keeps no state here: `store` is false, and whatever refers to kept state is refused. Items carry their
//! whole content, so that a caller can send `input + output` back.

mod input;
mod item;
mod read;
mod repeat;
mod stream;
mod tools;
mod write;

pub use read::read;
pub use repeat::Repeated;
pub use stream::Encoder;
pub use write::write;

/// Begins an `encrypted_content` that is another format's signature of readable reasoning, so that a caller of this
/// format, which has no field for one, can send it back byte for byte.
const SIGNATURE_PREFIX: &str = "signature.";
