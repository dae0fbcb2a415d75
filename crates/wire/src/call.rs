//! A call: one request for a model, in any wire format, as a typed value.
//!
//! Everything a front door accepts is represented here or refused by name. Every string that a destination would see can
//! be reached through [`crate::segments`], so that nothing leaves uninspected.

use crate::json::Value;
use crate::text::Text;

/// The front door a call came through, which is also the format its answer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// OpenAI `/v1/chat/completions`.
    ChatCompletions,
    /// OpenAI `/v1/responses`.
    Responses,
    /// OpenAI `/v1/completions`.
    Completions,
    /// OpenAI `/v1/embeddings`.
    Embeddings,
    /// Anthropic `/v1/messages`.
    Messages,
    /// Anthropic `/v1/messages/count_tokens`.
    CountTokens,
}

/// One request for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Where it came in.
    pub door: Door,
    /// The alias that the caller asked for.
    pub model: String,
    /// What is asked of the model.
    pub task: Task,
    /// Fields, blocks, tool types and beta headers that we do not model. Refused unless policy permits them for the
    /// destination, and then their strings are inspected and they are sent as they came, only in the same format.
    pub unmodelled: Vec<Unmodelled>,
}

/// What is asked of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Answer a conversation.
    Generate(Box<Generate>),
    /// Count the tokens of a conversation, without an answer.
    CountTokens(Box<Generate>),
    /// Continue raw text (legacy completions).
    Complete(Box<Complete>),
    /// Turn texts into vectors.
    Embed(Box<Embed>),
}

/// A conversation to be answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generate {
    /// The turns in order, system instructions included.
    pub turns: Vec<Turn>,
    /// Tools the model may call; the caller runs them.
    pub tools: Vec<Tool>,
    /// Which of them it must or may call.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several tools may be called in one turn.
    pub parallel_tool_calls: Option<bool>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// The most tokens to generate.
    pub max_output_tokens: Option<u64>,
    /// How many answers.
    pub n: Option<u32>,
    /// The form of the answer.
    pub format: OutputFormat,
    /// Reasoning wanted.
    pub reasoning: Option<Reasoning>,
    /// How verbose the answer should be (OpenAI `verbosity`: `low`, `medium`, `high`).
    pub verbosity: Option<String>,
    /// Log probabilities wanted: `Some(k)` with the `k` best alternatives for each token.
    pub logprobs: Option<u32>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether a streamed answer ends with usage (OpenAI `stream_options.include_usage`).
    pub stream_usage: bool,
    /// The caller's own name for its end user. It narrows nothing and goes upstream only inspected.
    pub user: Option<Text>,
    /// The caller's own labels.
    pub metadata: Vec<(Text, Text)>,
    /// The service tier asked for.
    pub service_tier: Option<String>,
    /// The caller's key for the provider's prompt cache.
    pub prompt_cache_key: Option<Text>,
    /// What only Anthropic's format says and what changes no content: other destinations do without it.
    pub anthropic: AnthropicHints,
}

/// Wishes that only Anthropic's format can say. None of them changes what the model is told, so that a destination of
/// another format may go without them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnthropicHints {
    /// Values of the `anthropic-beta` header that we know and that go upstream as they came.
    pub betas: Vec<&'static str>,
    /// `cache_control` of the whole request: the provider marks the last block that can be cached.
    pub cache: Option<CacheControl>,
    /// `context_management` asks that no earlier thinking be cleared (`clear_thinking_20251015` with `keep: "all"`).
    pub keep_thinking: bool,
    /// `thinking.display`: `summarized` or `omitted`.
    pub thinking_display: Option<String>,
}

/// Who speaks in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// Instructions of the application, in OpenAI's newer word; read as `System` where a format has one word only.
    Developer,
    /// The person or program asking.
    User,
    /// The model.
    Assistant,
    /// The result of a tool (OpenAI formats; Anthropic puts results in user turns, which we read as `Tool` turns).
    Tool,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name, where the format has one.
    pub name: Option<Text>,
    /// What is said, in order.
    pub content: Vec<Block>,
}

