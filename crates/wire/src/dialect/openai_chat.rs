//! OpenAI chat completions, completions and embeddings, as OpenAI's service and the engines that follow it speak them.
//!
//! Left out on purpose, because it is a hint or says what silence says here: `cache_control`; Anthropic's hints; a
//! `prompt_cache_key` and a `service_tier` of `auto` or `default` for engines; a reasoning summary of `auto`; the wish for
//! sealed reasoning, of which there is none; `thinking: disabled`. Said in other words: a plain text document is text
//! parts (its title, its context, its text); a failed tool's result begins with "The tool failed:"; `developer` is
//! `system` for engines. All else that cannot be said is [`Unsayable`](crate::dialect::Unsayable).

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
