//! Tokens as Anthropic counts them: what was read apart from what came from the cache or went to it.

use crate::answer::Usage;
use crate::dialect::Garbled;
use crate::dialect::anthropic::read::garbled;
use crate::fields::Fields;
use crate::json::Value;

/// The counts known so far; a stream says them in several places, and what it says last holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    input: u64,
    cache_read: u64,
    cache_write: u64,
    output: u64,
    thinking: u64,
}

impl Tally {
    /// Takes the counts that `usage` has. What else stands there tells of prices and places, not of tokens.
    pub(super) fn update(&mut self, usage: Value, path: &str) -> Result<(), Garbled> {
        let mut fields = Fields::open(usage, path).map_err(garbled)?;
        let mut take = |key: &str, count: &mut u64| -> Result<(), Garbled> {
            if let Some(value) = fields.u64(key).map_err(garbled)? {
                *count = value;
            }
            Ok(())
        };
        take("input_tokens", &mut self.input)?;
        take("cache_creation_input_tokens", &mut self.cache_write)?;
        take("cache_read_input_tokens", &mut self.cache_read)?;
        take("output_tokens", &mut self.output)?;
        if let Some(mut details) = fields.object("output_tokens_details").map_err(garbled)?
            && let Some(thinking) = details.u64("thinking_tokens").map_err(garbled)?
        {
            self.thinking = thinking;
        }
        Ok(())
    }

    /// The counts in our own terms.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input.saturating_add(self.cache_read).saturating_add(self.cache_write),
            output_tokens: self.output,
            cache_read_tokens: self.cache_read,
            cache_write_tokens: self.cache_write,
            reasoning_tokens: self.thinking,
        }
    }
}
