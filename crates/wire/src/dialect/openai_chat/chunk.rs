//! One chunk of a stream, borrowed from its event where it can be.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::answer::Usage;
use crate::json::Value;

/// A chunk. Unknown fields are skipped; a known field that comes twice is an error, as everywhere.
#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) model: Option<Piece<'a>>,
    #[serde(default)]
    pub(super) created: Option<u64>,
    #[serde(borrow, default)]
    pub(super) object: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    pub(super) usage: Option<Tokens>,
    #[serde(default)]
    pub(super) error: Option<IgnoredAny>,
}

/// Text of a chunk: borrowed unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Piece<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Piece<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'a>>,
    /// Of completions.
    #[serde(borrow, default)]
    pub(super) text: Option<Piece<'a>>,
    #[serde(default)]
    pub(super) logprobs: Option<Value>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Option<Piece<'a>>,
    #[serde(default)]
    pub(super) stop_reason: Option<Value>,
    #[serde(default)]
    pub(super) matched_stop: Option<Value>,
    #[serde(default)]
    pub(super) error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<ToolDelta<'a>>>,
    #[serde(default)]
    pub(super) annotations: Option<Vec<Value>>,
}

#[derive(Deserialize)]
pub(super) struct ToolDelta<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    #[serde(borrow, default)]
    pub(super) id: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) function: Option<FunctionDelta<'a>>,
    #[serde(borrow, default)]
    pub(super) custom: Option<CustomDelta<'a>>,
}

#[derive(Deserialize)]
pub(super) struct FunctionDelta<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Piece<'a>>,
}

#[derive(Deserialize)]
pub(super) struct CustomDelta<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) input: Option<Piece<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Tokens {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
    #[serde(default)]
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let prompt = tokens.prompt_tokens_details;
        Self {
            input_tokens: tokens.prompt_tokens.unwrap_or_default(),
            output_tokens: tokens.completion_tokens.unwrap_or_default(),
            cache_read_tokens: prompt.as_ref().and_then(|details| details.cached_tokens).unwrap_or_default(),
            cache_write_tokens: prompt.as_ref().and_then(|details| details.cache_write_tokens).unwrap_or_default(),
            reasoning_tokens: tokens
                .completion_tokens_details
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or_default(),
        }
    }
}
