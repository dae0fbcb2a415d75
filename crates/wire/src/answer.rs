//! An answer: what a destination said, whole or as a stream of events.

use crate::call::Block;
use crate::json::Value;
use crate::text::Text;

/// A whole answer to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`crate::call::Task::Generate`] and [`crate::call::Task::Complete`].
    Generated(Generated),
    /// To [`crate::call::Task::Embed`].
    Embedded(Embedded),
    /// To [`crate::call::Task::CountTokens`].
    Counted {
        /// Tokens of the conversation.
        input_tokens: u64,
    },
}

/// What a model generated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// The upstream's own id for it.
    pub id: String,
    /// The model that the upstream says answered.
    pub model: String,
    /// Unix seconds by the upstream's clock; 0 when it gave none.
    pub created: u64,
    /// OpenAI `system_fingerprint`.
    pub fingerprint: Option<String>,
    /// The tier that served it.
    pub service_tier: Option<String>,
    /// The answers, by index.
    pub choices: Vec<Choice>,
    /// Tokens.
    pub usage: Option<Usage>,
    /// Names of fields the upstream sent that we do not model; they are dropped and their names recorded.
    pub unmodelled: Vec<String>,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Which of the `n`.
    pub index: u32,
    /// What was said, in order.
    pub content: Vec<Block>,
    /// Citations and annotations that the upstream attached, as it sent them, by the block they belong to; their strings are screened.
    pub annotations: Vec<(u32, Value)>,
    /// Log probabilities in the OpenAI chat (or, for `Complete`, completions) shape, as the upstream sent them; their strings are screened.
    pub logprobs: Option<Value>,
    /// Why it ended.
    pub stop: Option<Stop>,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It was finished.
    End,
    /// A stop text was met; which one, where the format says.
    StopText(Option<Text>),
    /// The most tokens were generated.
    Length,
    /// Tools are asked for.
    ToolCalls,
    /// The provider's filter, or the model, refused.
    Refused,
    /// The provider paused a long turn (Anthropic `pause_turn`).
    Paused,
    /// The model's context is full (Anthropic `model_context_window_exceeded`).
    ContextFull,
}

/// Tokens of a call and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub input_tokens: u64,
    /// Tokens generated, reasoning included.
    pub output_tokens: u64,
    /// Of the tokens read, those from the provider's cache.
    pub cache_read_tokens: u64,
    /// Of the tokens read, those written to the provider's cache.
    pub cache_write_tokens: u64,
    /// Of the tokens generated, those of reasoning.
    pub reasoning_tokens: u64,
}

/// Vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embedded {
    /// The model that the upstream says answered.
    pub model: String,
    /// One vector for each input, in order.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens.
    pub usage: Option<Usage>,
}

/// One step of a streamed answer. `block` counts the blocks of one choice from 0, in the order they were started.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer begins; always first, once.
    Start {
        /// The upstream's own id.
        id: String,
        /// The model that the upstream says answers.
        model: String,
        /// Unix seconds; 0 when not given.
        created: u64,
        /// Tokens known so far.
        usage: Option<Usage>,
    },
    /// A block begins in a choice.
    Open {
        /// Which choice.
        choice: u32,
        /// Which block of it.
        block: u32,
        /// What it is, without its text.
        kind: Opened,
    },
    /// Text is added to an open block.
    Delta {
        /// Which choice.
        choice: u32,
        /// Which block of it.
        block: u32,
        /// Of what kind the text is.
        channel: Channel,
        /// The text, whole UTF-8.
        text: Text,
        /// Log probabilities of these tokens in the OpenAI shape.
        logprobs: Option<Value>,
    },
    /// A signature or sealed form is added to a reasoning block, byte for byte.
    Seal {
        /// Which choice.
        choice: u32,
        /// Which block of it.
        block: u32,
        /// Whether it is sealed content rather than a signature.
        sealed: bool,
        /// The bytes as text.
        text: Text,
    },
    /// A citation or annotation is added to a block, as the upstream sent it.
    Annotate {
        /// Which choice.
        choice: u32,
        /// Which block of it.
        block: u32,
        /// The annotation.
        value: Value,
    },
    /// A block is finished.
    Close {
        /// Which choice.
        choice: u32,
        /// Which block of it.
        block: u32,
    },
    /// A choice is finished.
    Stop {
        /// Which choice.
        choice: u32,
        /// Why.
        stop: Stop,
    },
    /// Tokens; the last one holds.
    Usage(Usage),
    /// The upstream says that it failed in the middle.
    Failed(UpstreamError),
    /// Nothing more comes; always last on a stream that ended well.
    End,
}

/// What a block of a stream is.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// Text.
    Text,
    /// A refusal in words.
    Refusal,
    /// Reasoning; with its Responses item id where there is one.
    Reasoning {
        /// OpenAI item id.
        id: Option<String>,
    },
    /// A tool call; arguments follow as deltas.
    ToolCall {
        /// The provider's id.
        id: String,
        /// Which tool.
        name: Text,
        /// Whether it is free-form.
        custom: bool,
    },
}

/// Kinds of streamed text; each is screened as a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The answer.
    Text,
    /// A refusal in words.
    Refusal,
    /// Reasoning.
    Reasoning,
    /// A reasoning summary.
    Summary,
    /// Tool arguments.
    Arguments,
}

/// An error that an upstream reported, without addresses or keys. Its message is content, never shown to a caller unscreened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    /// The upstream's own type or code, for example `rate_limit_error`.
    pub code: String,
    /// What it said.
    pub message: Text,
}
