//! OpenAI chat completions, completions and embeddings, as OpenAI's service and the engines that follow it speak them.
//!
//! What is left out on purpose, because it is a hint or says what silence says here: `cache_control`, signatures'
//! absence, `prompt_cache_key` and a `service_tier` of `auto` or `default` for engines, a reasoning summary of `auto`,
//! the wish for sealed reasoning (there is none), and `thinking: disabled`. All else that cannot be said is
//! [`Unsayable`](crate::dialect::Unsayable).

mod answer;
mod chunk;
mod embed;
mod error;
mod messages;
mod request;
mod stream;
mod tools;

pub use answer::read_answer;
pub use error::read_error;
pub(super) use error::{error as upstream_error, inside as error_inside};
pub use request::write;
pub use stream::Decoder;