/// One piece of content in a turn or an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Anthropic `cache_control`, kept for Anthropic destinations; a hint that others do without.
    pub cache: Option<CacheControl>,
}

impl Block {
    /// Takes needless escapes out of the arguments of a tool call: they are JSON in a text, and inspection should read
    /// what the model would.
    pub(crate) fn plain_arguments(&mut self) {
        if let BlockKind::ToolCall { arguments, custom: false, .. } = &mut self.kind {
            arguments.0 = crate::json::escapes::plain(std::mem::take(&mut arguments.0));
        }
    }
}

impl From<BlockKind> for Block {
    fn from(kind: BlockKind) -> Self {
        Self { kind, cache: None }
    }
}

/// What a block is.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockKind {
    /// Plain text.
    Text(Text),
    /// Text of an earlier answer with the citations it came with (Anthropic; answers keep theirs in
    /// [`crate::answer::Choice::annotations`]).
    Cited {
        /// The text.
        text: Text,
        /// The citations as they came; their strings are inspected.
        citations: Vec<Value>,
    },
    /// A model's refusal to answer (OpenAI `refusal`).
    Refusal(Text),
    /// An image.
    Image {
        /// Its bytes or address.
        source: Source,
        /// OpenAI `detail`: `low`, `high`, `auto`.
        detail: Option<String>,
    },
    /// A file or document; `source` may be text.
    File {
        /// Its bytes, text or address.
        source: Source,
        /// Its name or title.
        name: Option<Text>,
        /// Context of an Anthropic document.
        context: Option<Text>,
        /// Whether the model should cite it (Anthropic).
        citations: bool,
    },
    /// Audio.
    Audio {
        /// Its bytes.
        source: Source,
    },
    /// A retrieved passage with its origin (Anthropic `search_result`).
    SearchResult {
        /// Where it is from; a label that only narrows.
        source: Text,
        /// Its title.
        title: Text,
        /// Its text blocks.
        content: Vec<Text>,
        /// Whether the model should cite it.
        citations: bool,
    },
    /// The model asks for a tool.
    ToolCall {
        /// The provider's id for this call.
        id: String,
        /// Which tool.
        name: Text,
        /// Its arguments, JSON as text, as the model wrote them.
        arguments: Text,
        /// Whether it is a free-form (OpenAI `custom`) tool, whose input is plain text instead of JSON.
        custom: bool,
    },
    /// What a tool returned.
    ToolResult {
        /// The id of the tool call it answers.
        call_id: String,
        /// Its content.
        content: Vec<Block>,
        /// Whether the tool failed.
        is_error: bool,
        /// Whether it answers a free-form tool.
        custom: bool,
    },
    /// Reasoning of the model. A signature or sealed form is the issuing destination's and goes back only there.
    Reasoning(ReasoningBlock),
}

/// Reasoning as a destination gave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReasoningBlock {
    /// OpenAI item id of the Responses format, where there is one.
    pub id: Option<String>,
    /// Readable reasoning (Anthropic `thinking`, OpenAI `reasoning_content` of open-weight engines).
    pub text: Option<Text>,
    /// Readable summary parts (OpenAI Responses).
    pub summary: Vec<Text>,
    /// Anthropic `signature`, byte for byte.
    pub signature: Option<Text>,
    /// Sealed reasoning: Anthropic `redacted_thinking.data`, OpenAI `encrypted_content`, byte for byte.
    pub sealed: Option<Text>,
}

/// Where the bytes of an image, file or audio are.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// In the call, base64 as the caller wrote it, with its media type.
    Base64 {
        /// For example `image/png`.
        media_type: String,
        /// Base64 text.
        data: Text,
    },
    /// Plain text in the call (Anthropic text documents).
    Text(Text),
    /// Blocks in the call (Anthropic content documents).
    Blocks(Vec<Block>),
    /// An address the provider would fetch.
    Url(Text),
    /// A file that the provider keeps.
    ProviderFile(String),
}

