//! The shapes of an Anthropic answer, its events and its errors, borrowed and written as JSON in one pass.

use serde::Serialize;

use crate::answer::Usage;
use crate::json::Value;

#[derive(Serialize)]
pub(super) struct Message<'a> {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) role: &'static str,
    pub(super) model: &'a str,
    pub(super) content: Vec<Part<'a>>,
    pub(super) stop_reason: Option<&'static str>,
    pub(super) stop_sequence: Option<&'a str>,
    pub(super) usage: Tokens<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<&'a Value>,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: Value,
    },
    Thinking {
        thinking: String,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
}

/// Tokens as the format counts them: what was read without what came from or went to the cache.
#[derive(Serialize)]
pub(super) struct Tokens<'a> {
    pub(super) input_tokens: u64,
    pub(super) cache_creation_input_tokens: u64,
    pub(super) cache_read_input_tokens: u64,
    pub(super) output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_tokens_details: Option<Thought>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_tier: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Thought {
    pub(super) thinking_tokens: u64,
}

impl<'a> Tokens<'a> {
    /// `usage` in the format's own terms; a tier that the format does not know is left out.
    pub(super) fn of(usage: &Usage, service_tier: Option<&'a str>) -> Self {
        let cached = usage.cache_read_tokens.saturating_add(usage.cache_write_tokens);
        let thinking_tokens = usage.reasoning_tokens;
        Self {
            input_tokens: usage.input_tokens.saturating_sub(cached),
            cache_creation_input_tokens: usage.cache_write_tokens,
            cache_read_input_tokens: usage.cache_read_tokens,
            output_tokens: usage.output_tokens,
            output_tokens_details: (thinking_tokens > 0).then_some(Thought { thinking_tokens }),
            service_tier: service_tier.filter(|tier| matches!(*tier, "standard" | "priority" | "batch")),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Failure<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) error: Complaint<'a>,
    pub(super) request_id: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Complaint<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) message: &'a str,
    pub(super) code: &'a str,
    pub(super) help: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) param: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Wire<'a> {
    MessageStart { message: Started<'a> },
    ContentBlockStart { index: u32, content_block: Begun<'a> },
    ContentBlockDelta { index: u32, delta: Added<'a> },
    ContentBlockStop { index: u32 },
    MessageDelta { delta: Ended<'a>, usage: Tokens<'a> },
    MessageStop,
}

impl Wire<'_> {
    /// The name of the event, which is also its `type`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
        }
    }
}

#[derive(Serialize)]
pub(super) struct Started<'a> {
    pub(super) id: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) role: &'static str,
    pub(super) model: &'a str,
    pub(super) content: [(); 0],
    pub(super) stop_reason: Option<&'static str>,
    pub(super) stop_sequence: Option<&'static str>,
    pub(super) usage: Tokens<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Begun<'a> {
    Text { text: &'a str },
    Thinking { thinking: &'a str, signature: &'a str },
    RedactedThinking { data: &'a str },
    ToolUse { id: &'a str, name: &'a str, input: Empty },
}

#[derive(Serialize)]
pub(super) struct Empty {}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Added<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
    #[serde(rename = "citations_delta")]
    Citations { citation: &'a Value },
}

#[derive(Serialize)]
pub(super) struct Ended<'a> {
    pub(super) stop_reason: Option<&'static str>,
    pub(super) stop_sequence: Option<&'a str>,
}
