//! OpenAI `/v1/chat/completions` as callers speak it.

mod answer;
mod error;
mod request;
mod stream;
mod tools;
mod turns;

pub use answer::write;
pub use error::error;
pub use request::read;
pub use stream::Encoder;

pub(crate) use answer::ToolCall;
pub(super) use answer::{created, finish_reason};
pub(super) use error::{error_event, error_object};
pub(super) use request::{metadata, model, user};
pub(super) use turns::{data_url, is_web_address};