/// Anthropic `cache_control`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheControl {
    /// `5m` or `1h`; absent means the provider's default.
    pub ttl: Option<String>,
}

/// A tool that the caller runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: Text,
    /// What it does.
    pub description: Option<Text>,
    /// What it takes.
    pub input: ToolInput,
    /// Whether arguments must match the schema exactly.
    pub strict: Option<bool>,
    /// Anthropic `cache_control`.
    pub cache: Option<CacheControl>,
}

/// What a tool takes.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolInput {
    /// JSON by a schema; `None`: no parameters.
    Schema(Option<Value>),
    /// Free-form text (OpenAI `custom`), with its `format` object as it came.
    Custom(Option<Value>),
}

/// Which tools must or may be called.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// At least one tool (OpenAI `required`, Anthropic `any`).
    Required,
    /// This tool.
    Named(Text),
    /// Some of these (OpenAI `allowed_tools`); `required`: at least one of them.
    Allowed {
        /// Their names.
        names: Vec<Text>,
        /// Whether one must be called.
        required: bool,
    },
}

/// How tokens are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// Temperature.
    pub temperature: Option<f64>,
    /// Nucleus.
    pub top_p: Option<f64>,
    /// The `k` likeliest (Anthropic and open-weight engines).
    pub top_k: Option<u64>,
    /// OpenAI presence penalty.
    pub presence_penalty: Option<f64>,
    /// OpenAI frequency penalty.
    pub frequency_penalty: Option<f64>,
    /// Seed.
    pub seed: Option<i64>,
    /// Texts at which to stop.
    pub stop: Vec<Text>,
    /// Token id to bias.
    pub logit_bias: Vec<(String, f64)>,
}

/// The form of the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OutputFormat {
    /// Text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON by a schema.
    JsonSchema {
        /// The schema's name.
        name: Text,
        /// What it is for.
        description: Option<Text>,
        /// The schema.
        schema: Value,
        /// Whether it must match exactly.
        strict: Option<bool>,
    },
}

/// Reasoning wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasoning {
    /// OpenAI effort: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    pub effort: Option<String>,
    /// OpenAI summary: `auto`, `concise`, `detailed`.
    pub summary: Option<String>,
    /// Anthropic `thinking`.
    pub thinking: Option<Thinking>,
    /// Whether sealed reasoning should be returned (`include: ["reasoning.encrypted_content"]`).
    pub sealed: bool,
}

/// Anthropic `thinking`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Off.
    Disabled,
    /// On with a budget in tokens.
    Enabled {
        /// Tokens.
        budget_tokens: u64,
    },
    /// The model decides.
    Adaptive,
    /// Only between tool calls.
    BetweenTools,
}

/// Raw text to continue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Complete {
    /// The texts, one answer each (times `n`).
    pub prompts: Vec<Text>,
    /// Text after the gap.
    pub suffix: Option<Text>,
    /// Whether the prompt is repeated in the answer.
    pub echo: bool,
    /// How many to draw on the server.
    pub best_of: Option<u32>,
    /// How many answers.
    pub n: Option<u32>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// The most tokens to generate.
    pub max_output_tokens: Option<u64>,
    /// Log probabilities wanted.
    pub logprobs: Option<u32>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether a streamed answer ends with usage.
    pub stream_usage: bool,
    /// The caller's own name for its end user.
    pub user: Option<Text>,
}

/// Texts to turn into vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embed {
    /// The texts.
    pub inputs: Vec<Text>,
    /// Whether the caller gave one string instead of a list.
    pub single: bool,
    /// Length of each vector.
    pub dimensions: Option<u32>,
    /// Whether vectors are wanted as base64 of little-endian `f32`.
    pub base64: bool,
    /// The caller's own name for its end user.
    pub user: Option<Text>,
}

/// Something that we do not model.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmodelled {
    /// Where it stood, for example `messages[2].content[0].foo`, or `header anthropic-beta: x`.
    pub path: String,
    /// What stood there.
    pub value: Value,
}
